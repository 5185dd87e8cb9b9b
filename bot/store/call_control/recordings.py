"""Recordings of calls as evidence: the jobs, their files, and what a cloud already told."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import UniqueConstraint, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from bot.call import Side
from bot.ticket import OneOf, UtcTime

_HEARD_KEPT: Final = dt.timedelta(days=2)  # an old signature is refused long before


class RecordState(StrEnum):
    """Where a recording stands."""

    WAITING = "waiting"  # the cloud did not take it yet; `reason` says why, once it was tried
    STARTING = "starting"
    RUNNING = "running"
    STOPPED = "stopped"
    UNCONFIRMED = "unconfirmed"  # it may run without our knowing its job; never begun again
    REFUSED = "refused"
    TOO_LATE = "too_late"
    GONE = "gone"  # the cloud knows no such job any more
    LOST = "lost"  # asked about for so long that we stopped asking


ACTIVE: Final = (RecordState.WAITING, RecordState.STARTING, RecordState.RUNNING)


class Recording(SQLModel, table=True):
    """One person's stream being recorded. `origin` is the Slack view it came from.

    `stop_*` is who asked to stop it; `polls` counts how often we asked since it last changed.
    `is_told` says whether the cloud has an address to tell finished files to, None: not known.
    `note_ts` is its post in the thread, `note_shown` what that shows.
    """

    __table_args__ = (UniqueConstraint("team", "origin"),)

    id: int | None = Field(default=None, primary_key=True)
    team: str
    origin: str
    ticket: int = Field(index=True)
    app: str
    cname: str
    side: Side = Field(sa_type=OneOf(Side))
    uid: str
    person: str
    asked_at: dt.datetime = Field(sa_type=UtcTime)
    begun_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    state: RecordState = Field(default=RecordState.WAITING, sa_type=OneOf(RecordState))
    reason: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    job_id: str = Field(default="", index=True)
    stop_reason: str = ""
    started_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    stopped_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    stop_person: str = ""
    stop_asked_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    stop_taken_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    over_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    is_told: bool | None = None
    polls: int = 0
    note_ts: str = ""
    note_shown: str = ""

    @property
    def is_active(self) -> bool:
        """Tell whether it may still change."""
        return self.state in ACTIVE


class RecordedFile(SQLModel, table=True):
    """A finished file as the cloud told of it; it stays in the customer's own storage."""

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


class HeardEvent(SQLModel, table=True):
    """Something a cloud told by itself; told again it changes nothing."""

    id: str = Field(primary_key=True)
    at: dt.datetime = Field(sa_type=UtcTime, index=True)


def find_by_origin(session: Session, team: str, origin: str) -> Recording | None:
    """Find the recording a Slack view began."""
    asked = select(Recording).where(Recording.team == team, Recording.origin == origin)
    return session.exec(asked).first()


def active_of(session: Session, ticket: int) -> Recording | None:
    """Find the recording of a ticket that goes on."""
    asked = (
        select(Recording)
        .where(Recording.ticket == ticket, col(Recording.state).in_(ACTIVE))
        .order_by(col(Recording.id).desc())
    )
    return session.exec(asked).first()


def find_by_job(session: Session, app: str, job_id: str) -> Recording | None:
    """Find the recording whose job the cloud speaks of."""
    asked = select(Recording).where(Recording.app == app, Recording.job_id == job_id)
    return session.exec(asked).first() if job_id else None


def unconfirmed_of(session: Session, app: str, cname: str) -> list[Recording]:
    """List the recordings of a room whose jobs we never learnt, newest first."""
    asked = (
        select(Recording)
        .where(
            Recording.app == app,
            Recording.cname == cname,
            Recording.state == RecordState.UNCONFIRMED,
        )
        .order_by(col(Recording.id).desc())
    )
    return list(session.exec(asked).all())


def lock(session: Session, number: int) -> Recording:
    """Find a recording and keep others from changing it; KeyError when there is none."""
    asked = select(Recording).where(Recording.id == number).with_for_update()
    found = session.exec(asked).one_or_none()
    if found is None:
        raise KeyError(number)
    return found


def add_file(session: Session, file: RecordedFile) -> bool:
    """Note a finished file; tells whether it is new."""
    known = session.exec(
        select(RecordedFile).where(
            RecordedFile.recording == file.recording,
            RecordedFile.bucket == file.bucket,
            RecordedFile.path == file.path,
        )
    ).first()
    if known is None:
        session.add(file)
        session.flush()
    return known is None


def hear(session: Session, event_id: str, now: dt.datetime) -> bool:
    """Note that something was told; tells whether for the first time. Forgets what is old."""
    session.connection().execute(delete(HeardEvent).where(col(HeardEvent.at) < now - _HEARD_KEPT))
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    heard = dialect.insert(HeardEvent).values(id=event_id, at=now).on_conflict_do_nothing()
    asked = heard.returning(col(HeardEvent.id))  # PostgreSQL's driver counts no rows here
    return session.connection().execute(asked).first() is not None
