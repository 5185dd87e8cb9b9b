"""Candidate causes: a possible cause with its evidence and its own confidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bot.causes import Cause
from bot.diagnosis.observations import MetricSeries, Observation
from bot.diagnosis.verdict import AFTER, BEFORE, Evidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

Span = tuple[float, float]  # epoch seconds


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible cause at one person's end. `since` and `until` are epoch seconds.

    `confidence` (0-1) does not depend on other candidates. `by_rules`: found in the metrics;
    `by_cloud`: named by the cloud; or both. `own` is how bad it was without the other end's part.
    `at_most` limits the confidence where the metrics cannot decide.
    """

    cause: Cause
    uid: str | None
    confidence: float
    since: float
    until: float
    evidence: tuple[Evidence, ...] = ()
    by_rules: bool = True
    by_cloud: bool = False
    own: float = 0.0
    at_most: float = 1.0

    def with_evidence(self, *more: Evidence) -> Candidate:
        """Return the candidate with more evidence after what it has."""
        return replace(self, evidence=(*self.evidence, *more))


def to_datetime(epoch_s: float) -> dt.datetime:
    """Turn epoch seconds into an aware datetime."""
    return dt.datetime.fromtimestamp(epoch_s, dt.UTC)


def to_evidence(observation: Observation, source: str) -> Evidence:
    """Turn an observation into evidence: the bad samples' median and the limit."""
    metric_series = observation.metric_series
    return Evidence(
        source=source,
        at=to_datetime(observation.at),
        uid=metric_series.uid,
        metric=metric_series.metric,
        value=round(observation.median, 1),
        unit=metric_series.unit,
        threshold=observation.limit.bound,
        media=metric_series.media,
        direction=metric_series.direction,
    )


def before(metric_series: MetricSeries, since: float, source: str) -> Iterator[Evidence]:
    """Yield what a metric was before a fault, to compare: the median, at the last sample."""
    earlier = metric_series.times < since
    if earlier.any():
        found = _median(metric_series, earlier, source)
        yield replace(found, at=to_datetime(float(metric_series.times[earlier][-1])), text=BEFORE)


def meanwhile(
    metric_series: MetricSeries, span: Span, source: str, threshold: float | None = None
) -> Iterator[Evidence]:
    """Yield what a metric was during a fault: the median, at the first sample."""
    inside = (metric_series.times >= span[0]) & (metric_series.times <= span[1])
    if inside.any():
        yield replace(_median(metric_series, inside, source), threshold=threshold)


def after(metric_series: MetricSeries, until: float, source: str) -> Iterator[Evidence]:
    """Yield what a metric was after a fault, to compare: the median, at the first sample."""
    for found in meanwhile(metric_series, (until, np.inf), source):
        yield replace(found, text=AFTER)


def _median(metric_series: MetricSeries, where: NDArray[np.bool_], source: str) -> Evidence:
    return Evidence(
        source=source,
        at=to_datetime(float(metric_series.times[where][0])),
        uid=metric_series.uid,
        metric=metric_series.metric,
        value=round(float(np.median(metric_series.values[where])), 1),
        unit=metric_series.unit,
        media=metric_series.media,
        direction=metric_series.direction,
    )


def build_candidate(
    cause: Cause, observations: Iterable[Observation], base: float, source: str
) -> Candidate:
    """Build a candidate from its observations, the main one first.

    The main one decides how near to the complaint and how persistent the fault was.
    """
    observed = tuple(observations)
    main = observed[0]
    return Candidate(
        cause=cause,
        uid=main.metric_series.uid,
        confidence=base * proximity_factor(main.distance_s) * persistence_factor(main),
        since=min(observation.since for observation in observed),
        until=max(observation.until for observation in observed),
        evidence=tuple(to_evidence(observation, source) for observation in observed),
        own=main.own,
    )


def proximity_factor(distance_s: float) -> float:
    """Return the confidence factor, 0.7 to 1, for a fault this far from the complaint."""
    return float(np.interp(distance_s, (20, 120), (1, 0.7)))


def persistence_factor(observation: Observation) -> float:
    """Return the confidence factor, 0.5 to 1, for a fault this persistent."""
    by_share = np.interp(observation.share, (0.05, 0.2), (0.7, 1))
    by_run = np.interp(observation.run_s, (6, 30), (0.7, 1))
    scattered = np.interp(observation.run, (1, 4), (0.75, 1))
    return float(max(by_share, by_run) * scattered)
