"""Room commands of support: removing a person, closing a room."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import JSON, Field, Session, SQLModel, select

from bot.call_control import RoomAction, RoomCommandState
from bot.columns import EnumText, UtcTime


class RoomCommand(SQLModel, table=True):
    """A room command. `origin` is the submitted Slack view; `status_ts` its post in the thread."""

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
    """Find the command of a Slack view."""
    statement = select(RoomCommand).where(RoomCommand.team == team, RoomCommand.origin == origin)
    return session.exec(statement).first()
