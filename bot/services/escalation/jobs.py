"""The jobs that escalate unclaimed tickets: the timer, mentions, snoozes."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from bot.errors import CloudError
from bot.escalation import EscalationEvent, Policy, find_escalation, next_step
from bot.jobs.run import Queue, Run, job
from bot.ports import Destination, MessageRef, Priority, Window
from bot.services.context import Context
from bot.services.escalation.on_call import OnCallService
from bot.services.escalation.schedule import (
    ESCALATE,
    PAGE,
    WAKE,
    enqueue_page,
    schedule_escalation,
    set_liveness,
)
from bot.services.notifications import rules
from bot.services.publishing import Publisher
from bot.services.tickets.enqueue import CARD, enqueue
from bot.services.webhooks.events import enqueue_events
from bot.settings import Settings
from bot.store import Session
from bot.store.escalation import incidents
from bot.store.tickets import tickets
from bot.ticket import Status, Ticket

log = logging.getLogger(__name__)

CARD_WAIT: Final = dt.timedelta(minutes=1)
WINDOW_MARGIN: Final = dt.timedelta(minutes=2)
MAX_LOOKBACK: Final = dt.timedelta(hours=8)  # every cloud answers this much in one request
_LIVE_FOR: Final = dt.timedelta(minutes=7)  # a class that was in progress this recently still is


class Pager(Protocol):
    """Mentions people. Every method raises SlackError only."""

    async def page(self, ticket: Ticket, event: EscalationEvent, run: Run) -> MessageRef:
        """Mention people in the ticket's thread."""


class EscalationJobs:
    """Escalates unclaimed tickets."""

    def __init__(self, context: Context, publisher: Publisher, pager: Pager) -> None:
        self._context = context
        self._publisher = publisher
        self._pager = pager
        self._on_call = OnCallService(context)

    @job(ESCALATE, Queue.MESSAGES)
    async def escalate(self, run: Run, number: int, step: int) -> dt.datetime | None:
        """Run an escalation step if it is still due; returns when to try a postponed one again."""
        ticket = await self._context.store.read(lambda session: tickets.find(session, number))
        now = self._context.clock.now()
        on_call: tuple[str, ...] = ()
        if _is_due(ticket, step, now):
            if ticket.is_live and not _was_just_diagnosed(ticket, now):
                await self._check_still_live(ticket)
            on_call = await self._on_call.people(ticket.team, ticket.app)

        def work(session: Session) -> dt.datetime | None:
            policy = self._context.workspaces.policy_of(ticket.team)
            settings, now = self._context.settings, self._context.clock.now()
            return _run_step(session, number, step, policy, now, on_call=on_call, settings=settings)

        return await self._context.commit(run.fenced(work))

    async def _check_still_live(self, ticket: Ticket) -> None:
        """Fetch once whether the class is still in progress; on an error it counts as such."""
        now = self._context.clock.now()
        window = Window(max(ticket.occurred_at - WINDOW_MARGIN, now - MAX_LOOKBACK), now)
        try:
            calls = await self._context.clouds[ticket.app].find_calls(
                ticket.app, ticket.cname, window, priority=Priority.SCHEDULED, fresh=True
            )
        except CloudError as error:
            log.info(
                "the calls of %s could not be fetched: %s",
                ticket.label,
                error,
            )
            return
        if any(call.ended_at is None for call in calls):
            return

        def work(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            if set_liveness(stored, is_live=False):
                policy = self._context.workspaces.policy_of(stored.team)
                schedule_escalation(session, stored, policy, now)
                enqueue(session, stored, CARD, now)

        await self._context.store.transact(work)

    @job(WAKE.kind, WAKE.queue)
    async def wake(self, run: Run, number: int) -> dt.datetime | None:
        """Open a ticket again whose snooze is over; returns when that is, if it was prolonged."""

        def work(session: Session) -> dt.datetime | None:
            policy = self._context.workspaces.policy_of(tickets.find(session, number).team)
            settings, now = self._context.settings, self._context.clock.now()
            return _wake(session, number, policy, now, settings=settings)

        return await self._context.commit(run.fenced(work))

    @job(PAGE, Queue.MESSAGES)
    async def page(self, run: Run, number: int, revision: int) -> dt.datetime | None:
        """Mention people in the ticket's thread, on a person's request who is on call, too."""
        ticket, event = await self._read(number, revision)
        if event is None:
            return None
        if not ticket.thread.card_ts:
            return self._context.clock.now() + CARD_WAIT
        if event.person:
            event = replace(event, people=await self._on_call.people(ticket.team, ticket.app))
        await self._publisher.publish_once(
            run,
            Destination.thread_of(ticket),
            ticket.created_at,
            lambda: self._pager.page(ticket, event, run),
        )
        return None

    async def _read(self, number: int, revision: int) -> tuple[Ticket, EscalationEvent | None]:
        """Return a ticket and its escalation; None when it was claimed before the message."""
        ticket = await self._context.store.read(lambda session: tickets.find(session, number))
        event = find_escalation(ticket, revision)
        is_over = ticket.status is not Status.OPEN or ticket.duplicate_of is not None
        return ticket, None if event and is_over and not event.person else event


def _was_just_diagnosed(ticket: Ticket, now: dt.datetime) -> bool:
    return ticket.diagnosed_at is not None and now - ticket.diagnosed_at < _LIVE_FOR


def _is_due(ticket: Ticket, step: int, now: dt.datetime) -> bool:
    if ticket.escalates_at is None or now < ticket.escalates_at:
        return False
    return step == ticket.escalation_step + 1


def _run_step(
    session: Session,
    number: int,
    step_number: int,
    policy: Policy,
    now: dt.datetime,
    *,
    on_call: Sequence[str],
    settings: Settings,
) -> dt.datetime | None:
    """Run the step with this number; returns when to try again if it was postponed."""
    ticket = tickets.lock(session, number)
    step = next_step(ticket, policy, now)
    if step is None or step.number != step_number:
        return None
    if step.at > now:
        if ticket.escalates_at != step.at:
            ticket.escalates_at = step.at
            ticket.mark_changed()
            enqueue(session, ticket, CARD, now)
        return step.at
    people, before = policy.people(step.number, on_call), len(ticket.history)
    target = policy.target(step.number, has_on_call=bool(on_call))
    ticket.record_escalation(step.number, now, target, people=people)
    if not incidents.is_open(session, ticket.incident):  # else its post mentions them
        _enqueue_pages(session, ticket, people, now)
    schedule_escalation(session, ticket, policy, now)
    enqueue(session, ticket, CARD, now)
    enqueue_events(session, settings, ticket, before, now)
    return None


def _wake(
    session: Session, number: int, policy: Policy, now: dt.datetime, *, settings: Settings
) -> dt.datetime | None:
    ticket = tickets.lock(session, number)
    if ticket.snoozed_until is None or ticket.snoozed_until > now:
        return ticket.snoozed_until
    before = len(ticket.history)
    ticket.wake(now)
    schedule_escalation(session, ticket, policy, now)
    enqueue(session, ticket, CARD, now)
    rules.enqueue_notifications(session, ticket, before, now)
    enqueue_events(session, settings, ticket, before, now)
    return None


def _enqueue_pages(
    session: Session, ticket: Ticket, people: Sequence[str], now: dt.datetime
) -> None:
    enqueue_page(session, ticket, now)
    for person in people:
        rules.Notification(ticket.id, rules.ALERTED, person).enqueue(session, now)
