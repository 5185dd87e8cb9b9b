"""Calibration: how often a verdict with a score was right, which is its confidence.

A score is what the rules give. `python -m tests.bench diagnosis fit` prints the table below, fitted
on one half of the hard and recorded calls; the other half is only counted (docs/benchmarks.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.diagnosis.candidates import Candidate

Steps = tuple[tuple[float, float], ...]

SURE: Final = 0.7
MOST_UNSURE: Final = 0.69
MOST: Final = 0.97
BANDS: Final = (0.2, 0.4, 0.55, 0.65, 0.7, 0.8, 0.9)  # each up to the next one
_RIGHT_WHEN_SURE: Final = 0.9  # what is said with confidence is right so often
_FITTED_GROUPS: Final = frozenset({"network", "device", "media", "reconnect", "server"})

FITTED: Final[Steps] = (
    # (score from which on, confidence); a lower score is its own confidence.
    (0.2, 0.69),
    (0.4, 0.69),
    (0.55, 0.69),
    (0.65, 0.95),
    (0.7, 0.95),
    (0.8, 0.97),
    (0.9, 0.97),
)


def is_fitted(cause: str) -> bool:
    """Return whether a cause has a fitted confidence: enough calls are of its kind."""
    return cause.partition(".")[0] in _FITTED_GROUPS


def calibrate(candidate: Candidate, steps: Steps) -> Candidate:
    """Return the candidate with its confidence instead of its score, never above its limit.

    What only the cloud names keeps its score: the benchmark has no calls to fit it with.
    """
    confidence = candidate.confidence
    if candidate.by_rules and is_fitted(candidate.cause.key):
        reached = (fitted for least, fitted in steps if candidate.confidence >= least)
        confidence = max(reached, default=confidence)
    return replace(candidate, confidence=min(confidence, candidate.at_most))


@dataclass(frozen=True, slots=True)
class Scored:
    """A verdict's score, and whether it was right: as it was said, and had it been said surely.

    Some answers are right only as long as they are not sure.
    """

    score: float
    right: bool
    right_when_sure: bool


def fit(verdicts: Sequence[Scored]) -> Steps:
    """Fit the steps to verdicts, by the rule of succession. They rise with the score.

    A band without verdicts has no step.
    """
    steps: list[tuple[float, float]] = []
    highest = 0.0
    for least, end in zip(BANDS, (*BANDS[1:], 1.01), strict=True):
        inside = [one for one in verdicts if least <= one.score < end]
        if not inside:
            continue
        sure = _share(one.right_when_sure for one in inside)
        unsure = min(_share(one.right for one in inside), MOST_UNSURE)
        highest = max(highest, min(sure, MOST) if sure >= _RIGHT_WHEN_SURE else unsure)
        steps.append((least, round(highest, 2)))
    return tuple(steps)


def _share(right: Iterable[bool]) -> float:
    """Estimate how often something is right from a few answers (rule of succession)."""
    known = list(right)
    return (sum(known) + 1) / (len(known) + 2)
