"""Metrics of a whole app at Huawei: which requests a topic takes, and what is kept of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import pytest

from bot.call import Code, Media, Unit
from bot.clouds.huawei.app_metric_schemas import (
    QUALITY_FIELDS,
    SCALE_FIELDS,
    clean_label,
)
from bot.errors import CloudDataExpiredError, CloudInvalidResponseError
from bot.ports import Topic, Window

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
MIDNIGHT = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def echo(request: httpx.Request) -> httpx.Response:
    """Respond to any request about a whole app with one row of its own time."""
    query = request.url.params
    sample = {"time": query.get("start_time", ""), "value": 0.5}
    rows = [
        {"dimension": "a", "online_users": 1, "abnormal_type": 2, "user_count": 3},
        {"dimension": "b", "online_users": 7, "abnormal_type": 3, "user_count": 9},
    ]
    if "start_date" in query:
        names = [field for field, _ in (*SCALE_FIELDS.values(), *QUALITY_FIELDS.values())]
        parts = ("total_duration", "video_sd", "video_hd", "audio")
        row = {"date": query["start_date"], **dict.fromkeys((*names, *parts), 0.25), "video_hdp": 0}
        return httpx.Response(200, json={name: [row] for name in ("usage", "scale", "quality")})
    lists = {name: [sample] for name in ("scale", "quality", "network")}
    name = request.url.path.rsplit("/", 1)[-1]
    return httpx.Response(200, json={"dimensions": rows} if name == "dimension" else lists)


@pytest.fixture
def huawei(light: Any, mock_api: Any) -> Any:
    """Huawei, whose every response is an echo."""
    for name in ("scale", "quality", "network", "dimension", "usage"):
        mock_api.respond_with(name, echo)
    return light("huawei")


def paths(mock_api: Any) -> dict[str, int]:
    """How many requests each endpoint got."""
    names = [each.url.path.split("/rtc/")[1] for each in mock_api.requests]
    return {name: names.count(name) for name in sorted(names)}


TOPICS: list[tuple[Topic, dict[str, int]]] = [
    (Topic.LIVE, {"realtime/quality": 6, "realtime/scale": 2}),
    (Topic.SCALE, {"realtime/scale": 2}),
    (Topic.USAGE, {"history/scale": 1, "history/usage": 3}),
    (Topic.NETWORK, {"history/quality": 1, "realtime/network": 8}),
    (Topic.EXPERIENCE, {"history/quality": 1, "realtime/quality": 8}),
    (
        Topic.DISTRIBUTION,
        {"data/abnormal-event/dimension": 1, "realtime/scale/dimension": 4},
    ),
]


@pytest.mark.parametrize(("topic", "requests"), TOPICS)
async def test_requests_of_a_topic(
    topic: Topic, requests: dict[str, int], huawei: Any, mock_api: Any
) -> None:
    """Live rates apart for apps and browsers; days without them."""
    result = await huawei.fetch_app_metrics("kids", topic)
    assert paths(mock_api) == requests
    assert (result.missing, result.failures, result.fetched_at) == ((), (), NOON)


@pytest.mark.parametrize("topic", [Topic.LIVE, Topic.SCALE, Topic.DISTRIBUTION])
async def test_live_metrics_are_of_the_published_hour(
    topic: Topic, huawei: Any, mock_api: Any, clock: Any
) -> None:
    """It ends five minutes ago; a minute later it is requested again."""
    result = await huawei.fetch_app_metrics("kids", topic)
    assert (result.since, result.until) == (NOON - HOUR - 5 * MINUTE, NOON - 5 * MINUTE)
    assert result.fresh_at == NOON + MINUTE
    sent = [dict(each.url.params) for each in mock_api.requests]
    spans = {(each["start_time"], each["end_time"]) for each in sent if "start_time" in each}
    assert spans == {("2026-11-20T10:55:00Z", "2026-11-20T11:55:00Z")}
    assert {each["time"] for each in sent if "time" in each} <= {"2026-11-20T11:55:00Z"}
    for seconds, factor in ((59, 1), (1, 2)):
        clock.advance(seconds=seconds)
        await huawei.fetch_app_metrics("kids", topic)
        assert len(mock_api.requests) == factor * len(sent)


@pytest.mark.parametrize(
    ("topic", "moment"),
    [(Topic.USAGE, NOON), (Topic.USAGE, MIDNIGHT), (Topic.USAGE, MIDNIGHT + DAY - MINUTE)],
)
async def test_days_are_the_seven_before_today(
    topic: Topic, moment: dt.datetime, huawei: Any, mock_api: Any, clock: Any
) -> None:
    """Of UTC; they are fresh until the next midnight."""
    clock.moment = moment
    result = await huawei.fetch_app_metrics("kids", topic)
    assert (result.since, result.until) == (MIDNIGHT - 7 * DAY, MIDNIGHT)
    assert result.fresh_at == MIDNIGHT + DAY
    for each in mock_api.requests:
        dates = (each.url.params["start_date"], each.url.params["end_date"])
        assert dates == ("2026-11-13", "2026-11-19")
    assert {usage.day for usage in result.usages} == {dt.date(2026, 11, 13)}
    assert len({usage.metric.value for usage in result.usages}) == 7 + 3


async def test_sizes_that_nobody_used_are_left_out(huawei: Any) -> None:
    """The time of calls is split by picture size; transcoding and recording are not."""
    result = await huawei.fetch_app_metrics("kids", Topic.USAGE)
    parts = [
        (usage.metric.value, usage.definition.part.value)
        for usage in result.usages
        if usage.definition is not None
    ]
    assert parts == [("CommunicationDuration", part) for part in ("video_sd", "video_hd", "audio")]


async def test_days_are_fetched_once(huawei: Any, mock_api: Any, clock: Any) -> None:
    """Whatever is live beside them."""
    await huawei.fetch_app_metrics("kids", Topic.NETWORK)
    clock.moment = MIDNIGHT + DAY - MINUTE
    await huawei.fetch_app_metrics("kids", Topic.NETWORK)
    assert paths(mock_api)["history/quality"] == 1
    clock.moment = MIDNIGHT + DAY
    await huawei.fetch_app_metrics("kids", Topic.NETWORK)
    assert paths(mock_api)["history/quality"] == 2


RATES: dict[str, tuple[bool, int | None, Media | None]] = {
    "VideoFreezeRate": (False, 600, Media.VIDEO),
    "AudioFreezeRate": (False, 600, Media.AUDIO),
    "JoinSuccessRate": (True, None, None),
    "JoinSuccess5SecsRate": (True, 5000, None),
    "FirstVideoRecvTime": (False, None, Media.VIDEO),
    "FirstAudioRecvTime": (False, None, Media.AUDIO),
    "PullStreamSuccessRate": (True, None, None),
    "PushStreamSuccessRate": (True, None, None),
}


async def test_definitions_of_rates_and_times(huawei: Any) -> None:
    """Freezes count from 600 ms, joins within five seconds; few freezes and short times are good."""
    result = await huawei.fetch_app_metrics("kids", Topic.EXPERIENCE)
    by_day = {
        usage.metric.value: (
            usage.definition.higher_is_better,
            usage.definition.within_ms,
            usage.definition.media,
        )
        for usage in result.usages
    }
    assert by_day == RATES
    assert {usage.definition.part for usage in result.usages} == {None}
    kinds = {trend.definition.part for trend in result.trends}
    assert kinds == {Code("huawei.sdk_type", sdk) for sdk in ("native", "webrtc")}
    for trend in result.trends:
        definition = trend.definition
        rate = (definition.higher_is_better, definition.within_ms, definition.media)
        assert rate == RATES[trend.name.value]


async def test_rates_of_a_day_are_shares_of_one(huawei: Any) -> None:
    """Percentages are multiplied by 100, times and counts are not."""
    experience = await huawei.fetch_app_metrics("kids", Topic.EXPERIENCE)
    assert {(usage.unit, usage.value) for usage in experience.usages} == {
        (Unit.PERCENT, 25),
        (Unit.MS, 0.25),
    }
    usage = await huawei.fetch_app_metrics("kids", Topic.USAGE)
    assert {(each.unit, each.value) for each in usage.usages} == {
        (Unit.NUMBER, 0.25),
        (Unit.SECONDS, 0.25),
    }


async def test_largest_values_are_first(huawei: Any) -> None:
    """In distributions by dimension, which are of a moment, and by cause."""
    result = await huawei.fetch_app_metrics("kids", Topic.DISTRIBUTION)
    *spreads, causes = result.distributions
    assert [each.dimension for each in spreads] == ["region", "access_net", "platform", "sdk"]
    assert [[row.value for row in each.rows] for each in spreads] == [[7, 1]] * 4
    assert {each.since for each in spreads} == {NOON - 5 * MINUTE}
    assert [row.value for row in causes.rows] == [9, 3]
    assert spreads[0].rows[0].codes == (Code("huawei.region", "b"),)


LIVE: list[tuple[Window, tuple[str, str]]] = [
    (Window(NOON - HOUR, NOON), ("2026-11-20T11:00:00Z", "2026-11-20T12:00:00Z")),
    (Window(NOON - DAY, NOON), ("2026-11-19T12:00:00Z", "2026-11-20T12:00:00Z")),
    (
        Window(NOON - DAY - HOUR, NOON),
        ("2026-11-19T12:00:00Z", "2026-11-20T12:00:00Z"),
    ),
]


@pytest.mark.parametrize(("window", "span"), LIVE)
async def test_live_windows(
    window: Window, span: tuple[str, str], huawei: Any, mock_api: Any
) -> None:
    """The last day of a longer one; of one room when it is named."""
    await huawei.statistics.live_scale("kids", "OnlineUsers", window, "room")
    await huawei.statistics.abnormal_distribution("kids", window)
    first, second = (dict(each.url.params) for each in mock_api.requests)
    assert (first["start_time"], first["end_time"]) == span
    assert (second["start_time"], second["end_time"]) == span
    assert (first["room_id"], "room_id" in second) == ("room", False)


TODAY = NOON.date()
DAYS: list[tuple[int, int, tuple[int, int] | None]] = [
    (7, 1, (7, 1)),
    (7, 0, (7, 1)),
    (31, 31, (31, 31)),
    (32, 31, (31, 31)),
    (60, 1, (31, 1)),
    (1, 1, (1, 1)),
]


@pytest.mark.parametrize(("since", "until", "asked"), DAYS)
async def test_days_that_are_kept(
    since: int, until: int, asked: tuple[int, int], huawei: Any, mock_api: Any
) -> None:
    """31 days back, up to yesterday, in days ago."""
    days = [TODAY - number * DAY for number in (since, until)]
    await huawei.statistics.daily_scale("kids", ["UserCount"], *days)
    (query,) = mock_api.params("scale")
    expected = tuple((TODAY - number * DAY).isoformat() for number in asked)
    assert (query["start_date"], query["end_date"]) == expected


async def test_days_that_are_not_kept(huawei: Any, mock_api: Any) -> None:
    """Older ones are expired; today alone is nothing."""
    statistics = huawei.statistics
    with pytest.raises(CloudDataExpiredError):
        await statistics.daily_scale("kids", ["UserCount"], TODAY - 60 * DAY, TODAY - 32 * DAY)
    assert await statistics.daily_quality("kids", ["VideoFreezeRate"], TODAY, TODAY) == ()
    assert mock_api.requests == []


async def test_how_long_days_are_cached(huawei: Any, mock_api: Any, clock: Any) -> None:
    """Half an hour; live metrics a minute."""
    day = TODAY - 2 * DAY
    window = Window(NOON - HOUR, NOON)
    for minutes, requests in (
        (0, (1, 1)),
        (0.98, (1, 1)),
        (0.02, (1, 2)),
        (28.9, (1, 3)),
        (0.1, (2, 3)),
    ):
        clock.advance(minutes=minutes)
        await huawei.statistics.usage("kids", "RecordDuration", day, day)
        await huawei.statistics.live_scale("kids", "RoomCount", window)
        found = paths(mock_api)
        assert (found["history/usage"], found["realtime/scale"]) == requests


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("scale", {"scale": [{"date": "soon"}]}),
        ("scale", {"scale": [{"date": "2026-11-18", "user_count": "many"}]}),
        ("scale", {"quality": []}),
        ("scale", {}),
        ("quality", {"scale": []}),
    ],
)
async def test_days_need_their_rows(name: str, body: Any, light: Any, mock_api: Any) -> None:
    """Otherwise the response is invalid."""
    mock_api.respond(name, body)
    statistics = light("huawei").statistics
    day = TODAY - 2 * DAY
    metric = {"scale": "UserCount", "quality": "VideoFreezeRate"}[name]
    request = getattr(statistics, f"daily_{name}")("kids", [metric], day, day)
    with pytest.raises(CloudInvalidResponseError):
        await request


async def test_distributions_need_their_rows(light: Any, mock_api: Any) -> None:
    """A row without a number of users has none."""
    statistics = light("huawei").statistics
    window = Window(NOON - HOUR, NOON)
    mock_api.respond("dimension", {})
    for request in (
        statistics.live_distribution("kids", "region", NOON),
        statistics.abnormal_distribution("kids", window),
    ):
        with pytest.raises(CloudInvalidResponseError, match="no dimensions"):
            await request
    mock_api.respond("dimension", {"dimensions": [{"dimension": 5}]})
    spread = await statistics.live_distribution("kids", "sdk", NOON)
    assert [(row.codes[0].value, row.value) for row in spread.rows] == [("5", 0)]
    mock_api.respond("dimension", {"dimensions": [{"abnormal_factor": 3}]})
    causes = await statistics.abnormal_distribution("kids", window, "room")
    assert [row.value for row in causes.rows] == [0]
    assert [len(row.codes) for row in causes.rows] == [1]


@pytest.mark.parametrize(
    ("label", "cleaned"), [("陕西\n", "陕西"), (5, "5"), ("x" * 49, "x" * 48), ("a\x00b", "ab")]
)
def test_labels_are_printable(label: str | int, cleaned: str) -> None:
    """And 48 characters at most."""
    assert clean_label(label) == cleaned


async def test_a_sample_without_a_value_is_a_gap(light: Any, mock_api: Any) -> None:
    """Samples are sorted."""
    samples = [
        {"time": "2026-11-20T11:31:00Z", "value": 2},
        {"time": "2026-11-20T11:32:00Z", "value": "-"},
        {"time": "2026-11-20T11:30:00Z", "value": "0.5"},
    ]
    mock_api.respond("network", {"network": samples})
    trend = await light("huawei").statistics.live_network(
        "kids", "VideoExcellentTransRate", "native", Window(NOON - HOUR, NOON), cname="room"
    )
    assert [value for _, value in trend.points] == [0.5, 2]
    assert (trend.unit, trend.name.value) == (Unit.NUMBER, "VideoExcellentTransRate")
    assert mock_api.params("network")[0]["room_id"] == "room"
