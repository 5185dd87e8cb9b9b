"""When a metric counts as bad: single bad samples never do, runs and large shares do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from bot.call import Metric, Unit
from bot.diagnosis.observations import MetricSeries, Observation, covered_s, observe, step_of
from bot.diagnosis.thresholds import Limit

AT = 1_600_948_800.0
HIGH = Limit(5, Unit.PERCENT, "a document")
LOW = Limit(5, Unit.FPS, "a document", below=True)


def series_of(values: Sequence[float], step_s: float = 2.0) -> MetricSeries:
    """A metric with these values, a sample each step from `AT` on."""
    times = AT + step_s * np.arange(len(values), dtype=np.float64)
    array = np.array(values, dtype=float)
    return MetricSeries("10001", Metric.UPLINK_LOSS, Unit.PERCENT, times, array, 9.0)


def with_bad(count: int, bad: Collection[int], step_s: float = 2.0) -> MetricSeries:
    """A metric of so many samples, all good but those at these positions."""
    return series_of([9.0 if number in bad else 0.0 for number in range(count)], step_s)


@pytest.mark.parametrize(
    ("count", "bad", "step_s", "counts"),
    [
        (2, [0, 1], 2, False),  # all samples, and too few of them
        (3, [0, 1, 2], 2, True),
        (12, [0, 4, 8], 2, True),  # a quarter of all samples, however scattered
        (13, [0, 4, 8], 2, False),
        (100, [50, 51, 52, 53, 54], 2, True),  # ten seconds on end
        (100, [50, 51, 52, 53], 2, False),
        (100, [50, 51, 52], 4, True),
        (100, [50, 51, 80], 6, False),  # two samples are no run, however long
        (30, [0, 1, 20], 2, True),  # a tenth of all samples, two of them in a row
        (31, [0, 1, 20], 2, False),
        (30, [0, 10, 20], 2, False),
    ],
)
def test_what_is_persistent(count: int, bad: list[int], step_s: float, *, counts: bool) -> None:
    """A quarter of all samples, a run of ten seconds, or a tenth with two in a row."""
    long_after = AT + 1000
    assert (observe(with_bad(count, bad, step_s), HIGH, long_after) is not None) is counts


@pytest.mark.parametrize(
    ("ended_before_s", "samples", "counts"),
    [
        (0, 3, True),
        (60, 3, True),
        (62, 3, False),  # forgotten
        (0, 2, False),  # too short to be noticed
        (-2, 3, True),  # it is not over yet
        (-4, 3, False),  # it begins after the complaint
    ],
)
def test_a_short_burst_counts_just_before_the_complaint(
    ended_before_s: int, samples: int, *, counts: bool
) -> None:
    """Six seconds are a sentence that was not heard."""
    last = 100 - ended_before_s // 2
    burst = with_bad(200, range(last - samples + 1, last + 1))
    assert (observe(burst, HIGH, AT + 200) is not None) is counts


@pytest.mark.parametrize(
    ("bad", "counts"),
    [
        (range(80, 92, 2), True),  # every second sample, six of them
        (range(80, 90, 2), False),
        (range(80, 98, 3), False),  # every third
        (range(58, 70, 2), False),  # a minute before
        (range(102, 114, 2), False),  # afterwards
    ],
)
def test_bursts_again_and_again_count_just_before_the_complaint(
    bad: range, *, counts: bool
) -> None:
    """None is long enough to be noticed alone, and all are a tenth of nothing."""
    assert (observe(with_bad(200, bad), HIGH, AT + 200) is not None) is counts


@pytest.mark.parametrize(
    ("bad_after_s", "counts"),
    [
        (range(4, 30, 2), True),  # samples are of the seconds before them
        (range(6, 30, 2), False),
        ((-58, *range(6, 30, 2)), True),  # it was there before, and goes on
        ((-62, *range(6, 30, 2)), False),
        (range(22, 60, 2), False),
    ],
)
def test_what_begins_after_the_complaint_is_not_its_cause(
    bad_after_s: Iterable[int], *, counts: bool
) -> None:
    """Not even in the half minute in which an earlier fault is judged."""
    samples = {50 + second // 2 for second in bad_after_s}
    fault = replace(with_bad(120, samples), judged_until=AT + 130, begun_by=AT + 104)
    assert (observe(fault, HIGH, AT + 100) is not None) is counts


def observed(values: Sequence[float], at_s: float = 0) -> Observation:
    """Observe a metric that is bad above 5, for a complaint so long after its start."""
    observation = observe(series_of(values), HIGH, AT + at_s)
    assert observation is not None
    return observation


def test_an_observation() -> None:
    """Its parts are of the bad samples; the one nearest to the complaint is its time."""
    observation = observed([0, 8, 9, 0, 7, 10, 20, 0, 0, 0], at_s=7)
    assert observation.share == 0.5
    assert (observation.run, observation.run_s, observation.parts) == (3, 6, 2)
    assert observation.density == 5 / 6
    assert (observation.median, observation.own) == (9, 9)
    assert (observation.since, observation.until) == (AT + 2, AT + 12)
    assert (observation.at, observation.distance_s) == (AT + 8, 1)
    assert (observation.limit, observation.blind) == (HIGH, False)


def test_a_run_without_a_good_sample_up_to_the_ends() -> None:
    """The first and the last sample may be bad."""
    observation = observed([9, 9, 9, 9])
    assert (observation.run, observation.run_s, observation.parts) == (4, 8, 1)
    assert (observation.share, observation.density) == (1, 1)


def test_a_value_at_the_limit_is_good() -> None:
    """In both directions, beyond the limit is bad."""
    assert observe(series_of([5] * 9), HIGH, AT) is None
    assert observe(series_of([5] * 9), LOW, AT) is None
    low = observe(series_of([4.9] * 9), LOW, AT)
    assert low is not None
    assert observe(series_of([5.1] * 9), LOW, AT) is None
    assert observe(series_of([4.9] * 9), HIGH, AT) is None


def test_only_selected_samples_may_be_bad() -> None:
    """The share is still of all samples."""
    where = np.array([True, True, True, False, False, False])
    observation = observe(series_of([9] * 6), HIGH, AT, where)
    assert observation is not None
    assert (observation.share, observation.until) == (0.5, AT + 4)
    assert observe(series_of([9] * 6), HIGH, AT, ~where & False) is None


def test_nothing_measured_is_nothing_bad() -> None:
    """No series, or one without samples."""
    assert observe(None, HIGH, AT) is None
    assert observe(series_of([]), HIGH, AT) is None


@pytest.mark.parametrize(
    ("times", "step_s"),
    [
        ([], 2),
        ([0, 10], 2),  # too few to know
        ([0, 10, 20], 10),
        ([0, 2, 4, 60, 62], 2),  # a gap is no step
        ([0, 60, 120], 15),  # the longest one
        ([0, 0, 0, 0], 0.1),
    ],
)
def test_the_usual_step(times: list[float], step_s: float) -> None:
    """The median distance of samples, within bounds."""
    assert step_of(np.array(times, dtype=float)) == pytest.approx(step_s)


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        ([], 0),
        ([7], 2),
        ([0, 2, 4, 6], 8),
        ([0, 2, 2, 4, 6], 8),  # several metrics at one time
        ([0, 2, 4, 9, 11, 13], 15),  # a late sample
        ([0, 2, 4, 100, 102, 104], 15),  # a gap counts as two and a half steps
    ],
)
def test_covered_time(times: list[float], seconds: float) -> None:
    """Each sample covers a step; gaps are not covered."""
    assert covered_s(np.array(times, dtype=float)) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("after_s", "value"),
    [(-5, 10), (-5.1, None), (0, 10), (0.9, 10), (1, 10), (1.1, 20), (4, 30), (9, 30), (9.1, None)],
)
def test_the_value_at_another_time(after_s: float, value: float | None) -> None:
    """The nearest sample's, the earlier one of two, within five seconds or two steps."""
    (found,) = series_of([10, 20, 30]).nearest(np.array([AT + after_s]))
    assert found == value if value is not None else np.isnan(found)


def test_the_value_at_another_time_of_coarse_samples() -> None:
    """With a sample every ten seconds, up to twenty away; without samples, none."""
    coarse = series_of([10, 20, 30], step_s=10)
    assert coarse.nearest(AT + np.array([-20.0, 40.0])).tolist() == [10, 30]
    assert np.isnan(coarse.nearest(AT + np.array([-21.0, 41.0]))).all()
    assert np.isnan(series_of([]).nearest(np.array([AT, AT + 1]))).tolist() == [True, True]


def test_the_highest_value_around() -> None:
    """Delays of transport are at most four seconds; where nothing is measured it is zero."""
    peak = series_of([0, 0, 0, 0, 0, 50, 0, 0, 0, 0, 0])
    around = AT + 10 + np.array([-6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0])
    assert peak.highest_around(around).tolist() == [0, 50, 50, 50, 50, 50, 0]
    assert peak.highest_around(np.array([AT + 100])).tolist() == [0]
    dense = series_of([0] * 10 + [50] + [0] * 10, step_s=0.25)
    assert dense.highest_around(np.array([AT + 2.5])).tolist() == [50]
