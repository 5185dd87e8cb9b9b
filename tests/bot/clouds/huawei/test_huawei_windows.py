"""Calls, records and events at Huawei: requested windows, pages, caching, and what is missing."""

from __future__ import annotations

import asyncio
import datetime as dt
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from bot.call import Call, Direction, MissingItem, MissingKind, MissingReason
from bot.clouds.huawei import record as huawei_record
from bot.clouds.huawei.metrics import direction_of, kind_of
from bot.errors import CloudDataExpiredError, CloudInvalidResponseError
from bot.ports import Window

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
HOUR_S = 3600
DAY_S = 86400


def when(seconds: float) -> dt.datetime:
    """A moment in seconds from noon."""
    return NOON + dt.timedelta(seconds=seconds)


def iso(seconds: float) -> str:
    """A moment in seconds from noon, in Huawei's format."""
    return when(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(since: float, until: float) -> Window:
    """A window in seconds from noon."""
    return Window(when(since), when(until))


def call(began: float = -7200, ended: float | None = -600) -> Call:
    """One call, in seconds from noon."""
    ended_at = None if ended is None else when(ended)
    return Call("huawei", "kids", "c1", "room", when(began), ended_at)


def room(began: float, ended: float | None = None, **changes: Any) -> dict[str, Any]:
    """One row of 13.1."""
    ends = "-" if ended is None else iso(ended)
    return {"room_id": "room", "start_time": iso(began), "end_time": ends} | changes


def user(uid: str, began: float = -7200, ended: float | None = None, **row: Any) -> dict[str, Any]:
    """One row of 13.2."""
    ends = "-" if ended is None else iso(ended)
    return {"uid": uid, "session": f"s-{uid}", "join_time": iso(began), "leave_time": ends} | row


@pytest.fixture
def huawei(light: Any, mock_api: Any) -> Any:
    """Huawei without any data."""
    mock_api.respond("rooms", {"total": 0, "room_info_list": []})
    mock_api.respond("users", {"total": 0, "users": []})
    mock_api.respond("details", {"data": []})
    mock_api.respond("abnormal-events", {"total": 0, "events": []})
    return light("huawei")


def asked(mock_api: Any, name: str) -> list[tuple[float, float]]:
    """The window of every request of an endpoint, in seconds from noon."""

    def seconds(text: str) -> float:
        return (dt.datetime.fromisoformat(text) - NOON).total_seconds()

    return [
        (seconds(each["start_time"]), seconds(each["end_time"])) for each in mock_api.params(name)
    ]


FIRST = HOUR_S - 90 * DAY_S  # the next whole hour after what is still kept
ROOMS = [
    (span(-1200, -900), (FIRST, -900)),
    (span(-1200.5, -900.5), (FIRST, -900)),
    (span(-1200, 0), (FIRST, 0)),
    (span(-1200, 600), (FIRST, 0)),
    (span(FIRST - 1000, FIRST - 900), (FIRST - 900, FIRST - 900)),
]


@pytest.mark.parametrize(("window", "requested"), ROOMS)
async def test_the_requested_window(
    window: Window, requested: tuple[float, float], huawei: Any, mock_api: Any
) -> None:
    """All rooms that are kept, as one may have been created weeks ago; up to now at most."""
    assert await huawei.find_calls("kids", "room", window) == ()
    assert asked(mock_api, "rooms") == [requested]


async def test_now_is_rounded_down(huawei: Any, mock_api: Any, clock: Any) -> None:
    """Requests of the same ten seconds, and of the same hour, are the same."""
    clock.advance(seconds=7.5)
    await huawei.find_calls("kids", "room", span(-1200, 600))
    clock.advance(seconds=2)
    await huawei.find_calls("kids", "room", span(-1100, 600))
    assert asked(mock_api, "rooms") == [(FIRST, 0)]


@pytest.mark.parametrize(
    ("until", "is_gone"), [(-90 * DAY_S + 30, True), (-90 * DAY_S + 31, False)]
)
async def test_a_window_expires(until: float, huawei: Any, mock_api: Any, *, is_gone: bool) -> None:
    """Half a minute before the documented 90 days, as clocks may differ."""
    request = huawei.find_calls("kids", "room", span(until - 300, until))
    if is_gone:
        with pytest.raises(CloudDataExpiredError):
            await request
    else:
        await request
    assert len(mock_api.requests) == (not is_gone)


@pytest.mark.parametrize(
    ("row", "ends"),
    [
        (room(-900), (-900, None)),
        (room(-899), None),
        (room(-5000, -1200), (-5000, -1200)),
        (room(-5000, -1201), None),
        (room(-5000, -1201, state="RUNNING"), (-5000, None)),
        (room(-5000, -1100, state="CLOSED"), (-5000, -1100)),
        (room(-5000, room_id="room2"), None),
    ],
)
async def test_calls_that_touch_the_window(
    row: dict[str, Any], ends: tuple[float, float | None] | None, huawei: Any, mock_api: Any
) -> None:
    """Both ends belong to it; a running room has no end, whatever its time."""
    mock_api.respond("rooms", {"total": 1, "room_info_list": [row]})
    calls = await huawei.find_calls("kids", "room", span(-1200, -900))
    assert [(each.started_at, each.ended_at) for each in calls] == (
        [] if ends is None else [(when(ends[0]), None if ends[1] is None else when(ends[1]))]
    )
    if calls:
        assert calls[0].id == f"room@{calls[0].started_at:%Y%m%dT%H%M%SZ}"


async def test_newest_first(huawei: Any, mock_api: Any) -> None:
    """A room with two rows is two calls."""
    rows = [room(-5000), room(-1000), room(-3000)]
    mock_api.respond("rooms", {"total": 3, "room_info_list": rows})
    calls = await huawei.find_calls("kids", "room", span(-1200, -900))
    assert [each.started_at for each in calls] == [when(-1000), when(-3000), when(-5000)]


@pytest.mark.parametrize(
    "body", [{}, {"total": None}, {"room_info_list": [{"room_id": "room", "start_time": "-"}]}]
)
async def test_a_list_needs_rows_with_a_begin(body: Any, huawei: Any, mock_api: Any) -> None:
    """Otherwise the response is invalid; a total of none needs no rows."""
    mock_api.respond("rooms", body)
    with pytest.raises(CloudInvalidResponseError):
        await huawei.find_calls("kids", "room", span(-1200, -900))
    mock_api.respond("rooms", {"total": 0})
    assert await huawei.find_calls("kids", "room", span(-1200, -800)) == ()


@pytest.mark.parametrize(
    ("size", "total", "pages"),
    [
        (99, None, 1),
        (100, None, 10),
        (0, None, 1),
        (100, 100, 1),
        (100, 101, 2),
        (30, 70, 3),
        (0, 70, 1),
    ],
)
async def test_pages(size: int, total: int | None, pages: int, huawei: Any, mock_api: Any) -> None:
    """With a total until all rows are there, else until a page is not full; ten at most."""

    def response(request: httpx.Request) -> httpx.Response:
        first = int(request.url.params["offset"])
        rows = [room(-1000 - first - number) for number in range(size)]
        return httpx.Response(200, json={"total": total, "room_info_list": rows})

    mock_api.respond_with("rooms", response)
    calls = await huawei.find_calls("kids", "room", span(-1200, -900))
    assert len(calls) == size * pages
    sent = [(each["offset"], each["limit"]) for each in mock_api.params("rooms")]
    assert sent == [(str(number * size), "100") for number in range(pages)]


def gap(
    why: MissingReason, retry_s: float | None = None, what: MissingKind = MissingKind.CALL
) -> tuple[MissingItem, ...]:
    """The call or its events are missing for this reason."""
    retry_at = None if retry_s is None else when(retry_s)
    return (MissingItem(what, why, retry_at, "c1" if what is MissingKind.CALL else ""),)


NOT_FOUND, GONE = gap(MissingReason.NOT_FOUND), gap(MissingReason.FORGOTTEN)
LONG = call(-6 * DAY_S, None)
RECORDS: list[tuple[Call, Window, tuple[float, float] | None, tuple[MissingItem, ...], float]] = [
    (call(), span(-1200, -900), (-1800, -600), (), -900),
    (call(), span(-1200.5, -900.5), (-1801, -600), (), -900),
    (call(), span(-1200, -300), (-1800, -600), (), -600),
    (call(-1000), span(-1200, -900), (-1000, -600), (), -900),
    (call(), span(-599, -300), None, NOT_FOUND, -300),
    (call(-1000), span(-1200, -1001), None, NOT_FOUND, -300),
    (call(ended=None), span(-1200, -300), (-1800, -300), (), -300),
    (
        call(ended=None),
        span(-1200, -299),
        (-1800, -299),
        gap(MissingReason.NOT_OUT_YET, 1),
        -300,
    ),
    (call(ended=None), span(-1200, 90), (-1800, 0), gap(MissingReason.NOT_OUT_YET, 390), -300),
    (call(ended=None), span(5, 90), None, gap(MissingReason.NOT_OUT_YET, 390), -300),
    (LONG, span(-6 * DAY_S, 30 - 5 * DAY_S), None, GONE, -300),
    (
        LONG,
        span(-6 * DAY_S, 31 - 5 * DAY_S),
        (30 - 5 * DAY_S, 631 - 5 * DAY_S),
        (),
        31 - 5 * DAY_S,
    ),
]


@pytest.mark.parametrize(("one", "window", "requested", "missing", "fresh"), RECORDS)
async def test_the_part_of_a_window_that_can_be_requested(
    one: Call,
    window: Window,
    requested: tuple[float, float] | None,
    missing: tuple[MissingItem, ...],
    fresh: float,
    *,
    huawei: Any,
    mock_api: Any,
) -> None:
    """Up to now, as data may be published early, with ten minutes beside it that are published.

    The rest is listed with its reason.
    """
    mock_api.respond("users", {"total": 1, "users": [user("u1", -6 * DAY_S)]})
    record = await huawei.fetch_record(one, ["u1"], window)
    assert asked(mock_api, "details") == ([] if requested is None else [requested])
    assert record.missing == missing
    assert record.fresh_until == when(fresh)
    assert len(record.participants) == (requested is not None)


async def test_nobody_and_no_metrics_is_no_call(huawei: Any) -> None:
    """Unless it is listed as missing for another reason."""
    record = await huawei.fetch_record(call(), ["u1"], span(-1200, -900))
    assert record.missing == NOT_FOUND
    record = await huawei.fetch_record(call(ended=None), ["u1"], span(-1200, -100))
    assert record.missing == gap(MissingReason.NOT_OUT_YET, 200)


SESSIONS = [
    # A session lasts a day at most; it may have begun half a minute before the call.
    (call(), span(-1200, -900), (-7230, -600)),
    (call(-2 * DAY_S), span(-1200, -900), (-900 - DAY_S, -600)),
    (call(), span(-7100, -6900), (-7230, -6300)),
]


@pytest.mark.parametrize(("one", "window", "requested"), SESSIONS)
async def test_sessions_that_began_earlier(
    one: Call, window: Window, requested: tuple[float, float], huawei: Any, mock_api: Any
) -> None:
    """13.2 lists those that began within the window of the request."""
    await huawei.fetch_record(one, ["u1"], window)
    assert asked(mock_api, "users") == [requested]


@pytest.mark.parametrize(
    ("row", "is_there", "left"),
    [
        (user("u1", -900), True, None),
        (user("u1", -899), False, None),
        (user("u1", -5000, -1200), True, -1200),
        (user("u1", -5000, -1201), False, None),
        (user("u1", -5000, -1201, state="ONLINE"), True, None),
        (user("u1", -5000, -1100, state="OFFLINE"), True, -1100),
        (user("u2", -5000), False, None),
        (user("u1", -5000, join_time="-"), False, None),
    ],
)
async def test_sessions_that_touch_the_window(
    row: dict[str, Any], left: float | None, huawei: Any, mock_api: Any, *, is_there: bool
) -> None:
    """Both ends belong to it; who is online has not left, who failed to join has no session."""
    mock_api.respond("users", {"total": 1, "users": [row]})
    record = await huawei.fetch_record(call(), ["u1"], span(-1200, -900))
    assert [each.left_at for each in record.participants] == (
        [None if left is None else when(left)] if is_there else []
    )


async def test_sessions_without_an_id(huawei: Any, mock_api: Any) -> None:
    """They are named by user and begin; the same id is one session; the earliest is first."""
    rows = [
        user("u1", -1000, session=None),
        user("u2", -1000, session=None),
        user("u1", -7000, session="s"),
        user("u1", -7000, -1000, session="s"),
    ]
    mock_api.respond("users", {"total": 4, "users": rows})
    record = await huawei.fetch_record(call(), [], span(-1200, -900))
    stamp = int(when(-1000).timestamp())
    assert [(each.sid, each.left_at) for each in record.participants] == [
        ("s", when(-1000)),
        (f"u1@{stamp}", None),
        (f"u2@{stamp}", None),
    ]


@pytest.mark.parametrize(
    "body",
    [{}, {"users": [user("u1", join_time="soon")]}, {"users": [user("u1", leave_time="soon")]}],
)
async def test_a_list_of_users_needs_rows_with_times(body: Any, huawei: Any, mock_api: Any) -> None:
    """Otherwise the response is invalid."""
    mock_api.respond("users", body)
    with pytest.raises(CloudInvalidResponseError, match="users"):
        await huawei.fetch_record(call(), ["u1"], span(-1200, -900))


async def test_metrics_are_requested_by_user_and_day(huawei: Any, mock_api: Any) -> None:
    """Each uid apart; without uids once for the room. A day per request."""
    window = span(-2 * DAY_S, -900)
    await huawei.fetch_record(LONG, ["u1", "u2"], window)
    days = [(-900 - DAY_S, -900), (-2 * DAY_S, -900 - DAY_S)]
    assert asked(mock_api, "details") == [*days, *days]
    assert [each["user_id"] for each in mock_api.params("details")] == ["u1", "u1", "u2", "u2"]
    mock_api.requests.clear()
    await huawei.fetch_record(call(), [], span(-1200, -900))
    (query,) = mock_api.params("details")
    assert "user_id" not in query
    assert {"vrtt", "abit"} <= set(query["mid"].split(","))
    assert "vrtd" not in query["mid"]


@pytest.mark.parametrize(("until", "fresh_s"), [(-600, HOUR_S), (-300, 300), (-299, 15)])
async def test_how_long_a_call_is_cached(
    until: float, fresh_s: float, huawei: Any, mock_api: Any, clock: Any
) -> None:
    """An hour, five minutes while published data may be late, 15 seconds before."""
    for pause_s, requests in ((0, 2), (fresh_s - 0.5, 2), (1, 4)):
        clock.advance(seconds=pause_s)
        await huawei.fetch_record(call(ended=until), ["u1"], span(-1200, -250))
        assert len(mock_api.requests) == requests


def metric(uid: str, *points: tuple[float, object], **row: Any) -> dict[str, Any]:
    """One row of 13.10; points in seconds from noon."""
    data = [{"time": iso(seconds), "value": value} for seconds, value in points]
    return {"uid": uid, "mid": "abit", "data": data} | row


async def test_series_of_several_rows_are_one(huawei: Any, mock_api: Any) -> None:
    """Of a second in two rows the first value is kept; both ends of the window belong to it."""
    rows = [
        metric("u1", (-1201, 1), (-1200, 2), (-1000, 3)),
        metric("u1", (-1000, 4), (-900, 5), (-899, 6)),
        metric("u1", (-5000, 7), mid="aloss"),
        metric("u9", (-1000, 8)),
    ]
    mock_api.respond("users", {"total": 1, "users": [user("u1")]})
    mock_api.respond("details", {"data": rows})
    record = await huawei.fetch_record(call(), ["u1"], span(-1200, -900))
    (series,) = record.series
    assert (series.sid, series.values.tolist()) == ("s-u1", [2, 3, 5])
    record = await huawei.fetch_record(call(), ["u9"], span(-1200, -900))
    assert [(each.uid, each.sid) for each in record.series] == [("u9", "")]
    assert record.missing == ()


@pytest.mark.parametrize(("rows", "in_thread"), [(199, False), (200, True)])
async def test_many_rows_are_parsed_in_a_thread(
    rows: int,
    huawei: Any,
    mock_api: Any,
    monkeypatch: pytest.MonkeyPatch,
    *,
    in_thread: bool,
) -> None:
    """From 200 on."""
    threads: list[Any] = []

    async def to_thread(work: Any) -> Any:
        threads.append(work)
        return await asyncio.to_thread(work)

    monkeypatch.setattr(huawei_record, "asyncio", SimpleNamespace(to_thread=to_thread))

    def response(request: httpx.Request) -> httpx.Response:
        first = int(request.url.params["offset"])
        data = [metric("u1", peerid=str(number)) for number in range(rows)]
        return httpx.Response(200, json={"data": data[first : first + 100]})

    mock_api.respond_with("details", response)
    await huawei.fetch_record(call(), ["u1"], span(-1200, -900))
    assert bool(threads) is in_thread


def event(seconds: float, **changes: Any) -> dict[str, Any]:
    """One row of 13.13."""
    row = {"time": iso(seconds), "uid": "u1", "room_id": "room", "abnormal_type": 2}
    return row | {"abnormal_factor": 1} | changes


LATE = MissingReason.NOT_OUT_YET
EVENTS: list[tuple[Window, list[tuple[float, float]], float | None, float]] = [
    (span(-1200, -900), [(-1200, -900)], None, HOUR_S),
    (span(-1200, -300), [(-1200, -300)], None, 300),
    (span(-1200, -299), [(-1200, -299)], 1, 15),
    (span(-1200, 0), [(-1200, 0)], 300, 15),
    (span(-1200, 90), [(-1200, 0)], 390, 15),
    (span(60, 90), [], 390, 15),
    (span(-2 * DAY_S, -900), [(-900 - DAY_S, -900), (-2 * DAY_S, -900 - DAY_S)], None, HOUR_S),
]


@pytest.mark.parametrize(("window", "requested", "retry_s", "fresh_s"), EVENTS)
async def test_the_events_of_a_window(
    window: Window,
    requested: list[tuple[float, float]],
    retry_s: float | None,
    fresh_s: float,
    *,
    huawei: Any,
    mock_api: Any,
    clock: Any,
) -> None:
    """A day per request, up to now; what is published late is listed and cached shortly."""
    result = await huawei.fetch_events("kids", "room", window)
    assert asked(mock_api, "abnormal-events") == requested
    expected = () if retry_s is None else gap(LATE, retry_s, MissingKind.EVENTS)
    assert result.missing == expected
    if window.until <= NOON and requested:
        for pause_s, factor in ((fresh_s - 0.5, 1), (1, 2)):
            clock.advance(seconds=pause_s)
            await huawei.fetch_events("kids", "room", window)
            assert len(mock_api.requests) == factor * len(requested)


async def test_events_of_all_rooms(huawei: Any, mock_api: Any) -> None:
    """Without a channel the request has none, and rows of every room are returned."""
    rows = [event(-1000, room_id="a"), event(-1100, room_id="b"), event(-899), event(-1201)]
    mock_api.respond("abnormal-events", {"total": 4, "events": rows})
    result = await huawei.fetch_events("kids", "", span(-1200, -900))
    assert [each.cname for each in result.events] == ["b", "a"]
    assert "room_id" not in mock_api.params("abnormal-events")[0]


@pytest.mark.parametrize(
    ("peers", "peer"), [((None, "u2"), "u2"), (("u2", "u3"), "u2"), (("0", None), None)]
)
async def test_rows_of_one_event_are_merged(
    peers: tuple[str | None, ...], peer: str | None, huawei: Any, mock_api: Any
) -> None:
    """The same factor once; the first peer that is known; an event may have no factor."""
    rows = [event(-1000, peer_uid=each) for each in peers]
    rows += [event(-1000, abnormal_factor=5), event(-950, abnormal_factor=None, uid="u4")]
    mock_api.respond("abnormal-events", {"total": 4, "events": rows})
    first, second = (await huawei.fetch_events("kids", "room", span(-1200, -900))).events
    assert first.peer_uid == peer
    assert {factor.code.value for factor in first.factors} == {"1", "5"}
    assert (second.uid, second.factors, second.peer_uid) == ("u4", (), None)


async def test_an_event_without_a_time_is_invalid(huawei: Any, mock_api: Any) -> None:
    """It cannot be placed."""
    mock_api.respond("abnormal-events", {"total": 1, "events": [event(-1000, time="-")]})
    with pytest.raises(CloudInvalidResponseError, match="time"):
        await huawei.fetch_events("kids", "room", span(-1200, -900))
    mock_api.respond("abnormal-events", {"total": 0})
    assert (await huawei.fetch_events("kids", "room", span(-1200, -800))).events == ()


@pytest.mark.parametrize(
    ("mid", "peer", "direction"),
    [
        ("abit", None, Direction.UP),
        ("abit", "u2", Direction.DOWN),
        ("vblock", None, Direction.DOWN),
        ("vblock", "u2", Direction.DOWN),
        ("appcpu", "u2", None),
        ("dbit", None, Direction.UP),
        ("dfps", "u2", None),
    ],
)
def test_directions(mid: str, peer: str | None, direction: Direction | None) -> None:
    """What is received, or frozen, is down; what is of the device has none."""
    assert direction_of(kind_of(mid), peer) is direction
