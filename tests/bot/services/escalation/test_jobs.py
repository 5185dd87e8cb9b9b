"""Escalation and mentions with several processes: each step and answer is enqueued once."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, Final

from sqlmodel import col, select

from bot.call import Side
from bot.escalation import escalations_of
from bot.jobs.run import Run
from bot.services.escalation.jobs import EscalationJobs
from bot.services.publishing import Publisher
from bot.services.tickets.mentions import ChannelMessage, MentionService
from bot.settings import Settings
from bot.store import Session, Store
from bot.store.models import Job
from bot.store.tickets import tickets
from bot.ticket import Ticket
from tests.bot.services.contexts import NoMessages, make_context

NOON: Final = dt.datetime(2026, 11, 9, 12, tzinfo=dt.UTC)
TICKETS: Final = 6
CLAIMED: Final = 3  # a claim at the same moment


class Process:
    """The services that these jobs need, on connections of their own."""

    def __init__(self, url: str) -> None:
        self.store = Store(url)
        settings = Settings(escalate_to=("U7", "U8"))
        context = make_context(self.store, self, "U1", settings=settings)
        pager: Any = None  # the timers themselves notify nobody
        self.jobs = EscalationJobs(context, Publisher(NoMessages()), pager)
        self.mentions = MentionService(context)
        self.minutes = 15

    def now(self) -> dt.datetime:
        """Minutes after the tickets were created."""
        return NOON + dt.timedelta(minutes=self.minutes)

    async def claim(self, number: int) -> None:
        """Take a ticket."""
        await self.store.transact(lambda s: tickets.lock(s, number).claim("U5", self.now()))


def ticket(number: int) -> Ticket:
    """An unclaimed ticket."""
    fields: dict[str, Any] = {"created_at": NOON, "occurred_at": NOON, "escalates_at": NOON}
    return Ticket(
        team="T1",
        origin=f"V{number}",
        app="kids",
        cloud="agora",
        cname=f"room_{number}",
        teacher_uid="1",
        student_uid="2",
        abnormal_side=Side.STUDENT,
        issue_type=3,
        reporter="U1",
        **fields,
    )


def pending_jobs(session: Session, kind: str) -> list[str]:
    """The names of the pending jobs of a kind."""
    return sorted(session.exec(select(Job.name).where(col(Job.kind) == kind)))


async def test_concurrent_timers_take_each_step_once(shared_store: Store) -> None:
    """Two processes fire the same timers at once, three steps long; a claim comes between."""
    filed = [ticket(number) for number in range(TICKETS)]
    await shared_store.transact(lambda session: session.add_all(filed))
    pair = [Process(shared_store.url) for _ in range(2)]
    numbers = range(1, TICKETS + 1)
    for step in (1, 2, 3):
        for process in pair:
            process.minutes = 15 * step
        at_once = [
            process.jobs.escalate(Run(f"escalate:LD-{number}:{each}"), number, each)
            for number in numbers
            for each in (step, step, step - 1)
            for process in pair
        ]
        claims = [pair[1].claim(CLAIMED)] if step == 3 else []
        async with asyncio.timeout(20):
            await asyncio.gather(*claims, *at_once)
    escalated = await shared_store.read(lambda s: [tickets.find(s, number) for number in numbers])
    taken = [[call.number for call in escalations_of(each)] for each in escalated]
    assert [*taken[: CLAIMED - 1], *taken[CLAIMED:]] == [[1, 2, 3]] * 5
    assert taken[CLAIMED - 1] in ([1, 2], [1, 2, 3])
    calls = sum(map(len, taken))
    assert calls == len(await shared_store.read(lambda s: pending_jobs(s, "page")))
    last = sum(len(each) == 3 for each in taken)
    assert 2 * last == len(await shared_store.read(lambda s: pending_jobs(s, "notify")))
    for process in pair:
        process.store.close()


async def test_concurrent_deliveries_answer_each_message_once(shared_store: Store) -> None:
    """Two processes receive a message and its edit at once; each ticket gets one job."""
    await shared_store.transact(lambda session: session.add_all([ticket(1), ticket(2)]))
    pair = [Process(shared_store.url) for _ in range(2)]
    messages = [
        ChannelMessage("T1", "C1", f"{number}.0", f"{number}.0", "U1", text)
        for number in range(5)
        for text in ("LD-1?", "LD-1? LD-2?", "LD-1?")
    ]
    async with asyncio.timeout(20):
        await asyncio.gather(
            *(each.mentions.handle_message(one) for one in messages for each in pair)
        )
    names = await shared_store.read(lambda s: pending_jobs(s, "mention"))
    numbers = [number for name in names for number in name.rpartition(":")[2].split("+")]
    assert sorted(numbers) == ["1", "1", "1", "1", "1", "2", "2", "2", "2", "2"]
    for process in pair:
        process.store.close()
