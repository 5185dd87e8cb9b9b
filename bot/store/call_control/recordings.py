"""Recordings of calls as evidence: the jobs, their files, and what a cloud already told."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from sqlalchemy import UniqueConstraint, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from bot.call import Side
from bot.call_control import ACTIVE_RECORDING_STATES, RecordingState
from bot.columns import EnumText, UtcTime

_WEBHOOK_EVENT_RETENTION: Final = dt.timedelta(days=2)  # an old signature is refused long before


class Recording(SQLModel, table=True):
    """One person's stream being recorded. `origin` is the Slack view it came from.

    `stop_*` is who asked to stop it; `poll_count` counts how often we asked since it last changed.
    `has_webhook` says whether the cloud has an address to tell finished files to, None: not known.
    `status_ts` is its post in the thread, `posted_status` what that shows.
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
        """Tell whether it may still change."""
        return self.state in ACTIVE_RECORDING_STATES


class RecordingFile(SQLModel, table=True):
    """A finished file as the cloud told of it; it stays in the customer's own storage."""

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
    """Something a cloud told by itself; told again it changes nothing."""

    __tablename__ = "webhook_event"

    id: str = Field(primary_key=True)
    at: dt.datetime = Field(sa_type=UtcTime, index=True)


def find_by_origin(session: Session, team: str, origin: str) -> Recording | None:
    """Find the recording a Slack view began."""
    statement = select(Recording).where(Recording.team == team, Recording.origin == origin)
    return session.exec(statement).first()


def find_active(session: Session, ticket: int) -> Recording | None:
    """Find the recording of a ticket that goes on."""
    statement = (
        select(Recording)
        .where(Recording.ticket == ticket, col(Recording.state).in_(ACTIVE_RECORDING_STATES))
        .order_by(col(Recording.id).desc())
    )
    return session.exec(statement).first()


def find_by_job(session: Session, app: str, job_id: str) -> Recording | None:
    """Find the recording whose job the cloud speaks of."""
    statement = select(Recording).where(Recording.app == app, Recording.job_id == job_id)
    return session.exec(statement).first() if job_id else None


def list_unconfirmed(session: Session, app: str, cname: str) -> list[Recording]:
    """List the recordings of a room whose jobs we never learnt, newest first."""
    statement = (
        select(Recording)
        .where(
            Recording.app == app,
            Recording.cname == cname,
            Recording.state == RecordingState.UNCONFIRMED,
        )
        .order_by(col(Recording.id).desc())
    )
    return list(session.exec(statement).all())


def lock(session: Session, number: int) -> Recording:
    """Find a recording and keep others from changing it; KeyError when there is none."""
    statement = select(Recording).where(Recording.id == number).with_for_update()
    recording = session.exec(statement).one_or_none()
    if recording is None:
        raise KeyError(number)
    return recording


def add_file(session: Session, file: RecordingFile) -> bool:
    """Note a finished file; tells whether it is new."""
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
    """Note that something was told; tells whether for the first time. Forgets what is old."""
    session.connection().execute(
        delete(WebhookEvent).where(col(WebhookEvent.at) < now - _WEBHOOK_EVENT_RETENTION)
    )
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(WebhookEvent).values(id=event_id, at=now).on_conflict_do_nothing()
    statement = statement.returning(col(WebhookEvent.id))  # PostgreSQL's driver counts no rows here
    return session.connection().execute(statement).first() is not None
