"""Axes: ticks, and the pixel position of a time or value."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Unit
from bot.i18n.translator import Translator

if TYPE_CHECKING:
    from bot.call import FloatArray

_STEPS_S: Final = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
_MINUTE_S: Final = 60
_HEADROOM: Final = 1.06  # so that the highest value does not touch the frame
_MAX_INTERVALS: Final = 3
_FULL: Final = 100.0
_LARGEST: Final = 1e300


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the chart, in pixels."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Frame:
    """The area of a panel's curves, with the times and values of its edges.

    `since` and `until` are epoch seconds; values are 0 at the bottom to `top`.
    """

    box: Box
    since: float
    until: float
    top: float

    def x(self, at: float) -> float:
        """Return the x of a time, in pixels; times outside are at the edge."""
        share = (at - self.since) / (self.until - self.since)
        return self.box.left + min(max(share, 0.0), 1.0) * (self.box.right - self.box.left)

    def y(self, value: float) -> float:
        """Return the y of a value, in pixels; values outside are at the edge."""
        share = min(max(value / self.top, 0.0), 1.0)
        return self.box.bottom - share * (self.box.bottom - self.box.top)

    def xs(self, times: FloatArray) -> FloatArray:
        """Return the x of each time, in pixels."""
        share = ((times - self.since) / (self.until - self.since)).clip(0, 1)
        return np.asarray(self.box.left + share * (self.box.right - self.box.left))

    def ys(self, values: FloatArray) -> FloatArray:
        """Return the y of each value, in pixels."""
        share = (values / self.top).clip(0, 1)
        return np.asarray(self.box.bottom - share * (self.box.bottom - self.box.top))


def value_ticks(highest: float, unit: Unit) -> list[float]:
    """Return the values at the axis, from 0 to the top of the scale."""
    if unit is Unit.PERCENT and _FULL / 2 < highest <= _FULL:
        return [0.0, 50.0, 100.0]
    target = min(max(highest * _HEADROOM, 1.0), _LARGEST)
    magnitude = 10.0 ** math.floor(math.log10(target / _MAX_INTERVALS))
    factors = (1, 2, 2.5, 5, 10, 20)
    steps = (factor * magnitude for factor in factors)
    step = next(step for step in steps if step * _MAX_INTERVALS >= target)
    return [step * number for number in range(math.ceil(target / step - 1e-9) + 1)]


def time_ticks(
    since: float, until: float, translator: Translator, most: int
) -> list[tuple[float, str]]:
    """Return at most so many times for the axis, round ones in the reader's zone."""
    step = next((one for one in _STEPS_S if (until - since) / one <= most), _STEPS_S[-1])
    start = to_datetime(since)
    offset = _offset_s(start, translator)
    first = math.ceil((since + offset) / step) * step - offset
    pattern = "HH:mm" if step >= _MINUTE_S else "HH:mm:ss"
    times = np.arange(first, until + 0.001, step)
    return [(float(at), translator.format_time(to_datetime(float(at)), pattern)) for at in times]


def to_datetime(epoch_s: float) -> dt.datetime:
    """Turn epoch seconds into an aware datetime."""
    return dt.datetime.fromtimestamp(epoch_s, dt.UTC)


def _offset_s(moment: dt.datetime, translator: Translator) -> float:
    """Return the offset from UTC of the translator's zone, in seconds."""
    local = dt.datetime.fromisoformat(translator.format_time(moment, "yyyy-MM-dd'T'HH:mm:ss"))
    return (local.replace(tzinfo=dt.UTC) - moment.replace(microsecond=0)).total_seconds()
