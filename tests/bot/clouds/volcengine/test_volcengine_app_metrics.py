"""Volcengine's metrics of a whole app, by topic, from its fake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.ports import Occupancy, Topic
from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import build_simulated_call

NOON_S = 1795176000
DIMENSIONS = ("province", "country", "os", "access")


@pytest.fixture
async def clouds(clock: Any) -> AsyncIterator[FakeClouds]:
    """A fake Volcengine with a call of yesterday and one that is running."""
    sim_calls = [
        build_simulated_call("downlink_loss_audio", "noisy", seed=1, started_at=NOON_S - 86400),
        build_simulated_call("healthy", "running", seed=3, started_at=NOON_S - 1200),
    ]
    made = FakeClouds(sim_calls, clock=clock.timestamp)
    async with made.serve():
        yield made


@pytest.mark.parametrize("topic", Topic)
async def test_every_topic_has_figures(
    topic: Topic, clouds: FakeClouds, make_volcengine: Any
) -> None:
    """Each topic has metrics with definitions, within the limits."""
    app_metrics = await make_volcengine(clouds.volcengine_url).fetch_app_metrics("kids", topic)
    assert (app_metrics.failures, app_metrics.is_empty) == ((), False)
    assert (topic, "volcengine") == (app_metrics.topic, app_metrics.cloud)
    assert bool(app_metrics.explanations) is (topic is not Topic.SCALE)
    assert clouds.over_quota == []


async def test_failures_are_listed_beside_the_rest(
    clouds: FakeClouds, make_volcengine: Any
) -> None:
    """One failed request does not hide the metrics of another."""
    clouds.fail_next("ListRealTimeQuality", "html", times=3)
    app_metrics = await make_volcengine(clouds.volcengine_url).fetch_app_metrics("kids", Topic.LIVE)
    assert (len(app_metrics.trends), len(app_metrics.failures)) == (2, 1)
    assert [missing_item.detail for missing_item in app_metrics.missing] == ["ListRealTimeQuality"]


async def test_quality_by_day_beside_the_last_hour(
    clouds: FakeClouds, make_volcengine: Any
) -> None:
    """ListQuality returns days of +08:00, apps and browsers separately, once a day."""
    volcengine = make_volcengine(clouds.volcengine_url)
    for topic, name in ((Topic.EXPERIENCE, "audio_stall_rate"), (Topic.NETWORK, None)):
        result = await volcengine.fetch_app_metrics("kids", topic)
        names = {usage.metric.value for usage in result.usages}
        assert {usage.day.isoformat() for usage in result.usages} == {"2026-11-19"}
        assert {usage.definition.part.value for usage in result.usages} == {"native"}
        assert name is None or name in names
        assert [trend for trend in result.trends if trend.points]
    requested = clouds.counts["ListQuality"]
    await volcengine.fetch_app_metrics("kids", Topic.EXPERIENCE)
    assert (4, requested) == (requested, clouds.counts["ListQuality"])


async def test_spread_now_and_on_the_last_day(clouds: FakeClouds, make_volcengine: Any) -> None:
    """The newest half minute is before the last published day, each with its begin."""
    result = await make_volcengine(clouds.volcengine_url).fetch_app_metrics(
        "kids", Topic.DISTRIBUTION
    )
    seen = [
        (distribution.dimension, distribution.since.isoformat())
        for distribution in result.distributions
    ]
    live, day = "2026-11-20T11:58:30+00:00", "2026-11-18T16:00:00+00:00"
    expected = [(name, at) for at in (live, day) for name in DIMENSIONS]
    assert expected == list(dict.fromkeys(seen))
    counted = [
        distribution
        for distribution in result.distributions
        if distribution.since.isoformat() == day
    ]
    figures = {
        (distribution.dimension, distribution.definition.name.value) for distribution in counted
    }
    assert len(figures) == 4 * 9  # five metrics are returned as nine
    assert clouds.over_quota == []


async def test_who_is_in_a_room(clouds: FakeClouds, make_volcengine: Any) -> None:
    """Invisible users are included; without any user there is no call."""
    seen = build_simulated_call("healthy", "guests", seed=4, started_at=NOON_S - 600)
    teacher, student = seen.people
    clouds.add(replace(seen, people=(teacher, replace(student, sends=False))))
    volcengine = make_volcengine(clouds.volcengine_url)
    expected = Occupancy(("10001", "20002"), invisible=("20002",))
    assert expected == await volcengine.occupancy("kids", "guests")
    assert None is await volcengine.occupancy("kids", "noisy")
