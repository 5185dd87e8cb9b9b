"""When other participants are asked."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.call import Direction, IssueType, MissingItem, MissingKind, MissingReason, Report, Side
from bot.diagnosis import Verdict
from bot.ports import Diagnosis
from bot.services.diagnosis.witnesses import accuses_receiver

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
REPORT = Report("kids", "class_1", "1", "2", Side.STUDENT, IssueType.HELP, NOON)
LATER = MissingItem(MissingKind.MINUTES, MissingReason.NOT_OUT_YET, NOON)
DOWN = Direction.DOWN


@pytest.mark.parametrize(
    ("cause", "uid", "direction", "confidence", "missing", "asked"),
    [
        ("network.loss", "2", DOWN, 0.9, (), True),
        ("network.jitter", "2", DOWN, 0.5, (), True),
        ("network.loss", "2", DOWN, 0.9, (LATER,), True),
        ("network.loss", "2", DOWN, 0.69, (LATER,), False),  # it is made again
        ("network.loss", "1", DOWN, 0.9, (), False),
        ("network.loss", "2", Direction.UP, 0.9, (), False),
        ("network.wifi_weak", "2", None, 0.9, (), False),
        ("device.decoder", "2", DOWN, 0.9, (), False),
        ("none", None, None, 0.9, (), False),
    ],
)
def test_when_witnesses_are_asked(  # noqa: PLR0917 - a row of the table
    cause: str,
    uid: str | None,
    direction: Direction | None,
    confidence: float,
    missing: tuple[MissingItem, ...],
    asked: bool,  # noqa: FBT001 - likewise
) -> None:
    """When the way down of who complained is at fault, and the verdict stays."""
    verdict = Verdict(
        cause, NOON, NOON, uid=uid, direction=direction, confidence=confidence, missing=missing
    )
    assert accuses_receiver(Diagnosis(REPORT, "agora", verdict, NOON)) is asked
