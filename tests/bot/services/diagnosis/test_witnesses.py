"""When other participants are asked, and what follows when the cloud does not answer."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.call import (
    Call,
    Direction,
    IssueType,
    MissingItem,
    MissingKind,
    MissingReason,
    Report,
    Side,
)
from bot.diagnosis import Verdict
from bot.errors import CloudError
from bot.ports import Diagnosis, Window
from bot.services.diagnosis.witnesses import accuses_receiver, fetch_witnesses
from tests.bot.services.contexts import cloud_over_quota, cloud_refused, cloud_unreachable

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


class FailingCloud:
    """A cloud that fails."""

    def __init__(self, error: CloudError) -> None:
        self._error = error

    async def fetch_witnesses(self, *_request: Any) -> Any:
        """Fail."""
        raise self._error


@pytest.mark.parametrize("error", [cloud_unreachable(), cloud_over_quota(NOON), cloud_refused()])
async def test_cloud_that_fails(error: CloudError) -> None:
    """The verdict needs no witnesses: it is posted without them."""
    call = Call("agora", "kids", "1", "class_1", NOON)
    verdict = Verdict("network.loss", NOON, NOON, uid="2", direction=DOWN, confidence=0.9)
    cloud: Any = FailingCloud(error)
    diagnosis = Diagnosis(REPORT, "agora", verdict, NOON, calls=(call,))
    window = Window.around(NOON, dt.timedelta(minutes=3))
    assert await fetch_witnesses(cloud, diagnosis, window, ()) == ()
