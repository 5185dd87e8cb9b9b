"""/quality: a private response with charts, tables or text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack import Person
from tests.conftest import Harness
from tests.scenario_helpers import ephemeral_texts, text_of


@pytest.fixture(scope="module")
def harness(http_harness: Harness) -> Harness:
    """A running Lagdesk; nothing here depends on the transport."""
    return http_harness


def answer(person: Person, channel: str = "teachers") -> dict[str, Any]:
    """The last thing only this person sees."""
    response: dict[str, Any] = person.ephemerals(channel)[-1]
    return response


def kinds(message: dict[str, Any]) -> list[str]:
    """The types of a message's blocks."""
    return [block["type"] for block in message["blocks"]]


@pytest.mark.parametrize(("name", "figure"), [("sam", "Video freeze rate"), ("lin", "视频卡顿率")])
async def test_a_person_asks_and_reads(harness: Harness, name: str, figure: str) -> None:
    """Charts and a table in the reader's language with their age, and nothing before them."""
    person = harness.workspace.person(name)
    channel = harness.workspace.channel("teachers").id
    posted = len(harness.workspace.messages(channel))
    await person.command("/quality", "")
    await harness.settled()
    response = answer(person)
    assert len(ephemeral_texts(person)) == 1
    assert figure in response["text"]
    assert [kind for kind in kinds(response) if kind.startswith("data_")] == [
        "data_visualization",
        "data_visualization",
        "data_table",
    ]
    table = next(block for block in response["blocks"] if block["type"] == "data_table")
    assert figure == table["rows"][1][0]["text"]
    assert "600 ms" in text_of(response)
    assert "<!date^" in text_of(response)
    assert posted == len(harness.workspace.messages(channel))


async def test_charts_keep_to_slacks_limits(harness: Harness) -> None:
    """Twenty points a line with labels of the reader's zone, in names of twenty characters."""
    person = harness.workspace.person("sam")
    await person.command("/quality", "live")
    await harness.settled()
    drawn = [b for b in answer(person)["blocks"] if b["type"] == "data_visualization"]
    for block in drawn:
        chart = block["chart"]
        assert chart["type"] == "line"
        assert 2 <= len(chart["axis_config"]["categories"]) <= 20
        assert all(len(series["name"]) <= 20 for series in chart["series"])
        assert "UTC" in chart["axis_config"]["x_label"]


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("usage", "Sessions"),
        ("network", "Video end to end"),
        ("experience", "Join within 5 s"),
        ("scale", "Channels"),
        ("规模", "Channels"),
        ("distribution", "app-wide"),
    ],
)
async def test_every_topic(harness: Harness, topic: str, expected: str) -> None:
    """Each topic has its figures, and names what Agora does not return."""
    person = harness.workspace.person("sam")
    await person.command("/quality", topic)
    await harness.settled()
    assert expected in text_of(answer(person))


@pytest.mark.parametrize(
    "text", ["nonsense", "live usage", "app=", "app=nobody", "app=kids app=kids", "<b>"]
)
async def test_wrong_arguments_are_answered_with_help(harness: Harness, text: str) -> None:
    """Privately, at once, in the reader's language; no request is sent to a cloud."""
    requests_before = sum(harness.clouds.counts.values())
    for name, word in (("sam", "call quality"), ("lin", "查看应用的通话质量")):
        person = harness.workspace.person(name)
        await person.command("/quality", text)
        assert word in answer(person)["text"]
    await harness.settled()
    assert requests_before == sum(harness.clouds.counts.values())
