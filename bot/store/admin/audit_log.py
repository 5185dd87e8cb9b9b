"""The audit log: actions with effects outside Slack, and displays of full ids."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from bot.columns import UtcTime
from bot.store.statements import insertion


class AuditEntry(SQLModel, table=True):
    """An action of a person; entries are never deleted, and changed only to erase a person.

    `origin` is the submitted Slack view: a view delivered twice has one entry.
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
    """Add an entry, once for each origin and action; return whether it is new."""
    dialect = session.get_bind().dialect.name
    statement = (
        insertion(dialect, AuditEntry)
        .values(entry.model_dump(exclude={"id"}))
        .on_conflict_do_nothing()  # the same view may be delivered to two processes at once
        .returning(col(AuditEntry.id))
    )
    return session.connection().execute(statement).first() is not None


def list_newest(session: Session, team: str, ticket: int | None, limit: int) -> list[AuditEntry]:
    """Return the last actions in a workspace, or on one ticket, newest first.

    The outcome of a room command (`room.dismiss.taken`) is not an action of its own.
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
    """Return the outcomes of room commands (`taken`, `refused` ...) by origin."""
    statement = select(AuditEntry.origin, AuditEntry.action).where(
        AuditEntry.team == team,
        col(AuditEntry.origin).in_(origins),
        col(AuditEntry.action).like("%.%.%"),
    )
    return {origin: action.rpartition(".")[2] for origin, action in session.exec(statement).all()}
