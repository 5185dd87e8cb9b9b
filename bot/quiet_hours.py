"""Quiet hours: when the clock escalates no ticket."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

_INTERVAL: Final = re.compile(
    r"([01]?[0-9]|2[0-3]):([0-5][0-9])\s*[-–—~]\s*([01]?[0-9]|2[0-4]):([0-5][0-9])(?:\s+(\S+))?"
)
_MIDNIGHT: Final = 24 * 60
_MINUTE: Final = dt.timedelta(minutes=1)
_MAX_ITERATIONS: Final = 100  # adjoining intervals; two days have far fewer


@dataclass(frozen=True, slots=True)
class DailyInterval:
    """From `start` to `end`, minutes of a day in `zone`; past midnight when start is later."""

    start: int
    end: int
    zone: str

    def end_after(self, moment: dt.datetime) -> dt.datetime | None:
        """Return the end in UTC of the interval a moment is in, None outside of it."""
        local_time = moment.astimezone(ZoneInfo(self.zone))
        minute = local_time.hour * 60 + local_time.minute
        if not self.covers(minute):
            return None
        day = local_time.date() + dt.timedelta(days=self.start > self.end and minute >= self.start)
        end = dt.datetime.combine(day, dt.time(), local_time.tzinfo) + dt.timedelta(
            minutes=self.end
        )
        # when clocks go back, the end occurs twice and the first may be past
        return next(when for when in _moments_of(end) if when > moment)

    def __str__(self) -> str:
        start, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in (self.start, self.end))
        return f"{start}–{end} {self.zone}"

    def covers(self, minute: int) -> bool:
        """Return whether this minute of the day is in the interval."""
        if self.start > self.end:
            return not self.end <= minute < self.start
        return self.start <= minute < self.end


def _moments_of(local_time: dt.datetime) -> Sequence[dt.datetime]:
    """Return when a time occurs, in UTC: twice when clocks go back over it.

    One that clocks skip when they go forward counts as the moment when they do.
    """
    first, second = (local_time.replace(fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    if first <= second:
        return first, second
    zone, skipped = local_time.tzinfo, range(round((first - second) / _MINUTE))
    before = second.astimezone(zone).utcoffset()
    moments = [second + minute * _MINUTE for minute in skipped]
    changed = [when for when in moments if when.astimezone(zone).utcoffset() != before]
    return (min(changed, default=first),)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Daily intervals. With several zones, quiet hours apply only where all of them overlap."""

    intervals: tuple[DailyInterval, ...] = ()

    def __str__(self) -> str:
        return ", ".join(str(interval) for interval in self.intervals)

    def after(self, moment: dt.datetime) -> dt.datetime:
        """Return the moment itself, or the end of the quiet hours it is in."""
        for _ in range(_MAX_ITERATIONS):
            interval_ends = [self._end_after(zone, moment) for zone in self._zones]
            ends = [end for end in interval_ends if end is not None]
            if not ends or len(ends) < len(interval_ends):
                break
            moment = min(ends)
        return moment

    @property
    def _zones(self) -> Sequence[str]:
        return tuple(dict.fromkeys(interval.zone for interval in self.intervals))

    def _end_after(self, zone: str, moment: dt.datetime) -> dt.datetime | None:
        interval_ends = [each.end_after(moment) for each in self.intervals if each.zone == zone]
        return max((end for end in interval_ends if end is not None), default=None)


NEVER_QUIET: Final = QuietHours()


def read_quiet_hours(text: str, zone: str) -> QuietHours | None:
    """Read `22:00-08:00, 12:00-13:00 Europe/Berlin`; the zone defaults to `zone`.

    Returns None for anything else, and when a zone would be quiet all day.
    """
    intervals = [_read_interval(part.strip(), zone) for part in text.split(",") if part.strip()]
    valid = tuple(interval for interval in intervals if interval is not None)
    if len(valid) < len(intervals) or (text.strip() and not valid):
        return None
    for name in {interval.zone for interval in valid}:
        if all(_is_quiet(valid, name, minute) for minute in range(_MIDNIGHT)):
            return None
    return QuietHours(valid)


def _is_quiet(intervals: Sequence[DailyInterval], zone: str, minute: int) -> bool:
    return any(each.zone == zone and each.covers(minute) for each in intervals)


def _read_interval(text: str, zone: str) -> DailyInterval | None:
    match = _INTERVAL.fullmatch(text)
    if match is None:
        return None
    start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    name = match[5] or zone
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
    return DailyInterval(start, end, name) if start != end and end <= _MIDNIGHT else None
