"""What happened before: one person's tickets, and tickets that share a cause right now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlmodel import Session, col, select

from bot.store.tickets import tickets
from bot.ticket import Ticket

_SHOWN_MOST = 50


def of_person(
    session: Session, app: str, uid: str, since: dt.datetime, *, other_than: int
) -> Sequence[Ticket]:
    """The earlier tickets somebody was in, newest first."""
    rows: dict[int, Ticket] = {}
    for side in (Ticket.teacher_uid, Ticket.student_uid):  # an index each; "or" would read more
        asked = select(Ticket).where(
            Ticket.app == app,
            col(side) == uid,
            col(Ticket.created_at) >= since,
            col(Ticket.number) >= tickets.first_number(session, since),
            Ticket.number != other_than,
        )
        newest = asked.order_by(col(Ticket.number).desc()).limit(_SHOWN_MOST)
        rows |= {ticket.id: ticket for ticket in session.exec(newest)}
    return sorted(rows.values(), key=lambda ticket: -ticket.id)[:_SHOWN_MOST]


def sharing_cause(
    session: Session, team: str, app: str, cause: str, since: dt.datetime
) -> Sequence[Ticket]:
    """The tickets of an app that got this cause since a moment, oldest first."""
    return session.exec(
        select(Ticket)
        .where(
            Ticket.team == team,
            Ticket.app == app,
            Ticket.cause == cause,
            col(Ticket.created_at) >= since,
            col(Ticket.number) >= tickets.first_number(session, since),
        )
        .order_by(col(Ticket.number))
        .limit(_SHOWN_MOST)
    ).all()
