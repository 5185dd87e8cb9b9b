"""Enqueueing the jobs of a ticket."""

from __future__ import annotations

import datetime as dt

from bot.store import Session, models
from bot.store import jobs as store_jobs
from bot.ticket import Ticket


def enqueue(session: Session, ticket: Ticket, kind: str, due_at: dt.datetime) -> None:
    """Enqueue a job of a ticket. `call_group` can run several times, other kinds are one job."""
    name = f"{kind}:{ticket.label}"
    if kind == "call_group":
        name = f"{name}:{ticket.revision}"
        if session.get(models.Job, name) is not None:  # enqueued by the same click before
            return
    store_jobs.enqueue(session, name, kind, ticket=ticket.id, due_at=due_at)
