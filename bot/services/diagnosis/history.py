"""Counts of the earlier tickets of the two people of a ticket."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Final

from bot.call import Side
from bot.diagnosis import HEALTHY, UNKNOWN, Verdict
from bot.ports import ParticipantHistory
from bot.store import Session
from bot.store.diagnosis import history
from bot.ticket import Ticket

LOOKBACK: Final = dt.timedelta(days=30)
_MAX_CAUSES: Final = 3


def participant_history(
    session: Session, ticket: Ticket, verdict: Verdict
) -> tuple[ParticipantHistory, ...]:
    """Count the tickets of each person up to and with this one; nothing for a first ticket."""
    entries = (_history_of(session, ticket, verdict, side) for side in Side)
    return tuple(entry for entry in entries if entry is not None)


def _history_of(
    session: Session, ticket: Ticket, verdict: Verdict, side: Side
) -> ParticipantHistory | None:
    uid = ticket.report.uid_of(side)
    since = ticket.created_at - LOOKBACK
    earlier = [
        one
        for one in history.list_for_participant(session, ticket, uid, since)
        if one.created_at <= ticket.created_at and one.concerns(uid)
    ]
    if not earlier:
        return None
    causes = Counter(one.cause for one in earlier if one.at_fault_uid == uid and one.cause)
    is_at_fault = verdict.uid == uid and verdict.cause not in (HEALTHY, UNKNOWN)
    if is_at_fault:
        causes[verdict.cause] += 1
    now = int(is_at_fault or ticket.report.abnormal_uid == uid)
    return ParticipantHistory(side, len(earlier) + now, tuple(causes.most_common(_MAX_CAUSES)))
