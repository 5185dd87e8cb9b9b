"""What support ordered about rooms: sending somebody out, closing one."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import JSON, Field, Session, SQLModel, select

from bot.ticket import OneOf, UtcTime


class RoomAct(StrEnum):
    """What is done to a room."""

    REMOVE_STUDENT = "remove_student"
    REMOVE_TEACHER = "remove_teacher"
    DISMISS = "dismiss"


class OrderState(StrEnum):
    """What became of an order."""

    WAITING = "waiting"  # not taken yet; `reason` says why, once it was tried
    TAKEN = "taken"  # the cloud took it and does not tell whether it did it
    NOT_THERE = "not_there"  # the cloud knows no such room
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"  # it may have arrived; never sent again
    TOO_LATE = "too_late"  # it could not be sent while it still made sense


class RoomOrder(SQLModel, table=True):
    """One order. `origin` is the Slack view it came from; `note_ts` its post in the thread."""

    __table_args__ = (UniqueConstraint("team", "origin"),)

    id: int | None = Field(default=None, primary_key=True)
    team: str
    origin: str
    ticket: int = Field(index=True)
    person: str
    act: RoomAct = Field(sa_type=OneOf(RoomAct))
    uid: str = ""
    asked_at: dt.datetime = Field(sa_type=UtcTime)
    begun_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    state: OrderState = Field(default=OrderState.WAITING, sa_type=OneOf(OrderState))
    reason: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    note_ts: str = ""


def find_by_origin(session: Session, team: str, origin: str) -> RoomOrder | None:
    """Find the order a Slack view gave."""
    asked = select(RoomOrder).where(RoomOrder.team == team, RoomOrder.origin == origin)
    return session.exec(asked).first()
