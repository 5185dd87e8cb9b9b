"""What Huawei tells of a whole app, from the simulated one over HTTP."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.call import LackReason, Unit
from bot.clouds import build_clouds
from bot.ports import Topic
from bot.sandbox.clouds import Clouds, HuaweiAccount
from bot.sandbox.scenario import build_lesson
from bot.settings import CloudSettings
from bot.store.rate_limits import SqlMemory
from bot.store.response_cache import SqlAnswers

NOON_S = 1795176000  # 2026-11-20 12:00 UTC


@pytest.fixture
async def clouds(clock: Any) -> AsyncIterator[Clouds]:
    """A bad lesson of yesterday, one that runs now."""
    lessons = [
        build_lesson("healthy", "past", seed=1, started_at=NOON_S - 86400),
        build_lesson("downlink_loss_audio", "noisy", seed=3, started_at=NOON_S - 2000),
    ]
    made = Clouds(lessons, clock=clock.timestamp)
    async with made.serve():
        yield made


@pytest.fixture
async def huawei(clouds: Clouds, store: Any, ledger: Any, clock: Any) -> AsyncIterator[Any]:
    """Our Huawei, which keeps its answers in the database."""
    account = HuaweiAccount()
    secrets = {"access_key": account.access_key, "secret_key": account.secret_key}
    options = {"project_id": account.project_id, "iam_url": clouds.huawei_url}
    each = CloudSettings("huawei", account.apps, clouds.huawei_url, secrets, options)
    made = build_clouds(
        [each],
        ledger=ledger,
        memory=SqlMemory(store),
        answers=SqlAnswers(store),
        clock=clock,
        sleep=clock.sleep,
    )["kids"]
    yield made
    await made.close()


@pytest.mark.parametrize("topic", Topic)
async def test_every_topic_has_figures(topic: Topic, huawei: Any, clouds: Clouds) -> None:
    """Each topic tells something, says what it means, and keeps within the one allowance."""
    told = await huawei.fetch_overview("kids", topic)
    assert ((), False) == (told.failures, told.is_empty)
    assert (topic, "huawei") == (told.topic, told.cloud)
    assert told.definitions
    assert [] == clouds.over_quota


async def test_native_and_web_are_told_apart(huawei: Any) -> None:
    """W17: both are asked for; the live scale is not stated, so there is no unit."""
    told = await huawei.fetch_overview("kids", Topic.NETWORK)
    parts = [trend.figure.part.value for trend in told.trends]
    assert {"native": 4, "webrtc": 4} == {part: parts.count(part) for part in parts}
    assert {Unit.NUMBER} == {trend.unit for trend in told.trends}
    assert {True} == {trend.figure.higher_is_better for trend in told.trends}


async def test_days_end_with_yesterday(huawei: Any) -> None:
    """W20: today is never there; percent run from 0 to 100."""
    told = await huawei.fetch_overview("kids", Topic.EXPERIENCE)
    assert dt.date(2026, 11, 19) == max(usage.day for usage in told.usages)
    joined = [
        usage.value
        for usage in told.usages
        if (usage.day.day, usage.metric.value) == (19, "JoinSuccessRate")
    ]
    assert [100] == joined


async def test_asked_again_within_the_minute_costs_nothing(huawei: Any, clouds: Clouds) -> None:
    """Thirty questions a minute are for diagnoses too."""
    first = await huawei.fetch_overview("kids", Topic.LIVE)
    asked = sum(clouds.counts.values())
    again = await huawei.fetch_overview("kids", Topic.LIVE)
    assert asked == sum(clouds.counts.values()) <= 10
    assert first.trends == again.trends


async def test_what_fails_is_told_beside_the_rest(huawei: Any, clouds: Clouds) -> None:
    """One question that goes wrong does not hide what the others tell."""
    clouds.fail_next("rtc/realtime/scale", "html", times=1)
    told = await huawei.fetch_overview("kids", Topic.SCALE)
    assert ["RoomCount"] == [trend.name.value for trend in told.trends]
    assert [LackReason.UNREADABLE] == [lack.why for lack in told.missing]


async def test_billed_time_by_day(huawei: Any) -> None:
    """13.7: the time of calls with its sizes that were used, of transcoding and of recording."""
    told = await huawei.fetch_overview("kids", Topic.USAGE)
    seconds = [
        (usage.metric.value, usage.figure.part.value if usage.figure else None, usage.value)
        for usage in told.usages
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
    """13.9: every figure of it stands under one of two topics, and says which way is good."""
    told = await huawei.fetch_overview("kids", topic)
    kinds = {usage.metric.value: usage for usage in told.usages}.values()
    ways = [usage.figure.higher_is_better for usage in kinds]
    assert (good, bad, units) == (ways.count(True), ways.count(False), {u.unit for u in kinds})
