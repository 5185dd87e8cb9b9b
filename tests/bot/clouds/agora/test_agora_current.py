"""Endpoints of today's Agora only: rankings of apps, and statistics of all users of a call."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from bot.call import Call, Media
from bot.cloud_settings import CloudSettings
from bot.clouds import build_clouds
from bot.errors import CloudInvalidResponseError, CloudRefusedError, CloudUnsupportedError
from bot.ports import CallStatistics, SupportsCallStatistics, Topic, Window
from bot.sandbox.clouds import AgoraAccount, FakeClouds
from bot.sandbox.scenario import SimulatedCall, build_simulated_call
from bot.sandbox.scenario.catalogue import large_call
from bot.sandbox.scenario.simulated_call import Role
from bot.store.rate_limits import SqlKeyValueStore
from bot.store.response_cache import SqlResponseCache

NOON_S = 1795176000  # 2026-11-20 12:00 UTC
ACCOUNT = AgoraAccount()
APP_ID = ACCOUNT.apps["kids"]
Build = Callable[..., Any]
Row = dict[str, Any]


@pytest.fixture
async def clouds(clock: Any) -> AsyncIterator[FakeClouds]:
    """A bad call and a big class that are running, and a call of each of the last two days."""
    sim_calls = [
        build_simulated_call("downlink_loss_video", "noisy", seed=1, started_at=NOON_S - 1800),
        large_call(NOON_S),
        *(
            build_simulated_call(
                "downlink_loss_video", f"past{n}", seed=n, started_at=NOON_S - n * 86400
            )
            for n in (1, 2)
        ),
    ]
    made = FakeClouds(
        sim_calls, clock=clock.timestamp, agora_generation="current", agora_plan="premium"
    )
    async with made.serve():
        yield made


@pytest.fixture
async def build(
    store: Any, rate_limit_store: Any, clock: Any, mock_api: Any
) -> AsyncIterator[Build]:
    """Build today's Agora, over the fake at a URL, else over scripted responses."""
    made: list[Any] = []

    def build(url: str = "", **options: str) -> Any:
        secrets = {"customer_id": ACCOUNT.customer_id, "customer_secret": ACCOUNT.customer_secret}
        result = {"api": "current", "plan": "premium", "report": "off"} | options
        settings = CloudSettings(
            "agora", ACCOUNT.apps, url or "https://agora.invalid", secrets, result
        )
        cloud = build_clouds(
            [settings],
            rate_limit_store=rate_limit_store,
            key_value_store=SqlKeyValueStore(store),
            response_cache=SqlResponseCache(store),
            clock=clock,
            sleep=clock.sleep,
            transport=None if url else httpx.MockTransport(mock_api.handle),
        )["kids"]
        made.append(cloud)
        return cloud

    yield build
    for cloud in made:
        await cloud.close()


async def send(clouds: FakeClouds, path: str, body: object = None, **query: object) -> Row:
    """Send a request to the fake with the key, without our client."""
    key = base64.b64encode(f"{ACCOUNT.customer_id}:{ACCOUNT.customer_secret}".encode()).decode()
    params = {"appid": APP_ID, **{name: str(value) for name, value in query.items()}}
    async with httpx.AsyncClient(headers={"Authorization": f"Basic {key}"}) as client:
        url = f"{clouds.agora_url}/beta/{path}"
        got = await (
            client.get(url, params=params)
            if body is None
            else client.post(url, params=params, content=json.dumps(body))
        )
    matches: Row = got.json()
    return matches


async def find(cloud: Any, cname: str) -> Call:
    """The newest call of a channel."""
    until = dt.datetime.fromtimestamp(NOON_S, dt.UTC)
    calls = await cloud.find_calls("kids", cname, Window(until - dt.timedelta(hours=1), until))
    matches: Call = calls[0]
    return matches


def people_of(sim_call: SimulatedCall) -> int:
    """How many users were in a call, without recorders."""
    return sum(person.role is not Role.SERVER for person in sim_call.people)


def around(clock: Any) -> Window:
    """Four minutes that are published in every plan but the standard one."""
    until = clock.now() - dt.timedelta(minutes=3)
    return Window(until - dt.timedelta(minutes=4), until)


async def test_rankings_of_now_and_of_a_day(clouds: FakeClouds, build: Build, clock: Any) -> None:
    """The newest twenty seconds and a whole day, by network, country and system, in percent."""
    result = await build(clouds.agora_url).fetch_app_metrics("kids", Topic.DISTRIBUTION)
    assert result.failures == ()
    live = [each for each in result.distributions if each.since and each.since.hour == 11]
    past = [each for each in result.distributions if each not in live]
    spread = {(each.dimension, each.definition.name.value): each.rows for each in live}
    assert {
        (dimension, definition)
        for dimension in ("network", "country", "os")
        for definition in ("videoFreezeRate", "userCount")
    } == set(spread)
    for each in live:
        assert dt.timedelta(seconds=40) < clock.now() - each.since <= dt.timedelta(seconds=80)
    people = sum(people_of(sim_call) for sim_call in clouds.sim_calls[:2])
    assert people == sum(row.value for row in spread["country", "userCount"])
    frozen = [row.value for row in spread["network", "videoFreezeRate"]]
    assert sorted(frozen, reverse=True) == frozen
    assert 0 < frozen[0] < 100
    assert [each.dimension for each in past] == ["network", "country", "os"] * 2
    assert 0 < past[0].rows[0].value < 100
    assert {"hour": past[0].since.hour, "minute": past[0].since.minute} == {"hour": 0, "minute": 0}
    assert clouds.over_quota == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dimension": "shoe"}, "metric or dimension is unknown"),
        ({"metric": "pcu"}, "metric or dimension is unknown"),
        ({"dimension": None, "dimensionValues": ["a"]}, "dimensionValues needs a dimension"),
        ({"filters": [{"name": "country", "value": "China"}]}, "only regions are filtered"),
        ({"startTs": NOON_S * 1000, "endTs": NOON_S * 1000}, "Unix timestamps in seconds"),
        ({"startTs": str(NOON_S)}, "Expected `int`"),
        ({"nonsense": 1}, "unknown field"),
        ({"startTs": NOON_S - 15 * 86400}, "query time range limit error"),
        ({"startTs": NOON_S - 4 * 86400}, "query time length limit error"),
    ],
)
async def test_aggregations_are_as_strict_as_agora(
    change: Row, message: str, clouds: FakeClouds
) -> None:
    """What the document does not allow is an error: 400, or 300 for the plan's limits."""
    right = {
        "startTs": NOON_S - 86400,
        "endTs": NOON_S,
        "metric": "videoFreezeRate",
        "dimension": "network",
    }
    result = await send(clouds, "insight/quality/aggregation", right | change)
    assert message in result["message"]
    assert (300 if "limit" in message else 400) == result["code"]
    clouds.agora.plan = "standard"
    result = await send(clouds, "insight/quality/aggregation", right)
    assert result == {"code": 300, "message": "no auth"}


async def test_aggregations_are_as_in_the_samples(clouds: FakeClouds) -> None:
    """Message "null", refUsage beside a share, values that are chosen, regions of a country."""
    day = {"startTs": NOON_S - 2 * 86400, "endTs": NOON_S - 43200}
    shares = await send(
        clouds,
        "insight/quality/aggregation",
        {**day, "metric": "joinSuccessRate", "dimension": "sdkVersion"},
    )
    assert shares["message"] == "null"
    assert [set(row) for row in shares["data"]] == [{"sdkVersion", "refUsage", "joinSuccessRate"}]
    regions = {**day, "metric": "userCount", "dimension": "region"}
    china = [{"name": "country", "value": "China"}]
    result = await send(clouds, "insight/usage/aggregation", {**regions, "filters": china})
    assert {"Beijing", "Guangdong", "Shanghai"} >= {row["region"] for row in result["data"]}
    elsewhere = [{"name": "country", "value": "Iceland"}]
    nobody = await send(clouds, "insight/usage/aggregation", {**regions, "filters": elsewhere})
    assert nobody["data"] == []
    whole = await send(clouds, "insight/usage/aggregation", {**day, "metric": "channelCount"})
    assert whole["data"] == [{"channelCount": 2}]


async def test_top20_of_this_moment(clouds: FakeClouds) -> None:
    """Rows stand in an object's list, with their window; sdkVersion is answered as sdk (4)."""
    requested: Row = {
        "ts": NOON_S - 80,
        "productType": "Native",
        "metric": "audioFreezeRate",
        "dimension": "sdkVersion",
    }
    result = await send(
        clouds, "realtime/quality/dimension/top20", extraMetrics="userCount", **requested
    )
    names = {"sdk", "audioFreezeRate", "userCount", "windowStartTs", "windowEndTs"}
    assert (result["code"], result["message"]) == (200, None)
    assert [names] == [set(row) for row in result["data"]["list"]]
    web = await send(
        clouds, "realtime/quality/dimension/top20", **(requested | {"productType": "WebRTC"})
    )
    assert web["data"]["list"] == []
    wrong: list[tuple[Row, str]] = [
        ({"ts": NOON_S - 30}, "query latency limit error"),
        ({"ts": NOON_S - 3600}, "query time range limit error"),
        ({"metric": "userCount"}, "metric has no userCount"),
        ({"dimension": "channelSize"}, "dimension has no channelSize"),
        ({"dimension": ""}, "dimension is required"),
        ({"startTs": 1}, "unknown parameter startTs"),
    ]
    for change, message in wrong:
        clouds.agora.request_log._accepted.clear()
        result = await send(clouds, "realtime/quality/dimension/top20", **(requested | change))
        assert message == result["message"]


async def test_statistics_of_a_call(clouds: FakeClouds, build: Build, clock: Any) -> None:
    """Every user is in a bucket, networks have shares, minutes are sorted."""
    cloud = build(clouds.agora_url)
    assert isinstance(cloud, SupportsCallStatistics)
    sim_call = clouds.sim_calls[1]
    call_statistics = await cloud.fetch_call_statistics(
        await find(cloud, sim_call.cname), around(clock)
    )
    assert people_of(sim_call) == call_statistics.people(Media.VIDEO)
    assert [b.low for b in call_statistics.buckets if b.media is Media.AUDIO] == [0, 3, 5, 10]
    assert {spread.dimension for spread in call_statistics.distributions} == {"network"}
    assert {
        spread.definition.name.value
        for spread in call_statistics.distributions
        if spread.definition
    } == {"audioFreezeRate", "videoFreezeRate"}
    there = call_statistics.minutes[0]
    assert there.name.value == "userCount"
    assert sorted(there.points) == list(there.points)
    assert {people_of(sim_call)} == {value for _, value in there.points}
    assert clouds.over_quota == []


async def test_one_person_alone(clouds: FakeClouds, build: Build, clock: Any) -> None:
    """Of two users one is frozen for much of the time: the one with downlink loss."""
    cloud = build(clouds.agora_url)
    call_statistics = await cloud.fetch_call_statistics(await find(cloud, "noisy"), around(clock))
    assert call_statistics.people(Media.VIDEO) == 2
    assert call_statistics.people(Media.VIDEO, 5) == 1


async def test_statistics_are_as_strict_as_agora(clouds: FakeClouds, build: Build) -> None:
    """Unknown values give 400, and what the plan does not include 300."""
    call = await find(build(clouds.agora_url), "noisy")
    requested: Row = {
        "call_id": call.id,
        "start_ts": NOON_S - 600,
        "end_ts": NOON_S - 300,
        "metric": "audio_freeze_rate",
    }
    wrong: list[tuple[str, Row, str]] = [
        ("statistics", {"dimension": "network"}, "dimension has no network"),
        ("statistics", {"dimension": "net", "metric": "x"}, "metric has no x"),
        ("statistics", {}, "dimension is required"),
        ("freeze/bucket", {"dimension": "net"}, "unknown parameter dimension"),
        ("freeze/bucket", {"start_ts": NOON_S - 4 * 3600}, "query time length limit error"),
        ("statistics/time", {"start_ts": NOON_S - 8 * 86400}, "query time range limit error"),
        ("statistics/time", {"call_id": ""}, "call_id is required"),
    ]
    for path, change, message in wrong:
        clouds.agora.request_log._accepted.clear()
        result = await send(clouds, f"analytics/call/{path}", **(requested | change))
        assert message == result["message"]
    clouds.agora.request_log._accepted.clear()
    result = await send(clouds, "analytics/call/freeze/bucket", **requested)
    assert [r["bucket"] for r in result["data"]] == ["[0%,3%)", "[3%,5%)", "[5%,10%)", "[10%,100%)"]


def rows(*json_rows: Row, wrapped: bool = False) -> Row:
    """A response with these rows, as a bare list or in an object."""
    return {
        "code": 200,
        "message": "null",
        "data": {"list": list(json_rows)} if wrapped else list(json_rows),
    }


async def statistics_of(cloud: Any, clock: Any) -> CallStatistics:
    """The statistics of a call that was not looked up before."""
    call = Call("agora", "kids", "c1", "c", clock.now() - dt.timedelta(hours=1))
    matches: CallStatistics = await cloud.fetch_call_statistics(call, around(clock))
    return matches


@pytest.mark.parametrize("wrapped", [False, True])
async def test_rows_are_parsed_in_any_wrapping(
    wrapped: bool,  # noqa: FBT001 - a case
    build: Build,
    mock_api: Any,
    clock: Any,
) -> None:
    """Section 4: bucket strings, unsorted minutes, `net` or `network`, null for no users."""
    minute = int(around(clock).since.timestamp()) // 60 * 60
    frozen = {"audio_freeze_user_count": 3, "video_freeze_user_count": 0}
    result = {
        "bucket": rows({"range": "[10%,100%)", **frozen}, {"x": "all"}, wrapped=wrapped),
        "statistics": rows(
            {"network": "4G", "audio_freeze_rate": 0.03, "video_freeze_rate": None},
            {"net": "Wi-Fi", "audio_freeze_rate": 0.12, "video_freeze_rate": 0.5},
            wrapped=wrapped,
        ),
        "time": rows(
            {"ts": minute + 120, "user_count": 14},
            {"ts": minute + 60, "user_count": 13},
            wrapped=wrapped,
        ),
    }
    for name, response in result.items():
        mock_api.respond(name, response)
    call_statistics = await statistics_of(build(), clock)
    assert call_statistics.people(Media.AUDIO, 10) == 3
    assert call_statistics.people(Media.VIDEO) == 0
    shares = [
        [(row.codes[0].value, row.value) for row in each.rows]
        for each in call_statistics.distributions
    ]
    assert shares == [[("Wi-Fi", 12), ("4G", 3)], [("Wi-Fi", 50)]]
    assert [value for _, value in call_statistics.minutes[0].points] == [13, 14]


async def test_partial_statistics_are_returned(build: Build, mock_api: Any, clock: Any) -> None:
    """One response of three is enough; when all three fail a CloudError is raised."""
    mock_api.respond("bucket", rows({"b": "[3%,5%)", "audio_freeze_user_count": 2}))
    call_statistics = await statistics_of(build(), clock)
    assert (call_statistics.people(Media.AUDIO), call_statistics.distributions) == (2, ())
    clock.advance(minutes=5)
    for name in ("bucket", "statistics", "time"):
        mock_api.respond(name, b"[]")
    with pytest.raises(CloudInvalidResponseError):
        await statistics_of(build(), clock)


async def test_plan_without_statistics_gets_one_request_a_day(
    build: Build, mock_api: Any, clock: Any
) -> None:
    """Without the right the other two requests are not sent, nor any on the same day."""
    for name in ("bucket", "statistics", "time"):
        mock_api.respond(name, {"code": 300, "message": "you have no auth to access this service"})
    cloud = build(plan="standard")
    with pytest.raises(CloudRefusedError):
        await statistics_of(cloud, clock)
    with pytest.raises(CloudUnsupportedError):
        await statistics_of(cloud, clock)
    assert len(mock_api.requests) == 1
    clock.advance(hours=25)
    with pytest.raises(CloudRefusedError):
        await statistics_of(cloud, clock)
    assert len(mock_api.requests) == 2


async def test_api_of_2020_gets_no_request(build: Build, mock_api: Any, clock: Any) -> None:
    """It has no such endpoint."""
    with pytest.raises(CloudUnsupportedError):
        await statistics_of(build(api="seed"), clock)
    assert mock_api.requests == []
