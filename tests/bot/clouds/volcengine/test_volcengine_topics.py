"""Metrics of a whole app at Volcengine: which requests a topic takes, and what is kept of them."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import httpx
import pytest

from bot.call import Unit
from bot.clouds.volcengine.app_metric_queries import OnlineUsers, Scope
from bot.errors import CloudDataExpiredError, CloudInvalidResponseError, CloudUnsupportedError
from bot.ports import Topic, Window

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)  # 20:00 in China
CHINA = dt.timezone(dt.timedelta(hours=8))
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
PRODUCTS = ("native", "web")


def day(number: int) -> dt.datetime:
    """A midnight of November in China."""
    return dt.datetime(2026, 11, number, tzinfo=CHINA)


def rows(*points: tuple[dt.datetime, object], name: str = "stall_rate", **row: Any) -> Any:
    """A response with one indicator."""
    data = [{"TimeStamp": at.isoformat(), "Value": value} for at, value in points]
    indicator = {"Name": name, "Data": data} | row
    return {"ResponseMetadata": {}, "Result": {"Indicators": [indicator]}}


def echo(request: httpx.Request) -> httpx.Response:
    """Respond with the value 1 at the begin, 2 half a minute later, and 3 at the end."""
    sent = json.loads(request.content)
    names = sent["Indicator"] if isinstance(sent["Indicator"], list) else [sent["Indicator"]]
    start, end = (dt.datetime.fromisoformat(sent[name]) for name in ("StartTime", "EndTime"))
    half = dt.timedelta(seconds=30)
    points = [(start, 1), (start + half, 2), (end, 3)]
    bodies = [rows(*points, name=name)["Result"]["Indicators"][0] for name in names]
    body = {"ResponseMetadata": {}, "Result": {"Indicators": bodies}}
    return httpx.Response(200, json=body)


ACTIONS = (
    "ListQuality",
    "ListQualityDistribution",
    "ListOperationData",
    "ListRealTimeQuality",
    "ListRealTimeQualityDistribution",
    "ListRealTimeOperationData",
)


@pytest.fixture
def volcengine(light: Any, mock_api: Any) -> Any:
    """Volcengine, whose every response is an echo."""
    for action in ACTIONS:
        mock_api.respond_with(action, echo)
    return light("volcengine")


def sent(mock_api: Any) -> list[dict[str, Any]]:
    """The body of every request, with its Action."""
    return [
        json.loads(each.content) | {"Action": each.url.params["Action"]}
        for each in mock_api.requests
    ]


def spans(mock_api: Any) -> dict[str, tuple[dt.datetime, dt.datetime]]:
    """The window of each Action's requests."""
    return {
        each["Action"]: (
            dt.datetime.fromisoformat(each["StartTime"]),
            dt.datetime.fromisoformat(each["EndTime"]),
        )
        for each in sent(mock_api)
    }


LAST_HOUR = (NOON - HOUR + 30 * MINUTE / 60, NOON - MINUTE)  # half a minute before it expires
WEEK, YESTERDAY = (day(13), day(20)), (day(19), day(20))
TOPICS: list[tuple[Topic, dict[str, Any], int]] = [
    (
        Topic.LIVE,
        {"ListRealTimeQuality": LAST_HOUR, "ListRealTimeOperationData": LAST_HOUR},
        3,
    ),
    (Topic.SCALE, {"ListRealTimeOperationData": LAST_HOUR}, 1),
    (Topic.USAGE, {"ListOperationData": WEEK}, 1),
    (Topic.NETWORK, {"ListRealTimeQuality": LAST_HOUR, "ListQuality": WEEK}, 4),
    (Topic.EXPERIENCE, {"ListRealTimeQuality": LAST_HOUR, "ListQuality": WEEK}, 4),
    (
        Topic.DISTRIBUTION,
        {
            "ListRealTimeQualityDistribution": (NOON - 3 * MINUTE, NOON - MINUTE),
            "ListQualityDistribution": YESTERDAY,
        },
        6 * 6,
    ),
]


@pytest.mark.parametrize(("topic", "windows", "requests"), TOPICS)
async def test_requests_of_a_topic(
    topic: Topic, windows: Any, requests: int, volcengine: Any, mock_api: Any
) -> None:
    """The last hour, the last week or the last day; quality apart for apps and for browsers."""
    result = await volcengine.fetch_app_metrics("kids", topic)
    assert spans(mock_api) == windows
    assert len(mock_api.requests) == requests
    assert (result.missing, result.failures, result.fetched_at) == ((), (), NOON)
    assert set(result.endpoints) == set(windows)


FRESH = {
    Topic.LIVE: NOON + dt.timedelta(seconds=30),
    Topic.SCALE: NOON + dt.timedelta(seconds=30),
    Topic.USAGE: day(21) + 8 * HOUR,
    Topic.DISTRIBUTION: NOON + dt.timedelta(seconds=30),
}


@pytest.mark.parametrize(("topic", "fresh_at"), FRESH.items())
async def test_when_there_is_newer_data(
    topic: Topic, fresh_at: dt.datetime, volcengine: Any, mock_api: Any, clock: Any
) -> None:
    """Live data every half minute, days eight hours after they end; until then it is stored."""
    result = await volcengine.fetch_app_metrics("kids", topic)
    assert result.fresh_at == fresh_at
    before = len(mock_api.requests)
    clock.moment = fresh_at - dt.timedelta(seconds=1)
    await volcengine.fetch_app_metrics("kids", topic)
    assert len(mock_api.requests) == before
    clock.moment = fresh_at
    await volcengine.fetch_app_metrics("kids", topic)
    assert len(mock_api.requests) > before


@pytest.mark.parametrize("topic", [Topic.NETWORK, Topic.EXPERIENCE, Topic.DISTRIBUTION])
async def test_days_are_requested_once_a_day(
    topic: Topic, volcengine: Any, mock_api: Any, clock: Any
) -> None:
    """Whatever is live beside them."""
    for moment in (NOON, day(21) + 8 * HOUR - MINUTE, day(21) + 8 * HOUR):
        clock.moment = moment
        mock_api.requests.clear()
        await volcengine.fetch_app_metrics("kids", topic)
        live_only = {each["Action"] for each in sent(mock_api)} <= {
            "ListRealTimeQuality",
            "ListRealTimeQualityDistribution",
        }
        assert live_only is (moment == day(21) + 8 * HOUR - MINUTE)


@pytest.mark.parametrize(
    ("moment", "last"), [(day(20) + 8 * HOUR, 20), (day(20) + 8 * HOUR - MINUTE, 19)]
)
async def test_a_day_is_published_after_eight_hours(
    moment: dt.datetime, last: int, volcengine: Any, mock_api: Any, clock: Any
) -> None:
    """Seven whole days of +08:00, and the points of their end are left out."""
    clock.moment = moment.astimezone(dt.UTC)
    result = await volcengine.fetch_app_metrics("kids", Topic.USAGE)
    assert spans(mock_api) == {"ListOperationData": (day(last - 7), day(last))}
    assert (result.since, result.until) == (day(last - 7), day(last))
    assert {usage.day for usage in result.usages} == {dt.date(2026, 11, last - 7)}
    assert len({usage.metric.value for usage in result.usages}) == 12


async def test_only_the_newest_half_minute_is_displayed(volcengine: Any) -> None:
    """Of the live distributions; days have one anyway."""
    result = await volcengine.fetch_app_metrics("kids", Topic.DISTRIBUTION)
    since = [each.since for each in result.distributions[:6]]
    assert set(since) == {NOON - 3 * MINUTE + dt.timedelta(seconds=30)}
    assert {row.value for each in result.distributions[:6] for row in each.rows} == {2}


@pytest.mark.parametrize("is_live", [True, False])
async def test_what_a_trend_counts(volcengine: Any, mock_api: Any, *, is_live: bool) -> None:
    """A room, users, systems, networks; how fine it is can be chosen for days only."""
    scope = Scope("room", ("u1", "u2"), ("ios",), ("wifi",))
    window = Window(NOON - 30 * MINUTE, NOON - 20 * MINUTE)
    if not is_live:
        window = Window(day(18), day(19))
    trends = await volcengine.statistics.trends(
        "kids", ["stall_rate"], window, scope=scope, granularity="5min", is_live=is_live
    )
    (first, second) = sent(mock_api)
    scoped = {"RoomId": "room", "UserId": ["u1", "u2"], "OS": ["ios"], "Access": ["wifi"]}
    assert {name: first[name] for name in scoped} == scoped
    assert [each["ProductType"] for each in (first, second)] == list(PRODUCTS)
    assert first.get("AggregateGranularity") == (None if is_live else "5min")
    assert [each.definition.part.value for each in trends] == list(PRODUCTS)
    assert [[value for _, value in each.points] for each in trends] == [[1, 2], [1, 2]]


async def test_defaults_of_a_trend(volcengine: Any, mock_api: Any) -> None:
    """By day, of everybody, and not live."""
    await volcengine.statistics.daily("kids", ["stall_rate"], Window(day(18), day(19)))
    await volcengine.statistics.operations("kids", ["user_count"], Window(day(18), day(19)))
    for each in sent(mock_api):
        assert each["AggregateGranularity"] == "1d"
        assert not {"RoomId", "UserId", "OS", "Access"} & set(each)


@pytest.mark.parametrize(
    ("method", "granularity", "fits"),
    [
        ("trends", "5min", True),
        ("trends", "1h", False),
        ("operations", "1h", True),
        ("operations", "5min", False),
    ],
)
async def test_granularities(method: str, granularity: str, volcengine: Any, *, fits: bool) -> None:
    """Quality is by day or five minutes, operations are by day or hour."""
    name = "stall_rate" if method == "trends" else "user_count"
    request = getattr(volcengine.statistics, method)(
        "kids", [name], Window(day(18), day(19)), granularity=granularity
    )
    if fits:
        assert await request
    else:
        with pytest.raises(CloudUnsupportedError):
            await request


NEWEST = NOON - 8 * HOUR
OLDEST = NOON - 30 * DAY + dt.timedelta(seconds=30)
PARTS: list[tuple[Window, tuple[dt.datetime, dt.datetime] | None]] = [
    (Window(day(18), day(19)), (day(18), day(19))),
    (Window(day(18), NEWEST), (day(18), NEWEST)),
    (Window(day(18), NOON), (day(18), NEWEST)),
    (Window(OLDEST - HOUR, OLDEST + HOUR), (OLDEST, OLDEST + HOUR)),
    (Window(OLDEST - HOUR, OLDEST), None),
]


@pytest.mark.parametrize(("window", "requested"), PARTS)
async def test_the_part_of_a_window_that_can_be_requested(
    window: Window, requested: Any, volcengine: Any, mock_api: Any
) -> None:
    """Published and not expired, but for half a minute."""
    request = volcengine.statistics.trends("kids", ["stall_rate"], window)
    if requested is None:
        with pytest.raises(CloudDataExpiredError):
            await request
    else:
        await request
        assert spans(mock_api) == {"ListQuality": requested}


@pytest.mark.parametrize("since", [NEWEST, NEWEST + MINUTE])
async def test_nothing_of_a_window_is_published(since: dt.datetime, volcengine: Any) -> None:
    """The retry time is eight hours after its begin."""
    with pytest.raises(Exception, match="not published") as caught:
        await volcengine.statistics.trends("kids", ["stall_rate"], Window(since, NOON))
    assert getattr(caught.value, "retry_at", None) == since + 8 * HOUR
    assert getattr(caught.value, "status", None) == 0


@pytest.mark.parametrize(
    ("method", "name", "window", "fresh_s"),
    [
        ("trends", "stall_rate", Window(day(18), day(19)), 600),
        ("live_operations", "online_user_count", Window(NOON - HOUR / 2, NOON - HOUR / 3), 30),
    ],
)
async def test_how_long_metrics_are_cached(
    method: str,
    name: str,
    window: Window,
    fresh_s: float,
    *,
    volcengine: Any,
    mock_api: Any,
    clock: Any,
) -> None:
    """Ten minutes; half a minute while they are live."""
    requests = 2 if method == "trends" else 1
    for pause_s, factor in ((0, 1), (fresh_s - 0.5, 1), (1, 2)):
        clock.advance(seconds=pause_s)
        await getattr(volcengine.statistics, method)("kids", [name], window)
        assert len(mock_api.requests) == requests * factor


async def test_one_late_point_hides_no_other(light: Any, mock_api: Any) -> None:
    """Points at the end of the window or later are left out, as are nulls; the rest is kept."""
    window = Window(day(18), day(19))
    points = [(day(18), 1), (day(19), 2), (day(18) + HOUR, None), (day(18) + 2 * HOUR, 4)]
    mock_api.respond("ListQuality", rows(*points))
    (trend,) = await light("volcengine").statistics.trends(
        "kids", ["stall_rate"], window, products=["web"]
    )
    assert [value for _, value in trend.points] == [1, 4]


async def test_a_point_needs_its_time(light: Any, mock_api: Any) -> None:
    """Otherwise the response is invalid."""
    for data in ([{"Value": 1}], [{"TimeStamp": "", "Value": 1}], [{"TimeStamp": 5, "Value": "x"}]):
        body = {"Indicators": [{"Name": "stall_rate", "Data": data}]}
        mock_api.respond("ListQuality", {"ResponseMetadata": {}, "Result": body})
        with pytest.raises(CloudInvalidResponseError, match="TimeStamp"):
            await light("volcengine").statistics.trends(
                "kids", ["stall_rate"], Window(day(18), day(19))
            )


async def test_largest_values_of_a_dimension_are_first(light: Any, mock_api: Any) -> None:
    """One distribution per period, in order; a value without a name has an empty one."""
    data = [
        {"TimeStamp": day(18).isoformat(), "Value": 2, "Dimension": "a"},
        {"TimeStamp": day(17).isoformat(), "Value": 9, "Dimension": "a"},
        {"TimeStamp": day(18).isoformat(), "Value": 5, "Dimension": "b"},
        {"TimeStamp": day(18).isoformat(), "Value": 3},
    ]
    mock_api.respond("ListQualityDistribution", rows(Data=data))
    result = await light("volcengine").statistics.distribution(
        "kids", "stall_rate", "Country", Window(day(17), day(19)), products=["native"]
    )
    assert [each.since for each in result] == [day(17), day(18)]
    assert [[(row.codes[0].value, row.value) for row in each.rows] for each in result] == [
        [("a", 9)],
        [("b", 5), ("", 3), ("a", 2)],
    ]
    assert {row.codes[0].kind for each in result for row in each.rows} == {"volcengine.country"}
    assert (result[0].dimension, result[0].unit) == ("country", Unit.PERCENT)


@pytest.mark.parametrize(
    ("row", "users"),
    [
        ({"RoomExist": True}, OnlineUsers(exists=True)),
        ({"RoomExists": True}, OnlineUsers(exists=True)),
        ({"RoomExists": False}, OnlineUsers(exists=False)),
        ({}, OnlineUsers(exists=False)),
        ({"VisibleUserList": ["1", 2]}, OnlineUsers(exists=True, visible=("1", "2"))),
        ({"InvisibleUserList": ["3"]}, OnlineUsers(exists=True, invisible=("3",))),
    ],
)
async def test_who_is_in_a_room(
    row: dict[str, Any], users: OnlineUsers, light: Any, mock_api: Any
) -> None:
    """Under either name of the flag, or by a user; an empty room has no occupancy."""
    mock_api.respond("GetRoomOnlineUsers", {"ResponseMetadata": {}, "Result": row})
    volcengine = light("volcengine")
    assert await volcengine.statistics.online_users("kids", "room") == users
    occupancy = await volcengine.occupancy("kids", "room")
    everybody = (*users.visible, *users.invisible)
    assert (occupancy is None) is (not everybody)
    if occupancy is not None:
        assert (occupancy.uids, occupancy.invisible) == (everybody, users.invisible)
    assert mock_api.requests[0].url.params["RoomId"] == "room"
