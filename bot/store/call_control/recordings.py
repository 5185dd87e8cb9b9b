"""Recordings of calls as evidence: their jobs, files and received callbacks."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from sqlalchemy import UniqueConstraint, and_, delete, or_
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from bot.call import Side
from bot.call_control import ACTIVE_RECORDING_STATES, RecordingState
from bot.columns import EnumText, UtcTime
from bot.store.statements import insertion

_WEBHOOK_EVENT_RETENTION: Final = dt.timedelta(days=2)  # older signatures are rejected anyway


class Recording(SQLModel, table=True):
    """A recording of one person's stream. `origin` is the submitted Slack view.

    `stop_*` is who requested its stop; `poll_count` counts the polls since it last changed.
    `has_webhook`: a callback URL is set for finished files, None: unknown.
    `status_ts` is its post in the thread, `posted_status` the content of that post.
    """

    __tablename__ = "recording"

    __table_args__ = (UniqueConstraint("team", "origin"),)

    id: int | None = Field(default=None, primary_key=True)
    team: str
    origin: str
    ticket: int = Field(index=True)
    app: str
    cname: str
    side: Side = Field(sa_type=EnumText(Side))
    uid: str
    person: str
    requested_at: dt.datetime = Field(sa_type=UtcTime)
    attempted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    state: RecordingState = Field(default=RecordingState.PENDING, sa_type=EnumText(RecordingState))
    reason: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    job_id: str = Field(default="", index=True)
    stop_reason: str = ""
    started_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    stopped_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    stop_requested_by: str = ""
    stop_requested_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    stop_accepted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    ended_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    has_webhook: bool | None = None
    poll_count: int = 0
    status_ts: str = ""
    posted_status: str = ""

    @property
    def is_active(self) -> bool:
        """Return whether it may still change."""
        return self.state in ACTIVE_RECORDING_STATES


class RecordingFile(SQLModel, table=True):
    """A finished file, reported by the cloud; it is in the customer's own storage."""

    __tablename__ = "recording_file"

    __table_args__ = (UniqueConstraint("recording", "bucket", "path"),)

    id: int | None = Field(default=None, primary_key=True)
    recording: int = Field(index=True)
    ticket: int
    format: str = ""
    location: str = ""
    bucket: str = ""
    path: str = ""
    duration_s: int | None = None
    width: int | None = None
    height: int | None = None
    started_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    ended_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    at: dt.datetime = Field(sa_type=UtcTime)


class WebhookEvent(SQLModel, table=True):
    """A callback received from a cloud; received again it changes nothing."""

    __tablename__ = "webhook_event"

    id: str = Field(primary_key=True)
    at: dt.datetime = Field(sa_type=UtcTime, index=True)


def find_by_origin(session: Session, team: str, origin: str) -> Recording | None:
    """Find the recording started by a Slack view."""
    statement = select(Recording).where(Recording.team == team, Recording.origin == origin)
    return session.exec(statement).first()


def find_active(session: Session, ticket: int) -> Recording | None:
    """Find the active recording of a ticket."""
    statement = (
        select(Recording)
        .where(Recording.ticket == ticket, col(Recording.state).in_(ACTIVE_RECORDING_STATES))
        .order_by(col(Recording.id).desc())
    )
    return session.exec(statement).first()


def find_by_job(session: Session, app: str, job_id: str) -> Recording | None:
    """Find the recording with a job of the cloud."""
    statement = select(Recording).where(Recording.app == app, Recording.job_id == job_id)
    return session.exec(statement).first() if job_id else None


def list_without_job(session: Session, app: str, cname: str) -> list[Recording]:
    """List the recordings of a room that were sent and whose jobs are unknown, newest first."""
    is_being_sent = and_(
        col(Recording.state) == RecordingState.PENDING, col(Recording.attempted_at).is_not(None)
    )
    is_unconfirmed = col(Recording.state) == RecordingState.UNCONFIRMED
    statement = (
        select(Recording)
        .where(Recording.app == app, Recording.cname == cname, or_(is_unconfirmed, is_being_sent))
        .order_by(col(Recording.id).desc())
    )
    return list(session.exec(statement).all())


def lock(session: Session, number: int) -> Recording:
    """Find and lock a recording; KeyError when there is none."""
    statement = select(Recording).where(Recording.id == number).with_for_update()
    recording = session.exec(statement).one_or_none()
    if recording is None:
        raise KeyError(number)
    return recording


def add_file(session: Session, file: RecordingFile) -> bool:
    """Store a finished file; return whether it is new."""
    existing = session.exec(
        select(RecordingFile).where(
            RecordingFile.recording == file.recording,
            RecordingFile.bucket == file.bucket,
            RecordingFile.path == file.path,
        )
    ).first()
    if existing is None:
        session.add(file)
        session.flush()
    return existing is None


def mark_received(session: Session, event_id: str, now: dt.datetime) -> bool:
    """Store that a callback was received; return whether it is new. Deletes old rows."""
    session.connection().execute(
        delete(WebhookEvent).where(col(WebhookEvent.at) < now - _WEBHOOK_EVENT_RETENTION)
    )
    dialect = session.get_bind().dialect.name
    new = insertion(dialect, WebhookEvent).values(id=event_id, at=now).on_conflict_do_nothing()
    returning = new.returning(col(WebhookEvent.id))  # PostgreSQL counts no rows here
    return session.connection().execute(returning).first() is not None
