"""ISO weeks in a time zone."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

_LABEL: Final = re.compile(r"([0-9]{4})-W([0-9]{2})")
_DAY: Final = dt.timedelta(days=1)
_WEEK: Final = dt.timedelta(weeks=1)
_FIRST_YEAR, _LAST_YEAR = 1971, 9000  # the calendar's ends have no week before or after


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """A week as ISO 8601 counts them: Monday to Sunday."""

    year: int
    number: int

    @classmethod
    def read(cls, text: str) -> Week:
        """Read `2026-W46`. Raises ValueError for anything else and a week that does not exist."""
        match = _LABEL.fullmatch(text)
        if match is None or not _FIRST_YEAR <= int(match[1]) <= _LAST_YEAR:
            raise ValueError(text)
        dt.date.fromisocalendar(int(match[1]), int(match[2]), 1)
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, moment: dt.datetime, zone: ZoneInfo) -> Week:
        """Return the week a moment lies in, in that zone."""
        return cls.of_day(moment.astimezone(zone).date())

    @classmethod
    def of_day(cls, day: dt.date) -> Week:
        """Return the week a day lies in."""
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @property
    def label(self) -> str:
        """The week as it is written, such as 2026-W46; labels sort as weeks do."""
        return f"{self.year}-W{self.number:02}"

    @property
    def days(self) -> tuple[dt.date, ...]:
        """Monday to Sunday."""
        monday = dt.date.fromisocalendar(self.year, self.number, 1)
        return tuple(monday + _DAY * index for index in range(7))

    def shift(self, weeks: int) -> Week:
        """Return the week so many weeks later, or earlier."""
        return self.of_day(self.days[0] + _WEEK * weeks)

    def since(self, zone: ZoneInfo) -> dt.datetime:
        """Return its first moment in that zone, in UTC."""
        return _midnight(self.days[0], zone)

    def until(self, zone: ZoneInfo) -> dt.datetime:
        """Return the first moment after it in that zone, in UTC."""
        return self.shift(1).since(zone)


def last_complete(now: dt.datetime, zone: ZoneInfo) -> Week:
    """Return the newest week that is over."""
    return Week.of(now, zone).shift(-1)


def _midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
