"""No cloud gets more requests than its quota allows."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.errors import CloudQuotaExceededError
from bot.ports import Cloud, Window
from bot.sandbox.clouds import FakeClouds
from tests.bot.clouds.contract.cloud_cases import CloudCase, SteppingClock
from tests.bot.clouds.contract.conftest import NOON, around, requests

BURST: Final = 80
PATIENCE: Final = 30


async def test_burst_does_not_exceed_the_quota(
    cloud_case: CloudCase, clouds: FakeClouds, cloud: Cloud, stepping_clock: SteppingClock
) -> None:
    """Of eighty concurrent requests those within the quota are sent; the rest get a retry time."""
    window = around(clouds, "bad")
    rooms = ["bad", *(f"bad{number}" for number in range(1, BURST))]
    came = await stepping_clock.burst(cloud.find_calls("kids", room, window) for room in rooms)
    refused = [each for each in came if isinstance(each, CloudQuotaExceededError)]
    answered = [each for each in came if isinstance(each, tuple)]
    assert len(refused) + len(answered) == BURST
    assert cloud_case.most <= len(answered) < BURST
    assert all(error.retry_at > NOON and error.status == 0 for error in refused)
    assert clouds.over_quota == []
    assert clouds.max_rate(cloud_case.find, cloud_case.per_s) <= cloud_case.most
    stepping_clock.moment = max(error.retry_at for error in refused)
    assert await cloud.find_calls("kids", "twice", around(clouds, "twice"))
    assert clouds.over_quota == []


async def test_steady_requests_do_not_exceed_the_quota(
    cloud_case: CloudCase, clouds: FakeClouds, cloud: Cloud, stepping_clock: SteppingClock
) -> None:
    """Mixed requests, a second apart after a refusal, succeed or are refused by us."""
    window = around(clouds, "bad")
    (call,) = await cloud.find_calls("kids", "bad", window)
    counts = {"answered": 0, "refused": 0}
    for number in range(PATIENCE + cloud_case.most):
        moved = Window(window.since - dt.timedelta(seconds=20 * number), window.until)
        requested = requests(cloud_case, cloud, call, moved)
        send = list(requested.values())[number % len(requested)]
        (came,) = await stepping_clock.burst([send()])
        if isinstance(came, BaseException):
            assert isinstance(came, CloudQuotaExceededError)
            assert came.status == 0
            counts["refused"] += 1
            stepping_clock.moment += dt.timedelta(seconds=1)
        else:
            counts["answered"] += 1
    assert counts["answered"] >= cloud_case.most
    assert clouds.over_quota == []
