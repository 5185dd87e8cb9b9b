"""Calls and records at Volcengine: requested windows, pages, caching, and what is missing."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from bot.call import Call, MissingItem, MissingKind, MissingReason
from bot.clouds.volcengine import record as volcengine_record
from bot.errors import CloudDataExpiredError, CloudInvalidResponseError
from bot.ports import Window

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
CHINA = dt.timezone(dt.timedelta(hours=8))
HOUR_S = 3600
DAY_S = 86400


def when(seconds: float) -> dt.datetime:
    """A moment in seconds from noon."""
    return NOON + dt.timedelta(seconds=seconds)


def china(seconds: float) -> str:
    """A moment in seconds from noon, in Volcengine's format."""
    return when(seconds).astimezone(CHINA).isoformat()


def span(since: float, until: float) -> Window:
    """A window in seconds from noon."""
    return Window(when(since), when(until))


def call(began: float = -7200, ended: float | None = -600) -> Call:
    """One call, in seconds from noon."""
    ended_at = None if ended is None else when(ended)
    return Call("volcengine", "kids", "c1", "room", when(began), ended_at)


def room(number: int, began: float, ended: float | None = None, **changes: Any) -> dict[str, Any]:
    """One row of ListRoomInfo."""
    times = {"CreatedTime": china(began), "DestroyTime": "" if ended is None else china(ended)}
    return {"CallId": f"c{number}", "RoomId": "room", **times, **changes}


def user(uid: str, **changes: Any) -> dict[str, Any]:
    """One row of ListUserInfo."""
    return {"UserId": uid, "CallId": "c1", "CreatedAt": china(-7200)} | changes


def respond(mock_api: Any, action: str, **result: Any) -> None:
    """Respond to every request of an Action."""
    mock_api.respond(action, {"ResponseMetadata": {}, "Result": result})


def script(mock_api: Any, *users: dict[str, Any], details: Any = ()) -> None:
    """Respond with these users and metrics."""
    respond(mock_api, "ListUserInfo", UserList=list(users))
    respond(mock_api, "ListCallDetail", UserCallDetail=list(details))


def queries(mock_api: Any, action: str) -> list[dict[str, str]]:
    """The query of every request of an Action."""
    sent = [dict(request.url.params) for request in mock_api.requests]
    return [query for query in sent if query["Action"] == action]


def spans(mock_api: Any, action: str) -> list[tuple[float, float]]:
    """The window of every request of an Action, in seconds from noon."""

    def seconds(text: str) -> float:
        return (dt.datetime.fromisoformat(text) - NOON).total_seconds()

    sent = queries(mock_api, action)
    return [(seconds(each["StartTime"]), seconds(each["EndTime"])) for each in sent]


@pytest.mark.parametrize(
    ("window", "requested"),
    [
        (span(-1200, -900), [(-900 - DAY_S, -900)]),
        (span(-1200.5, -900.5), [(-900 - DAY_S, -900)]),
        (span(-1200, -20), [(-20 - DAY_S, -20)]),
        (span(-1200, -19), [(-20 - DAY_S, -20)]),
        (span(-1200, 600), [(-20 - DAY_S, -20)]),
        (
            span(-2 * DAY_S, -900),
            [(-900 - DAY_S, -900), (-2 * DAY_S, -900 - DAY_S)],
        ),
        (
            span(-14 * DAY_S, 1 - 13 * DAY_S),
            [(1 - 14 * DAY_S + DAY_S - DAY_S + 29, 1 - 13 * DAY_S)],
        ),
    ],
)
async def test_the_requested_window(
    window: Window, requested: list[tuple[float, float]], light: Any, mock_api: Any
) -> None:
    """A day before the window's end, a day per request, not what is unpublished or expired."""
    respond(mock_api, "ListRoomInfo", RoomList=[])
    assert await light("volcengine").find_calls("kids", "room", window) == ()
    assert spans(mock_api, "ListRoomInfo") == requested


@pytest.mark.parametrize(
    ("until", "is_gone"), [(-14 * DAY_S + 30, True), (-14 * DAY_S + 31, False)]
)
async def test_a_window_expires(until: float, light: Any, mock_api: Any, *, is_gone: bool) -> None:
    """Half a minute before the documented 14 days, as clocks may differ."""
    respond(mock_api, "ListRoomInfo", RoomList=[])
    request = light("volcengine").find_calls("kids", "room", span(until - 300, until))
    if is_gone:
        with pytest.raises(CloudDataExpiredError):
            await request
    else:
        await request
    assert len(mock_api.requests) == (not is_gone)


@pytest.mark.parametrize(
    ("row", "call_of"),
    [
        (room(1, -900), call(-900, None)),
        (room(1, -899), None),
        (room(1, -5000, -1200), call(-5000, -1200)),
        (room(1, -5000, -1201), None),
        (room(1, -5000, -1201, IsFinished=False), call(-5000, None)),
        (room(1, -5000, -1100, IsFinished=True), call(-5000, -1100)),
        (room(1, -5000, RoomId="room2"), None),
    ],
)
async def test_calls_that_touch_the_window(
    row: dict[str, Any], call_of: Call | None, light: Any, mock_api: Any
) -> None:
    """Both ends belong to it; a call that is not finished has no end, whatever its time."""
    respond(mock_api, "ListRoomInfo", RoomList=[row])
    calls = await light("volcengine").find_calls("kids", "room", span(-1200, -900))
    assert calls == (() if call_of is None else (call_of,))


@pytest.mark.parametrize(
    ("rows", "more", "pages"),
    [
        (1, {"HasMore": True}, 10),
        (1, {"HasMore": False}, 1),
        (1, {}, 1),
        (1, {"Total": 3}, 3),
        (1, {"Total": 1}, 1),
        (1, {"HasMore": True, "Total": 1}, 10),
        (0, {"HasMore": True}, 1),
        (0, {"Total": 9}, 1),
    ],
)
async def test_pages_of_rooms(
    rows: int, more: dict[str, Any], pages: int, light: Any, mock_api: Any
) -> None:
    """They end without more, with the total, with an empty one, or after ten."""

    def response(request: httpx.Request) -> httpx.Response:
        first = int(request.url.params["PageNum"]) * 10
        listed = [room(first + number, -1000) for number in range(rows)]
        body = {"ResponseMetadata": {}, "Result": {"RoomList": listed, **more}}
        return httpx.Response(200, json=body)

    mock_api.respond_with("ListRoomInfo", response)
    calls = await light("volcengine").find_calls("kids", "room", span(-1200, -900))
    assert len(calls) == rows * pages
    assert [each["PageNum"] for each in queries(mock_api, "ListRoomInfo")] == [
        str(number) for number in range(1, pages + 1)
    ]


async def test_the_check_is_for_one_room_of_ten_minutes(light: Any, mock_api: Any) -> None:
    """As far as they are published."""
    respond(mock_api, "ListRoomInfo", RoomList=[])
    await light("volcengine").check("kids")
    (query,) = queries(mock_api, "ListRoomInfo")
    assert (query["PageNum"], query["PageSize"], "RoomId" in query) == ("1", "1", False)
    assert spans(mock_api, "ListRoomInfo") == [(-620, -20)]


def gap(why: MissingReason, retry_s: float | None = None) -> tuple[MissingItem, ...]:
    """The call is missing for this reason."""
    retry_at = None if retry_s is None else when(retry_s)
    return (MissingItem(MissingKind.CALL, why, retry_at, "c1"),)


NOT_FOUND, GONE = gap(MissingReason.NOT_FOUND), gap(MissingReason.FORGOTTEN)
OLD = -7 * DAY_S
# call, window | the windows of users and of metrics, what is missing (published after 100 s)
RECORDS: list[tuple[Call, Window, list[Any], tuple[MissingItem, ...], float]] = [
    (call(), span(-1200, -900), [(-7200, -600), (-1800, -600)], (), -900),
    (call(), span(-1200, -300), [(-7200, -600), (-1800, -600)], (), -600),
    (call(-1000), span(-1200, -900), [(-1000, -600), (-1000, -600)], (), -900),
    (call(), span(-599, -300), [], NOT_FOUND, -100),
    (call(-1000), span(-1200, -1001), [], NOT_FOUND, -100),
    (call(ended=None), span(-1200, -100), [(-7200, -100), (-1800, -100)], (), -100),
    (
        call(ended=None),
        span(-1200, -99),
        [(-7200, -100), (-1800, -100)],
        gap(MissingReason.NOT_OUT_YET, 1),
        -100,
    ),
    (call(ended=None), span(-90, 0), [], gap(MissingReason.NOT_OUT_YET, 100), -100),
    (
        call(OLD),
        span(OLD, 30 - 6 * DAY_S),
        [(30 - 6 * DAY_S - 300, 630 - 6 * DAY_S)],
        GONE,
        30 - 6 * DAY_S,
    ),
    (
        call(OLD),
        span(OLD, 31 - 6 * DAY_S),
        [(31 - 6 * DAY_S - 300, 631 - 6 * DAY_S), (30 - 6 * DAY_S, 631 - 6 * DAY_S)],
        (),
        31 - 6 * DAY_S,
    ),
]


@pytest.mark.parametrize(("one", "window", "requested", "missing", "fresh"), RECORDS)
async def test_the_part_of_a_window_that_can_be_requested(
    one: Call,
    window: Window,
    requested: list[tuple[float, float]],
    missing: tuple[MissingItem, ...],
    fresh: float,
    *,
    light: Any,
    mock_api: Any,
) -> None:
    """Users since the call began, metrics of the window and ten minutes beside it.

    The rest is listed with its reason.
    """
    if one.started_at == when(OLD):
        one = call(requested[0][0], None)
    script(mock_api, user("u1", CreatedAt=china(OLD)))
    record = await light("volcengine").fetch_record(one, ["u1"], window)
    sent = spans(mock_api, "ListUserInfo") + spans(mock_api, "ListCallDetail")
    assert sent == requested
    assert record.missing == missing
    assert record.fresh_until == when(fresh)


async def test_users_are_kept_for_14_days(light: Any, mock_api: Any) -> None:
    """Of a longer call those of the last 14 days are listed, six hours per request."""
    script(mock_api, user("u1"))
    one = call(-15 * DAY_S, None)
    window = span(-14 * DAY_S, -14 * DAY_S + 8 * HOUR_S)
    record = await light("volcengine").fetch_record(one, ["u1"], window)
    first, last = 30 - 14 * DAY_S, 8 * HOUR_S - 14 * DAY_S
    middle = last - 6 * HOUR_S
    assert spans(mock_api, "ListUserInfo") == [(middle, last), (first, middle)]
    assert record.missing == GONE


async def test_requests_end_at_the_same_moment(light: Any, mock_api: Any, clock: Any) -> None:
    """At what is published, in whole seconds."""
    script(mock_api, user("u1"))
    clock.advance(seconds=7.5)
    await light("volcengine").fetch_record(call(ended=None), ["u1"], span(-1200.5, 100))
    assert spans(mock_api, "ListCallDetail") == [(-1801, -92)]


@pytest.mark.parametrize(
    ("ended", "until", "fresh_s"),
    [(-600, -600, HOUR_S), (None, -600, HOUR_S), (None, -400, HOUR_S), (None, -399, 300)],
)
async def test_how_long_a_call_is_cached(
    ended: float | None, until: float, fresh_s: float, *, light: Any, mock_api: Any, clock: Any
) -> None:
    """An hour, five minutes while published data may still be late."""
    script(mock_api, user("u1"))
    volcengine = light("volcengine")
    for pause_s, requests in ((0, 2), (fresh_s - 0.5, 2), (1, 4)):
        clock.advance(seconds=pause_s)
        await volcengine.fetch_record(call(ended=ended), ["u1"], span(-1200, until))
        assert len(mock_api.requests) == requests


@pytest.mark.parametrize(
    ("size", "total", "pages"),
    [(99, None, 1), (100, None, 10), (100, 100, 1), (100, 101, 2), (100, 0, 10)],
)
async def test_pages_of_users(
    size: int, total: int | None, pages: int, light: Any, mock_api: Any
) -> None:
    """They end with a short one, with the total, or after ten."""

    def response(request: httpx.Request) -> httpx.Response:
        first = int(request.url.params["PageNum"]) * 1000
        users = [user(f"u{first + number}") for number in range(size)]
        body = {"ResponseMetadata": {}, "Result": {"UserList": users, "Total": total}}
        return httpx.Response(200, json=body)

    script(mock_api)
    mock_api.respond_with("ListUserInfo", response)
    record = await light("volcengine").fetch_record(call(), [], span(-1200, -900))
    assert len(record.participants) == size * pages
    sent = [(each["PageNum"], each["PageSize"]) for each in queries(mock_api, "ListUserInfo")]
    assert sent == [(str(number), "100") for number in range(1, pages + 1)]


@pytest.mark.parametrize(("uids", "asked"), [(10, [10]), (11, [10, 1]), (20, [10, 10])])
async def test_ten_uids_per_request(uids: int, asked: list[int], light: Any, mock_api: Any) -> None:
    """The metrics of twenty fit into one."""
    script(mock_api)
    ids = [f"u{number}" for number in range(uids)]
    await light("volcengine").fetch_record(call(), [*ids, ids[0], "not,one"], span(-1200, -900))
    sent = [each["UserId"].split(",") for each in queries(mock_api, "ListUserInfo")]
    assert [len(each) for each in sent] == asked
    assert [uid for each in sent for uid in each] == ids
    (details,) = queries(mock_api, "ListCallDetail")
    assert (details["UserId"], details["Direction"]) == (",".join(ids), "0")


async def test_of_a_whole_class_forty_users(light: Any, mock_api: Any) -> None:
    """Those who send are first; twenty per request."""
    script(mock_api, *(user(f"u{number}", Pub=number >= 145) for number in range(100, 150)))
    record = await light("volcengine").fetch_record(call(), [], span(-1200, -900))
    sent = [each["UserId"].split(",") for each in queries(mock_api, "ListCallDetail")]
    numbers = [*range(145, 150), *range(100, 135)]
    assert [len(each) for each in sent] == [20, 20]
    assert [uid for each in sent for uid in each] == [f"u{number}" for number in numbers]
    assert len(record.participants) == 50


@pytest.mark.parametrize(
    ("field", "value"), [("CreatedAt", "yesterday"), ("CreatedAt", ""), ("LeaveAt", "x")]
)
async def test_a_session_needs_its_times(field: str, value: str, light: Any, mock_api: Any) -> None:
    """A user who came at no time is no user; the error is of the list."""
    script(mock_api, user("u1") | {field: value})
    with pytest.raises(CloudInvalidResponseError, match="ListUserInfo, CreatedAt"):
        await light("volcengine").fetch_record(call(), ["u1"], span(-1200, -900))


JOIN, LEAVE = "join_room", "leave_room"


@pytest.mark.parametrize(
    ("record", "finished", "sessions"),
    [
        ([(JOIN, 10), (LEAVE, 20)], True, [(10, 20)]),
        ([(JOIN, 10), (LEAVE, 20)], None, [(10, 20)]),
        ([(JOIN, 10), (LEAVE, 20)], False, [(10, 20)]),
        ([(JOIN, 10)], True, [(10, 90)]),
        ([(JOIN, 10)], False, [(10, None)]),
        ([(LEAVE, 20)], True, [(5, 90)]),
        ([(LEAVE, 10), (JOIN, 20)], True, [(20, 90)]),
        ([(JOIN, 10), (LEAVE, 10)], True, [(10, 10)]),
        ([(JOIN, 10), (JOIN, 20), (LEAVE, 30), (LEAVE, 40)], True, [(10, 30), (20, 40)]),
        ([(JOIN, 10), (LEAVE, 20), (LEAVE, 30)], True, [(10, 20)]),
        ([(JOIN, 10), (JOIN, 20), (LEAVE, 30)], True, [(10, 20), (20, 30)]),
        ([(JOIN, 10), (JOIN, 20), (LEAVE, 30)], False, [(10, 30), (20, None)]),
        ([], True, [(5, 90)]),
        ([], False, [(5, None)]),
    ],
)
async def test_sessions_of_joins_and_leaves(
    record: list[tuple[str, float]],
    finished: object,
    sessions: list[tuple[float, float | None]],
    *,
    light: Any,
    mock_api: Any,
) -> None:
    """Two sessions at once end in the order of their begins; without a leave, with the user's."""
    start = -7200
    rows = [{"Time": china(start + second), "Type": kind} for kind, second in reversed(record)]
    times = {"CreatedAt": china(start + 5), "LeaveAt": china(start + 90)}
    script(mock_api, user("u1", Record=rows, Finished=finished, **times))
    result = await light("volcengine").fetch_record(call(), ["u1"], span(-1200, -900))
    expected = [
        (f"c1/u1/{number}", when(start + began), None if ended is None else when(start + ended))
        for number, (began, ended) in enumerate(sessions)
    ]
    assert [(each.sid, each.joined_at, each.left_at) for each in result.participants] == expected


def detail(uid: str, *points: tuple[float, float], peer: str = "", **metric: Any) -> dict[str, Any]:
    """One metric of one user; points in seconds from noon."""
    data = [
        {"Time": int(when(seconds).timestamp() * 1000), "Value": value} for seconds, value in points
    ]
    row = {"Name": "audio_send_bitrate", "Data": data} | metric
    return {"UserId": uid, "PeerId": peer, "CallDetail": [row]}


async def test_series_of_several_requests_are_one(light: Any, mock_api: Any) -> None:
    """Of a second in two responses the first value is kept; both ends of the window belong to it."""
    details = [
        detail("u1", (-1201, 1), (-1200, 2), (-1000, 3)),
        detail("u1", (-1000, 4), (-900, 5), (-899, 6)),
        detail("u1", (-5000, 7), Name="audio_uplink_loss"),
    ]
    script(mock_api, user("u1"), details=details)
    record = await light("volcengine").fetch_record(call(), ["u1"], span(-1200, -900))
    (series,) = record.series
    assert series.values.tolist() == [2, 3, 5]
    assert series.sid == "c1/u1/0"


async def test_metrics_of_a_user_without_a_session(light: Any, mock_api: Any) -> None:
    """They are of session 0; the call is not missing, and a series needs a point."""
    details = [detail("u9", (-1000, 1)), detail("u9", (-1, 1), Name="audio_uplink_loss")]
    script(mock_api, details=details)
    record = await light("volcengine").fetch_record(call(), ["u9"], span(-1200, -900))
    assert [series.sid for series in record.series] == ["c1/u9/0"]
    assert record.missing == ()
    script(mock_api)
    record = await light("volcengine").fetch_record(call(), ["u9"], span(-1100, -900))
    assert record.missing == NOT_FOUND


async def test_points_that_are_none_are_invalid(light: Any, mock_api: Any) -> None:
    """The error names the endpoint of the metrics."""
    script(mock_api, user("u1"), details=[detail("u1", Data=[{"Value": 1}])])
    with pytest.raises(CloudInvalidResponseError, match="ListCallDetail, Data"):
        await light("volcengine").fetch_record(call(), ["u1"], span(-1200, -900))


@pytest.mark.parametrize(("size", "in_thread"), [(512 * 1024 - 1, False), (512 * 1024, True)])
async def test_many_points_are_parsed_in_a_thread(
    size: int, light: Any, mock_api: Any, monkeypatch: pytest.MonkeyPatch, *, in_thread: bool
) -> None:
    """From 512 KiB on, of all metrics together."""
    threads: list[Any] = []

    async def to_thread(work: Any) -> Any:
        threads.append(work)
        return await asyncio.to_thread(work)

    monkeypatch.setattr(volcengine_record, "asyncio", SimpleNamespace(to_thread=to_thread))
    script(mock_api, user("u1"))
    halves = [size // 2, size - size // 2]
    raw = [b"[" + b" " * (half - 2) + b"]" for half in halves]
    users = b",".join(
        b'{"UserId": "u%d", "CallDetail": [{"Name": "x", "Data": %b}]}' % each
        for each in enumerate(raw)
    )
    users += b',{"UserId": "u3"}'
    content = b'{"ResponseMetadata": {}, "Result": {"UserCallDetail": [%b]}}' % users
    assert json.loads(content)
    mock_api.respond("ListCallDetail", content)
    await light("volcengine").fetch_record(call(), ["u1"], span(-1200, -900))
    assert bool(threads) is in_thread
