"""The specification of a chart: panels, curves and freezes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Unit
from bot.diagnosis.observations import step_of
from bot.diagnosis.thresholds import Limit
from bot.i18n.messages import Message
from bot.i18n.translator import Translator

if TYPE_CHECKING:
    from bot.call import FloatArray

MAX_PANELS: Final = 4
_GAP_STEPS: Final = 3.5  # single samples are lost in every call; longer gaps are gaps
_LOW_IS_BAD: Final = frozenset({Unit.KBPS, Unit.FPS, Unit.DECIBEL, Unit.PIXELS})


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One metric at one end. `end` 0 is the teacher's, 1 the student's.

    `times` are epoch seconds, sorted; `values` are finite, in the panel's unit, one for each time.
    """

    who: Message
    end: int
    times: FloatArray
    values: FloatArray

    def pieces(self) -> list[slice]:
        """Return the parts without a gap."""
        if not len(self.times):
            return []
        holes = np.flatnonzero(np.diff(self.times) > _GAP_STEPS * step_of(self.times)) + 1
        edges = [0, *holes.tolist(), len(self.times)]
        return [slice(start, end) for start, end in pairwise(edges)]


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One metric of both ends over time. `limit` is when it is bad, None: never."""

    name: Message
    unit: Unit
    curves: tuple[Curve, ...]
    limit: Limit | None = None

    @property
    def low_is_bad(self) -> bool:
        """Whether small values are bad, as of a bitrate."""
        return self.limit.below if self.limit else self.unit in _LOW_IS_BAD

    @property
    def top(self) -> float:
        """The highest value, including the limit."""
        peaks = [float(curve.values.max()) for curve in self.curves if len(curve.values)]
        return max([0.0, *peaks, *([self.limit.bound] if self.limit else [])])


@dataclass(frozen=True, slots=True)
class Freezes:
    """When one participant's audio or video froze: intervals of epoch seconds.

    `total_s` is their duration; an interval is as coarse as the samples.
    """

    who: Message
    intervals: tuple[tuple[float, float], ...]
    total_s: float


@dataclass(frozen=True, slots=True, eq=False)
class ChartSpec:
    """A call around a complaint: at most four panels on one time axis (epoch seconds).

    `moment` is the time of the complaint, or of the request when it is not `is_reported`.
    `people` are the participants' names, by `Curve.end`.
    """

    title: Message
    cname: str
    panels: tuple[Panel, ...]
    people: tuple[Message, Message]
    since: float
    until: float
    moment: float
    freezes: Freezes | None = None
    is_reported: bool = True

    @property
    def ends(self) -> tuple[int, ...]:
        """The ends that have a curve anywhere."""
        return tuple(sorted({curve.end for panel in self.panels for curve in panel.curves}))


def translate_line(translator: Translator, user_message: Message) -> str:
    """Translate a message into one line; two languages as `zh / en`."""
    lines: Iterable[str] = (
        one_language.translate(user_message).replace("\n", " ")
        for one_language in translator.per_language
    )
    return " / ".join(dict.fromkeys(lines))
