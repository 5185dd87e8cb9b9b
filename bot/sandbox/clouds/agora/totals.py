"""Totals over all lessons of an app per stretch of time: users, freezes, losses, joins.

Shares are 0 to 1 here; each endpoint scales them as its document says. No endpoint is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Media, Metric
from bot.sandbox.scenario import curves_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.call import FloatArray
    from bot.sandbox.scenario import Lesson, Stay

    Weigh = Callable[[FloatArray], FloatArray]

_SAMPLE_MS: Final = 2000
_GOOD_LOSS_PERCENT: Final = 5  # 000, "Real-time network API"
_LONG_DELAY_MS: Final = 400
SOON_S: Final = 5
_A, _V = Media.AUDIO, Media.VIDEO


@dataclass(frozen=True, slots=True)
class Buckets:
    """Stretches of equal length in epoch seconds, one after the other."""

    starts: range

    @property
    def step_s(self) -> int:
        """How long each is, in seconds."""
        return self.starts.step

    def index(self, at: float) -> int | None:
        """Tell which stretch a moment falls in, None when in no one."""
        number = int((at - self.starts.start) // self.step_s)
        return number if 0 <= number < len(self.starts) else None


def _mean(
    lessons: Sequence[Lesson],
    buckets: Buckets,
    *,
    metric: Metric,
    media: Media | None,
    weigh: Weigh,
    default: float,
) -> FloatArray:
    """Average the weighed points of one metric in each stretch; `default` where there are none."""
    count = len(buckets.starts)
    sums, points = np.zeros(count), np.zeros(count)
    for lesson in lessons:
        for curve in curves_of(lesson):
            if curve.metric is not metric or media not in {None, curve.media}:
                continue
            places = ((curve.times - buckets.starts.start) // buckets.step_s).astype(int)
            inside = (places >= 0) & (places < count)
            weights = weigh(curve.values[inside])
            sums += np.bincount(places[inside], weights, minlength=count)
            points += np.bincount(places[inside], minlength=count)
    return np.where(points > 0, sums / np.maximum(points, 1), default)


def _frozen(values: FloatArray) -> FloatArray:
    return values / _SAMPLE_MS


def _good(values: FloatArray) -> FloatArray:
    return np.where(values <= _GOOD_LOSS_PERCENT, 1.0, 0.0)


def _late(values: FloatArray) -> FloatArray:
    return np.where(values > _LONG_DELAY_MS, 1.0, 0.0)


def _joins(lessons: Sequence[Lesson], buckets: Buckets, within_s: float | None) -> FloatArray:
    """Share the joins that succeeded (in time) in each stretch; 1 where nobody tried."""
    tried, done = np.zeros(len(buckets.starts)), np.zeros(len(buckets.starts))
    for asked_at, took_s in _attempts(lessons):
        place = buckets.index(asked_at)
        if place is not None:
            tried[place] += 1
            done[place] += took_s is not None and (within_s is None or took_s <= within_s)
    return np.where(tried > 0, done / np.maximum(tried, 1), 1.0)


def _attempts(lessons: Sequence[Lesson]) -> Iterator[tuple[float, float | None]]:
    """Yield when somebody tried to join, and how long it took (None: it failed)."""
    for lesson in lessons:
        for person in lesson.people:
            for stay in person.stays:
                yield stay.asked_at, stay.join_took_s
            if not person.stays:
                yield from ((fault.begins_at, None) for fault in lesson.faults_of(person.uid))


def _stays(lessons: Sequence[Lesson]) -> Iterator[tuple[Lesson, int, Stay]]:
    for lesson in lessons:
        for person in lesson.people:
            for stay in person.stays:
                yield lesson, person.uid, stay


def _present(lessons: Sequence[Lesson], start: int, end: int) -> list[tuple[Lesson, int]]:
    """Return every stay that touches [start, end), as its lesson and uid."""
    return [
        (lesson, uid)
        for lesson, uid, stay in _stays(lessons)
        if stay.joined_at < end and start < stay.left_at
    ]


def _count(
    lessons: Sequence[Lesson], buckets: Buckets, *, what: Callable[[list[tuple[Lesson, int]]], int]
) -> FloatArray:
    found = [what(_present(lessons, start, start + buckets.step_s)) for start in buckets.starts]
    return np.array(found, dtype=np.float64)


def _channels(present: list[tuple[Lesson, int]]) -> int:
    return len({(lesson.cname, lesson.started_at) for lesson, _ in present})


def _users(present: list[tuple[Lesson, int]]) -> int:
    """The same uid in two channels counts twice (000, "userCount" and "pcu")."""
    return len({(lesson.cname, lesson.started_at, uid) for lesson, uid in present})


_USERS: Final = partial(_count, what=_users)
_CHANNELS: Final = partial(_count, what=_channels)
_SESSIONS: Final = partial(_count, what=len)


def _share(
    metric: Metric, media: Media | None, weigh: Weigh, default: float
) -> Callable[[Sequence[Lesson], Buckets], FloatArray]:
    return partial(_mean, metric=metric, media=media, weigh=weigh, default=default)


# What is measured, in which medium, and how a point of it counts.
MEASURED: Final[dict[str, tuple[Metric, Media | None, Weigh]]] = {
    "videoFreezeRate": (Metric.FREEZE_TIME, _V, _frozen),
    "audioFreezeRate": (Metric.FREEZE_TIME, _A, _frozen),
    "networkDelay": (Metric.LATENCY, None, _late),
}
COUNTS: Final[dict[str, Callable[[Sequence[Lesson], Buckets], FloatArray]]] = {
    "pcu": _USERS,
    "pcc": _CHANNELS,
    "userCount": _USERS,
    "sessionCount": _SESSIONS,
    "channelCount": _CHANNELS,
    "peakConcurrentUsers": _USERS,
    "peakConcurrentChannels": _CHANNELS,
}
SHARES: Final[dict[str, Callable[[Sequence[Lesson], Buckets], FloatArray]]] = {
    "joinSuccessRate": partial(_joins, within_s=None),
    "joinSuccess5SecsRate": partial(_joins, within_s=SOON_S),
    "joinSuccessIn5sRate": partial(_joins, within_s=SOON_S),
    **{name: _share(*measured, 0.0) for name, measured in MEASURED.items()},
    "videoUpstreamExcellentTransRate": _share(Metric.UPLINK_LOSS, _V, _good, 1.0),
    "audioUpstreamExcellentTransRate": _share(Metric.UPLINK_LOSS, _A, _good, 1.0),
    "videoEnd2EndExcellentTransRate": _share(Metric.END_TO_END_LOSS, _V, _good, 1.0),
    "audioEnd2EndExcellentTransRate": _share(Metric.END_TO_END_LOSS, _A, _good, 1.0),
}


def rows(
    names: Sequence[str], lessons: Sequence[Lesson], starts: range, scale: float
) -> list[dict[str, float]]:
    """Return `{ts, name: value, ...}` for each stretch; shares are multiplied by `scale`."""
    buckets = Buckets(starts)
    if not starts:
        return []
    columns: dict[str, list[float]] = {}
    for name in names:
        if name in COUNTS:
            columns[name] = [int(value) for value in COUNTS[name](lessons, buckets)]
        else:
            digits = 2 if scale > 1 else 6
            columns[name] = np.round(SHARES[name](lessons, buckets) * scale, digits).tolist()
    return [
        {**{name: column[place] for name, column in columns.items()}, "ts": start}
        for place, start in enumerate(starts)
    ]
