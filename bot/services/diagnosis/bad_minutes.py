"""When a call was bad, if it looked healthy at the reported moment."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

from bot.call import CallRecord, Report
from bot.causes import HEALTHY, UNKNOWN
from bot.diagnosis import Verdict
from bot.ports import Diagnosis

SEARCHED: Final = dt.timedelta(minutes=10)  # before and after the reported moment
_STEPS: Final = tuple(dt.timedelta(minutes=minutes) for minutes in (0, -4, 4, -8, 8))
_SURE: Final = 0.5


def published_at(diagnosis: Diagnosis, delay: dt.timedelta) -> dt.datetime | None:
    """Return when every minute is out in which a call that looked healthy may have been bad.

    None for another verdict, and once bad minutes are found. `delay` is the cloud's.
    """
    call, verdict = diagnosis.call, diagnosis.verdict
    if call is None or verdict.cause != HEALTHY or verdict.others:
        return None
    until = diagnosis.report.occurred_at + SEARCHED
    return min(until, call.ended_at or until) + delay


def find_bad_minutes(report: Report, record: CallRecord) -> Verdict | None:
    """Return why the nearest bad minutes of a call were bad; None when none were."""
    from bot.diagnosis.diagnosis import diagnose  # noqa: PLC0415 - numpy is slow to import

    for step in _STEPS:
        verdict = diagnose(
            replace(report, occurred_at=report.occurred_at + step),
            (record.call,),
            record.series,
            (),
            participants=record.participants,
            complained=False,
            steps=(),  # only a likely cause is worth a look at other minutes
        )
        if verdict.cause not in (HEALTHY, UNKNOWN) and (verdict.confidence or 0) >= _SURE:
            return replace(verdict, missing=(), others=())
    return None
