"""Enqueueing the jobs of a ticket."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.store import Session
from bot.store import jobs as store_jobs
from bot.ticket import Ticket

_POSTING_KINDS: Final = frozenset({"card", "diagnose"})
_PRIVATE_KINDS: Final = frozenset({"confirm", "explain"})


def enqueue(session: Session, ticket: Ticket, kind: str, due_at: dt.datetime) -> None:
    """Enqueue a job about a ticket, of which there is one for each kind."""
    name, partition = f"{kind}:{ticket.label}", _partition(ticket, kind)
    store_jobs.enqueue(
        session, name, kind, ticket.id, ticket=ticket.id, partition=partition, due_at=due_at
    )


def channel_partition(team: str, channel: str = "escalations") -> str:
    """Return the partition of the jobs that post in one channel: Slack limits its messages."""
    return f"{team}/{channel}"


def person_partition(person: str) -> str:
    """Return the partition of the private messages to a person, which Slack limits too."""
    return f"direct/{person}"


def _partition(ticket: Ticket, kind: str) -> str:
    if kind in _PRIVATE_KINDS:
        return person_partition(ticket.reporter)
    posted = {"card": ticket.thread.card_ts, "diagnose": ticket.thread.diagnosis_ts}
    if posted.get(kind):  # edits have a rate limit of their own
        return channel_partition(ticket.team, "edits")
    return channel_partition(ticket.team) if kind in _POSTING_KINDS else ""


def move_to_edits(session: Session, ticket: Ticket, name: str) -> None:
    """Let the next attempts of a job that has posted leave the channel's pace to others."""
    store_jobs.move(session, name, channel_partition(ticket.team, "edits"))
