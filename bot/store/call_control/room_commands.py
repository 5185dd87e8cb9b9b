"""What support ordered about rooms: sending somebody out, closing one."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import JSON, Field, Session, SQLModel, select

from bot.ticket import EnumText, UtcTime


class RoomAction(StrEnum):
    """What is done to a room."""

    REMOVE_STUDENT = "remove_student"
    REMOVE_TEACHER = "remove_teacher"
    DISMISS = "dismiss"


class RoomCommandState(StrEnum):
    """What became of an order."""

    PENDING = "waiting"  # not taken yet; `reason` says why, once it was tried
    ACCEPTED = "taken"  # the cloud took it and does not tell whether it did it
    NOT_FOUND = "not_there"  # the cloud knows no such room
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"  # it may have arrived; never sent again
    EXPIRED = "too_late"  # it could not be sent while it still made sense


class RoomCommand(SQLModel, table=True):
    """One order. `origin` is the Slack view it came from; `status_ts` its post in the thread."""

    __tablename__ = "room_command"

    __table_args__ = (UniqueConstraint("team", "origin"),)

    id: int | None = Field(default=None, primary_key=True)
    team: str
    origin: str
    ticket: int = Field(index=True)
    person: str
    action: RoomAction = Field(sa_type=EnumText(RoomAction))
    uid: str = ""
    requested_at: dt.datetime = Field(sa_type=UtcTime)
    attempted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    state: RoomCommandState = Field(
        default=RoomCommandState.PENDING, sa_type=EnumText(RoomCommandState)
    )
    reason: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    status_ts: str = ""


def find_by_origin(session: Session, team: str, origin: str) -> RoomCommand | None:
    """Find the order a Slack view gave."""
    statement = select(RoomCommand).where(RoomCommand.team == team, RoomCommand.origin == origin)
    return session.exec(statement).first()
