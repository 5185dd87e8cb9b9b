"""Enqueueing the jobs of a ticket."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.store import Session
from bot.store import jobs as store_jobs
from bot.ticket import Ticket

_POSTING_KINDS: Final = frozenset({"card", "diagnose"})


def enqueue(session: Session, ticket: Ticket, kind: str, due_at: dt.datetime) -> None:
    """Enqueue a job about a ticket, of which there is one for each kind."""
    name, partition = f"{kind}:{ticket.label}", _partition(ticket, kind)
    store_jobs.enqueue(
        session, name, kind, ticket.id, ticket=ticket.id, partition=partition, due_at=due_at
    )


def channel_partition(team: str, channel: str = "escalations") -> str:
    """Return the partition of the jobs that post in one channel: Slack limits its messages."""
    return f"{team}/{channel}"


def _partition(ticket: Ticket, kind: str) -> str:
    if kind == "card" and ticket.thread.card_ts:  # edits have a rate limit of their own
        return channel_partition(ticket.team, "edits")
    return channel_partition(ticket.team) if kind in _POSTING_KINDS else ""
