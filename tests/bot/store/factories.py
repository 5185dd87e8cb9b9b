"""Rows for the tests of the store."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any, Final

from bot.call import Side
from bot.store import Session
from bot.ticket import Ticket

NOON: Final = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
MINUTE: Final = dt.timedelta(minutes=1)
DAY: Final = dt.timedelta(days=1)
MOMENT: Final = dt.timedelta(microseconds=1)
_origins = count(1)


def make_ticket(**changes: Any) -> Ticket:
    """A ticket of team T1 reported by U1 at noon, from a form of its own."""
    fields: dict[str, Any] = {
        "team": "T1",
        "origin": f"VROW{next(_origins)}",
        "app": "kids",
        "cloud": "agora",
        "cname": "class_1",
        "teacher_uid": "10001",
        "student_uid": "20002",
        "abnormal_side": Side.STUDENT,
        "issue_type": 3,
        "reporter": "U1",
        "occurred_at": NOON,
        "created_at": NOON,
    }
    return Ticket(**{**fields, **changes})


def store_tickets(session: Session, *tickets: Ticket) -> list[int]:
    """Store tickets in their order and return their numbers."""
    for ticket in tickets:
        session.add(ticket)
        session.flush()
    return [ticket.id for ticket in tickets]
