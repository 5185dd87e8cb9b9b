"""Cron schedules: whether a text is one, and when it is next due in a time zone."""

from __future__ import annotations

import datetime as dt
import re
from itertools import dropwhile
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_FIELD_COUNT: Final = 5
_VALUE: Final = r"(?:[0-9]{1,2}|[a-z]{3})"
_RANGE: Final = rf"(?:\*|{_VALUE}(?:-{_VALUE})?)(?:/[1-9][0-9]?)?"
_FIELD: Final = re.compile(rf"{_RANGE}(?:,{_RANGE})*", re.IGNORECASE)
_LARGEST_CLOCK_CHANGE: Final = dt.timedelta(days=1)


def is_schedule(text: str) -> bool:
    """Return whether this is minute, hour, day, month and weekday, and ever due.

    A field is a list of `*`, `5`, `MON`, `1-5`, each with an optional step such as `/2`; cronsim's
    seconds, `L` and `#` are refused.
    """
    fields = text.split()
    if len(fields) != _FIELD_COUNT or not all(map(_FIELD.fullmatch, fields)):
        return False
    try:
        CronSim(text, dt.datetime.min)  # noqa: DTZ901 - only parsed
    except CronSimError:
        return False
    return True


def next_due(schedule: str, moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Return the first time from `moment` on, in UTC, that a valid schedule is due in a zone.

    Local times skipped by a clock change are moved by it; repeated ones count once, the first time.
    cronsim would move them to the end of the change, so it counts in naive local time here.
    """
    start = moment.astimezone(zone).replace(tzinfo=None, microsecond=0) - _LARGEST_CLOCK_CHANGE
    local_times = CronSim(schedule, start)
    utc_times = (time.replace(tzinfo=zone).astimezone(dt.UTC) for time in local_times)
    return next(dropwhile(lambda at: at < moment, utc_times))
