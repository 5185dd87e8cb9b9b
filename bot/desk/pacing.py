"""When to look again, and when to stop looking. Asks nobody anything."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

from bot.call import Lack, Missing
from bot.diagnosis import UNKNOWN, Verdict
from bot.ports import Diagnosis

DIAGNOSED_WITHIN: Final = dt.timedelta(hours=26)  # a day's quota comes back within 24
ANSWERED_WITHIN: Final = dt.timedelta(minutes=29)  # Slack's answer address lives for 30
_WEIGHTY: Final = frozenset({Lack.CALL, Lack.TEACHER_METRICS, Lack.STUDENT_METRICS})
_LONGEST_PAUSE: Final = dt.timedelta(minutes=5)
_PATIENCE: Final = 0.1  # of the time that has passed already


def pace(
    diagnosis: Diagnosis, now: dt.datetime, asked_at: dt.datetime, within: dt.timedelta
) -> Diagnosis:
    """Make a diagnosis promise the looks that will really be taken: ever rarer, and not for ever.

    Nothing is promised for later than `within` after the question was asked.
    """
    earliest = now + min((now - asked_at) * _PATIENCE, _LONGEST_PAUSE)
    missing = tuple(
        replace(lack, retry_at=_next_look(lack, earliest, asked_at + within))
        for lack in diagnosis.verdict.missing
    )
    return replace(diagnosis, verdict=replace(diagnosis.verdict, missing=missing))


def _next_look(lack: Missing, earliest: dt.datetime, latest: dt.datetime) -> dt.datetime | None:
    if lack.retry_at is None:
        return None
    at = max(lack.retry_at, earliest)
    return at if at <= latest else None


def is_final(verdict: Verdict) -> bool:
    """Tell whether a verdict can be told as the last word.

    Either nothing is waited for, or a cause is known and only minutes of the cloud's own
    diagnosis are still to come.
    """
    if verdict.retry_at is None:
        return True
    waited_for = {lack.what for lack in verdict.missing if lack.retry_at is not None}
    return verdict.cause != UNKNOWN and not waited_for & _WEIGHTY
