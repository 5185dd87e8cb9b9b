"""Tickets named in channels: their state is posted in that message's thread, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.sandbox.slack import Person
from bot.services.tickets.mentions import ChannelMessage
from bot.store import Session
from bot.store import jobs as store_jobs
from tests.conftest import Harness, open_harness, slack_errors_of
from tests.scenario_helpers import Json, find_card, find_replies, find_ticket, report, text_of

CNAME = "class_10001_20002"


@dataclass(frozen=True, slots=True)
class Corridor:
    """Lagdesk with one ticket of Lin and one of Wang."""

    harness: Harness
    lin: Person
    sam: Person

    async def post_message(self, person: Person, text: str, thread_ts: str | None = None) -> Json:
        """Write in the teachers' channel, and wait for what comes of it."""
        posted = await person.post_message("teachers", text, thread_ts)
        await self.settled()
        return posted

    async def settled(self) -> None:
        """Wait until every event is delivered and every job has run."""
        await asyncio.gather(*self.harness.workspace._tasks)
        await self.harness.settled()

    def replies_to(self, posted: Json) -> list[Json]:
        """Return what Lagdesk posted in the thread of a message."""
        channel = self.harness.workspace.channel("teachers").id
        root = posted.get("thread_ts") or posted["ts"]
        replies = self.harness.workspace.messages(channel, root)[1:]
        return [message for message in replies if message.get("bot_id")]


@pytest.fixture(scope="module")
async def corridor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Corridor]:
    """The teachers' channel, with two tickets to talk about."""
    folder: Path = tmp_path_factory.mktemp("lagdesk")
    async with open_harness(folder, MASK_UIDS="false") as built:
        lin, wang, sam = (built.workspace.person(name) for name in ("lin", "wang", "sam"))
        await report(lin, CNAME, comments="a secret of 20002")
        await report(wang, "class_77_3")
        await built.settled()
        for _ in range(3):  # after a time-out on a busy machine the cloud is queried again
            await built.pass_time(150)
        yield Corridor(built, lin, sam)
        assert slack_errors_of(built.workspace) == []


async def test_named_in_a_sentence(corridor: Corridor) -> None:
    """State, cause and who has it, with a link; no uid, no comment, nobody is called by it."""
    posted = await corridor.post_message(corridor.sam, "what about LD 1, and ｌｄ０２？")
    (reply,) = corridor.replies_to(posted)
    text = text_of(reply)
    assert "|LD-1>* class_•••01_•••02 · Open" in text
    assert "|LD-2>* class_77_3 · Open" in text
    assert "CPU is overloaded" in text
    assert "Nobody has claimed it yet." in text
    assert "10001" not in text.replace(reply["ts"], "")
    assert "20002" not in text
    assert "secret" not in text
    assert "<@" not in text
    team, sam = corridor.harness.workspace.team_id, corridor.sam.id
    channel = corridor.harness.workspace.channel("teachers").id
    again = ChannelMessage(team, channel, posted["ts"], posted["ts"], sam, posted["text"])
    for _ in range(3):  # as other processes hear it, which know nothing of the event's id
        await corridor.harness.slack.services.mentions.handle_message(again)
    await corridor.settled()
    assert len(corridor.replies_to(posted)) == 1


async def test_only_to_those_who_may_see_it(corridor: Corridor) -> None:
    """A teacher names their own ticket and another's: the other's stays theirs."""
    posted = await corridor.post_message(corridor.lin, "LD-1和LD-2，还有 LD-99")
    (reply,) = corridor.replies_to(posted)
    assert "|LD-1>" in text_of(reply)
    assert "LD-2" not in text_of(reply)
    assert corridor.replies_to(await corridor.post_message(corridor.lin, "LD-2")) == []


async def test_a_pasted_link(corridor: Corridor) -> None:
    """The card's permalink names its ticket; who has it is named without being called."""
    harness, sam = corridor.harness, corridor.sam
    await sam.click(find_card(harness, CNAME), "ticket.claim")
    await harness.settled()
    permalink = (await find_ticket(harness, CNAME)).thread.permalink
    (reply,) = corridor.replies_to(await corridor.post_message(sam, f"have a look: {permalink}"))
    assert "Claimed by Sam Carter" in text_of(reply)
    assert "<@" not in text_of(reply)


async def test_edits_and_repetitions(corridor: Corridor) -> None:
    """An edit that adds a ticket counts once; in one thread a ticket is described once an hour."""
    sam = corridor.sam
    posted = await corridor.post_message(sam, "any news?")
    for text in ("any news of LD-1?", "any news of LD-1, please?", "news of LD-1 and LD-2?"):
        await sam.edit(posted, text)
        await corridor.settled()
    first, second = corridor.replies_to(posted)
    assert (first["text"][:5], second["text"][:5]) == ("LD-1:", "LD-2:")
    await corridor.post_message(sam, "LD-1 again", posted["ts"])
    assert len(corridor.replies_to(posted)) == 2
    await corridor.harness.pass_time(3601)
    await corridor.post_message(sam, "LD-1 an hour later", posted["ts"])
    assert len(corridor.replies_to(posted)) == 3
    four = await corridor.post_message(sam, "LD-1 LD-2 LD-1 LD-2 `LD-2`")
    assert len(corridor.replies_to(four)) == 1


async def test_messages_without_a_reply(corridor: Corridor) -> None:
    """Not in the ticket's own thread, not in code; a post whose response was lost is not repeated."""
    harness, sam = corridor.harness, corridor.sam
    card = find_card(harness, CNAME)
    before = len(find_replies(harness, card))
    await sam.post_message("escalations", "LD-1 is mine", card["ts"])
    await corridor.settled()
    assert before + 1 == len(find_replies(harness, card))
    assert (
        corridor.replies_to(await corridor.post_message(sam, "`LD-1` https://jira.example/LD-1"))
        == []
    )
    harness.workspace.fail_next("chat.postMessage", "http_500", after_effect=True)
    posted = await corridor.post_message(sam, "LD-2?")
    await harness.pass_time(30)
    assert len(corridor.replies_to(posted)) == 1
    harness.workspace.fail_next("chat.postMessage", "not_in_channel", times=9)
    posted = await corridor.post_message(sam, "LD-2 in a closed channel")
    harness.workspace.faults.clear()
    await harness.pass_time(300)
    assert corridor.replies_to(posted) == []
    assert await harness.application.store.read(_pending_jobs) == {}


def _pending_jobs(session: Session) -> dict[str, int]:
    pending = store_jobs.count_pending(session)
    return {kind: count for kind, count in pending.items() if kind == "mention"}
