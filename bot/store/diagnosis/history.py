"""Queries of a person's earlier tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, bindparam, select
from sqlmodel import Session, col

from bot.call import Side
from bot.columns import UtcTime
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
    session: Session, ticket: Ticket, uid: str, since: dt.datetime
) -> Sequence[EarlierTicket]:
    """Return the other tickets of a person in a ticket's workspace and app, newest first."""
    values = {"team": ticket.team, "app": ticket.app, "uid": uid, "since": since}
    values |= {"other_than": ticket.id, "first": tickets.number_before(session, since)}
    earlier: dict[int, EarlierTicket] = {}
    for side in Side:  # one index each, unlike "or"
        rows = session.connection().execute(_newest(side), values)
        earlier |= {row.number: EarlierTicket(*row) for row in rows}
    return sorted(earlier.values(), reverse=True)[:_LIMIT]


@cache
def _newest(side: Side) -> Select[Any]:
    """Build the statement once: that takes longer than the database needs to execute it."""
    uid = col(Ticket.teacher_uid if side is Side.TEACHER else Ticket.student_uid)
    return (
        select(*_COLUMNS)
        .where(col(Ticket.app) == bindparam("app"), uid == bindparam("uid"))
        .where(col(Ticket.created_at) >= bindparam("since", type_=UtcTime()))
        .where(col(Ticket.number) >= bindparam("first"))
        .where(col(Ticket.number) != bindparam("other_than"))
        .where(tickets.unindexed(col(Ticket.team) == bindparam("team")))
        .order_by(col(Ticket.number).desc())
        .limit(_LIMIT)
    )
