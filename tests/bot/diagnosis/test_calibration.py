"""Confidences: fitted to how often a score was right, and never above what may be said."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import Direction, Media, Metric
from bot.causes import Cause
from bot.diagnosis.calibration import FITTED, Scored, calibrate, fit, is_fitted
from bot.diagnosis.candidates import Candidate
from tests.bot.diagnosis.conftest import STUDENT, TEACHER

STEPS = ((0.4, 0.6), (0.7, 0.9))
LOSS = Cause("network", "loss", None, Direction.UP)
MUTED = Cause("user_action", "module_off", Media.AUDIO)


@pytest.mark.parametrize(
    ("score", "confidence"), [(0.3, 0.3), (0.4, 0.6), (0.69, 0.6), (0.7, 0.9), (0.97, 0.9)]
)
def test_a_score_becomes_a_confidence(score: float, confidence: float) -> None:
    """Each step lasts until the next one; a score below them is its own confidence."""
    assert calibrate(Candidate(LOSS, TEACHER, score, 0, 1), STEPS).confidence == confidence


def test_what_is_not_fitted() -> None:
    """What somebody may have chosen, what only the cloud names, and what cannot be decided."""
    scores = (
        Candidate(MUTED, TEACHER, 0.75, 0, 1),
        Candidate(LOSS, TEACHER, 0.75, 0, 1, by_rules=False, by_cloud=True),
        Candidate(LOSS, TEACHER, 0.45, 0, 1, at_most=0.5),
        Candidate(MUTED, TEACHER, 0.75, 0, 1, by_cloud=True, at_most=0.5),
    )
    assert [calibrate(one, STEPS).confidence for one in scores] == [0.75, 0.75, 0.5, 0.5]


def test_steps_are_fitted() -> None:
    """They rise, have the rule of succession, and are sure of what is right nine times in ten.

    No verdict had a score below 0.4, or one from 0.65 to 0.7.
    """
    seldom = [Scored(0.45, right=False, right_when_sure=False)] * 3
    only_unsure = [Scored(0.6, right=True, right_when_sure=False)] * 98
    mixed = [Scored(0.75, right=one < 6, right_when_sure=one < 6) for one in range(8)]
    often = [Scored(0.85, right=True, right_when_sure=one > 0) for one in range(18)]
    always = [Scored(0.95, right=True, right_when_sure=True)] * 400
    assert fit([*seldom, *only_unsure, *mixed, *often, *always]) == (
        *((0.4, 0.2), (0.55, 0.69), (0.7, 0.69)),
        *((0.8, 0.9), (0.9, 0.97)),
    )
    assert fit([]) == ()


@pytest.mark.parametrize("cause", ["network.loss", "device.decoder", "media.no_sound"])
def test_causes_with_labelled_calls_are_fitted(cause: str) -> None:
    """Others keep the score of the rules."""
    assert is_fitted(cause)
    assert not any(map(is_fitted, ("user_action.module_off", "session.duplicate_uid")))


def test_a_verdict_has_the_fitted_confidence(build_call: Any) -> None:
    """The first cause only; the next ones keep their scores."""
    call_builder = build_call().set_values(
        TEACHER, Metric.UPLINK_LOSS, Media.VIDEO, 30, (-300, 300)
    )
    call_builder.set_values(STUDENT, Metric.END_TO_END_LOSS, Media.VIDEO, 30, (-300, 300))
    score, verdict = call_builder.diagnose(), call_builder.diagnose(FITTED)
    assert verdict.cause == score.cause == "network.loss"
    assert (score.confidence, verdict.confidence) == (0.86, 0.97)
