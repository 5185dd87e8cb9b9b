"""When to diagnose again, and when a verdict is final."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.call import MissingItem, MissingKind, MissingReason
from bot.diagnosis import HEALTHY, UNKNOWN, Verdict
from bot.ports import Diagnosis

DIAGNOSIS_TIMEOUT: Final = dt.timedelta(hours=26)  # a daily quota is reset within 24
_ESSENTIAL: Final = frozenset(
    {MissingKind.CALL, MissingKind.TEACHER_METRICS, MissingKind.STUDENT_METRICS}
)
SURE: Final = 0.7  # so sure, a verdict stays the same when the remaining minutes are published
_OPTIONAL_TIMEOUT: Final = dt.timedelta(hours=1)  # the clouds keep their own diagnosis no longer
_OPTIONAL_DELAY: Final = dt.timedelta(minutes=3)
_MAX_DELAY: Final = dt.timedelta(minutes=5)
_BACKOFF_RATIO: Final = 0.1  # of the time that has passed already


def schedule_retry(
    diagnosis: Diagnosis, now: dt.datetime, requested_at: dt.datetime, timeout: dt.timedelta
) -> Diagnosis:
    """Set the retry times of missing data to those of the planned attempts, with a backoff.

    No attempt is later than `timeout` after the request; when only the cloud's own diagnosis
    is incomplete beside a verdict, the timeout is shorter. For a verdict that is sure, the
    minutes that are not published yet are not fetched any more.
    """
    delay, verdict = min((now - requested_at) * _BACKOFF_RATIO, _MAX_DELAY), diagnosis.verdict
    if is_final(verdict):
        delay, timeout = max(delay, _OPTIONAL_DELAY), min(timeout, _OPTIONAL_TIMEOUT)
    missing = tuple(
        replace(gap, retry_at=_retry_at(gap, now + delay, requested_at + timeout))
        if _is_needed(gap, verdict)
        else replace(gap, retry_at=None)
        for gap in verdict.missing
    )
    return replace(diagnosis, verdict=replace(verdict, missing=missing))


def _retry_at(gap: MissingItem, earliest: dt.datetime, latest: dt.datetime) -> dt.datetime | None:
    if gap.retry_at is None:
        return None
    at = max(gap.retry_at, earliest)
    return at if at <= latest else None


def _is_needed(gap: MissingItem, verdict: Verdict) -> bool:
    is_sure = verdict.cause not in (HEALTHY, UNKNOWN) and (verdict.confidence or 0) >= SURE
    is_remainder = (gap.what, gap.why) == (MissingKind.MINUTES, MissingReason.NOT_OUT_YET)
    return not (is_sure and is_remainder)


def is_final(verdict: Verdict) -> bool:
    """Return whether a verdict is final.

    Either no missing data can still arrive, or somebody named was not in the call, or a cause is
    known and only minutes of the cloud's own diagnosis are missing.
    """
    if verdict.retry_at is None or verdict.uids_in_call:
        return True
    awaited = {gap.what for gap in verdict.missing if gap.retry_at is not None}
    return verdict.cause != UNKNOWN and not awaited & _ESSENTIAL


def is_worse(verdict: Verdict, previous: Mapping[str, Any] | None) -> bool:
    """Return whether a new verdict is worse than the stored one (as JSON)."""
    if previous is None or previous["cause"] == UNKNOWN:
        return False
    return verdict.cause == UNKNOWN or (
        not is_final(verdict) and is_final(Verdict.from_json(previous))
    )
