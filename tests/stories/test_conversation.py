"""A reporter and support write to each other, without the reporter joining support's channel."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from bot.sandbox.slack.state.seed import SUPPORT_GROUP
from tests.conftest import Harness, open_harness
from tests.scenario_helpers import direct_messages, find_card, find_replies, report, text_of


async def filed(harness: Harness, name: str, cname: str) -> dict[str, Any]:
    """Report a call; return the private message about it."""
    person = harness.workspace.person(name)
    assert (await report(person, cname)).ok
    await harness.settled()
    return direct_messages(harness, person, cname)[0]


async def write(
    harness: Harness, name: str, channel: str, text: str, thread_ts: str | None = None
) -> None:
    """Write a message; return when everything about it is done."""
    await harness.workspace.person(name).post_message(channel, text, thread_ts)
    await asyncio.gather(*harness.workspace._tasks)
    await harness.settled()


def sent_under(harness: Harness, own: dict[str, Any], name: str) -> list[str]:
    """The bot's messages in the thread of a private message."""
    channel = harness.workspace.person(name).dm_channel_id()
    replies = harness.workspace.messages(channel, own["ts"])[1:]
    bot = harness.workspace.app.bot_user_id
    return [text_of(each) for each in replies if each["user"] == bot]


def relayed(harness: Harness, cname: str) -> list[str]:
    """What was passed on to support, in the thread of a ticket."""
    texts = map(text_of, find_replies(harness, find_card(harness, cname)))
    return [text for text in texts if "in private; replies in this thread reach them" in text]


async def test_both_directions(http_harness: Harness) -> None:
    """What each writes reaches the other, with uids masked and without effect of its markup."""
    harness = http_harness
    lin, zhou = (harness.workspace.person(name) for name in ("lin", "zhou"))
    own = await filed(harness, "lin", "talk_1")
    assert "直接回复这条消息" in text_of(own)
    for text in ("学生 20002 又卡了 <!channel>", "现在好一点"):
        await write(harness, "lin", lin.dm_channel_id(), text, own["ts"])
    first, second = relayed(harness, "talk_1")
    assert f"<@{lin.id}>" in first
    assert "学生 •••02 又卡了" in first
    assert "<!channel>" not in first
    assert "现在好一点" in second
    (confirmed,) = sent_under(harness, own, "lin")
    assert "支持人员能在工单的消息列里看到" in confirmed
    thread = find_card(harness, "talk_1")["ts"]
    await write(harness, "zhou", "escalations", "Which network does 20002 use?", thread)
    _, asked = sent_under(harness, own, "lin")
    assert f"<@{zhou.id}> · LD-" in asked
    assert "Which network does •••02 use?" in asked


async def test_who_is_heard(tmp_path: Path) -> None:
    """Others in the thread are not passed on, nor is anything to a reporter who is support."""
    async with open_harness(tmp_path, SUPPORT_GROUP=SUPPORT_GROUP) as harness:
        for name in ("lin", "wang"):
            harness.workspace.join("escalations", name)
        own = {name: await filed(harness, name, f"heard_{name}") for name in ("lin", "sam")}
        for cname, name in (("heard_lin", "wang"), ("heard_lin", "lin"), ("heard_sam", "zhou")):
            thread = find_card(harness, cname)["ts"]
            await write(harness, name, "escalations", "hello", thread)
        assert [sent_under(harness, message, name) for name, message in own.items()] == [[], []]


async def test_message_outside_a_thread(http_harness: Harness) -> None:
    """It is about the only unresolved ticket of its writer, who is asked which one of several."""
    harness, wang = http_harness, http_harness.workspace.person("wang")
    await filed(harness, "wang", "talk_2")
    await write(harness, "wang", wang.dm_channel_id(), "still no sound")
    assert "still no sound" in relayed(harness, "talk_2")[-1]
    await filed(harness, "wang", "talk_3")
    await write(harness, "wang", wang.dm_channel_id(), "and now?")
    assert (len(relayed(harness, "talk_2")), relayed(harness, "talk_3")) == (1, [])
    asked = text_of(harness.workspace.messages(wang.dm_channel_id())[-1])
    assert "还没有转给支持人员" in asked
    assert "(talk_3)、LD-" in asked
    assert "(talk_2)" in asked
