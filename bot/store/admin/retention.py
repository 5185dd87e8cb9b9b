"""Deleting what is older than it is kept, a batch at a time; docs/privacy.md has the periods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, select, tuple_, update
from sqlmodel import Session, col

from bot.cloud_report import CloudReport
from bot.store.admin.audit_log import AuditEntry
from bot.store.alerts.alerts import CloudAlert
from bot.store.call_control.recordings import Recording, RecordingFile, WebhookEvent
from bot.store.call_control.room_commands import RoomCommand
from bot.store.diagnosis.events import RETENTION as EVENT_RETENTION
from bot.store.diagnosis.events import PolledEvent, ScannedInterval
from bot.store.diagnosis.evidence import StoredEvidence
from bot.store.diagnosis.feedback import VerdictFeedback
from bot.store.models import InquiryRow, Job, KeyValue, Mention, SentNotification, ThreadReply
from bot.store.response_cache import CachedResponse
from bot.store.tickets import search_index
from bot.ticket import Ticket
from bot.ticket_thread import TicketThread

QUESTION_RETENTION: Final = dt.timedelta(days=30)  # a response URL is valid for half an hour
CALLBACK_RETENTION: Final = dt.timedelta(days=2)
STATE_RETENTION: Final = dt.timedelta(days=1)  # of an installation that was never finished
BATCH: Final = 200  # rows of a table in one transaction
_STATES: Final = "oauth_state:"
_OF_TICKETS: Final[Sequence[Any]] = (  # with the ticket's number in `ticket`, the newest first
    *(Job, AuditEntry, SentNotification, VerdictFeedback, ThreadReply, StoredEvidence),
    *(RecordingFile, Recording, RoomCommand, CloudReport, TicketThread),
)


def delete_old(session: Session, now: dt.datetime, evidence: dt.timedelta) -> Mapping[str, int]:
    """Delete a batch of each table's rows that are too old; return how many of each."""
    ages: Sequence[tuple[Any, Any, dt.timedelta]] = (
        (StoredEvidence, StoredEvidence.at, evidence),
        (InquiryRow, InquiryRow.requested_at, QUESTION_RETENTION),
        (Mention, Mention.at, QUESTION_RETENTION),
        (CachedResponse, CachedResponse.at, QUESTION_RETENTION),
        (PolledEvent, PolledEvent.at, EVENT_RETENTION),
        (ScannedInterval, ScannedInterval.until, EVENT_RETENTION),
        (WebhookEvent, WebhookEvent.at, CALLBACK_RETENTION),
        (CloudAlert, CloudAlert.received_at, QUESTION_RETENTION),
    )
    counts = {
        table.__tablename__: _delete_batch(session, table, col(at) < now - age)
        for table, at, age in ages
    }
    is_state = col(KeyValue.name).startswith(_STATES, autoescape=True)
    is_old = col(KeyValue.at) < now - STATE_RETENTION
    states = _delete_batch(session, KeyValue, is_state, is_old)
    return {name: count for name, count in {**counts, "key_value": states}.items() if count}


def delete_tickets(session: Session, before: dt.datetime) -> int:
    """Delete a batch of tickets that were resolved before a moment, with all that is theirs."""
    is_old = col(Ticket.resolved_at) < before
    oldest = select(col(Ticket.number)).where(is_old).order_by(col(Ticket.resolved_at))
    numbers = [number for number in session.scalars(oldest.limit(BATCH)) if number is not None]
    if not numbers:
        return 0
    for ticket in session.scalars(select(Ticket).where(col(Ticket.number).in_(numbers))):
        _unlink(session, ticket, numbers)
    session.flush()
    for table in _OF_TICKETS:
        _delete(session, table, col(table.ticket).in_(numbers))
    was_target = col(Ticket.duplicate_of).in_(numbers)
    session.connection().execute(update(Ticket).where(was_target).values(duplicate_of=None))
    _delete(session, Ticket, col(Ticket.number).in_(numbers))
    search_index.reindex(session.connection(), numbers)
    return len(numbers)


def _unlink(session: Session, ticket: Ticket, deleted: Sequence[int]) -> None:
    """Remove a ticket from those that are linked to it and stay."""
    for number in set(ticket.related) - set(deleted):
        other = session.get(Ticket, number)
        if other is not None:
            other.related = [each for each in other.related if each != ticket.id]
            session.add(other)


def _delete_batch(session: Session, table: Any, *where: ColumnElement[bool]) -> int:
    """A transaction of any length would keep Slack's requests from being saved."""
    key = tuple_(*table.__table__.primary_key)
    batch = select(*table.__table__.primary_key).where(*where).limit(BATCH)
    return _delete(session, table, key.in_(batch))


def _delete(session: Session, table: Any, *where: ColumnElement[bool]) -> int:
    return session.connection().execute(delete(table).where(*where)).rowcount
