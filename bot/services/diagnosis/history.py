"""What happened to the two people of a ticket before: counted, for one line each."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Final

from bot.call import Side
from bot.diagnosis import HEALTHY, UNKNOWN, Verdict
from bot.ports import Past
from bot.store import Session
from bot.store.diagnosis import history
from bot.ticket import Ticket

LOOKED_BACK: Final = dt.timedelta(days=30)
_CAUSES_TOLD: Final = 3


def look_back(session: Session, ticket: Ticket, verdict: Verdict) -> tuple[Past, ...]:
    """Count the tickets of each person up to and with this one; nothing for a first ticket."""
    found = (_past_of(session, ticket, verdict, side) for side in Side)
    return tuple(past for past in found if past is not None)


def _past_of(session: Session, ticket: Ticket, verdict: Verdict, side: Side) -> Past | None:
    uid = ticket.report.uid_of(side)
    since = ticket.created_at - LOOKED_BACK
    earlier = [
        one
        for one in history.of_person(session, ticket.app, uid, since, other_than=ticket.id)
        if one.created_at <= ticket.created_at and _concerns(one, uid)
    ]
    if not earlier:
        return None
    causes = Counter(one.cause for one in earlier if one.fault_uid == uid and one.cause)
    is_at_fault = verdict.uid == uid and verdict.cause not in (HEALTHY, UNKNOWN)
    if is_at_fault:
        causes[verdict.cause] += 1
    now = int(is_at_fault or ticket.report.abnormal_uid == uid)
    return Past(side, len(earlier) + now, tuple(causes.most_common(_CAUSES_TOLD)))


def _concerns(ticket: Ticket, uid: str) -> bool:
    """Tell whether somebody was at fault in a ticket, or had the problem."""
    return uid in (ticket.fault_uid, ticket.report.abnormal_uid)
