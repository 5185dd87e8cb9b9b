"""Calling people about tickets nobody claims: the clock's part, one carrier a duty."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol

from bot.errors import CloudError, SlackAccessLostError
from bot.escalation import EscalationEvent, Policy, find_escalation, next_step
from bot.ports import MessageRef, Priority, Window
from bot.services.context import Context
from bot.services.escalation.schedule import ESCALATE, schedule_escalation, set_liveness
from bot.services.tickets.enqueue import enqueue
from bot.store import Session, models
from bot.store import jobs as store_jobs
from bot.store.escalation import incidents
from bot.store.tickets import tickets
from bot.ticket import Status, Ticket

log = logging.getLogger(__name__)
JobHandler = Callable[[models.Job], Awaitable[dt.datetime | None]]

PAGE: Final = "call_group"
ALERT: Final = "alert"
CARD_WAIT: Final = dt.timedelta(minutes=1)
WINDOW_MARGIN: Final = dt.timedelta(minutes=2)
MAX_LOOKBACK: Final = dt.timedelta(hours=8)  # what any cloud answers in one question
SEARCH_MARGIN: Final = dt.timedelta(seconds=30)  # Slack's clock and ours may differ
ALERT_TIMEOUT: Final = dt.timedelta(hours=1)  # the thread names them all the same


class Pager(Protocol):
    """People, as these duties see them. Every method raises SpeakError only."""

    async def call(self, ticket: Ticket, event: EscalationEvent, key: str) -> MessageRef:
        """Call people into the ticket's thread."""

    async def find(self, ticket: Ticket, key: str, since: dt.datetime) -> MessageRef | None:
        """Look in the thread for a post with this key that may have arrived without an answer."""

    async def alert(self, ticket: Ticket, person: str, key: str) -> MessageRef:
        """Tell one person privately that nobody has taken the ticket."""

    async def find_alert(
        self, ticket: Ticket, person: str, key: str, since: dt.datetime
    ) -> MessageRef | None:
        """Look for such a message that may have arrived without an answer."""


class EscalationJobs:
    """One carrier for the timer, one for calling in the thread, one for calling privately."""

    def __init__(self, context: Context, pager: Pager) -> None:
        self._context = context
        self._pager = pager

    @property
    def job_handlers(self) -> Mapping[str, JobHandler]:
        """Which carrier carries out which kind of duty."""
        return {ESCALATE: self.escalate, PAGE: self.call, ALERT: self.alert}

    async def escalate(self, job: models.Job) -> dt.datetime | None:
        """Take the step that is due; the ticket says whether it still is, and when."""
        number, label = job.ticket or 0, job.name
        ticket = await self._context.store.read(lambda session: tickets.find(session, number))
        if _is_due(ticket, label, self._context.clock.now()) and ticket.is_live:
            await self._check_still_live(ticket)
        return await self._context.commit(
            lambda session: _run_step(
                session, number, label, self._context.policy, self._context.clock.now()
            )
        )

    async def _check_still_live(self, ticket: Ticket) -> None:
        """Ask the cloud once whether the class still goes on; without an answer it does."""
        now = self._context.clock.now()
        window = Window(max(ticket.occurred_at - WINDOW_MARGIN, now - MAX_LOOKBACK), now)
        try:
            calls = await self._context.clouds[ticket.app].find_calls(
                ticket.app, ticket.cname, window, priority=Priority.SCHEDULED
            )
        except CloudError as error:
            log.info("whether the class of %s goes on is not known: %s", ticket.label, error)
            return
        if any(call.ended_at is None for call in calls):
            return
        ended_at = max((call.ended_at for call in calls if call.ended_at), default=None)

        def work(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            if set_liveness(stored, is_live=False, ended_at=ended_at):
                schedule_escalation(session, stored, self._context.policy, now)
                enqueue(session, stored, "card", now)

        await self._context.store.transact(work)

    async def call(self, job: models.Job) -> dt.datetime | None:
        """Call people into the thread."""
        ticket, event = await self._read(job)
        if event is None:
            return None
        if not ticket.card_ts:
            return self._context.clock.now() + CARD_WAIT
        since = ticket.created_at - SEARCH_MARGIN
        if job.attempt < 2 or not await self._pager.find(ticket, job.name, since):  # noqa: PLR2004 - the second try
            await self._pager.call(ticket, event, job.name)
        return None

    async def alert(self, job: models.Job) -> dt.datetime | None:
        """Tell one person privately; somebody who cannot be written to is named in the thread."""
        ticket, event = await self._read(job)
        if event is None:
            return None
        person, since = job.name.rpartition(":")[2], event.at - SEARCH_MARGIN
        try:
            if job.attempt > 1:
                found = await self._pager.find_alert(ticket, person, job.name, since)
                if found is not None:
                    return None
            await self._pager.alert(ticket, person, job.name)
        except SlackAccessLostError as error:
            if self._context.clock.now() < event.at + ALERT_TIMEOUT:
                raise
            log.info("somebody cannot be told about %s: %s", ticket.label, error)
        return None

    async def _read(self, job: models.Job) -> tuple[Ticket, EscalationEvent | None]:
        """Find a ticket and its call; None when somebody took the ticket before it went out."""
        number, call = job.ticket or 0, int(job.name.split(":")[2])
        ticket = await self._context.store.read(lambda session: tickets.find(session, number))
        event = find_escalation(ticket, call)
        is_over = ticket.status is not Status.OPEN or ticket.duplicate_of is not None
        return ticket, None if event and is_over and not event.person else event


def _is_due(ticket: Ticket, name: str, now: dt.datetime) -> bool:
    if ticket.escalates_at is None or now < ticket.escalates_at:
        return False
    return name == f"{ESCALATE}:{ticket.label}:{ticket.escalation_step + 1}"


def _run_step(
    session: Session, number: int, name: str, policy: Policy, now: dt.datetime
) -> dt.datetime | None:
    """Take the step of this name; returns when to come again if it was put off."""
    ticket = tickets.lock(session, number)
    step = next_step(ticket, policy, now)
    if step is None or name != f"{ESCALATE}:{ticket.label}:{step.number}":
        return None
    if step.at > now:
        if ticket.escalates_at != step.at:
            ticket.escalates_at = step.at
            ticket.mark_changed()
            enqueue(session, ticket, "card", now)
        return step.at
    people = policy.people(step.number)
    ticket.record_escalation(step.number, now, step.target, people=people)
    session.add(ticket)
    if not incidents.is_open(session, ticket.incident):  # else its post has called them
        _enqueue_pages(session, ticket, people, now)
    schedule_escalation(session, ticket, policy, now)
    enqueue(session, ticket, "card", now)
    return None


def _enqueue_pages(
    session: Session, ticket: Ticket, people: Sequence[str], now: dt.datetime
) -> None:
    enqueue(session, ticket, PAGE, now)
    for person in people:
        name = f"{ALERT}:{ticket.label}:{ticket.revision}:{person}"
        store_jobs.enqueue(session, name, ALERT, ticket=ticket.id, due_at=now)
