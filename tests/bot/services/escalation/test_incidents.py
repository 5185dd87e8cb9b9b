"""Incidents with several processes: one is opened, with every ticket, without a deadlock."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from sqlmodel import select

from bot.call import Side
from bot.jobs.run import Run
from bot.ports import MessageRef
from bot.services.escalation.incidents import IncidentFacts, IncidentJobs
from bot.services.publishing import Publisher
from bot.store import Session, Store
from bot.store.escalation import incidents
from bot.store.escalation.incidents import Incident
from bot.ticket import Ticket
from tests.bot.services.contexts import NoMessages, make_context

NOON: Final = dt.datetime(2026, 11, 9, 12, tzinfo=dt.UTC)
TICKETS: Final = 12
OTHERS: Final = 3  # of another app: too few to be an incident


class Notes:
    """A channel that accepts every post and records it."""

    def __init__(self) -> None:
        self.posted: list[str] = []

    async def post(
        self, incident: IncidentFacts, affected: Sequence[Ticket], run: Run
    ) -> MessageRef:
        """Take a post."""
        assert affected
        self.posted.append(run.key)
        return MessageRef("C1", f"{incident.id}.{len(self.posted)}")

    async def update(
        self, incident: IncidentFacts, affected: Sequence[Ticket], message_ref: MessageRef
    ) -> None:
        """Accept an edit."""
        assert incident.id
        assert affected
        assert message_ref.ts

    async def permalink(self, team: str, message_ref: MessageRef) -> str:
        """Return the post's address."""
        assert team == ""
        return f"https://slack/{message_ref.ts}"


class Process:
    """The services that these jobs need, on connections of their own."""

    def __init__(self, url: str, notes: Notes) -> None:
        self.store = Store(url)
        self.jobs = IncidentJobs(make_context(self.store, self), Publisher(NoMessages()), notes)

    def now(self) -> dt.datetime:
        """A moment after the last ticket."""
        return NOON + dt.timedelta(minutes=9)


def ticket(number: int, app: str) -> Ticket:
    """A ticket whose verdict is known."""
    at: Any = NOON + dt.timedelta(seconds=20 * number)
    fields: dict[str, Any] = {"created_at": at, "occurred_at": at, "cause": "network.loss"}
    fields |= {"teacher_uid": "1", "student_uid": str(number), "at_fault_uid": "1"}
    return Ticket(
        origin=f"{app}{number}",
        app=app,
        cloud="agora",
        cname=f"room_{number}",
        abnormal_side=Side.STUDENT,
        issue_type=3,
        reporter="U1",
        **fields,
    )


async def test_concurrent_processes_open_one_incident(shared_store: Store) -> None:
    """Two processes gather the same and different tickets at once, while the post is placed."""

    def fill(session: Session) -> None:
        session.add_all(ticket(number, "kids") for number in range(1, TICKETS + 1))
        session.flush()
        session.add_all(ticket(number, "adults") for number in range(1, OTHERS + 1))

    await shared_store.transact(fill)
    notes = Notes()
    pair = [Process(shared_store.url, notes) for _ in range(2)]

    opened = asyncio.Event()

    async def gather(process: Process, number: int) -> None:
        await process.jobs.group(Run(f"group_incident:LD-{number}"), number)
        if await shared_store.read(lambda session: session.get(Incident, 1)):
            opened.set()

    async def post_or_update() -> None:
        await opened.wait()
        await pair[0].jobs.post_or_update(Run("incident:INC-1"), 1)

    every = range(1, TICKETS + OTHERS + 1)
    at_once = [gather(process, number) for number in every for process in pair]
    async with asyncio.timeout(20):
        await asyncio.gather(post_or_update(), *at_once)
        await pair[1].jobs.post_or_update(Run("incident:INC-1"), 1)

    def look(session: Session) -> tuple[list[str], list[int], set[str]]:
        (incident,) = session.exec(select(Incident)).all()
        affected = incidents.list_tickets(session, incident.id or 0)
        links = {one.thread.incident_permalink for one in affected}
        return [incident.label], [one.number or 0 for one in affected], links

    fields = await shared_store.read(look)
    assert (["INC-1"], list(range(1, TICKETS + 1)), {"https://slack/1.1"}) == fields
    assert notes.posted == ["incident:INC-1"]
    for process in pair:
        process.store.close()
