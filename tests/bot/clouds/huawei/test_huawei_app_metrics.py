"""Huawei's metrics of a whole app, from its fake over HTTP."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.call import MissingReason, Unit
from bot.cloud_settings import CloudSettings
from bot.clouds import build_clouds
from bot.ports import Topic
from bot.sandbox.clouds import FakeClouds, HuaweiAccount
from bot.sandbox.scenario import build_simulated_call
from bot.store.rate_limits import SqlKeyValueStore
from bot.store.response_cache import SqlResponseCache

NOON_S = 1795176000  # 2026-11-20 12:00 UTC


@pytest.fixture
async def clouds(clock: Any) -> AsyncIterator[FakeClouds]:
    """A bad call of yesterday, and one that is running."""
    sim_calls = [
        build_simulated_call("healthy", "past", seed=1, started_at=NOON_S - 86400),
        build_simulated_call("downlink_loss_audio", "noisy", seed=3, started_at=NOON_S - 2000),
    ]
    made = FakeClouds(sim_calls, clock=clock.timestamp)
    async with made.serve():
        yield made


@pytest.fixture
async def huawei(
    clouds: FakeClouds, store: Any, rate_limit_store: Any, clock: Any
) -> AsyncIterator[Any]:
    """Our Huawei with a response cache in the database."""
    account = HuaweiAccount()
    secrets = {"access_key": account.access_key, "secret_key": account.secret_key}
    options = {"project_id": account.project_id, "iam_url": clouds.huawei_url}
    each = CloudSettings("huawei", account.apps, clouds.huawei_url, secrets, options)
    made = build_clouds(
        [each],
        rate_limit_store=rate_limit_store,
        key_value_store=SqlKeyValueStore(store),
        response_cache=SqlResponseCache(store),
        clock=clock,
        sleep=clock.sleep,
    )["kids"]
    yield made
    await made.close()


@pytest.mark.parametrize("topic", Topic)
async def test_every_topic_has_figures(topic: Topic, huawei: Any, clouds: FakeClouds) -> None:
    """Each topic has metrics with definitions, within the one quota."""
    metrics = await huawei.fetch_app_metrics("kids", topic)
    assert (metrics.failures, metrics.is_empty) == ((), False)
    assert (topic, "huawei") == (metrics.topic, metrics.cloud)
    assert metrics.explanations
    assert clouds.over_quota == []


async def test_native_and_web_are_separate(huawei: Any) -> None:
    """W17: both are requested; the live scale is not documented, so there is no unit."""
    metrics = await huawei.fetch_app_metrics("kids", Topic.NETWORK)
    parts = [trend.definition.part.value for trend in metrics.trends]
    assert {part: parts.count(part) for part in parts} == {"native": 4, "webrtc": 4}
    assert {Unit.NUMBER} == {trend.unit for trend in metrics.trends}
    assert {trend.definition.higher_is_better for trend in metrics.trends} == {True}


async def test_days_end_with_yesterday(huawei: Any) -> None:
    """W20: today is not included; percentages are 0 to 100."""
    metrics = await huawei.fetch_app_metrics("kids", Topic.EXPERIENCE)
    assert dt.date(2026, 11, 19) == max(usage.day for usage in metrics.usages)
    joined = [
        usage.value
        for usage in metrics.usages
        if (usage.day.day, usage.metric.value) == (19, "JoinSuccessRate")
    ]
    assert joined == [100]


async def test_metrics_are_cached_for_a_minute(huawei: Any, clouds: FakeClouds) -> None:
    """The thirty requests a minute are shared with diagnoses."""
    first = await huawei.fetch_app_metrics("kids", Topic.LIVE)
    requested = sum(clouds.counts.values())
    again = await huawei.fetch_app_metrics("kids", Topic.LIVE)
    assert requested == sum(clouds.counts.values()) <= 10
    assert first.trends == again.trends


async def test_failures_are_listed_beside_the_rest(huawei: Any, clouds: FakeClouds) -> None:
    """One failed request does not hide the metrics of the others."""
    clouds.fail_next("rtc/realtime/scale", "html", times=1)
    metrics = await huawei.fetch_app_metrics("kids", Topic.SCALE)
    assert [trend.name.value for trend in metrics.trends] == ["RoomCount"]
    assert [missing_item.why for missing_item in metrics.missing] == [MissingReason.UNREADABLE]


async def test_billed_time_by_day(huawei: Any) -> None:
    """13.7: the time of calls with its sizes that were used, of transcoding and of recording."""
    metrics = await huawei.fetch_app_metrics("kids", Topic.USAGE)
    seconds = [
        (usage.metric.value, usage.definition.part.value if usage.definition else None, usage.value)
        for usage in metrics.usages
        if usage.unit is Unit.SECONDS and usage.day == dt.date(2026, 11, 19)
    ]
    (_, _, total), *_ = seconds
    assert total > 0
    assert [
        ("VideoCommunicationDuration", None, total),
        ("AudioCommunicationDuration", None, seconds[1][2]),
        ("CommunicationDuration", None, total),
        ("CommunicationDuration", "video_sd", total),
        ("TranscodeDuration", None, 0),
        ("RecordDuration", None, 0),
    ] == seconds


@pytest.mark.parametrize(
    ("topic", "good", "bad", "units"),
    [
        (Topic.EXPERIENCE, 4, 4, {Unit.PERCENT, Unit.MS}),
        (Topic.NETWORK, 4, 2, {Unit.PERCENT, Unit.MS}),
    ],
)
async def test_quality_by_day(
    topic: Topic, good: int, bad: int, units: set[Unit], huawei: Any
) -> None:
    """13.9: every metric is in one of two topics, and its definition has which way is good."""
    metrics = await huawei.fetch_app_metrics("kids", topic)
    kinds = {usage.metric.value: usage for usage in metrics.usages}.values()
    ways = [usage.definition.higher_is_better for usage in kinds]
    assert (good, bad, units) == (ways.count(True), ways.count(False), {u.unit for u in kinds})
