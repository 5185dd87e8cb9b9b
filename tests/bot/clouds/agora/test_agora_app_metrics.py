"""Agora's metrics of whole apps, from its fake and from scripted responses."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from bot.call import MissingKind, MissingReason, Unit
from bot.cloud_settings import CloudSettings
from bot.clouds import build_clouds
from bot.clouds.agora.app_metrics import definitions_of
from bot.ports import AppMetrics, Topic
from bot.sandbox.clouds import AgoraAccount, FakeClouds
from bot.sandbox.scenario import build_simulated_call
from bot.store.rate_limits import SqlKeyValueStore
from bot.store.response_cache import SqlResponseCache

NOON_S = 1795176000  # 2026-11-20 12:00 UTC
APP_ID = AgoraAccount().apps["kids"]
MakeAgora = Callable[..., Any]


@pytest.fixture
async def clouds(clock: Any) -> AsyncIterator[FakeClouds]:
    """A bad call that is running, and one of yesterday."""
    sim_calls = [
        build_simulated_call("downlink_loss_audio", "noisy", seed=1, started_at=NOON_S - 1800),
        build_simulated_call("healthy", "past", seed=2, started_at=NOON_S - 86400),
    ]
    made = FakeClouds(sim_calls, clock=clock.timestamp)
    async with made.serve():
        yield made


@pytest.fixture
async def make(
    store: Any, rate_limit_store: Any, clock: Any, mock_api: Any
) -> AsyncIterator[MakeAgora]:
    """Build Agora with a response cache in the database."""
    made: list[Any] = []

    def build(url: str = "", **options: str) -> Any:
        secrets = {"customer_id": "sandbox-customer", "customer_secret": "sandbox-customer-secret"}
        result = {"api": "seed", "plan": "premium", "report": "off"} | options
        settings = CloudSettings(
            "agora", AgoraAccount().apps, url or "https://agora.invalid", secrets, result
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


def names(app_metrics: AppMetrics) -> list[str]:
    """The names of its trends."""
    return [trend.name.value for trend in app_metrics.trends]


def rows(**figures: object) -> dict[str, object]:
    """A response with one row of half an hour ago."""
    return {"code": 200, "message": "success", "data": [{"ts": NOON_S - 1800, **figures}]}


FREEZES = ["videoFreezeRate", "audioFreezeRate", "joinSuccessRate"]
TOPICS: dict[tuple[str, Topic], list[str]] = {
    ("seed", Topic.LIVE): [*FREEZES, "pcu", "pcc"],
    ("seed", Topic.SCALE): ["pcu", "pcc"],
    ("seed", Topic.EXPERIENCE): [*FREEZES, "joinSuccess5SecsRate"],
    ("seed", Topic.NETWORK): [
        "videoEnd2EndExcellentTransRate",
        "audioEnd2EndExcellentTransRate",
        "videoUpstreamExcellentTransRate",
        "audioUpstreamExcellentTransRate",
    ],
    ("current", Topic.LIVE): [*FREEZES, "userCount", "channelCount"],
    ("current", Topic.SCALE): ["userCount", "channelCount"],
    ("current", Topic.EXPERIENCE): [*FREEZES, "joinSuccessIn5sRate"],
    ("current", Topic.NETWORK): ["networkDelay"],
}


@pytest.mark.parametrize(("generation", "topic"), TOPICS)
async def test_the_last_hour(generation: Any, topic: Topic, clouds: FakeClouds, make: Any) -> None:
    """Every topic of both generations has metrics, in percent or as counts."""
    clouds.agora.generation = generation
    clouds.agora.plan = "premium"
    agora = make(clouds.agora_url, api=generation)
    result = await agora.fetch_app_metrics("kids", topic)
    assert result.failures == ()
    assert TOPICS[generation, topic] == names(result)
    for trend in result.trends:
        counted = trend.name.value in {"pcu", "pcc", "userCount", "channelCount"}
        assert (Unit.NUMBER if counted else Unit.PERCENT) is trend.unit
        assert len(trend.points) >= 35
        assert all(result.since <= at <= result.until for at, _ in trend.points)
    assert result.until <= agora._client.clock.now() - dt.timedelta(seconds=40)
    assert result.explanations == tuple(definitions_of(topic, generation))


@pytest.mark.parametrize("generation", ["seed", "current"])
async def test_scales_are_the_same(generation: Any, clouds: FakeClouds, make: Any) -> None:
    """0 to 100 of 2020 and today's 0 to 1 have the same scale when parsed."""
    clouds.agora.generation = generation
    clouds.agora.plan = "enterprise"
    agora = make(clouds.agora_url, api=generation, plan="enterprise")
    result = await agora.fetch_app_metrics("kids", Topic.LIVE)
    by_name = {trend.name.value: trend for trend in result.trends}
    frozen = max(value for _, value in by_name["audioFreezeRate"].points)
    assert 5 < frozen < 90
    assert max(value for _, value in by_name["joinSuccessRate"].points) == 100


@pytest.mark.parametrize(
    ("api", "sent", "expected"), [("seed", 42, 42), ("seed", 0.54, 0.54), ("current", 0.42, 42)]
)
async def test_a_share_is_never_guessed(
    api: str, sent: float, expected: float, make: Any, mock_api: Any
) -> None:
    """0.54 is about half a percent in the API of 2020, and 54 percent in today's."""
    for name in ("by_time", "by_time_20sec"):
        mock_api.respond(name, rows(videoFreezeRate=sent))
    result = await make(api=api).fetch_app_metrics("kids", Topic.EXPERIENCE)
    assert [expected] == [value for _, value in result.trends[0].points]


async def test_end_to_end_is_named_by_its_name(make: Any, mock_api: Any) -> None:
    """A31: the document's two descriptions are swapped, the names are right."""
    mock_api.respond(
        "by_time", rows(videoEnd2EndExcellentTransRate=11, audioEnd2EndExcellentTransRate=22)
    )
    result = await make().fetch_app_metrics("kids", Topic.NETWORK)
    media = {
        trend.definition.media.value: trend.points[0][1] for trend in result.trends if trend.points
    }
    assert media == {"video": 11, "audio": 22}


async def test_one_request_per_minute(make: Any, mock_api: Any, clock: Any) -> None:
    """Within a minute no process sends the request again."""
    mock_api.respond("by_time", rows(pcu=3, pcc=1))
    first = await make().fetch_app_metrics("kids", Topic.SCALE)
    assert clock.now() + dt.timedelta(minutes=1) == first.fresh_at
    clock.advance(seconds=59)
    again = await make().fetch_app_metrics("kids", Topic.SCALE)
    assert len(mock_api.requests) == 1
    assert (first.fetched_at, first.trends) == (again.fetched_at, again.trends)
    clock.advance(seconds=2)
    newer = await make().fetch_app_metrics("kids", Topic.SCALE)
    assert len(mock_api.requests) == 2
    assert clock.now() == newer.fetched_at


async def test_over_quota_returns_the_cached_response(make: Any, mock_api: Any, clock: Any) -> None:
    """The cached response is returned with its age and the time of the next one."""
    mock_api.respond("by_time", rows(pcu=3, pcc=1))
    first = await make().fetch_app_metrics("kids", Topic.SCALE)
    clock.advance(minutes=5)
    mock_api.respond("by_time", {"code": 300, "message": "qpd limit error"})
    result = await make().fetch_app_metrics("kids", Topic.SCALE)
    midnight = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    assert (first.fetched_at, first.trends) == (result.fetched_at, result.trends)
    assert midnight == result.fresh_at
    assert [(MissingKind.FIGURES, MissingReason.OVER_QUOTA, midnight, "live_scale")] == [
        (missing_item.what, missing_item.why, missing_item.retry_at, missing_item.detail)
        for missing_item in result.missing
    ]
    assert [midnight] == [failure.params["time"] for failure in result.failures]


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (httpx.Response(500, json={}), MissingReason.UNREACHABLE),
        (httpx.Response(403, json={"code": 403}), MissingReason.REFUSED),
        (httpx.Response(200, content=b"[]"), MissingReason.UNREADABLE),
        (httpx.Response(200, json={"code": 200}), MissingReason.UNREADABLE),
        (httpx.Response(200, json={"code": 200, "data": [{"pcu": 1}]}), MissingReason.UNREADABLE),
        (
            httpx.Response(200, json={"code": 200, "data": [{"ts": NOON_S - 600, "pcu": "x"}]}),
            MissingReason.UNREADABLE,
        ),
    ],
)
async def test_failures_are_listed(
    response: httpx.Response, why: MissingReason, make: Any, mock_api: Any
) -> None:
    """No fault of an endpoint is raised; each is listed with a message."""
    mock_api.respond_with("by_time", lambda _: response)
    result = await make().fetch_app_metrics("kids", Topic.SCALE)
    assert result.is_empty
    assert [why] == [missing_item.why for missing_item in result.missing]
    assert len(result.failures) == 1


async def test_unreachable_cloud_gets_one_request(make: Any, mock_api: Any) -> None:
    """Of two endpoints the second gets no request when the first is unreachable."""

    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    mock_api.respond_with("by_time", refuse)
    result = await make().fetch_app_metrics("kids", Topic.LIVE)
    assert {requested.url.path for requested in mock_api.requests} == {
        "/beta/live/experience/by_time"
    }
    assert [missing_item.why for missing_item in result.missing] == [MissingReason.UNREACHABLE] * 2
    assert len(result.failures) == 1


async def test_stale_response_has_no_refresh_time(make: Any, mock_api: Any, clock: Any) -> None:
    """While Agora fails, the cached response is returned with its age and no refresh time."""
    mock_api.respond("by_time", rows(pcu=3, pcc=1))
    first = await make().fetch_app_metrics("kids", Topic.SCALE)
    clock.advance(minutes=5)
    mock_api.respond_with("by_time", lambda _: httpx.Response(500, json={}))
    result = await make().fetch_app_metrics("kids", Topic.SCALE)
    assert (first.fetched_at, first.trends, None) == (
        result.fetched_at,
        result.trends,
        result.fresh_at,
    )
    assert len(result.failures) == 1


async def test_gaps_and_unexpected_rows(make: Any, mock_api: Any) -> None:
    """A25: rows have any fields; null is a gap, and a row outside the window is skipped."""
    data = [
        {"ts": NOON_S - 600, "pcu": 2, "pcc": None, "more": "text"},
        {"ts": NOON_S - 1200, "pcu": 1},
        {"ts": NOON_S + 9999, "pcu": 9},
    ]
    mock_api.respond("by_time", {"code": 0, "message": None, "data": data})
    result = await make().fetch_app_metrics("kids", Topic.SCALE)
    assert [[value for _, value in trend.points] for trend in result.trends] == [[1, 2], []]


async def test_days_are_whole_and_published(clouds: FakeClouds, make: Any, clock: Any) -> None:
    """A10: requests are for midnights of UTC; yesterday is available from 08:00."""
    result = await make(clouds.agora_url).fetch_app_metrics("kids", Topic.USAGE)
    assert result.failures == ()
    yesterday = clock.now().date() - dt.timedelta(days=1)
    counted = {usage.metric.value: usage.value for usage in result.usages if usage.day == yesterday}
    assert counted == {"userCount": 2, "sessionCount": 2, "channelCount": 1}
    assert dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC) == result.fresh_at
    assert (result.since.day, result.until.day) == (14, 20)


@pytest.mark.parametrize("case", [(7, 18, 20), (9, 19, 21)])
async def test_day_is_published_at_eight(
    case: tuple[int, int, int], make: Any, mock_api: Any, clock: Any
) -> None:
    """Before 08:00 UTC yesterday is neither requested nor returned, whatever the response."""
    hour, last, due = case
    clock.moment = dt.datetime(2026, 11, 20, hour, tzinfo=dt.UTC)
    midnights = [dt.datetime(2026, 11, day, tzinfo=dt.UTC) for day in range(10, 21)]
    data = [{"ts": int(at.timestamp()), "userCount": at.day} for at in midnights]
    mock_api.respond("by_time", {"code": 200, "message": "success", "data": data})
    result = await make().fetch_app_metrics("kids", Topic.USAGE)
    days = [usage.day.day for usage in result.usages]
    assert (14, last) == (days[0], days[-1])
    assert dt.datetime(2026, 11, due, 8, tzinfo=dt.UTC) == result.fresh_at
    requested = mock_api.params("by_time")[0]
    assert 0 == int(requested["start_ts"]) % 86400 == int(requested["end_ts"]) % 86400
    assert int(requested["end_ts"]) - int(requested["start_ts"]) >= 86400


async def test_daily_limit_of_ten_is_never_reached(make: Any, mock_api: Any, clock: Any) -> None:
    """New processes every ten minutes for a day send two requests at most."""
    data = [{"ts": NOON_S - 43200 - 86400, "userCount": 5}]
    mock_api.respond("by_time", {"code": 200, "message": "success", "data": data})
    for _ in range(144):
        result = await make().fetch_app_metrics("kids", Topic.USAGE)
        assert result.failures == ()
        clock.advance(minutes=10)
        day = clock.now().date() - dt.timedelta(days=1 if clock.now().hour >= 8 else 2)
        at = dt.datetime.combine(day, dt.time(), dt.UTC)
        data.append({"ts": int(at.timestamp()), "userCount": 5})
        mock_api.respond("by_time", {"code": 200, "message": "success", "data": data})
    assert len(mock_api.requests) == 2


async def test_late_day_is_fetched_again(make: Any, mock_api: Any, clock: Any) -> None:
    """When yesterday should be published and is not, the response is cached for three hours."""
    mock_api.respond("by_time", {"code": 200, "message": "success", "data": []})
    result = await make().fetch_app_metrics("kids", Topic.USAGE)
    assert clock.now() + dt.timedelta(hours=3) == result.fresh_at


async def test_days_are_fetched_in_chunks(make: Any, mock_api: Any, clock: Any) -> None:
    """The premium plan allows three days per request; days may begin at midnight of UTC+8 (4)."""

    def response(request: httpx.Request) -> httpx.Response:
        first, last = (int(request.url.params[name]) for name in ("startTs", "endTs"))
        stamps = range(first - 28800 + 86400, last + 1, 86400)
        data = [{"ts": stamp - 86400, "userCount": 1} for stamp in stamps]
        return httpx.Response(200, json={"code": 200, "data": data})

    mock_api.respond_with("by_time", response)
    result = await make(api="current").fetch_app_metrics("kids", Topic.USAGE)
    assert {requested["aggregateGranularity"] for requested in mock_api.params("by_time")} == {"1d"}
    spans = [
        int(requested["endTs"]) - int(requested["startTs"])
        for requested in mock_api.params("by_time")
    ]
    assert max(spans) == 3 * 86400
    assert sorted({usage.day for usage in result.usages}) == [usage.day for usage in result.usages]
    assert (clock.now() - dt.timedelta(hours=36)).date() == result.usages[-1].day


async def test_standard_plan_gets_no_request(make: Any, mock_api: Any) -> None:
    """The plan has no metrics of whole apps: the message says so, and which setting to change."""
    result = await make(api="current", plan="standard").fetch_app_metrics("kids", Topic.LIVE)
    assert mock_api.requests == []
    assert [missing_item.why for missing_item in result.missing] == [MissingReason.UNSUPPORTED]
    assert "AGORA_PLAN=premium" in str(result.failures[0])


async def test_a_distribution_of_today(make: Any, mock_api: Any) -> None:
    """The twenty largest values of a dimension, in percent, of the last published day."""

    def response(request: httpx.Request) -> httpx.Response:
        requested = json.loads(request.content)
        assert requested["endTs"] - requested["startTs"] == 86400
        places = [("a", 0.01), ("b", 0.2)] if requested["metric"] != "userCount" else [("c", 7)]
        data = [
            {requested["dimension"]: place, requested["metric"]: value} for place, value in places
        ]
        return httpx.Response(200, json={"code": 200, "message": "null", "data": data})

    mock_api.respond_with("aggregation", response)
    result = await make(api="current").fetch_app_metrics("kids", Topic.DISTRIBUTION)
    matches = [
        (each.dimension, [(row.codes[0].value, row.value) for row in each.rows])
        for each in result.distributions
    ]
    bad = [("b", 20), ("a", 1)]
    users = [("c", 7)]
    assert [
        ("network", bad),
        ("country", bad),
        ("os", bad),
        ("network", users),
        ("country", users),
        ("os", users),
    ] == matches
    requested = [request.url.path for request in mock_api.requests if request.method == "POST"]
    assert [path.split("/")[3] for path in requested] == ["quality"] * 3 + ["usage"] * 3
    assert {APP_ID} == {request.url.params["appid"] for request in mock_api.requests}


async def test_api_of_2020_has_no_distribution(make: Any, mock_api: Any) -> None:
    """A topic without an endpoint gives a message."""
    result = await make().fetch_app_metrics("kids", Topic.DISTRIBUTION)
    assert mock_api.requests == []
    assert [(missing_item.why, missing_item.detail) for missing_item in result.missing] == [
        (MissingReason.UNSUPPORTED, "distribution")
    ]
    assert len(result.failures) == 1


async def test_change_of_generation_is_detected(clouds: FakeClouds, make: Any, clock: Any) -> None:
    """When Agora retires `live/*`, the next request goes to `realtime/*`."""
    agora = make(clouds.agora_url, api="auto")
    before = await agora.fetch_app_metrics("kids", Topic.SCALE)
    clouds.agora.generation, clouds.agora.plan = "current", "premium"
    clock.advance(minutes=2)
    after = await agora.fetch_app_metrics("kids", Topic.SCALE)
    assert (names(before), names(after)) == (["pcu", "pcc"], ["userCount", "channelCount"])
    assert after.failures == ()
