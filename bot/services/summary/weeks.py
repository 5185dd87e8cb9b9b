"""ISO weeks and cron schedules in a zone. No clock and no database in here."""

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
_LOOK_AHEAD: Final = 366 * 8 + 2  # days; a 29 February comes at least every eight years
_MONTHS: Final = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """A week as ISO 8601 counts them: Monday to Sunday."""

    year: int
    number: int

    @classmethod
    def read(cls, text: str) -> Week:
        """Read `2026-W46`. Raises ValueError for anything else and for a week that never is."""
        found = _LABEL.fullmatch(text)
        if found is None or not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
            raise ValueError(text)
        dt.date.fromisocalendar(int(found[1]), int(found[2]), 1)
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, moment: dt.datetime, zone: ZoneInfo) -> Week:
        """Return the week a moment lies in, there."""
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
        return tuple(monday + _DAY * place for place in range(7))

    def shift(self, weeks: int) -> Week:
        """Return the week so many weeks later, or earlier."""
        return self.of_day(self.days[0] + _WEEK * weeks)

    def since(self, zone: ZoneInfo) -> dt.datetime:
        """Return its first moment there, in UTC."""
        return _at(self.days[0], 0, 0, zone)

    def until(self, zone: ZoneInfo) -> dt.datetime:
        """Return the first moment after it there, in UTC."""
        return self.shift(1).since(zone)


def last_complete(now: dt.datetime, zone: ZoneInfo) -> Week:
    """Return the newest week that is over."""
    return Week.of(now, zone).shift(-1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Five cron fields that `bot.cron.is_schedule` has accepted, read.

    Day and weekday restrict each other as in every cron: where both are given, either will do.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0 is Sunday
    is_either: bool

    @classmethod
    def read(cls, text: str) -> Schedule:
        """Read minute, hour, day, month and weekday."""
        minute, hour, day, month, weekday = text.lower().split()
        return cls(
            _read(minute, 0, 59),
            _read(hour, 0, 23),
            _read(day, 1, 31),
            _read(month, 1, 12, _MONTHS),
            frozenset(number % 7 for number in _read(weekday, 0, 7, _DAYS)),
            is_either=not day.startswith("*") and not weekday.startswith("*"),
        )

    def first_from(self, moment: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
        """Return when it first comes round from a moment on, in UTC; None for never.

        A time that a day leaves out comes as much later as the clocks are put forward; one that
        a day has twice comes once.
        """
        today = moment.astimezone(zone).date()
        for ahead in range(-1, _LOOK_AHEAD):
            day = today + _DAY * ahead
            if not self._has(day):
                continue
            coming = [at for at in self._moments(day, zone) if at >= moment]
            if coming:
                return min(coming)
        return None

    def _has(self, day: dt.date) -> bool:
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (by_day or by_weekday) if self.is_either else (by_day and by_weekday)

    def _moments(self, day: dt.date, zone: ZoneInfo) -> list[dt.datetime]:
        return [_at(day, hour, minute, zone) for hour in self.hours for minute in self.minutes]


def _at(day: dt.date, hour: int, minute: int, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), zone).astimezone(dt.UTC)


def _read(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    """Read a list of `*`, `5`, `MON`, `1-5` or any of these with `/2`."""
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        start = low if span == "*" else _number(first, low, names)
        is_open = span == "*" or (slash and not dash)  # 5/15 means 5-59/15
        end = high if is_open else _number(last or first, low, names)
        found.update(range(start, end + 1, int(step or 1)))
    return frozenset(found)


def _number(text: str, low: int, names: tuple[str, ...]) -> int:
    return names.index(text) + low if text in names else int(text)
