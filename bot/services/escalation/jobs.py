"""Calling people about tickets nobody claims: the clock's part, one carrier a duty."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol

from bot.clouds.quota import leaving_reserve
from bot.errors import CloudError, SpeakClosedError
from bot.escalation import Called, Policy, find_call, next_step
from bot.ports import Posted, Window
from bot.services.escalation.schedule import ESCALATE, note_liveness, plan
from bot.services.tickets.service import Desk, owe
from bot.store import Session, models
from bot.store import jobs as store_jobs
from bot.store.escalation import incidents
from bot.store.tickets import tickets
from bot.ticket import Status, Ticket

log = logging.getLogger(__name__)
Carrier = Callable[[models.Duty], Awaitable[dt.datetime | None]]

CALL: Final = "call_group"
ALERT: Final = "alert"
CARD_FIRST: Final = dt.timedelta(minutes=1)
REACH: Final = dt.timedelta(minutes=2)
ASKED_BACK: Final = dt.timedelta(hours=8)  # what any cloud answers in one question
SEARCH_BEFORE: Final = dt.timedelta(seconds=30)  # Slack's clock and ours may differ
ALERTED_WITHIN: Final = dt.timedelta(hours=1)  # the thread names them all the same


class Caller(Protocol):
    """People, as these duties see them. Every method raises SpeakError only."""

    async def call(self, ticket: Ticket, called: Called, key: str) -> Posted:
        """Call people into the ticket's thread."""

    async def find(self, ticket: Ticket, key: str, since: dt.datetime) -> Posted | None:
        """Look in the thread for a post with this key that may have arrived without an answer."""

    async def alert(self, ticket: Ticket, person: str, key: str) -> Posted:
        """Tell one person privately that nobody has taken the ticket."""

    async def find_alert(
        self, ticket: Ticket, person: str, key: str, since: dt.datetime
    ) -> Posted | None:
        """Look for such a message that may have arrived without an answer."""


class EscalationDuties:
    """One carrier for the timer, one for calling in the thread, one for calling privately."""

    def __init__(self, desk: Desk, caller: Caller) -> None:
        self._desk = desk
        self._caller = caller

    @property
    def table(self) -> Mapping[str, Carrier]:
        """Which carrier carries out which kind of duty."""
        return {ESCALATE: self.escalate, CALL: self.call, ALERT: self.alert}

    async def escalate(self, duty: models.Duty) -> dt.datetime | None:
        """Take the step that is due; the ticket says whether it still is, and when."""
        number, label = duty.ticket or 0, duty.name
        ticket = await self._desk.store.read(lambda session: tickets.find(session, number))
        if _is_due(ticket, label, self._desk.clock.now()) and ticket.is_live:
            await self._look_whether_live(ticket)
        again_at = await self._desk.store.transact(
            lambda session: _take_step(
                session, number, label, self._desk.policy, self._desk.clock.now()
            )
        )
        await self._desk.wake()
        return again_at

    async def _look_whether_live(self, ticket: Ticket) -> None:
        """Ask the cloud once whether the class still goes on; without an answer it does."""
        now = self._desk.clock.now()
        window = Window(max(ticket.occurred_at - REACH, now - ASKED_BACK), now)
        try:
            with leaving_reserve():
                calls = await self._desk.clouds[ticket.app].find_calls(
                    ticket.app, ticket.cname, window
                )
        except CloudError as error:
            log.info("whether the class of %s goes on is not known: %s", ticket.label, error)
            return
        if any(call.ended_at is None for call in calls):
            return
        ended_at = max((call.ended_at for call in calls if call.ended_at), default=None)

        def work(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            if note_liveness(stored, is_live=False, ended_at=ended_at):
                plan(session, stored, self._desk.policy, now)
                owe(session, stored, "card", now)

        await self._desk.store.transact(work)

    async def call(self, duty: models.Duty) -> dt.datetime | None:
        """Call people into the thread."""
        ticket, called = await self._read(duty)
        if called is None:
            return None
        if not ticket.card_ts:
            return self._desk.clock.now() + CARD_FIRST
        since = ticket.created_at - SEARCH_BEFORE
        if duty.attempt < 2 or not await self._caller.find(ticket, duty.name, since):  # noqa: PLR2004 - the second try
            await self._caller.call(ticket, called, duty.name)
        return None

    async def alert(self, duty: models.Duty) -> dt.datetime | None:
        """Tell one person privately; somebody who cannot be written to is named in the thread."""
        ticket, called = await self._read(duty)
        if called is None:
            return None
        person, since = duty.name.rpartition(":")[2], called.at - SEARCH_BEFORE
        try:
            if duty.attempt > 1:
                found = await self._caller.find_alert(ticket, person, duty.name, since)
                if found is not None:
                    return None
            await self._caller.alert(ticket, person, duty.name)
        except SpeakClosedError as error:
            if self._desk.clock.now() < called.at + ALERTED_WITHIN:
                raise
            log.info("somebody cannot be told about %s: %s", ticket.label, error)
        return None

    async def _read(self, duty: models.Duty) -> tuple[Ticket, Called | None]:
        """Find a ticket and its call; None when somebody took the ticket before it went out."""
        number, call = duty.ticket or 0, int(duty.name.split(":")[2])
        ticket = await self._desk.store.read(lambda session: tickets.find(session, number))
        called = find_call(ticket, call)
        is_over = ticket.status is not Status.OPEN or ticket.duplicate_of is not None
        return ticket, None if called and is_over and not called.person else called


def _is_due(ticket: Ticket, name: str, now: dt.datetime) -> bool:
    if ticket.escalates_at is None or now < ticket.escalates_at:
        return False
    return name == f"{ESCALATE}:{ticket.label}:{ticket.escalation_step + 1}"


def _take_step(
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
            ticket.touch()
            owe(session, ticket, "card", now)
        return step.at
    people = policy.people(step.number)
    ticket.note_call(step.number, now, step.whom, people=people)
    session.add(ticket)
    if not incidents.is_open(session, ticket.incident):  # else its post has called them
        _owe_calls(session, ticket, people, now)
    plan(session, ticket, policy, now)
    owe(session, ticket, "card", now)
    return None


def _owe_calls(session: Session, ticket: Ticket, people: Sequence[str], now: dt.datetime) -> None:
    owe(session, ticket, CALL, now)
    for person in people:
        name = f"{ALERT}:{ticket.label}:{ticket.revision}:{person}"
        store_jobs.owe(session, name, ALERT, ticket=ticket.id, due_at=now)
