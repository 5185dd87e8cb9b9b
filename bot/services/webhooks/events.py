"""The events of tickets that other systems get as webhooks, and enqueueing these."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from bot.diagnosis.verdict import write_time
from bot.services.tickets.export import shared_row
from bot.settings import Settings
from bot.store import Session
from bot.store.jobs import NewJob, enqueue_all
from bot.store.models import Job
from bot.ticket import Ticket
from bot.webhook_settings import WebhookAddress

SEND: Final = "webhook"
FILED: Final = "filed"
EXPLAINED: Final = "explained"
GIVE_UP_AFTER: Final = dt.timedelta(days=3)
_PREFIX: Final = "ticket."
_TYPES: Final[Mapping[str, str]] = {  # by the event in a ticket's history
    "claimed": "claimed",
    "handed": "claimed",
    "unclaimed": "unclaimed",
    "woken": "unclaimed",
    "called": "escalated",
    "resolved": "resolved",
    "withdrawn": "resolved",
    "merged": "resolved",
    "reopened": "reopened",
}
_ID_LENGTH: Final = 24


class Event(NamedTuple):
    """An event of a ticket; `body` is what is sent, with the id `message_id`."""

    name: str  # made of its meaning, such as LD-12:7:claimed
    ticket: int | None
    message_id: str
    body: Mapping[str, Any]

    def job(self, address: WebhookAddress, now: dt.datetime) -> NewJob:
        """Return the job that sends it to an address."""
        until = write_time(now + GIVE_UP_AFTER)
        return NewJob(
            f"{SEND}:{self.name}:{address.id}",
            SEND,
            (address.id, self.message_id, self.body, until),
            now,
            self.ticket,
            partition_of(address.id),
        )

    @classmethod
    def of_job(cls, job: Job) -> Event:
        """Return the event that a stored job sends."""
        _, message_id, body, _ = job.arguments
        name = job.name.removeprefix(f"{SEND}:").rpartition(":")[0]
        return cls(name, job.ticket, message_id, body)


def enqueue_events(
    session: Session, settings: Settings, ticket: Ticket, before: int, now: dt.datetime
) -> None:
    """Enqueue the webhooks of all events after the first `before` of a ticket's history."""
    for event in ticket.history[before:]:
        if event["what"] in _TYPES:
            enqueue_event(session, settings, ticket, _TYPES[event["what"]], now, who=event["who"])


def enqueue_event(
    session: Session,
    settings: Settings,
    ticket: Ticket,
    what: str,
    now: dt.datetime,
    *,
    who: str = "",
) -> None:
    """Enqueue the webhooks of one event of a ticket; none without an address."""
    if jobs := event_jobs(settings, ticket, what, now, who=who):
        enqueue_all(session, jobs)


def event_jobs(
    settings: Settings, ticket: Ticket, what: str, now: dt.datetime, *, who: str = ""
) -> Sequence[NewJob]:
    """Return the jobs that send one event of a ticket, as it is now, one for each address.

    Their names make the event of a revision one webhook, however often it is enqueued.
    """
    addresses = settings.webhooks.of(ticket.team)
    if not addresses:
        return ()
    event = Event(
        f"{ticket.label}:{ticket.revision}:{what}",
        ticket.id,
        _message_id(ticket, what),
        _body(settings, ticket, what, now, who),
    )
    return [event.job(address, now) for address in addresses]


def partition_of(address_id: str) -> str:
    """Return the partition of the webhooks to an address: one is sent at a time."""
    return f"{SEND}/{address_id}"


def _message_id(ticket: Ticket, what: str) -> str:
    """Return the id by which a receiver recognizes what it has already got.

    Another installation has other tickets of the same number, so it depends on when that was filed.
    """
    meaning = f"{ticket.team} {ticket.id} {ticket.created_at.timestamp()} {ticket.revision} {what}"
    return f"msg_{hashlib.sha256(meaning.encode()).hexdigest()[:_ID_LENGTH]}"


def _body(
    settings: Settings, ticket: Ticket, what: str, now: dt.datetime, who: str
) -> dict[str, Any]:
    data = {
        "workspace": ticket.team,
        "sequence": ticket.revision,
        "by": who or None,
        "ticket": shared_row(ticket, mask=settings.mask_uids),
    }
    return {"type": f"{_PREFIX}{what}", "timestamp": write_time(now), "data": data}
