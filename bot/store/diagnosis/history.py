"""Queries of a person's earlier tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlmodel import Session, col, select

from bot.store.tickets import tickets
from bot.ticket import Ticket

_LIMIT = 50


def list_for_participant(
    session: Session, app: str, uid: str, since: dt.datetime, *, other_than: int
) -> Sequence[Ticket]:
    """Return the earlier tickets of a person, newest first."""
    rows: dict[int, Ticket] = {}
    for side in (
        Ticket.teacher_uid,
        Ticket.student_uid,
    ):  # one index each, unlike "or"
        statement = select(Ticket).where(
            Ticket.app == app,
            col(side) == uid,
            col(Ticket.created_at) >= since,
            col(Ticket.number) >= tickets.number_before(session, since),
            Ticket.number != other_than,
        )
        newest = statement.order_by(col(Ticket.number).desc()).limit(_LIMIT)
        rows |= {ticket.id: ticket for ticket in session.exec(newest)}
    return sorted(rows.values(), key=lambda ticket: -ticket.id)[:_LIMIT]
