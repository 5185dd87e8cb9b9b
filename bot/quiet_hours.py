"""The hours in which nobody is to be called. When a call is due others say."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

_SPAN: Final = re.compile(
    r"([01]?[0-9]|2[0-3]):([0-5][0-9])\s*[-–]\s*([01]?[0-9]|2[0-4]):([0-5][0-9])(?:\s+(\S+))?"
)
_MIDNIGHT: Final = 24 * 60
_MOST_TURNS: Final = 100  # of stretches that touch each other; two days have far fewer


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to `end`, minutes of a day in `zone`; over midnight when start is later."""

    start: int
    end: int
    zone: str

    def ending(self, moment: dt.datetime) -> dt.datetime | None:
        """When the stretch a moment lies in is over, None when it lies in none."""
        there = moment.astimezone(ZoneInfo(self.zone))
        minute = there.hour * 60 + there.minute
        if not self.covers(minute):
            return None
        day = there.date() + dt.timedelta(days=self.start > self.end and minute >= self.start)
        end = dt.datetime.combine(day, dt.time(), there.tzinfo) + dt.timedelta(minutes=self.end)
        when = end.astimezone(dt.UTC)
        # where clocks are put back it comes twice, and the first is over
        return when if when > moment else end.replace(fold=1).astimezone(dt.UTC)

    def __str__(self) -> str:
        start, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in (self.start, self.end))
        return f"{start}–{end} {self.zone}"

    def covers(self, minute: int) -> bool:
        """Tell whether this minute of the day is quiet."""
        if self.start > self.end:
            return not self.end <= minute < self.start
        return self.start <= minute < self.end


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Quiet is when it is quiet in every zone that is named: else somebody is awake."""

    stretches: tuple[Stretch, ...] = ()

    def __str__(self) -> str:
        return ", ".join(str(stretch) for stretch in self.stretches)

    def after(self, moment: dt.datetime) -> dt.datetime:
        """The moment itself, or the end of the quiet hours it lies in."""
        for _ in range(_MOST_TURNS):
            ends = [self._ending(zone, moment) for zone in self._zones]
            awake_at = [end for end in ends if end is not None]
            if not awake_at or len(awake_at) < len(ends):
                break
            moment = min(awake_at)
        return moment

    @property
    def _zones(self) -> Sequence[str]:
        return tuple(dict.fromkeys(stretch.zone for stretch in self.stretches))

    def _ending(self, zone: str, moment: dt.datetime) -> dt.datetime | None:
        ends = [each.ending(moment) for each in self.stretches if each.zone == zone]
        return max((end for end in ends if end is not None), default=None)


NEVER_QUIET: Final = QuietHours()


def read_quiet_hours(text: str, zone: str) -> QuietHours | None:
    """Read `22:00-08:00, 12:00-13:00 Europe/Berlin`; without a zone it is `zone`.

    Returns None for anything else, and for a zone in which every minute would be quiet.
    """
    stretches = [_read_stretch(part.strip(), zone) for part in text.split(",") if part.strip()]
    known = tuple(stretch for stretch in stretches if stretch is not None)
    if len(known) < len(stretches) or (text.strip() and not known):
        return None
    for name in {stretch.zone for stretch in known}:
        if all(_is_quiet(known, name, minute) for minute in range(_MIDNIGHT)):
            return None
    return QuietHours(known)


def _is_quiet(stretches: Sequence[Stretch], zone: str, minute: int) -> bool:
    return any(each.zone == zone and each.covers(minute) for each in stretches)


def _read_stretch(text: str, zone: str) -> Stretch | None:
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    name = found[5] or zone
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
    return Stretch(start, end, name) if start != end and end <= _MIDNIGHT else None
