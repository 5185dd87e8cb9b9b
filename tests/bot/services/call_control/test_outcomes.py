"""What failures mean for orders about rooms, and how often recordings are looked at."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.call_control import RoomCommandState
from bot.clouds import errors
from bot.clouds.endpoints import find_endpoint
from bot.errors import CloudError
from bot.services.call_control.outcomes import classify_command_failure
from bot.services.call_control.recording_jobs import _poll_delay

NOW = dt.datetime(2026, 11, 21, 10, 0, tzinfo=dt.UTC)
UNTIL = NOW + dt.timedelta(minutes=2)
ROW = find_endpoint("huawei", "dismiss")


def after(seconds: float) -> dt.datetime:
    """A moment after now."""
    return NOW + dt.timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("error", "state", "again_at"),
    [
        (errors.unreachable(ROW, "x", maybe_arrived=True), RoomCommandState.UNCONFIRMED, None),
        (errors.unreachable(ROW, "x", maybe_arrived=False), RoomCommandState.PENDING, after(10)),
        (errors.invalid_response(ROW, "x"), RoomCommandState.UNCONFIRMED, None),
        (errors.server_error(ROW, status=500), RoomCommandState.PENDING, after(10)),
        (errors.server_error(ROW, status=504), RoomCommandState.UNCONFIRMED, None),
        (errors.quota_exceeded(ROW, after(1), status=429), RoomCommandState.PENDING, after(10)),
        (errors.quota_exceeded(ROW, after(60), status=429), RoomCommandState.PENDING, after(60)),
        (errors.quota_exceeded(ROW, after(121), status=429), RoomCommandState.EXPIRED, None),
        (errors.refused(ROW, status=404, code="RTC.00001003"), RoomCommandState.NOT_FOUND, None),
        (errors.refused(ROW, status=400, code="RTC.00001003"), RoomCommandState.REFUSED, None),
        (errors.refused(ROW, status=401), RoomCommandState.REFUSED, None),
    ],
)
def test_what_a_failure_means(
    error: CloudError, state: RoomCommandState, again_at: dt.datetime | None
) -> None:
    """By HTTP's status, not by the code (W38); what may have arrived is not sent again."""
    assert (state, again_at) == classify_command_failure(error, NOW, UNTIL)


@pytest.mark.parametrize(("polls", "pause_s"), [(0, 10), (1, 20), (4, 160), (5, 300), (900, 300)])
def test_pauses(polls: int, pause_s: float) -> None:
    """Looks get rarer up to every five minutes, however many there were."""
    assert pause_s == _poll_delay(polls).total_seconds()
