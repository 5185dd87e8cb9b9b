"""Who did what to whom: one line for everything that reaches beyond Slack or shows an id."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from bot.columns import UtcTime


class AuditEntry(SQLModel, table=True):
    """Something somebody did; nothing changes or deletes it.

    `origin` is the Slack view it came from: what is delivered twice stands here once.
    """

    __tablename__ = "audit_entry"

    __table_args__ = (UniqueConstraint("team", "origin", "action"),)

    id: int | None = Field(default=None, primary_key=True)
    team: str
    person: str = Field(index=True)
    action: str
    ticket: int | None = Field(default=None, index=True)
    origin: str
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    at: dt.datetime = Field(sa_type=UtcTime, index=True)


def add_entry(session: Session, entry: AuditEntry) -> bool:
    """Write an entry down, once for each origin and action; tells whether it is new."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = (
        dialect.insert(AuditEntry)
        .values(entry.model_dump(exclude={"id"}))
        .on_conflict_do_nothing()  # the same view may be delivered to two processes at once
        .returning(col(AuditEntry.id))
    )
    return session.connection().execute(statement).first() is not None


def list_newest(session: Session, team: str, ticket: int | None, limit: int) -> list[AuditEntry]:
    """Return what was done last in a workspace, or about one ticket, newest first.

    What became of an order (`room.dismiss.taken`) stands beside it and counts as one with it.
    """
    statement = (
        select(AuditEntry)
        .where(AuditEntry.team == team, col(AuditEntry.action).not_like("%.%.%"))
        .order_by(col(AuditEntry.at).desc(), col(AuditEntry.id).desc())
        .limit(limit)
    )
    if ticket is not None:
        statement = statement.where(AuditEntry.ticket == ticket)
    return list(session.exec(statement).all())


def outcomes(session: Session, team: str, origins: Sequence[str]) -> dict[str, str]:
    """Return what became of orders, by the views they came from: `taken`, `refused` ..."""
    statement = select(AuditEntry.origin, AuditEntry.action).where(
        AuditEntry.team == team,
        col(AuditEntry.origin).in_(origins),
        col(AuditEntry.action).like("%.%.%"),
    )
    return {origin: action.rpartition(".")[2] for origin, action in session.exec(statement).all()}


def list_for_ticket(session: Session, ticket: int) -> Sequence[AuditEntry]:
    """Return what was done about a ticket, oldest first."""
    statement = select(AuditEntry).where(AuditEntry.ticket == ticket).order_by(col(AuditEntry.id))
    return session.exec(statement).all()
