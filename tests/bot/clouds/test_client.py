"""What the clients of all clouds share."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.ports import Priority, RemainingQuota, Window
from tests.bot.clouds.light import NoLimits

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
WINDOW = Window(NOON - dt.timedelta(minutes=20), NOON - dt.timedelta(minutes=10))
CLOUDS = ("agora", "volcengine", "huawei")


@pytest.mark.parametrize("name", CLOUDS)
async def test_priorities_reach_the_quota(name: str, light: Any) -> None:
    """Whoever waits for a request waits six seconds for its slot, background work does not."""
    limits = NoLimits()
    cloud = light(name, limits=limits)
    for priority in (Priority.INTERACTIVE, Priority.SCHEDULED, Priority.BACKGROUND):
        with pytest.raises(Exception, match=name):
            await cloud.find_calls("kids", priority.value, WINDOW, priority=priority)
    assert [wait_s for _, wait_s in limits.reserved] == [6, 6, 0]


NAMES = {"agora": "diagnosis", "volcengine": "", "huawei": "qos"}


@pytest.mark.parametrize("name", CLOUDS)
async def test_quotas_of_chosen_endpoints(name: str, light: Any) -> None:
    """All of a cloud's by default, else those of the named endpoints."""
    limits = NoLimits()
    cloud = light(name, limits=limits)
    limits.left = ((3,), None)
    quotas = await cloud.remaining_quotas("kids", [NAMES[name]])
    label = {"huawei": "statistics"}.get(name, NAMES[name])
    most = {"huawei": 30}.get(name, 1)
    assert quotas == (() if name == "volcengine" else (RemainingQuota(label, 3, most, 60),))
    everything = await cloud.remaining_quotas("kids")
    assert set(quotas) <= set(everything)
    assert await cloud.remaining_quotas("kids", []) == ()


@pytest.mark.parametrize(
    ("name", "delay_s"), [("agora", 150), ("volcengine", 100), ("huawei", 300)]
)
def test_delays_are_scaled_in_the_demo(name: str, delay_s: float, light: Any) -> None:
    """A tenth of the documented delay, or the delay itself."""
    for scale in (1.0, 0.1):
        delay = light(name, delay_scale=scale).capabilities.metrics_delay
        assert delay.total_seconds() == pytest.approx(delay_s * scale)


@pytest.mark.parametrize("name", CLOUDS)
async def test_closing_ends_connections(name: str, light: Any) -> None:
    """Afterwards no request can be sent."""
    cloud = light(name)
    with pytest.raises(Exception, match=name):
        await cloud.find_calls("kids", "class", WINDOW)
    await cloud.close()
    assert repr(cloud).endswith("Cloud(apps=['kids'])")
    with pytest.raises(RuntimeError, match="closed"):
        await cloud.find_calls("kids", "class", WINDOW)
