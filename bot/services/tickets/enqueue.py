"""Enqueueing the jobs of a ticket."""

from __future__ import annotations

import datetime as dt

from bot.store import Session, models
from bot.store import jobs as store_jobs
from bot.ticket import Ticket


def enqueue(session: Session, ticket: Ticket, kind: str, due_at: dt.datetime) -> None:
    """Enqueue a job of a ticket. `call_group` can run several times, other kinds are one job."""
    name, arguments = f"{kind}:{ticket.label}", [ticket.id]
    if kind == "call_group":
        name, arguments = f"{name}:{ticket.revision}", [ticket.id, ticket.revision]
        if session.get(models.Job, name) is not None:  # enqueued by the same click before
            return
    store_jobs.enqueue(session, name, kind, *arguments, ticket=ticket.id, due_at=due_at)
