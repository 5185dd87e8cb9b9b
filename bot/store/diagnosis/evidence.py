"""The evidence of a verdict, stored with its ticket because clouds delete data within days."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import LargeBinary, delete
from sqlmodel import JSON, Field, Session, SQLModel, col

from bot.columns import UtcTime


class StoredEvidence(SQLModel, table=True):
    """The packed series of one ticket (see bot/charts), and further evidence."""

    __tablename__ = "evidence"

    ticket: int = Field(primary_key=True)
    packed_series: bytes = Field(sa_type=LargeBinary)
    facts: dict[str, Any] = Field(sa_type=JSON)
    at: dt.datetime = Field(sa_type=UtcTime, index=True)


def save(
    session: Session, ticket: int, packed_series: bytes, facts: dict[str, Any], at: dt.datetime
) -> None:
    """Store a ticket's evidence; a later diagnosis replaces that of an earlier one."""
    session.merge(StoredEvidence(ticket=ticket, packed_series=packed_series, facts=facts, at=at))


def find(session: Session, ticket: int) -> StoredEvidence | None:
    """Find a ticket's evidence."""
    return session.get(StoredEvidence, ticket)


def delete_for_ticket(session: Session, ticket: int) -> None:
    """Delete a ticket's evidence, when it is about another call."""
    session.connection().execute(delete(StoredEvidence).where(col(StoredEvidence.ticket) == ticket))
