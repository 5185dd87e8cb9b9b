"""What failures mean for orders about rooms, and how often recordings are looked at."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.clouds import errors
from bot.clouds.endpoints import endpoint
from bot.errors import CloudError
from bot.services.call_control.outcomes import judge
from bot.services.call_control.recording_jobs import _pause
from bot.store.call_control.room_commands import OrderState

NOW = dt.datetime(2026, 11, 21, 10, 0, tzinfo=dt.UTC)
UNTIL = NOW + dt.timedelta(minutes=2)
ROW = endpoint("huawei", "dismiss")


def after(seconds: float) -> dt.datetime:
    """A moment after now."""
    return NOW + dt.timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("error", "state", "again_at"),
    [
        (errors.unreachable(ROW, "x", maybe_arrived=True), OrderState.UNCONFIRMED, None),
        (errors.unreachable(ROW, "x", maybe_arrived=False), OrderState.WAITING, after(10)),
        (errors.nonsense(ROW, "x"), OrderState.UNCONFIRMED, None),
        (errors.broken(ROW, status=500), OrderState.WAITING, after(10)),
        (errors.broken(ROW, status=504), OrderState.UNCONFIRMED, None),
        (errors.over_quota(ROW, after(1), status=429), OrderState.WAITING, after(10)),
        (errors.over_quota(ROW, after(60), status=429), OrderState.WAITING, after(60)),
        (errors.over_quota(ROW, after(121), status=429), OrderState.TOO_LATE, None),
        (errors.refused(ROW, status=404, code="RTC.00001003"), OrderState.NOT_THERE, None),
        (errors.refused(ROW, status=400, code="RTC.00001003"), OrderState.REFUSED, None),
        (errors.refused(ROW, status=401), OrderState.REFUSED, None),
    ],
)
def test_what_a_failure_means(
    error: CloudError, state: OrderState, again_at: dt.datetime | None
) -> None:
    """By HTTP's status, not by the code (W38); what may have arrived is not sent again."""
    assert (state, again_at) == judge(error, NOW, UNTIL)


@pytest.mark.parametrize(("polls", "pause_s"), [(0, 10), (1, 20), (4, 160), (5, 300), (900, 300)])
def test_pauses(polls: int, pause_s: float) -> None:
    """Looks get rarer up to every five minutes, however many there were."""
    assert pause_s == _pause(polls).total_seconds()
