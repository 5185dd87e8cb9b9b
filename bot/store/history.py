"""What happened before: one person's tickets, and tickets that share a cause right now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlmodel import Session, col, or_, select

from bot.ticket import Ticket

_SHOWN_MOST = 50


def of_person(
    session: Session, app: str, uid: str, since: dt.datetime, *, other_than: int
) -> Sequence[Ticket]:
    """The earlier tickets somebody was in, newest first."""
    return session.exec(
        select(Ticket)
        .where(
            Ticket.app == app,
            or_(Ticket.teacher_uid == uid, Ticket.student_uid == uid),
            col(Ticket.created_at) >= since,
            Ticket.number != other_than,
        )
        .order_by(col(Ticket.number).desc())
        .limit(_SHOWN_MOST)
    ).all()


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
        )
        .order_by(col(Ticket.number))
        .limit(_SHOWN_MOST)
    ).all()
