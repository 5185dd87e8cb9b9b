"""Scheduling a ticket's next escalation step, and paging people now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from bot.call import Call
from bot.escalation import EscalationStep, Policy, next_step
from bot.jobs.run import Queue
from bot.services.tickets.enqueue import TicketJob, channel_partition
from bot.store import Session, models
from bot.store import jobs as store_jobs
from bot.store.jobs import NewJob
from bot.ticket import Ticket

ESCALATE: Final = "escalate"
PAGE: Final = "page"
WAKE: Final = TicketJob("wake", Queue.MESSAGES)
GROUP_INCIDENT: Final = TicketJob("group_incident")


def schedule_escalation(session: Session, ticket: Ticket, policy: Policy, now: dt.datetime) -> None:
    """Schedule a ticket's next step and enqueue it, if there is one.

    A postponed step keeps its job at the original time; that job then postpones it.
    """
    if step := plan_step(ticket, policy, now):
        store_jobs.enqueue_all(session, [step_job(ticket, step)])


def plan_step(ticket: Ticket, policy: Policy, now: dt.datetime) -> EscalationStep | None:
    """Set when a ticket's next step is due."""
    step = next_step(ticket, policy, now)
    ticket.escalates_at = step.at if step else None
    return step


def step_job(ticket: Ticket, step: EscalationStep) -> NewJob:
    """Return the job of a planned step."""
    name = f"{ESCALATE}:{ticket.label}:{step.number}"
    return NewJob(name, ESCALATE, (ticket.id, step.number), step.at, ticket.id)


def enqueue_page(session: Session, ticket: Ticket, now: dt.datetime) -> None:
    """Enqueue mentioning people in the thread, once for each escalation of a ticket."""
    name = f"{PAGE}:{ticket.label}:{ticket.revision}"
    if session.get(models.Job, name) is not None:  # by an earlier delivery of the same click
        return
    store_jobs.enqueue(
        session,
        name,
        PAGE,
        *(ticket.id, ticket.revision),
        ticket=ticket.id,
        partition=channel_partition(ticket.team),
        due_at=now,
    )


def update_liveness(ticket: Ticket, calls: Sequence[Call]) -> bool:
    """Update whether the class is in progress from its newest call; return whether that changed.

    Without a call nothing changes.
    """
    if not calls:
        return False
    newest = max(calls, key=lambda call: call.started_at)
    return set_liveness(ticket, is_live=newest.ended_at is None)


def set_liveness(ticket: Ticket, *, is_live: bool) -> bool:
    """Update whether the class is in progress; return whether that changed."""
    is_changed = ticket.is_live is not is_live
    ticket.is_live = is_live
    if is_changed:
        ticket.mark_changed()
    return is_changed
