"""Queries of a person's earlier tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from bot.call import Side
from bot.store.tickets import tickets
from bot.ticket import Ticket

_LIMIT = 50


class EarlierTicket(NamedTuple):
    """What counts of an earlier ticket; `side` had the problem."""

    number: int
    created_at: dt.datetime
    cause: str
    at_fault_uid: str
    side: Side
    teacher_uid: str
    student_uid: str

    def concerns(self, uid: str) -> bool:
        """Return whether a person was at fault, or had the problem."""
        abnormal_uid = self.teacher_uid if self.side is Side.TEACHER else self.student_uid
        return uid in (self.at_fault_uid, abnormal_uid)


_COLUMNS: Final[tuple[Any, ...]] = (
    *(Ticket.number, Ticket.created_at, Ticket.cause, Ticket.at_fault_uid, Ticket.abnormal_side),
    *(Ticket.teacher_uid, Ticket.student_uid),
)


def list_for_participant(
    session: Session, app: str, uid: str, since: dt.datetime, *, other_than: int
) -> Sequence[EarlierTicket]:
    """Return the earlier tickets of a person, newest first."""
    earlier: dict[int, EarlierTicket] = {}
    first = tickets.number_before(session, since)
    for side in (Ticket.teacher_uid, Ticket.student_uid):  # one index each, unlike "or"
        statement = select(*_COLUMNS).where(
            col(Ticket.app) == app,
            col(side) == uid,
            col(Ticket.created_at) >= since,
            col(Ticket.number) >= first,
            col(Ticket.number) != other_than,
        )
        newest = statement.order_by(col(Ticket.number).desc()).limit(_LIMIT)
        earlier |= {row.number: EarlierTicket(*row) for row in session.execute(newest)}
    return sorted(earlier.values(), reverse=True)[:_LIMIT]
