"""Totals over all calls of an app per time interval: users, freezes, losses, joins.

Shares are 0 to 1 here; each endpoint scales them as its document says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Media, Metric
from bot.sandbox.scenario import SimulatedCall, SimulatedSession, curves_of

if TYPE_CHECKING:
    from bot.call import FloatArray

    Weight = Callable[[FloatArray], FloatArray]

_SAMPLE_MS: Final = 2000
_GOOD_LOSS_PERCENT: Final = 5  # 000, "Real-time network API"
_LONG_DELAY_MS: Final = 400
SOON_S: Final = 5
_AUDIO, _VIDEO = Media.AUDIO, Media.VIDEO


@dataclass(frozen=True, slots=True)
class Buckets:
    """Stretches of equal length in epoch seconds, one after the other."""

    starts: range

    @property
    def step_s(self) -> int:
        """How long each is, in seconds."""
        return self.starts.step

    def index(self, at: float) -> int | None:
        """Return the index of a moment's interval, None outside all of them."""
        number = int((at - self.starts.start) // self.step_s)
        return number if 0 <= number < len(self.starts) else None


def _mean(
    sim_calls: Sequence[SimulatedCall],
    buckets: Buckets,
    *,
    metric: Metric,
    media: Media | None,
    weight: Weight,
    default: float,
) -> FloatArray:
    """Average the weighed points of one metric in each stretch; `default` where there are none."""
    count = len(buckets.starts)
    sums, points = np.zeros(count), np.zeros(count)
    for sim_call in sim_calls:
        for curve in curves_of(sim_call):
            if curve.metric is not metric or media not in {None, curve.media}:
                continue
            indexes = ((curve.times - buckets.starts.start) // buckets.step_s).astype(int)
            inside = (indexes >= 0) & (indexes < count)
            weights = weight(curve.values[inside])
            sums += np.bincount(indexes[inside], weights, minlength=count)
            points += np.bincount(indexes[inside], minlength=count)
    return np.where(points > 0, sums / np.maximum(points, 1), default)


def _frozen(values: FloatArray) -> FloatArray:
    return values / _SAMPLE_MS


def _good(values: FloatArray) -> FloatArray:
    return np.where(values <= _GOOD_LOSS_PERCENT, 1.0, 0.0)


def _late(values: FloatArray) -> FloatArray:
    return np.where(values > _LONG_DELAY_MS, 1.0, 0.0)


def _joins(
    sim_calls: Sequence[SimulatedCall], buckets: Buckets, within_s: float | None
) -> FloatArray:
    """Share the joins that succeeded (in time) in each stretch; 1 where nobody tried."""
    attempted, succeeded = np.zeros(len(buckets.starts)), np.zeros(len(buckets.starts))
    for join_started_at, duration_s in _attempts(sim_calls):
        index = buckets.index(join_started_at)
        if index is not None:
            attempted[index] += 1
            succeeded[index] += duration_s is not None and (
                within_s is None or duration_s <= within_s
            )
    return np.where(attempted > 0, succeeded / np.maximum(attempted, 1), 1.0)


def _attempts(sim_calls: Sequence[SimulatedCall]) -> Iterator[tuple[float, float | None]]:
    """Yield when somebody tried to join, and how long it took (None: it failed)."""
    for sim_call in sim_calls:
        for person in sim_call.people:
            for session in person.sessions:
                yield session.join_started_at, session.join_duration_s
            if not person.sessions:
                yield from ((fault.begins_at, None) for fault in sim_call.faults_of(person.uid))


def _sessions(
    sim_calls: Sequence[SimulatedCall],
) -> Iterator[tuple[SimulatedCall, int, SimulatedSession]]:
    for sim_call in sim_calls:
        for person in sim_call.people:
            for session in person.sessions:
                yield sim_call, person.uid, session


def _present(
    sim_calls: Sequence[SimulatedCall], start: int, end: int
) -> list[tuple[SimulatedCall, int]]:
    """Return every session that overlaps [start, end), as its call and uid."""
    return [
        (sim_call, uid)
        for sim_call, uid, session in _sessions(sim_calls)
        if session.joined_at < end and start < session.left_at
    ]


def _count(
    sim_calls: Sequence[SimulatedCall],
    buckets: Buckets,
    *,
    what: Callable[[list[tuple[SimulatedCall, int]]], int],
) -> FloatArray:
    counts = [what(_present(sim_calls, start, start + buckets.step_s)) for start in buckets.starts]
    return np.array(counts, dtype=np.float64)


def _channels(present: list[tuple[SimulatedCall, int]]) -> int:
    return len({(sim_call.cname, sim_call.started_at) for sim_call, _ in present})


def _users(present: list[tuple[SimulatedCall, int]]) -> int:
    """The same uid in two channels counts twice (000, "userCount" and "pcu")."""
    return len({(sim_call.cname, sim_call.started_at, uid) for sim_call, uid in present})


_USERS: Final = partial(_count, what=_users)
_CHANNELS: Final = partial(_count, what=_channels)
_SESSIONS: Final = partial(_count, what=len)


def _share(
    metric: Metric, media: Media | None, weight: Weight, default: float
) -> Callable[[Sequence[SimulatedCall], Buckets], FloatArray]:
    return partial(_mean, metric=metric, media=media, weight=weight, default=default)


# What is measured, in which medium, and how a point of it counts.
MEASURED: Final[dict[str, tuple[Metric, Media | None, Weight]]] = {
    "videoFreezeRate": (Metric.FREEZE_TIME, _VIDEO, _frozen),
    "audioFreezeRate": (Metric.FREEZE_TIME, _AUDIO, _frozen),
    "networkDelay": (Metric.LATENCY, None, _late),
}
COUNTS: Final[dict[str, Callable[[Sequence[SimulatedCall], Buckets], FloatArray]]] = {
    "pcu": _USERS,
    "pcc": _CHANNELS,
    "userCount": _USERS,
    "sessionCount": _SESSIONS,
    "channelCount": _CHANNELS,
    "peakConcurrentUsers": _USERS,
    "peakConcurrentChannels": _CHANNELS,
}
SHARES: Final[dict[str, Callable[[Sequence[SimulatedCall], Buckets], FloatArray]]] = {
    "joinSuccessRate": partial(_joins, within_s=None),
    "joinSuccess5SecsRate": partial(_joins, within_s=SOON_S),
    "joinSuccessIn5sRate": partial(_joins, within_s=SOON_S),
    **{name: _share(*measured, 0.0) for name, measured in MEASURED.items()},
    "videoUpstreamExcellentTransRate": _share(Metric.UPLINK_LOSS, _VIDEO, _good, 1.0),
    "audioUpstreamExcellentTransRate": _share(Metric.UPLINK_LOSS, _AUDIO, _good, 1.0),
    "videoEnd2EndExcellentTransRate": _share(Metric.END_TO_END_LOSS, _VIDEO, _good, 1.0),
    "audioEnd2EndExcellentTransRate": _share(Metric.END_TO_END_LOSS, _AUDIO, _good, 1.0),
}


def rows(
    names: Sequence[str], sim_calls: Sequence[SimulatedCall], starts: range, scale: float
) -> list[dict[str, float]]:
    """Return `{ts, name: value, ...}` for each stretch; shares are multiplied by `scale`."""
    buckets = Buckets(starts)
    if not starts:
        return []
    columns: dict[str, list[float]] = {}
    for name in names:
        if name in COUNTS:
            columns[name] = [int(value) for value in COUNTS[name](sim_calls, buckets)]
        else:
            digits = 2 if scale > 1 else 6
            columns[name] = np.round(SHARES[name](sim_calls, buckets) * scale, digits).tolist()
    return [
        {**{name: column[index] for name, column in columns.items()}, "ts": start}
        for index, start in enumerate(starts)
    ]
