"""Volcengine's metrics of whole apps, from its fake and from scripted responses."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from bot.call import Media, Unit
from bot.clouds.volcengine import app_metric_schemas as metric_names
from bot.clouds.volcengine.app_metric_queries import Scope
from bot.clouds.volcengine.app_metric_schemas import quality_metric
from bot.errors import (
    CloudDataExpiredError,
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudUnsupportedError,
)
from bot.ports import Window
from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import Device, SimulatedCall, build_simulated_call

NOON_S = 1795176000  # 2026-11-20, 20:00 in China
CHINA = dt.timezone(dt.timedelta(hours=8))
DAY = dt.timedelta(days=1)
MIDNIGHT = dt.datetime(2026, 11, 19, tzinfo=CHINA)
ANDROID, BROWSER = Device("Android", "Android (10)", "3"), Device("Web", "Chrome", "4")


def sim_calls() -> list[SimulatedCall]:
    """One call with loss yesterday, one in a browser, and one that is running."""
    yesterday = NOON_S - 86400
    on_web = build_simulated_call(
        "healthy", "on_web", seed=2, started_at=yesterday, student_device=BROWSER
    )
    people = (replace(on_web.people[0], uid=20006), on_web.people[1])
    return [
        build_simulated_call(
            "downlink_loss_audio", "noisy", seed=1, started_at=yesterday, until_end=True
        ),
        replace(on_web, people=people),
        build_simulated_call("healthy", "running", seed=3, started_at=NOON_S - 1200),
    ]


@pytest.fixture
async def clouds(clock: Any) -> AsyncIterator[FakeClouds]:
    """A fake Volcengine with these calls."""
    made = FakeClouds(sim_calls(), clock=clock.timestamp)
    async with made.serve():
        yield made


@pytest.fixture(params=["2020-12-01", "2023-11-01"])
def statistics(request: Any, clouds: FakeClouds, make_volcengine: Any) -> Any:
    """V18: our Volcengine over HTTP, in both versions of ListQualityDistribution."""
    return make_volcengine(clouds.volcengine_url, api_version=request.param).statistics


@pytest.mark.parametrize("dimension", metric_names.DIMENSIONS)
@pytest.mark.parametrize("indicator", metric_names.QUALITY)
async def test_every_indicator_by_every_dimension(
    indicator: str, dimension: str, statistics: Any
) -> None:
    """V3, V15: each is returned in percent, under known names, with Chinese place names."""
    distributions = await statistics.distribution(
        "kids", indicator, dimension, Window(MIDNIGHT, MIDNIGHT + DAY)
    )
    assert distributions
    for each in distributions:
        assert Unit.PERCENT is each.unit
        assert each.since == MIDNIGHT
        assert each.definition.name.value.endswith(indicator)
        assert all(0 <= row.value <= 100 for row in each.rows)
    places = {row.codes[0].value for each in distributions for row in each.rows}
    known = {"Country": "中国", "Province": "上海", "OS": "android", "Access": "wifi"}
    assert known[dimension] in places


async def test_v3_one_request_returns_two_series(statistics: Any) -> None:
    """V3: stall_rate is returned as audio within 80 ms and video within 500 ms."""
    distributions = await statistics.distribution(
        "kids", "stall_rate", "OS", Window(MIDNIGHT, MIDNIGHT + DAY), products=["native"]
    )
    by_metric = {
        (d.definition.name.value, d.definition.media, d.definition.within_ms): d
        for d in distributions
    }
    audio = by_metric["audio_stall_rate", Media.AUDIO, 80]
    video = by_metric["video_stall_rate", Media.VIDEO, 500]
    stalled = {row.codes[0].value: row.value for row in audio.rows}
    assert stalled["android"] > 5 > stalled["windows"]
    assert {row.codes[0].value for row in video.rows} == set(stalled)
    assert audio.definition.higher_is_better is False


async def test_v14_browsers_are_requested_separately(statistics: Any, clouds: FakeClouds) -> None:
    """V14: native does not include web users, so both are requested, and kept separate."""
    window = Window(MIDNIGHT, MIDNIGHT + DAY)
    distributions = await statistics.distribution("kids", "stall_rate", "Country", window)
    parts = {d.definition.part.value for d in distributions}
    assert parts == {"native", "web"}
    assert clouds.counts["ListQualityDistribution"] == 2
    await statistics.distribution("kids", "stall_rate", "OS", window)
    assert clouds.counts["ListQualityDistribution"] == 3


async def test_v12_end_day_is_left_out(statistics: Any, clouds: FakeClouds) -> None:
    """V12: a response includes the day in which the request ends; it is dropped."""
    before = MIDNIGHT - DAY
    assert await statistics.distribution("kids", "stall_rate", "OS", Window(before, MIDNIGHT)) == ()
    assert clouds.counts["ListQualityDistribution"] == 1
    window = Window(before, MIDNIGHT + DAY)
    distributions = await statistics.distribution("kids", "stall_rate", "OS", window)
    assert {MIDNIGHT} == {each.since for each in distributions}


async def test_v12_longer_spans_are_fetched_in_chunks(
    statistics: Any, clouds: FakeClouds, clock: Any
) -> None:
    """V12: seven days per request, because the cloud truncates longer ones silently."""
    window = Window(MIDNIGHT - 10 * DAY, MIDNIGHT + DAY)
    distributions = await statistics.distribution("kids", "stall_rate", "OS", window)
    assert {MIDNIGHT} == {each.since for each in distributions}
    assert clouds.counts["ListQualityDistribution"] == 2
    with pytest.raises(CloudDataExpiredError):
        await statistics.distribution(
            "kids", "stall_rate", "OS", Window(clock.now() - 40 * DAY, clock.now() - 31 * DAY)
        )


async def test_v12_unpublished_data_has_a_retry_time(statistics: Any, clock: Any) -> None:
    """V12: data is eight hours late; the error has the retry time."""
    now = clock.now()
    with pytest.raises(CloudQuotaExceededError) as caught:
        await statistics.distribution("kids", "stall_rate", "OS", Window(now - DAY / 24, now))
    assert now + 7 * DAY / 24 == caught.value.retry_at


async def test_v5_on_time_is_a_share(statistics: Any) -> None:
    """V5: network_trans_delay is percent of the time on time; higher is better."""
    distributions = await statistics.distribution(
        "kids", "network_trans_delay", "Country", Window(MIDNIGHT, MIDNIGHT + DAY)
    )
    assert {Unit.PERCENT} == {each.unit for each in distributions}
    assert {each.definition.higher_is_better for each in distributions} == {True}
    assert {each.definition.within_ms for each in distributions} == {400}
    assert max(row.value for each in distributions for row in each.rows) > 95


async def test_v13_trends_take_several_indicators(statistics: Any, clouds: FakeClouds) -> None:
    """V13: ListQuality takes several indicators, a room and its users."""
    window = Window(MIDNIGHT, MIDNIGHT + DAY)
    distributions = await statistics.trends(
        "kids",
        ["stall_rate", "join_room_success_rate"],
        window,
        scope=Scope("noisy", ("20002",), ("android",), ("wifi",)),
        granularity="5min",
        products=["native"],
    )
    names = {trend.name.value: trend for trend in distributions}
    assert set(names) == {"audio_stall_rate", "video_stall_rate", "join_room_success_rate"}
    audio = names["audio_stall_rate"].points
    assert dt.timedelta(minutes=5) == audio[1][0] - audio[0][0]
    assert max(value for _, value in audio) > 10
    assert clouds.counts["ListQuality"] == 1


async def test_the_last_hour_by_half_minutes(
    statistics: Any, clouds: FakeClouds, clock: Any
) -> None:
    """Live metrics have their own endpoints, with a minute of delay."""
    window = Window(clock.now() - dt.timedelta(minutes=10), clock.now())
    (trend,) = await statistics.trends(
        "kids",
        ["join_room_success_rate"],
        Window(clock.now() - DAY / 24, clock.now()),
        is_live=True,
        products=["native"],
    )
    assert trend.points[0][1] == 100
    live = await statistics.distribution("kids", "stall_rate", "Access", window, is_live=True)
    assert {row.codes[0].value for each in live for row in each.rows} == {"wifi"}
    users, rooms = await statistics.live_operations(
        "kids", ["online_user_count", "online_room_count"], window
    )
    assert (users.points[-1][1], rooms.points[-1][1]) == (2, 1)
    assert clock.now() - dt.timedelta(seconds=90) <= users.points[-1][0]
    assert clouds.over_quota == []


@pytest.mark.parametrize("name", metric_names.OPERATIONS)
async def test_v8_operations_keep_their_unit(name: str, statistics: Any) -> None:
    """V8: the unit of times is not documented, so they are plain numbers."""
    window = Window(MIDNIGHT, MIDNIGHT + DAY)
    (trend,) = await statistics.operations("kids", [name], window)
    assert ("volcengine.offline_ops", name) == (trend.name.kind, trend.name.value)
    assert Unit.NUMBER is trend.unit
    (row,) = await statistics.usage("kids", [name], window)
    assert (dt.date(2026, 11, 19), trend.points[0][1]) == (row.day, row.value)


async def test_who_is_online(statistics: Any) -> None:
    """The users in a room now, and an unknown room."""
    now = await statistics.online_users("kids", "running")
    assert (now.exists, now.visible) == (True, ("10001", "20002"))
    assert not (await statistics.online_users("kids", "noisy")).exists


@pytest.mark.parametrize(
    ("raw_name", "base", "media", "within_ms"),
    [
        ("80ms_audio_stall_rate", "audio_stall_rate", Media.AUDIO, 80),
        ("500ms_video_stall_rate", "video_stall_rate", Media.VIDEO, 500),
        ("5s_join_room_success_rate", "join_room_success_rate", None, 5000),
        ("400ms_network_trans_delay", "network_trans_delay", None, 400),
        ("audio_network_trans_delay", "audio_network_trans_delay", Media.AUDIO, None),
        ("video_400ms_network_trans_delay", "video_network_trans_delay", Media.VIDEO, 400),
        ("stall_rate", "stall_rate", None, None),
        ("80ms_audio_new_rate", "80ms_audio_new_rate", None, None),
        ("", "", None, None),
        ("9" * 40 + "ms_stall_rate", "9" * 40 + "ms_stall_rate", None, None),
    ],
)
def test_v3_v4_v6_names_are_parsed(
    raw_name: str, base: str, media: Media | None, within_ms: int | None
) -> None:
    """V3, V4, V6: a threshold and a medium precede the name, in any order."""
    definition = quality_metric(raw_name, "native")
    assert (base, media, within_ms) == (
        definition.name.value,
        definition.media,
        definition.within_ms,
    )


@pytest.mark.parametrize("field", ["TimeStamp", "Timestamp", "timestamp", "TIMESTAMP"])
async def test_v1_v2_the_documents_sample(field: str, make_volcengine: Any, mock_api: Any) -> None:
    """V1, V2: the sample of 003, corrected to JSON, with the time's key in any case."""
    at = "2022-12-09T00:00:00+08:00"
    item = {field: at, "Value": 0.54, "Dimension": "中国"}
    later = {field: "2022-12-10T00:00:00+08:00", "Value": 0.52, "Dimension": "中国"}
    nothing = {field: at, "Value": None, "Dimension": "丹麦"}
    body = {
        "ResponseMetadata": {"RequestId": "x", "Service": "rtc", "Region": "cn-north-1"},
        "Result": {
            "Indicators": [{"Name": "80ms_audio_stall_rate", "Data": [item, later, nothing]}]
        },
    }
    mock_api.respond("ListQualityDistribution", body)
    cloud = make_volcengine(now=dt.datetime(2022, 12, 20, tzinfo=CHINA))
    since = dt.datetime(2022, 12, 9, tzinfo=CHINA)
    (distributions,) = await cloud.statistics.distribution(
        "kids", "stall_rate", "Country", Window(since, since + DAY), products=["native"]
    )
    assert [(row.codes[0].value, row.value) for row in distributions.rows] == [("中国", 0.54)]
    sent = json.loads(mock_api.requests[0].content)
    assert sent == {
        "AppId": "661e00000000000000000001",
        "StartTime": "2022-12-09T00:00:00+08:00",
        "EndTime": "2022-12-10T00:00:00+08:00",
        "Indicator": "stall_rate",
        "ProductType": "native",
        "Dimension": "Country",
    }
    assert dict(mock_api.requests[0].url.params) == {
        "Action": "ListQualityDistribution",
        "Version": "2020-12-01",
    }


async def test_v1_raw_sample_is_invalid(make_volcengine: Any, mock_api: Any) -> None:
    """V1: the sample as printed is no JSON, and so an invalid response."""
    mock_api.respond(
        "ListQuality", b'{"ResponseMetadata": {}, "Result": {"Indicators": ["Name": "x",]}}'
    )
    cloud = make_volcengine()
    with pytest.raises(CloudInvalidResponseError):
        await cloud.statistics.trends("kids", ["stall_rate"], Window(MIDNIGHT, MIDNIGHT + DAY))


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("distribution", ("kids", "mos", "OS")),
        ("distribution", ("kids", "stall_rate", "City")),
        ("trends", ("kids", ["stall_rate", "mos"])),
        ("operations", ("kids", ["online_user_count"])),
        ("live_operations", ("kids", ["user_count"])),
    ],
)
async def test_unknown_names_take_no_request(
    method: str, arguments: tuple[Any, ...], make_volcengine: Any, mock_api: Any
) -> None:
    """Undocumented names are refused before a request is sent."""
    cloud = make_volcengine()
    with pytest.raises(CloudUnsupportedError):
        await getattr(cloud.statistics, method)(*arguments, Window(MIDNIGHT, MIDNIGHT + DAY))
    assert mock_api.requests == []


async def test_returned_unit_is_kept(make_volcengine: Any, mock_api: Any) -> None:
    """V8: a unit in the response is kept."""
    item = {"TimeStamp": "2026-11-19T00:00:00+08:00", "Value": 9.5}
    result = {"Indicators": [{"Name": "per_call_time", "Unit": "ms", "Data": [item]}]}
    mock_api.respond_with(
        "ListOperationData",
        lambda _: httpx.Response(200, json={"ResponseMetadata": {}, "Result": result}),
    )
    (trend,) = await make_volcengine().statistics.operations(
        "kids", ["per_call_time"], Window(MIDNIGHT, MIDNIGHT + DAY)
    )
    assert (trend.unit, trend.points[0][1]) == (Unit.MS, 9.5)
