"""What people type is never markup, and students' ids stay in: every surface is looked at."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from bot.sandbox.slack import Workspace
from tests.conftest import Harness, open_harness, slack_errors_of
from tests.scenario_helpers import (
    direct_messages,
    ephemeral_texts,
    find_card,
    find_diagnosis_posts,
    report,
    text_of,
)

# Uids nobody else has, so that finding one anywhere is a leak.
TEACHER, STUDENT = "424242421", "987654321"
OTHER, PHONE = "313131319", "13800138000"  # of people the ticket does not name
HOSTILE = (
    "<!channel> <!here> <@U07SAM00003> <#C07TEACHERS> <https://evil.example|click> & &lt; \n"
    "> quoted *bold* _italic_ ~struck~ `code` ```block``` @here @channel\n"
    f"teacher {TEACHER} student_{STUDENT} uid９８７６５４３２１ {STUDENT}。"
    f"\u202eruse\u2066sdrawkcab\u200f {TEACHER[:4]}\u200b{TEACHER[4:]} "
    f"家长电话{PHONE}，另一个学生student{OTHER}，{TEACHER}/{OTHER}"
)
# Signs Agora takes in a channel's name, arranged to hurt.
ROOM = "<!channel>_x_ &~a~[b](c)<@U07SAM00003>"
_PING = re.compile(r"<!(channel|here|everyone)|<@U07SAM00003>|<#C07|<!subteam")


@pytest.fixture(scope="module", params=[True, False], ids=["masked", "shown"])
async def masked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Harness, bool]]:
    """Lagdesk with MASK_UIDS on, and with it off, after a whole hostile story."""
    folder = tmp_path_factory.mktemp("lagdesk")
    mask = "true" if request.param else "false"
    async with open_harness(folder, MASK_UIDS=mask) as harness:
        await play(harness)
        yield harness, request.param
        assert slack_errors_of(harness.workspace) == []


async def play(harness: Harness) -> None:
    """Everything that shows something: form, card, diagnosis, lists, home, resolution."""
    lin, zhou = harness.workspace.person("lin"), harness.workspace.person("zhou")
    uids = {"teacher_uid": TEACHER, "student_uid": STUDENT}
    assert (await report(lin, ROOM, comments=HOSTILE, **uids)).ok
    assert (await report(lin, "class_77_6", comments="x" * 1000)).ok
    assert (await report(lin, "long-1", comments="<&>\n" * 250)).ok
    await harness.settled()
    for _ in range(4):
        await harness.pass_time(240)
    await zhou.post_message("escalations", HOSTILE, shown_card(harness)["ts"])
    await lin.command("/tickets", "")
    await lin.command("/tickets", "LD-1")
    await lin.command("/diagnose", f'"{ROOM}"')
    await lin.command("/lagdesk", "<!channel>")
    await lin.open_home()
    await zhou.click(shown_card(harness), "ticket.claim")
    await zhou.click(shown_card(harness), "ticket.resolve")
    view = await zhou.wait_for_view("resolve")
    await zhou.submit(view, {"cause": "unknown", "resolution": HOSTILE})
    await harness.settled()
    await harness.workspace.until(lambda: lin.home)


def shown_card(harness: Harness) -> dict[str, Any]:
    """The card of the hostile ticket."""
    return next(m for m in harness.workspace.messages(harness.escalations) if "_x_" in text_of(m))


def surfaces_of(workspace: Workspace) -> Iterator[dict[str, Any]]:
    """Every message of Lagdesk's, private ones too, every home and every modal."""
    for channel in workspace.channels.values():
        yield from (m for m in channel.messages.values() if m["user"] == workspace.app.bot_user_id)
        yield from channel.ephemerals
    yield from workspace.homes.values()
    yield from workspace.views.values()


def markup_in(thing: Any) -> Iterator[str]:
    """Every text that Slack reads as markup: top-level texts and mrkdwn objects."""
    if isinstance(thing, list):
        for item in thing:
            yield from markup_in(item)
    if not isinstance(thing, dict):
        return
    if thing.get("type") == "mrkdwn" or "blocks" in thing:
        yield str(thing.get("text") or "")
    for value in thing.values():
        yield from markup_in(value)


async def test_nothing_pings_or_links(masked: tuple[Harness, bool]) -> None:
    """No mention, no link and no channel that a person typed survives as one."""
    harness, _ = masked
    texts = [text for surface in surfaces_of(harness.workspace) for text in markup_in(surface)]
    assert len(texts) > 50
    called = [text for text in texts if _PING.search(text) and "needs somebody" not in text]
    assert called == []
    assert [text for text in texts if "<https://evil" in text] == []


async def test_texts_are_verbatim_and_unstyled(masked: tuple[Harness, bool]) -> None:
    """Slack makes no links by itself, and signs that style are kept from styling."""
    harness, _ = masked
    for surface in surfaces_of(harness.workspace):
        dumped = json.dumps(surface)
        assert dumped.count('"mrkdwn"') == dumped.count('"verbatim": true')
    comment = text_of(shown_card(harness))
    assert "\u00ad*bold*" in comment
    assert "\u00ad`code" in comment
    assert "\u00ad_italic_" in comment
    assert "\u00ad~struck~" in comment
    assert "> \u00ad&gt; quoted" in comment
    assert "&amp;lt;" in comment


async def test_no_invisible_marks(masked: tuple[Harness, bool]) -> None:
    """They could make a message seem to say something else, or hide a uid from the mask."""
    harness, _ = masked
    texts = [text for surface in surfaces_of(harness.workspace) for text in markup_in(surface)]
    assert [
        text for text in texts if re.search("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
    ] == []
    assert "rusesdrawkcab" in text_of(shown_card(harness))


async def test_uids_stay_in(masked: tuple[Harness, bool]) -> None:
    """Masked, no surface shows a uid or a phone number, whatever its writing; shown, the card does."""
    harness, is_masked = masked
    leaks = [
        text_of(surface)
        for surface in surfaces_of(harness.workspace)
        if re.search(f"{TEACHER}|{STUDENT}|{OTHER}|{PHONE}|９８７６５４３２１", text_of(surface))
    ]
    if is_masked:
        assert leaks == []
        assert "student_•••21" in text_of(shown_card(harness))
    else:
        assert TEACHER in text_of(shown_card(harness))


async def test_everything_hostile_still_stands_somewhere(masked: tuple[Harness, bool]) -> None:
    """The room is named, the comment and the resolution can be read, long ones whole."""
    harness, _ = masked
    card = text_of(shown_card(harness))
    assert "&lt;!channel&gt;" in card
    assert card.count("https://evil.example|click&gt;") == 2
    assert "x" * 400 in text_of(find_card(harness, "class_77_6"))
    long = text_of(find_card(harness, "long-1"))
    assert long.count("&lt;&amp;&gt;") == 250
    assert len(find_diagnosis_posts(harness, "class_77_6")) == 1
    lin = harness.workspace.person("lin")
    assert len(direct_messages(harness, lin, "class_77_6")) == 1
    assert any("&lt;!channel&gt;" in text for text in ephemeral_texts(lin))
