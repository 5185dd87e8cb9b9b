"""Tickets named in channels: told in that message's thread, once, to those who may see them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.sandbox.slack import Person
from bot.services.tickets.mentions import Heard, Mentions
from bot.store import Session
from bot.store import jobs as store_jobs
from tests.conftest import Stage, faults_of, set_up_stage
from tests.scenario_helpers import Json, card_of, report, text_of, thread_of, ticket_of

CNAME = "class_10001_20002"


@dataclass(frozen=True, slots=True)
class Corridor:
    """A stage on which Lin filed one ticket and Wang another."""

    stage: Stage
    lin: Person
    sam: Person

    async def say(self, person: Person, text: str, thread_ts: str | None = None) -> Json:
        """Write in the teachers' channel, and wait for what comes of it."""
        said = await person.say("teachers", text, thread_ts)
        await self.settled()
        return said

    async def settled(self) -> None:
        """Wait until everything that was written has been heard."""
        await asyncio.gather(*self.stage.workspace._tasks)
        await self.stage.settled()

    def told(self, said: Json) -> list[Json]:
        """What Lagdesk said in the thread of a message."""
        channel = self.stage.workspace.channel("teachers").id
        root = said.get("thread_ts") or said["ts"]
        replies = self.stage.workspace.messages(channel, root)[1:]
        return [message for message in replies if message.get("bot_id")]


@pytest.fixture(scope="module")
async def corridor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Corridor]:
    """The teachers' channel, with two tickets to talk about."""
    folder: Path = tmp_path_factory.mktemp("house")
    async with set_up_stage(folder, MASK_UIDS="false") as built:
        lin, wang, sam = (built.workspace.person(name) for name in ("lin", "wang", "sam"))
        await report(lin, CNAME, comments="a secret of 20002")
        await report(wang, "class_77_3")
        await built.settled()
        for _ in range(3):  # a cloud that a busy machine found silent is asked again
            await built.pass_time(150)
        yield Corridor(built, lin, sam)
        assert [] == faults_of(built.workspace)


async def test_named_in_a_sentence(corridor: Corridor) -> None:
    """State, cause and who has it, with a link; no uid, no comment, nobody is called by it."""
    said = await corridor.say(corridor.sam, "what about LD-1, and ｌｄ－２？")
    (told,) = corridor.told(said)
    shown = text_of(told)
    assert "|LD-1>* class_•••01_•••02 · Open" in shown
    assert "|LD-2>* class_77_3 · Open" in shown
    assert "CPU is overloaded" in shown
    assert "Nobody has claimed it yet." in shown
    assert "10001" not in shown.replace(told["ts"], "")
    assert "20002" not in shown
    assert "secret" not in shown
    assert "<@" not in shown
    team, sam = corridor.stage.workspace.team_id, corridor.sam.id
    channel = corridor.stage.workspace.channel("teachers").id
    again = Heard(team, channel, said["ts"], said["ts"], sam, said["text"])
    for _ in range(3):  # as other processes hear it, which know nothing of the event's id
        await Mentions(corridor.stage.house.desk).hear(again)
    await corridor.settled()
    assert 1 == len(corridor.told(said))


async def test_only_to_those_who_may_see_it(corridor: Corridor) -> None:
    """A teacher names their own ticket and another's: the other's stays theirs."""
    said = await corridor.say(corridor.lin, "LD-1和LD-2，还有 LD-99")
    (told,) = corridor.told(said)
    assert "|LD-1>" in text_of(told)
    assert "LD-2" not in text_of(told)
    assert [] == corridor.told(await corridor.say(corridor.lin, "LD-2"))


async def test_a_pasted_link(corridor: Corridor) -> None:
    """The card's permalink names its ticket; who has it is named without being called."""
    stage, sam = corridor.stage, corridor.sam
    await sam.click(card_of(stage, CNAME), "ticket.claim")
    await stage.settled()
    permalink = (await ticket_of(stage, CNAME)).permalink
    (told,) = corridor.told(await corridor.say(sam, f"have a look: {permalink}"))
    assert "Claimed by Sam Carter" in text_of(told)
    assert "<@" not in text_of(told)


async def test_edits_and_repetitions(corridor: Corridor) -> None:
    """An edit that adds a ticket counts once; in one thread a ticket is told once an hour."""
    sam = corridor.sam
    said = await corridor.say(sam, "any news?")
    for text in ("any news of LD-1?", "any news of LD-1, please?", "news of LD-1 and LD-2?"):
        await sam.edit(said, text)
        await corridor.settled()
    first, second = corridor.told(said)
    assert ("LD-1:", "LD-2:") == (first["text"][:5], second["text"][:5])
    await corridor.say(sam, "LD-1 again", said["ts"])
    assert 2 == len(corridor.told(said))
    await corridor.stage.pass_time(3601)
    await corridor.say(sam, "LD-1 an hour later", said["ts"])
    assert 3 == len(corridor.told(said))
    four = await corridor.say(sam, "LD-1 LD-2 LD-1 LD-2 `LD-2`")
    assert 1 == len(corridor.told(four))


async def test_where_nothing_is_said(corridor: Corridor) -> None:
    """Not in the ticket's own thread, not in code; a lost answer is not said twice."""
    stage, sam = corridor.stage, corridor.sam
    card = card_of(stage, CNAME)
    before = len(thread_of(stage, card))
    await sam.say("escalations", "LD-1 is mine", card["ts"])
    await corridor.settled()
    assert before + 1 == len(thread_of(stage, card))
    assert [] == corridor.told(await corridor.say(sam, "`LD-1` https://jira.example/LD-1"))
    stage.workspace.fail_next("chat.postMessage", "http_500", after_effect=True)
    said = await corridor.say(sam, "LD-2?")
    await stage.pass_time(30)
    assert 1 == len(corridor.told(said))
    stage.workspace.fail_next("chat.postMessage", "not_in_channel", times=9)
    said = await corridor.say(sam, "LD-2 in a closed channel")
    stage.workspace.faults.clear()
    await stage.pass_time(300)
    assert [] == corridor.told(said)
    assert {} == await stage.house.store.read(_owed)


def _owed(session: Session) -> dict[str, int]:
    owed = store_jobs.count_owed(session)
    return {kind: count for kind, count in owed.items() if kind == "mention"}
