"""Candidates: nearer to the complaint and more persistent is surer."""

from __future__ import annotations

import numpy as np
import pytest

from bot.call import Direction, Media, Metric, Unit
from bot.causes import Cause
from bot.diagnosis.candidates import (
    build_candidate,
    persistence_factor,
    proximity_factor,
    to_datetime,
)
from bot.diagnosis.context import WINDOW_S
from bot.diagnosis.observations import MetricSeries, Observation, observe
from bot.diagnosis.thresholds import LOSS

AT = 1_600_948_800.0
LOSS_UP = Cause("network", "loss", Media.VIDEO, Direction.UP)


def bad_for(span: tuple[float, float], value: float = 20, uid: str = "10001") -> Observation:
    """Observe loss between two seconds from the complaint, in four minutes of samples."""
    times = AT + np.arange(-120.0, 121.0, 2.0)
    inside = (times >= AT + span[0]) & (times <= AT + span[1])
    values = np.where(inside, value, 0.0)
    way = (Media.VIDEO, Direction.UP)
    loss = MetricSeries(uid, Metric.UPLINK_LOSS, Unit.PERCENT, times, values, value, *way)
    observation = observe(loss, LOSS, AT)
    assert observation is not None
    return observation


def test_a_fault_is_as_sure_as_it_is_near() -> None:
    """Twenty seconds are free; from there it falls, to the end of the judged window."""
    assert proximity_factor(0) == proximity_factor(20) == 1
    far = [proximity_factor(distance) for distance in (20, 20.5, 60, 100, WINDOW_S - 0.5, WINDOW_S)]
    assert far == sorted(set(far), reverse=True)
    assert 0.6 < proximity_factor(WINDOW_S) == proximity_factor(2 * WINDOW_S) < 0.8


@pytest.mark.parametrize(
    ("shorter", "longer"),
    [((0, 8), (0, 10)), ((0, 8), (0, 14)), ((0, 14), (0, 20)), ((-2, 20), (-6, 24))],
)
def test_a_longer_fault_is_surer(shorter: tuple[float, float], longer: tuple[float, float]) -> None:
    """Up to half a minute."""
    assert persistence_factor(bad_for(shorter)) < persistence_factor(bad_for(longer))


def test_half_a_minute_is_as_sure_as_it_gets() -> None:
    """The whole window is no surer."""
    assert persistence_factor(bad_for((0, 28))) == persistence_factor(bad_for((-120, 120))) == 1
    assert 0.5 <= persistence_factor(bad_for((0, 8))) < 0.8


def observation_of(**parts: float) -> Observation:
    """An observation with other parts."""
    whole = bad_for((-120, 120))
    values = {name: getattr(whole, name) for name in whole.__dataclass_fields__}
    return Observation(**(values | parts))


@pytest.mark.parametrize(
    ("parts", "low", "high"),
    [
        ({"share": 0.2, "run_s": 0, "run": 4}, 1, 1),
        ({"share": 0.19, "run_s": 0, "run": 4}, 0.9, 0.999),
        ({"share": 0.05, "run_s": 6, "run": 4}, 0.6, 0.8),
        ({"share": 0.06, "run_s": 0, "run": 4}, 0.701, 0.8),
        ({"share": 0.0, "run_s": 7, "run": 4}, 0.701, 0.8),
        ({"share": 0.0, "run_s": 29, "run": 4}, 0.9, 0.999),
        ({"share": 0.0, "run_s": 30, "run": 4}, 1, 1),
        ({"share": 1.0, "run_s": 0, "run": 1}, 0.7, 0.8),
        ({"share": 1.0, "run_s": 0, "run": 2}, 0.8, 0.9),
        ({"share": 1.0, "run_s": 0, "run": 3}, 0.9, 0.95),
        ({"share": 0.05, "run_s": 0, "run": 1}, 0.45, 0.6),
    ],
)
def test_persistence(parts: dict[str, float], low: float, high: float) -> None:
    """By the share of all samples or the longest run, the better one; less for single samples."""
    assert low <= persistence_factor(observation_of(**parts)) <= high


def test_a_candidate_of_several_observations() -> None:
    """The first one decides who and how sure; the time is from the first to the last of all."""
    main, other = bad_for((-40, 0)), bad_for((-20, 30), uid="20002")
    candidate = build_candidate(LOSS_UP, iter((main, other)), 0.8, "agora")
    assert (candidate.cause, candidate.uid, candidate.confidence) == (LOSS_UP, "10001", 0.8)
    assert (candidate.since, candidate.until) == (AT - 40, AT + 30)
    assert (candidate.by_rules, candidate.by_cloud) == (True, False)
    assert [(one.uid, one.at) for one in candidate.evidence] == [
        ("10001", to_datetime(AT)),
        ("20002", to_datetime(AT)),
    ]
    reversed_candidate = build_candidate(LOSS_UP, (other, main), 0.8, "agora")
    assert (reversed_candidate.uid, reversed_candidate.since) == ("20002", AT - 40)


def test_a_candidate_far_from_the_complaint() -> None:
    """Both factors count."""
    far = bad_for((-120, -100))
    candidate = build_candidate(LOSS_UP, (far,), 0.9, "agora")
    assert candidate.confidence == 0.9 * proximity_factor(100) * persistence_factor(far)
    assert candidate.confidence < 0.9 * proximity_factor(100)


def test_evidence_of_an_observation() -> None:
    """The bad samples' median to a tenth, with the limit and what was measured."""
    (evidence,) = build_candidate(LOSS_UP, (bad_for((-40, -8), 20.26),), 0.8, "agora").evidence
    assert (evidence.source, evidence.metric, evidence.unit) == ("agora", "uplink_loss", "%")
    assert (evidence.value, evidence.threshold) == (20.3, 5)
    assert (evidence.media, evidence.direction) == (Media.VIDEO, Direction.UP)
    assert (evidence.at, evidence.uid, evidence.peer) == (to_datetime(AT - 8), "10001", None)
