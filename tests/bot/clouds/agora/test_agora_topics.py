"""Metrics of a whole app at Agora: requested windows, when they are fresh, and what is kept."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import httpx
import pytest

from bot.call import Call, Code, Media, Unit
from bot.clouds.agora.app_metric_schemas import metric_definition_of, unit_of
from bot.errors import CloudInvalidResponseError, CloudRefusedError, CloudUnsupportedError
from bot.ports import FreezeBucket, Topic, Window

NOON_S = 1795176000  # 2026-11-20 12:00 UTC
NOON = dt.datetime.fromtimestamp(NOON_S, dt.UTC)
SEED, CURRENT = {"api": "seed"}, {"api": "current", "plan": "premium"}
ENTERPRISE = {"api": "current", "plan": "enterprise"}
HOUR_S, DAY_S = 3600, 86400


def when(seconds: float) -> dt.datetime:
    """A moment in seconds from noon."""
    return NOON + dt.timedelta(seconds=seconds)


def respond(mock_api: Any, name: str, *rows: dict[str, Any]) -> None:
    """Respond with these rows."""
    mock_api.respond(name, {"code": 0, "data": list(rows)})


@pytest.fixture
def silent(mock_api: Any) -> Any:
    """A network without any rows."""
    for name in ("by_time", "by_time_20sec", "top20", "aggregation"):
        respond(mock_api, name)
    return mock_api


LIVE: list[tuple[dict[str, str], float, tuple[float, float], float]] = [
    # The last hour in whole minutes, but for half a minute; two minutes are not published.
    (SEED, 0, (60 - HOUR_S, -120), 60),
    (SEED, 29, (60 - HOUR_S, -120), 60),
    (SEED, 30, (120 - HOUR_S, -120), 60),
    (SEED, 59, (120 - HOUR_S, -120), 60),
    # 40 minutes in steps of 20 seconds; 40 seconds are not published.
    (CURRENT, 0, (40 - 2400, -40), 20),
    (CURRENT, 10, (60 - 2400, -40), 20),
    (CURRENT, 25, (60 - 2400, -20), 20),
    (ENTERPRISE, 0, (40 - HOUR_S, -20), 20),
]


@pytest.mark.parametrize(("options", "second", "span", "fresh_s"), LIVE)
async def test_the_last_hour(
    options: dict[str, str],
    second: float,
    span: tuple[float, float],
    fresh_s: float,
    *,
    light: Any,
    silent: Any,
    clock: Any,
) -> None:
    """As far as it is kept and published; a step later it is fetched again."""
    clock.advance(seconds=second)
    result = await light("agora", **options).fetch_app_metrics("kids", Topic.SCALE)
    (query,) = silent.params("by_time" if options is SEED else "by_time_20sec")
    names = ("start_ts", "end_ts") if options is SEED else ("startTs", "endTs")
    assert tuple(int(query[name]) - NOON_S for name in names) == span
    assert (result.since, result.until) == (when(span[0]), when(span[1]))
    assert result.fresh_at == when(second + fresh_s)
    assert query.get("productType") == (None if options is SEED else "Native")


async def test_points_of_the_window(light: Any, mock_api: Any) -> None:
    """Both ends belong to it; the rows may be in any order."""
    seconds = (-120, 60 - HOUR_S, 59 - HOUR_S, -119, -600)
    respond(mock_api, "by_time", *({"ts": NOON_S + s, "pcu": -s} for s in seconds))
    result = await light("agora").fetch_app_metrics("kids", Topic.SCALE)
    assert [value for _, value in result.trends[0].points] == [HOUR_S - 60, 600, 120]


RANKINGS: list[tuple[dict[str, str], float, float, float]] = [
    (CURRENT, 0, -60, 60),
    (CURRENT, 59, -60, 60),
    (CURRENT, 60, 0, 120),
    (ENTERPRISE, 0, -60, 40),
    (ENTERPRISE, 39, -60, 40),
    (ENTERPRISE, 40, 0, 100),
]


@pytest.mark.parametrize(("options", "second", "begin", "fresh_s"), RANKINGS)
async def test_rankings_begin_at_a_full_minute(
    options: dict[str, str],
    second: float,
    begin: float,
    fresh_s: float,
    *,
    light: Any,
    silent: Any,
    clock: Any,
) -> None:
    """The newest of which twenty seconds are published; a minute later there is another one."""
    clock.advance(seconds=second)
    result = await light("agora", **options).fetch_app_metrics("kids", Topic.DISTRIBUTION)
    queries = silent.params("top20")
    assert {int(each["ts"]) - NOON_S for each in queries} == {begin}
    assert {each["productType"] for each in queries} == {"Native"}
    assert len(queries) == 6
    assert result.fresh_at == when(fresh_s)
    assert {each.since for each in result.distributions[:6]} == {when(begin)}


async def test_the_begin_of_a_ranking_is_the_clouds(light: Any, mock_api: Any) -> None:
    """The newest of its rows; ours where it names none."""
    respond(mock_api, "aggregation")
    stamps = (NOON_S - 100, NOON_S - 80, 0)
    rows: list[dict[str, Any]] = [
        {"network": str(n), "userCount": n, "videoFreezeRate": n / 100, "windowStartTs": stamp}
        for n, stamp in enumerate(stamps)
    ]
    respond(mock_api, "top20", *rows)
    result = await light("agora", **CURRENT).fetch_app_metrics("kids", Topic.DISTRIBUTION)
    first = result.distributions[0]
    assert first.since == when(-80)
    assert [row.value for row in first.rows] == [2, 1, 0]
    assert {row.codes[0].kind for row in first.rows} == {"agora.dimension.network"}


DAYS: list[tuple[dict[str, str], float, list[tuple[float, float]], float]] = [
    # Published at 08:00 UTC of the next day; a week back, but for half a minute.
    (SEED, 0, [(12 * HOUR_S - 7 * DAY_S, -12 * HOUR_S)], 20 * HOUR_S),
    (SEED, -4 * HOUR_S, [(12 * HOUR_S - 7 * DAY_S, -12 * HOUR_S)], 20 * HOUR_S),
    (SEED, -4 * HOUR_S - 1, [(12 * HOUR_S - 7 * DAY_S, -36 * HOUR_S)], -4 * HOUR_S),
    (SEED, 12 * HOUR_S - 31, [(12 * HOUR_S - 7 * DAY_S, -12 * HOUR_S)], 20 * HOUR_S),
    (SEED, 12 * HOUR_S - 30, [(36 * HOUR_S - 7 * DAY_S, -12 * HOUR_S)], 20 * HOUR_S),
    # Today's: twelve hours after the day in this plan, three days per request.
    (
        CURRENT,
        0,
        [
            (-12 * HOUR_S - 3 * DAY_S, -12 * HOUR_S),
            (12 * HOUR_S - 7 * DAY_S, -12 * HOUR_S - 3 * DAY_S),
        ],
        24 * HOUR_S,
    ),
    (ENTERPRISE, 0, [(12 * HOUR_S - 7 * DAY_S, -12 * HOUR_S)], 18 * HOUR_S),
]


@pytest.mark.parametrize(("options", "second", "spans", "due"), DAYS)
async def test_the_days_of_a_week(
    options: dict[str, str],
    second: float,
    spans: list[tuple[float, float]],
    due: float,
    *,
    light: Any,
    mock_api: Any,
    clock: Any,
) -> None:
    """Whole days of UTC that are published; the next one is requested when it is due."""
    clock.advance(seconds=second)
    last = NOON_S + spans[0][1] - DAY_S
    respond(mock_api, "by_time", {"ts": last, "userCount": 1})
    result = await light("agora", **options).fetch_app_metrics("kids", Topic.USAGE)
    names = ("start_ts", "end_ts") if options is SEED else ("startTs", "endTs")
    sent = [tuple(int(q[n]) - NOON_S for n in names) for q in mock_api.params("by_time")]
    assert sent == spans
    assert result.fresh_at == when(due)
    assert (result.since, result.until) == (when(spans[-1][0]), when(spans[0][1]))


@pytest.mark.parametrize(("late_by", "fresh_s"), [(1, 3 * HOUR_S), (0, 20 * HOUR_S)])
async def test_a_day_that_is_late(late_by: int, fresh_s: float, light: Any, mock_api: Any) -> None:
    """It should be published: it is requested again after three hours."""
    respond(mock_api, "by_time", {"ts": NOON_S - 36 * HOUR_S - late_by * DAY_S, "userCount": 1})
    result = await light("agora").fetch_app_metrics("kids", Topic.USAGE)
    assert result.fresh_at == when(fresh_s)


async def test_only_days_of_the_window_are_kept(light: Any, mock_api: Any) -> None:
    """Midnight may be that of UTC or of +08:00, which is 16:00 of the day before."""
    midnight = NOON_S - 12 * HOUR_S
    stamps = [midnight - number * DAY_S for number in range(8)]
    stamps += [midnight - 2 * DAY_S - 8 * HOUR_S]
    respond(mock_api, "by_time", *({"ts": stamp, "userCount": 1} for stamp in stamps))
    result = await light("agora").fetch_app_metrics("kids", Topic.USAGE)
    assert [usage.day.day for usage in result.usages] == [14, 15, 16, 17, 18, 18, 19]


@pytest.mark.parametrize("options", [CURRENT, ENTERPRISE])
async def test_distributions_of_the_last_day(
    options: dict[str, str], light: Any, silent: Any
) -> None:
    """Of which both usage and quality are published."""
    result = await light("agora", **options).fetch_app_metrics("kids", Topic.DISTRIBUTION)
    posts = [each for each in silent.requests if each.method == "POST"]
    sent = [json.loads(each.content) for each in posts]
    begin, end = -12 * HOUR_S - DAY_S, -12 * HOUR_S
    spans = {(each["startTs"], each["endTs"]) for each in sent}
    assert spans == {(NOON_S + begin, NOON_S + end)}
    assert {each.since for each in result.distributions[6:]} == {when(begin)}
    assert len(posts) == 6


@pytest.mark.parametrize(
    ("second", "day"), [(0, -12 * HOUR_S), (-1, -36 * HOUR_S), (12 * HOUR_S, -12 * HOUR_S)]
)
async def test_usage_is_published_later_than_quality(
    second: float, day: float, light: Any, silent: Any, clock: Any
) -> None:
    """Twelve hours after the day in this plan; quality waits for it."""
    clock.advance(seconds=second)
    await light("agora", **CURRENT).fetch_app_metrics("kids", Topic.DISTRIBUTION)
    ends = {json.loads(each.content)["endTs"] for each in silent.requests if each.method == "POST"}
    assert ends == {NOON_S + day}


@pytest.mark.parametrize("name", ["by_time_20sec", "by_time", "top20", "aggregation"])
async def test_rows_are_required(name: str, light: Any, mock_api: Any) -> None:
    """A success without them is invalid; so is a row without a time, or with a text as a value."""
    topics = {
        "by_time_20sec": Topic.SCALE,
        "by_time": Topic.USAGE,
        "top20": Topic.DISTRIBUTION,
        "aggregation": Topic.DISTRIBUTION,
    }
    bodies = [{"code": 0}, {"code": 0, "data": [{"ts": "-"}]}]
    row = {"ts": NOON_S - 600, "userCount": "x", "videoFreezeRate": "x", "network": "a"}
    bodies.append({"code": 0, "data": [row]})
    if "time" not in name:
        bodies[1] = {"code": 0, "data": [{"windowStartTs": "x"}]} if name == "top20" else bodies[0]
    for body in bodies:
        respond(mock_api, "top20")
        respond(mock_api, "aggregation")
        mock_api.respond(name, body)
        result = await light("agora", **CURRENT).fetch_app_metrics("kids", topics[name])
        assert {each.why.value for each in result.missing} == {"unreadable"}


METRICS: list[tuple[str, str, Unit, Media | None, int | None, bool | None]] = [
    ("pcu", "agora.live_metric", Unit.NUMBER, None, None, None),
    ("pcc", "agora.live_metric", Unit.NUMBER, None, None, None),
    ("videoFreezeRate", "agora.live_metric", Unit.PERCENT, Media.VIDEO, 600, False),
    ("audioFreezeRate", "agora.live_metric", Unit.PERCENT, Media.AUDIO, 200, False),
    ("joinSuccessRate", "agora.live_metric", Unit.PERCENT, None, None, True),
    ("joinSuccess5SecsRate", "agora.live_metric", Unit.PERCENT, None, 5000, True),
    ("joinSuccessIn5sRate", "agora.metric.current", Unit.PERCENT, None, 5000, True),
    ("networkDelay", "agora.metric.current", Unit.PERCENT, None, 400, False),
    ("userCount", "agora.insight_metric", Unit.NUMBER, None, None, None),
    ("audioFreezeUserCount", "agora.metric.current", Unit.NUMBER, Media.AUDIO, None, None),
    (
        "videoEnd2EndExcellentTransRate",
        "agora.live_metric",
        Unit.PERCENT,
        Media.VIDEO,
        None,
        True,
    ),
    ("somethingNew", "agora.metric.current", Unit.PERCENT, None, None, None),
]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric[0])
def test_definitions(metric: Any) -> None:
    """Kind, unit, medium, threshold in ms, and which way is better, as documented."""
    name, kind, unit, media, within_ms, higher_is_better = metric
    definition = metric_definition_of(name)
    assert definition.name == Code(kind, name)
    assert (unit_of(name), definition.media) == (unit, media)
    assert definition.within_ms == within_ms
    assert definition.higher_is_better is higher_is_better


async def test_values_of_a_dimension(light: Any, mock_api: Any) -> None:
    """Under either name, without unprintable characters, 80 at most; null is no value."""
    respond(mock_api, "top20")
    rows: list[dict[str, Any]] = [
        {"net": "x" * 81, "userCount": 3, "videoFreezeRate": 0.5},
        {"network": "4\x00G", "userCount": 2, "videoFreezeRate": None},
        {"userCount": 1, "videoFreezeRate": 0.25},
    ]
    respond(mock_api, "aggregation", *rows)
    result = await light("agora", **CURRENT).fetch_app_metrics("kids", Topic.DISTRIBUTION)
    labels = [
        [(row.codes[0].value, row.value) for row in each.rows]
        for each in result.distributions[6:]
        if each.dimension == "network"
    ]
    assert labels == [[("x" * 80, 50), ("", 25)], [("x" * 80, 3), ("4G", 2), ("", 1)]]


CALL = Call("agora", "kids", "c1", "class", when(-HOUR_S))
WINDOW = Window(when(-1200 + 12.5), when(-600))
BUCKET, NETWORKS, MINUTES = "bucket", "statistics", "time"


async def test_statistics_of_a_call(light: Any, mock_api: Any) -> None:
    """The three requests are for the window; minutes begin with the one of its begin."""
    respond(mock_api, BUCKET, {"b": "[3%, 5%)", "audio_freeze_user_count": 2})
    respond(mock_api, NETWORKS, {"net": "4G", "audio_freeze_rate": 0.5})
    rows = [{"ts": NOON_S + s, "user_count": -s} for s in (-1201, -1200, -600, -599)]
    respond(mock_api, MINUTES, *rows)
    result = await light("agora", **CURRENT).fetch_call_statistics(CALL, WINDOW)
    assert result.buckets == (FreezeBucket(Media.AUDIO, 3, 5, 2),)
    assert [value for _, value in result.minutes[0].points] == [1200, 600]
    assert [row.value for row in result.distributions[0].rows] == [50]
    for name in (BUCKET, NETWORKS, MINUTES):
        (query,) = mock_api.params(name)
        span = (int(query["start_ts"]) - NOON_S, int(query["end_ts"]) - NOON_S)
        assert (query["call_id"], span) == ("c1", (-1188, -600))


@pytest.mark.parametrize(
    ("row", "buckets"),
    [
        ({"b": "[0%,3%)"}, []),
        ({"b": "[0%,3%)", "audio_freeze_user_count": 0}, [(0, 3, 0)]),
        ({"b": "(10,100]", "audio_freeze_user_count": "7"}, [(10, 100, 7)]),
        ({"b": "all", "audio_freeze_user_count": 1}, []),
        ({"a": "x", "b": "[5%,10%)", "audio_freeze_user_count": None}, []),
    ],
)
async def test_buckets(
    row: dict[str, Any], buckets: list[tuple[float, float, int]], light: Any, mock_api: Any
) -> None:
    """Any brackets, with or without a percent sign; a row without bounds or users is none."""
    respond(mock_api, BUCKET, {"b": "nothing"}, row)
    result = await light("agora", **CURRENT).fetch_call_statistics(CALL, WINDOW)
    assert [(each.low, each.high, each.people) for each in result.buckets] == buckets


@pytest.mark.parametrize("people", [-1, "many"])
async def test_a_number_of_users_is_no_less_than_none(
    people: object, light: Any, mock_api: Any
) -> None:
    """Anything else is an invalid response."""
    respond(mock_api, BUCKET, {"b": "[0%,3%)", "audio_freeze_user_count": people})
    with pytest.raises(CloudInvalidResponseError, match="audio_freeze_user_count"):
        await light("agora", **CURRENT).fetch_call_statistics(CALL, WINDOW)


DENIED = [
    (401, b"", True),
    (403, b"", True),
    (404, b"", True),
    (400, b"", False),
    (500, b"", False),
]


@pytest.mark.parametrize(("status", "body", "is_denied"), DENIED)
async def test_a_plan_without_statistics(
    status: int, body: bytes, light: Any, mock_api: Any, clock: Any, *, is_denied: bool
) -> None:
    """The other two are not requested, nor any for a day."""
    for name in (BUCKET, NETWORKS, MINUTES):
        mock_api.respond(name, body, status)
    agora = light("agora", **CURRENT)
    with pytest.raises(CloudRefusedError):
        await agora.fetch_call_statistics(CALL, WINDOW)
    attempts = 3 if status == 500 else 1
    assert len(mock_api.requests) == (1 if is_denied else 3 * attempts)
    mock_api.requests.clear()
    clock.advance(seconds=DAY_S - 1)
    with pytest.raises(CloudUnsupportedError if is_denied else CloudRefusedError):
        await agora.fetch_call_statistics(CALL, WINDOW)
    clock.advance(seconds=1)
    with pytest.raises(CloudRefusedError):
        await agora.fetch_call_statistics(CALL, WINDOW)


async def test_the_first_failure_is_raised(light: Any, mock_api: Any) -> None:
    """When none of the three succeeds."""
    mock_api.respond(BUCKET, b"x")
    mock_api.respond(NETWORKS, b"", 400)
    mock_api.respond(MINUTES, b"", 400)
    with pytest.raises(CloudInvalidResponseError):
        await light("agora", **CURRENT).fetch_call_statistics(CALL, WINDOW)


@pytest.mark.parametrize("api", ["auto", "current"])
async def test_an_endpoint_that_is_gone(api: str, light: Any, mock_api: Any) -> None:
    """After a 404 the generation is detected again, where it is detected at all."""
    mock_api.respond("lists", {"code": 0, "total_size": 0, "call_lists": []})
    agora = light("agora", api=api)
    first = await agora.fetch_app_metrics("kids", Topic.SCALE)
    assert [each.why.value for each in first.missing] == ["refused"]

    def response(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"code": 200, "has_more": False, "call_lists": []})

    mock_api.respond_with("lists", response)
    respond(mock_api, "by_time", {"ts": NOON_S - 600, "pcu": 4})
    second = await agora.fetch_app_metrics("kids", Topic.SCALE)
    assert bool(second.trends) is (api == "auto")


async def test_the_generation_may_not_be_known(light: Any, mock_api: Any) -> None:
    """The failure to detect it is listed like any other."""
    mock_api.respond("lists", b"", 403)
    result = await light("agora", api="auto").fetch_app_metrics("kids", Topic.SCALE)
    assert [(each.why.value, each.detail) for each in result.missing] == [("refused", "scale")]
    assert result.endpoints == ("scale",)


@pytest.mark.usefixtures("silent")
async def test_how_old_a_distribution_is(light: Any) -> None:
    """The note names the plan and the delay of its live data."""
    result = await light("agora", **CURRENT).fetch_app_metrics("kids", Topic.DISTRIBUTION)
    note = str(result.explanations[0])
    assert "40" in note
    assert "Premium" in note
    other = await light("agora", **CURRENT).fetch_app_metrics("kids", Topic.SCALE)
    assert "Premium" not in str(other.explanations[0])
