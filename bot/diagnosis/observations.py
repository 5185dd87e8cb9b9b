"""Observations: how much of one metric is beyond a limit, and when.

Computed with numpy on whole arrays; a million points take some milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Direction, Media, Metric, Unit
from bot.diagnosis.thresholds import Limit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.call import FloatArray

_STEP_S: Final = 2.0  # the SDKs' usual interval, for too few samples
_LONGEST_STEP_S: Final = 15.0
_GAP_STEPS: Final = 2.5
_FEWEST_SAMPLES: Final = 3
_LEAST_SHARE: Final = 0.1
_CERTAIN_SHARE: Final = 0.25
_SHORTEST_RUN_S: Final = 10.0
_NEIGHBOUR_S: Final = 5.0
_BURST_S: Final = 6.0  # as long as a sentence
REMEMBERED_S: Final = 60.0  # before the complaint
_OFTEN: Final = 6
_FREQUENT: Final = 0.4  # share of the samples meanwhile


@dataclass(frozen=True, slots=True, eq=False)
class MetricSeries:
    """One metric of one participant within the judged window.

    `times` are epoch seconds, sorted; `values` are in `unit`, one for each time. `overall_max` is
    the highest value of the whole series, also outside the window. Values after `judged_until`
    are never bad, nor is what began after `begun_by`: it cannot be why somebody complained
    before. `step_s` is the usual interval
    between samples, in seconds.
    """

    uid: str
    metric: Metric
    unit: Unit
    times: FloatArray
    values: FloatArray
    overall_max: float
    media: Media | None = None
    direction: Direction | None = None
    judged_until: float = np.inf
    begun_by: float = np.inf
    step_s: float = field(init=False)  # computed once, as the rules use it for every value

    def __post_init__(self) -> None:
        """Compute the interval."""
        object.__setattr__(self, "step_s", step_of(self.times))

    def with_values(self, values: FloatArray) -> MetricSeries:
        """Return the series with other values at the same times."""
        return replace(self, values=values)

    def nearest(self, times: FloatArray) -> FloatArray:
        """Return this series' values at other times; nan where no sample is near."""
        if not len(self.times):
            return np.full(len(times), np.nan)
        right = np.searchsorted(self.times, times).clip(0, len(self.times) - 1)
        left = (right - 1).clip(0)
        closer = np.abs(self.times[left] - times) <= np.abs(self.times[right] - times)
        index = np.where(closer, left, right)
        near = np.abs(self.times[index] - times) <= max(_NEIGHBOUR_S, 2 * self.step_s)
        return np.where(near, self.values[index], np.nan)

    def covers(self, times: FloatArray) -> NDArray[np.bool_]:
        """Mark the times that are neither in a gap of this series nor before or after it."""
        right = np.searchsorted(self.times, times).clip(1, max(1, len(self.times) - 1))
        known = np.append(self.times, (np.inf, np.inf))
        gaps = known[right] - known[right - 1]
        inside = (times >= known[right - 1]) & (times <= known[right])
        return np.asarray(inside & (gaps <= _GAP_STEPS * self.step_s), dtype=np.bool_)

    def highest_around(self, times: FloatArray) -> FloatArray:
        """Return the highest value within some seconds of other times; 0 where there is none."""
        shifts = np.array([-4.0, -2.0, 0.0, 2.0, 4.0])
        around = np.stack([self.nearest(times + shift) for shift in shifts])
        highest: FloatArray = np.nan_to_num(around, nan=0.0).max(axis=0)
        return highest


@dataclass(frozen=True, slots=True)
class Observation:
    """A metric beyond a limit for a period of time (epoch seconds).

    `share` (0-1) of the samples up to the complaint is bad, `density` of those from `since` to
    `until`; the longest run without a good sample has `run` samples and `run_s` seconds, `parts`
    counts the runs.
    `median` is of the bad samples. `at` is the bad sample nearest to the complaint,
    `distance_s` away from it. `own` is the median minus the other end's part. `blind`: the
    sender's part of what was received was not measured.
    """

    metric_series: MetricSeries
    limit: Limit
    share: float
    run_s: float
    run: int
    parts: int
    density: float
    median: float
    since: float
    until: float
    at: float
    distance_s: float
    own: float
    blind: bool = False


def step_of(times: FloatArray) -> float:
    """Return the usual interval between samples at these times, in seconds."""
    if len(times) < _FEWEST_SAMPLES:
        return _STEP_S
    return float(np.clip(np.median(np.diff(times)), 0.1, _LONGEST_STEP_S))


def covered_s(times: FloatArray) -> float:
    """Return how many seconds samples at these times cover; gaps do not count."""
    if not len(times):
        return 0.0
    times = np.unique(times)
    step = step_of(times)
    return float(np.minimum(np.diff(times), _GAP_STEPS * step).sum() + step)


def mask(metric_series: MetricSeries, limit: Limit) -> NDArray[np.bool_]:
    """Mark the samples beyond the limit."""
    bad = metric_series.values < limit.bound if limit.below else metric_series.values > limit.bound
    return np.asarray(bad, dtype=np.bool_)


def without_later(
    metric_series: MetricSeries, bad: NDArray[np.bool_], moment: float
) -> NDArray[np.bool_]:
    """Unmark what began after the complaint: of a fault that was there in the minute before, none.

    `moment` is the time of the complaint.
    """
    by_then = metric_series.times <= metric_series.begun_by
    recent = by_then & (metric_series.times >= moment - REMEMBERED_S)
    return bad if (bad & recent).any() else bad & by_then


def count_runs(bad: NDArray[np.bool_]) -> int:
    """Return how many runs of marked samples there are."""
    return int(bad[:1].sum() + (bad[1:] & ~bad[:-1]).sum())


def observe(
    metric_series: MetricSeries | None,
    limit: Limit,
    moment: float,
    where: NDArray[np.bool_] | None = None,
) -> Observation | None:
    """Return when a metric was beyond its limit, None when it never or hardly was.

    `moment` is the time of the complaint. `where` selects the samples that may count as bad.
    """
    if metric_series is None or not len(metric_series.times):
        return None
    before = metric_series.times <= metric_series.judged_until
    bad = mask(metric_series, limit) & before
    if where is not None:
        bad &= where
    bad = without_later(metric_series, bad, moment)
    if bad.sum() < _FEWEST_SAMPLES:
        return None
    extent = _extent(metric_series, bad, moment, int(before.sum()))
    return _describe(metric_series, limit, moment, bad, extent) if extent.is_persistent else None


def _describe(
    metric_series: MetricSeries,
    limit: Limit,
    moment: float,
    bad: NDArray[np.bool_],
    extent: _Extent,
) -> Observation:
    times, values = metric_series.times[bad], metric_series.values[bad]
    nearest = int(np.argmin(np.abs(times - moment)))
    meanwhile = (metric_series.times >= times[0]) & (metric_series.times <= times[-1])
    return Observation(
        metric_series=metric_series,
        limit=limit,
        share=extent.share,
        run_s=extent.run_s,
        run=extent.run,
        parts=extent.parts,
        density=float(bad.sum() / meanwhile.sum()),
        median=float(np.median(values)),
        since=float(times[0]),
        until=float(times[-1]),
        at=float(times[nearest]),
        distance_s=float(abs(times[nearest] - moment)),
        own=float(np.median(values)),
    )


@dataclass(frozen=True, slots=True)
class _Extent:
    """How much of a metric is bad, and in how many runs.

    `is_recent`: a run of some seconds, long enough to be noticed, or nearly every second sample
    for a while was bad shortly before the complaint.
    """

    share: float
    run_s: float
    run: int
    parts: int
    is_recent: bool

    @property
    def is_persistent(self) -> bool:
        """Whether it is more than single bad samples, which every call has."""
        if self.share >= _CERTAIN_SHARE:
            return True
        if self.run >= _FEWEST_SAMPLES and self.run_s >= _SHORTEST_RUN_S:
            return True
        return self.is_recent or (self.share >= _LEAST_SHARE and self.run > 1)


def _extent(
    metric_series: MetricSeries, bad: NDArray[np.bool_], moment: float, samples: int
) -> _Extent:
    edges = np.diff(np.concatenate(([0], bad.astype(np.int8), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    since, until = metric_series.times[starts], metric_series.times[ends]
    lengths_s, counts = until - since + metric_series.step_s, ends - starts + 1
    recent = (since < moment) & (until >= moment - REMEMBERED_S)
    noticed = (lengths_s >= _BURST_S) & (counts >= _FEWEST_SAMPLES)
    return _Extent(
        share=float(bad.sum() / samples),
        run_s=float(lengths_s.max()),
        run=int(counts.max()),
        parts=len(starts),
        is_recent=bool((recent & noticed).any()) or _is_frequent(metric_series, bad, moment),
    )


def _is_frequent(metric_series: MetricSeries, bad: NDArray[np.bool_], moment: float) -> bool:
    """Return whether single samples were bad again and again shortly before the complaint."""
    since_s = moment - metric_series.times
    recent = np.flatnonzero(bad & (since_s >= 0) & (since_s <= REMEMBERED_S))
    return len(recent) >= _OFTEN and len(recent) >= _FREQUENT * (recent[-1] - recent[0] + 1)
