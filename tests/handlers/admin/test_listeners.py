"""The words of `/lagdesk` in, answers out: through the Bolt app."""

from __future__ import annotations

import pytest

from tests.conftest import Harness
from tests.scenario_helpers import ephemeral_texts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "finds out why calls were bad"),
        ("help", "`/report class_77_1 "),
        ("HELP", "`/report class_77_1 "),
        ("policy", "*What happens to a ticket nobody claims*"),
        ("accuracy", "Nobody has rated a verdict in the last 90 days."),
        ("audit", "Audit log"),
        ("audit ld-999999", "There is no ticket LD-999999."),
        ("audit LD 999999。", "There is no ticket LD-999999."),
        ("*policy*", "*What happens to a ticket nobody claims*"),
        ("audit soon", "soon is not a ticket number such as LD-12."),
        ("summary", "Week 2026-W45"),
        ("doctor", "Running the health check"),
        ("language", "Choose one of: zh, en, auto."),
        ("language fr", "Choose one of: zh, en, auto."),
        ("channel-language fr", "Choose one of: "),
        ("charts pie", "Choose one of: native, picture."),
        ("channel-language en", "What Lagdesk posts in this channel is now in: English."),
        ("channel-language both", "What Lagdesk posts in this channel is now in: 中文, English."),
        ("dance", "There is no command /lagdesk dance."),
    ],
)
async def test_words(http_harness: Harness, text: str, expected: str) -> None:
    """Each has its own answer, for one person; wrong ones say what is right."""
    sam = http_harness.workspace.person("sam")
    outcome = await sam.command("/lagdesk", text)
    assert outcome.ok
    assert expected in ephemeral_texts(sam)[-1]
    await http_harness.settled()


async def test_languages(http_harness: Harness) -> None:
    """One's own is kept until it is left to Slack again."""
    wang = http_harness.workspace.person("wang")
    answers = []
    for text in ("language en", "policy", "language auto", "policy"):
        assert (await wang.command("/lagdesk", text)).ok
        answers.append(ephemeral_texts(wang)[-1])
    assert "Lagdesk will now use English with you." in answers[0]
    assert "What happens to a ticket nobody claims" in answers[1]
    assert "工单无人认领时" in answers[3]


@pytest.mark.parametrize("word", ["settings", "notify"])
async def test_the_settings_modal(http_harness: Harness, word: str) -> None:
    """It opens with what is saved, and saves what is chosen."""
    zhou = http_harness.workspace.person("zhou")
    assert (await zhou.command("/lagdesk", word)).ok
    view = await zhou.wait_for_view("preferences")
    assert (await zhou.submit(view, {"language": "en"})).ok
    assert (await zhou.command("/lagdesk", word)).ok
    again = await zhou.wait_for_view("preferences")
    assert again["title"]["text"] == "My settings"
    await zhou.submit(again, {"language": "auto"})
