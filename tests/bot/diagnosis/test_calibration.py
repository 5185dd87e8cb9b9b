"""Confidences: fitted to how often a score was right, and never above what may be said."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import Direction, Media, Metric
from bot.causes import Cause
from bot.diagnosis.calibration import FITTED, calibrate, fit
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
    """They rise, have the rule of succession, and leave unsure what the rules are unsure of."""
    often = [(0.45, True)] * 98
    mixed = [(0.75, True)] * 6 + [(0.75, False)] * 2
    assert fit(often + mixed + [(0.95, True)] * 400) == (
        *((0.4, 0.69), (0.55, 0.69), (0.7, 0.7), (0.8, 0.7)),
        (0.9, 0.97),
    )


def test_a_verdict_has_the_fitted_confidence(build_call: Any) -> None:
    """The first cause only; the next ones keep their scores."""
    call_builder = build_call().set_values(
        TEACHER, Metric.UPLINK_LOSS, Media.VIDEO, 30, (-300, 300)
    )
    call_builder.set_values(STUDENT, Metric.END_TO_END_LOSS, Media.VIDEO, 30, (-300, 300))
    score, verdict = call_builder.diagnose(), call_builder.diagnose(FITTED)
    assert verdict.cause == score.cause == "network.loss"
    assert (score.confidence, verdict.confidence) == (0.86, 0.97)
