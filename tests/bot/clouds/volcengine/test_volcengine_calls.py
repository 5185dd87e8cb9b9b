"""Single calls of Volcengine from scripted responses: rooms, users, metrics and errors."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import pytest

from bot.call import Call, IssueType, Metric, MissingKind, MissingReason, Report, Side
from bot.clouds.volcengine.schemas import format_time
from bot.errors import (
    CloudDataExpiredError,
    CloudUnsupportedError,
)
from bot.ports import Window

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
NOON_MS = 1795176000000
FIVE = dt.timedelta(minutes=5)
WINDOW = Window(NOON - dt.timedelta(minutes=40), NOON - dt.timedelta(minutes=30))
CALL = Call("volcengine", "kids", "c1", "room", NOON - dt.timedelta(hours=2))


def china(minutes_ago: float) -> str:
    """A time before noon in Volcengine's format."""
    return format_time(NOON - dt.timedelta(minutes=minutes_ago))


def yes(result: Any) -> dict[str, Any]:
    """A success."""
    return {"ResponseMetadata": {"RequestId": "r", "Region": "cn-north-1"}, "Result": result}


def room(number: int, began: float = 60, ended: float | None = 20) -> dict[str, Any]:
    """One call that began and ended so many minutes before noon."""
    return {
        "CallId": f"c{number}",
        "RoomId": "room",
        "IsFinished": ended is not None,
        "CreatedTime": china(began),
        "DestroyTime": "" if ended is None else china(ended),
        "ActiveUserNum": 0,
    }


def user(uid: str, **changes: Any) -> dict[str, Any]:
    """One user who was in the call all the time."""
    return {
        "UserId": uid,
        "CallId": "c1",
        "RoomId": "room",
        "CreatedAt": china(60),
        "LeaveAt": china(20),
        "Finished": True,
        "OS": "ios",
        "Access": "wifi",
        "Pub": True,
        "DeviceType": "iPad8,1",
        "SdkVersion": "3.58",
        "Record": [
            {"Time": china(60), "Type": "join_room"},
            {"Time": china(20), "Type": "leave_room"},
        ],
        **changes,
    }


def detail(uid: str, peer: str | None = None, **metric: Any) -> dict[str, Any]:
    """One metric of one user, with three points in the window."""
    points = [{"Time": NOON_MS - 40 * 60000 + 2000 * n, "Value": n + 1.0} for n in range(3)]
    row = {"Name": "", "Desc": "", "Unit": "", "Data": points} | metric
    peered = {"PeerId": peer} if peer else {}
    return {"RoomId": "room", "UserId": uid, "Direction": "up", **peered, "CallDetail": [row]}


def script(mock_api: Any, users: list[Any], details: list[Any]) -> None:
    """Script the responses for one call."""
    mock_api.respond("ListUserInfo", yes({"UserList": users, "Total": len(users)}))
    mock_api.respond("ListCallDetail", yes({"UserCallDetail": details}))


def requested(mock_api: Any, action: str) -> list[dict[str, str]]:
    """The query of every request of one Action."""
    queries = [dict(request.url.params) for request in mock_api.requests]
    return [query for query in queries if query["Action"] == action]


async def test_v18_calls_use_the_current_version(make_volcengine: Any, mock_api: Any) -> None:
    """V18: the endpoints for single calls are of 2023-11-01, whatever the setting."""
    mock_api.respond("ListRoomInfo", yes({"RoomList": [room(1)]}))
    await make_volcengine().find_calls("kids", "room", WINDOW)
    (request,) = mock_api.requests
    assert request.method == "GET"
    assert dict(request.url.params) == {
        "Action": "ListRoomInfo",
        "Version": "2023-11-01",
        "AppId": "661e00000000000000000001",
        "StartTime": "2026-11-19T19:30:00+08:00",
        "EndTime": "2026-11-20T19:30:00+08:00",
        "RoomId": "room",
        "PageNum": "1",
        "PageSize": "100",
    }


async def test_plus_is_encoded(make_volcengine: Any, mock_api: Any) -> None:
    """Section 0: the plus of +08:00 is sent as %2B; a bare one would be a space."""
    mock_api.respond("ListRoomInfo", yes({"RoomList": []}))
    await make_volcengine().find_calls("kids", "room", WINDOW)
    query = mock_api.requests[0].url.query
    assert b"+" not in query
    assert b"%2B08%3A00" in query


async def test_calls_newest_first_running_ones_open(make_volcengine: Any, mock_api: Any) -> None:
    """A room id with several calls is several rows; an empty DestroyTime means running."""
    other = {**room(4), "RoomId": "room2"}
    rooms = [room(1), room(2, began=38, ended=None), room(3, began=120, ended=100), other]
    mock_api.respond("ListRoomInfo", yes({"RoomList": rooms}))
    result = await make_volcengine().find_calls("kids", "room", WINDOW)
    assert [call.id for call in result] == ["c2", "c1"]
    assert result[0].ended_at is None
    assert NOON - dt.timedelta(minutes=20) == result[1].ended_at


async def test_every_page_is_fetched(make_volcengine: Any, mock_api: Any) -> None:
    """While there is more, the next page is requested."""

    def page(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["PageNum"])
        return httpx.Response(200, json=yes({"RoomList": [room(number)], "HasMore": number < 3}))

    mock_api.respond_with("ListRoomInfo", page)
    result = await make_volcengine().find_calls("kids", "room", WINDOW)
    assert {call.id for call in result} == {"c1", "c2", "c3"}


async def test_pages_that_never_end(make_volcengine: Any, mock_api: Any) -> None:
    """Requests end when a cloud always has more."""
    mock_api.respond("ListRoomInfo", yes({"RoomList": [room(1)], "HasMore": True}))
    assert len(await make_volcengine().find_calls("kids", "room", WINDOW)) == 1
    assert len(mock_api.requests) == 10


async def test_v12_long_window_is_fetched_by_day(make_volcengine: Any, mock_api: Any) -> None:
    """The cloud would truncate a window over 24 hours silently."""
    mock_api.respond("ListRoomInfo", yes({"RoomList": []}))
    since = NOON - dt.timedelta(days=3)
    assert await make_volcengine().find_calls("kids", "room", Window(since, NOON)) == ()
    assert len(mock_api.requests) == 3
    for request in mock_api.requests:
        start, end = (request.url.params[name] for name in ("StartTime", "EndTime"))
        span = dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(start)
        assert span <= dt.timedelta(days=1)


async def test_expired_window_takes_no_request(make_volcengine: Any, mock_api: Any) -> None:
    """Calls older than 14 days are expired."""
    then = NOON - dt.timedelta(days=15)
    with pytest.raises(CloudDataExpiredError):
        await make_volcengine().find_calls("kids", "room", Window.around(then, FIVE))
    assert mock_api.requests == []


async def test_second_join_is_a_second_session(make_volcengine: Any, mock_api: Any) -> None:
    """Each join and leave is a session, and points belong to the session of their time."""
    record = [
        {"Time": china(60), "Type": "join_room"},
        {"Time": china(39.95), "Type": "leave_room"},
        {"Time": china(39.95), "Type": "join_room"},
        {"Time": china(20), "Type": "leave_room"},
    ]
    script(
        mock_api,
        [user("u1", Record=record), user("u2", Record=None, Access="unknown"), user("u3")],
        [detail("u1", Desc="音频上行丢包率", Unit="%")],
    )
    result = await make_volcengine().fetch_record(CALL, ["u1", "u2"], WINDOW)
    sessions = [
        (session.uid, session.sid, session.network, session.platform)
        for session in result.participants
    ]
    assert set(sessions) == {
        ("u1", "c1/u1/0", "wifi", "ios"),
        ("u1", "c1/u1/1", "wifi", "ios"),
        ("u2", "c1/u2/0", "", "ios"),
    }
    assert {s.sid: s.times.size for s in result.series} == {"c1/u1/0": 2, "c1/u1/1": 1}
    assert result.missing == ()


@pytest.mark.parametrize(
    ("record", "sessions"),
    [
        ([], [(60, None)]),
        ([("join_room", 60)], [(60, None)]),
        ([("leave_room", 50)], [(60, None)]),
        ([("join_room", 60), ("join_room", 50)], [(60, 50), (50, None)]),
        ([("join_room", 50), ("leave_room", 55), ("join_room", 60)], [(60, 55), (50, None)]),
        ([("joinroom", 60), ("leaveroom", 50)], [(60, 50)]),
        ([("join_room", 60), ("dance", 55), ("leave_room", 50)], [(60, 50)]),
        ([("join_room", 60), ("join_room", 50), ("leave_room", 40)], [(60, 40), (50, None)]),
    ],
    ids=str,
)
async def test_sessions_of_joins_and_leaves(
    record: list[tuple[str, float]],
    sessions: list[tuple[float, float | None]],
    make_volcengine: Any,
    mock_api: Any,
) -> None:
    """Missing or unsorted joins and leaves give plausible sessions."""
    rows = [{"Time": china(ago), "Type": kind} for kind, ago in record]
    script(mock_api, [user("u1", Record=rows, Finished=False, LeaveAt="")], [])
    result = await make_volcengine().fetch_record(CALL, ["u1"], WINDOW)

    def at(ago: float | None) -> dt.datetime | None:
        return None if ago is None else NOON - dt.timedelta(minutes=ago)

    assert [(at(came), at(left)) for came, left in sessions] == [
        (session.joined_at, session.left_at) for session in result.participants
    ]


async def test_users_of_another_call_are_skipped(make_volcengine: Any, mock_api: Any) -> None:
    """A room with two calls in the window lists the users of both; CallId separates them."""
    script(mock_api, [user("u1", CallId="c0"), user("u2")], [])
    result = await make_volcengine().fetch_record(CALL, ["u1", "u2"], WINDOW)
    assert [session.uid for session in result.participants] == ["u2"]


async def test_empty_call_is_listed_as_missing(make_volcengine: Any, mock_api: Any) -> None:
    """A call without users or metrics is listed as missing."""
    script(mock_api, [], [])
    result = await make_volcengine().fetch_record(CALL, ["u1"], WINDOW)
    assert [(m.what, m.why) for m in result.missing] == [
        (MissingKind.CALL, MissingReason.NOT_FOUND)
    ]


@pytest.mark.parametrize("uids", [["a,b"], ["学生"], ["x" * 129], ["a b", ""]])
async def test_invalid_ids_take_no_request(
    uids: list[str], make_volcengine: Any, mock_api: Any
) -> None:
    """An id with a comma would select two other users, so no request is sent."""
    result = await make_volcengine().fetch_record(CALL, uids, WINDOW)
    assert [missing_item.why for missing_item in result.missing] == [MissingReason.NOT_FOUND]
    assert mock_api.requests == []


async def test_limits_of_ids_per_request(make_volcengine: Any, mock_api: Any) -> None:
    """Ten ids per ListUserInfo, twenty per ListCallDetail, an hour per request."""
    script(mock_api, [user("u1")], [])
    window = Window(NOON - dt.timedelta(minutes=90), NOON - dt.timedelta(minutes=10))
    await make_volcengine().fetch_record(CALL, [f"u{n}" for n in range(25)], window)
    users, details = requested(mock_api, "ListUserInfo"), requested(mock_api, "ListCallDetail")
    assert [len(each["UserId"].split(",")) for each in users] == [10, 10, 5]
    assert [len(each["UserId"].split(",")) for each in details] == [20, 5, 20, 5]
    assert {each["ExcludeServerUser"] for each in users} == {"true"}


async def test_metrics_of_senders_are_fetched_first(make_volcengine: Any, mock_api: Any) -> None:
    """Metrics are requested by id: without given ids, senders are first."""
    script(mock_api, [user("quiet", Pub=False), user("loud"), user("odd,one")], [])
    result = await make_volcengine().fetch_record(CALL, [], WINDOW)
    assert len(result.participants) == 3
    assert "UserId" not in requested(mock_api, "ListUserInfo")[0]
    assert requested(mock_api, "ListCallDetail")[0]["UserId"] == "loud,quiet"


async def test_metrics_expire_before_users(make_volcengine: Any, mock_api: Any) -> None:
    """Between 6 and 14 days users are returned, and metrics are listed as expired."""
    then = NOON - dt.timedelta(days=8)
    script(mock_api, [user("u1", Record=[], CreatedAt=format_time(then), LeaveAt="")], [])
    old = Call("volcengine", "kids", "c1", "room", then, then + dt.timedelta(hours=1))
    result = await make_volcengine().fetch_record(old, ["u1"], Window.around(then, FIVE))
    assert [session.uid for session in result.participants] == ["u1"]
    assert [missing_item.why for missing_item in result.missing] == [MissingReason.FORGOTTEN]
    assert requested(mock_api, "ListCallDetail") == []


@pytest.mark.parametrize(("ago_s", "whys"), [(10, ["not_out_yet"]), (400, [])])
async def test_data_is_late(
    ago_s: float, whys: list[str], make_volcengine: Any, mock_api: Any, clock: Any
) -> None:
    """Data is 100 seconds late; the record has up to when it is fresh, and the retry time."""
    script(mock_api, [user("u1")], [detail("u1", Desc="音频发送码率")])
    until = clock.now() - dt.timedelta(seconds=ago_s)
    result = await make_volcengine().fetch_record(CALL, ["u1"], Window(WINDOW.since, until))
    assert whys == [missing_item.why for missing_item in result.missing]
    assert result.fresh_until is not None
    assert result.fresh_until <= clock.now() - dt.timedelta(seconds=100)
    if whys:
        assert until + dt.timedelta(seconds=100) == result.missing[0].retry_at


async def test_the_peer_is_the_senders(make_volcengine: Any, mock_api: Any) -> None:
    """Section 0: only received streams have a peer; metrics of the device have none."""
    script(
        mock_api,
        [user("u1")],
        [
            detail("u1", "u2", Desc="视频接收码率"),
            detail("u1", "u2", Desc="系统 CPU 使用率"),
            detail("u1", "u1", Desc="视频接收帧率"),
            detail("u1", Desc="视频大流发送码率"),
        ],
    )
    result = await make_volcengine().fetch_record(CALL, ["u1"], WINDOW)
    assert {
        (Metric.RECEIVE_BITRATE, "u2"),
        (Metric.SYSTEM_CPU, None),
        (Metric.RECEIVE_FPS, None),
        (Metric.SEND_BITRATE, None),
    } == {(series.metric, series.peer_uid) for series in result.series}


async def test_times_of_points_are_milliseconds(make_volcengine: Any, mock_api: Any) -> None:
    """Section 0: RFC 3339 everywhere else, epoch milliseconds in the points."""
    script(mock_api, [user("u1")], [detail("u1", Desc="音频发送码率")])
    result = await make_volcengine().fetch_record(CALL, ["u1"], WINDOW)
    assert [NOON_MS / 1000 - 2400 + 2 * n for n in range(3)] == result.series[0].times.tolist()
    assert result.series[0].values.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("name", "desc", "code"),
    [("decode_qp", "x", "decode_qp"), ("", "新 指标", "新 指标"), (None, None, "unnamed")],
)
async def test_v9_unknown_metric_keeps_its_code(
    name: str | None, desc: str | None, code: str, make_volcengine: Any, mock_api: Any
) -> None:
    """V9: an unknown metric keeps its code, and is no error."""
    script(mock_api, [user("u1")], [detail("u1", "u2", Name=name, Desc=desc)])
    (series,) = (await make_volcengine().fetch_record(CALL, ["u1"], WINDOW)).series
    assert ("volcengine.call_metric", code) == (series.code.kind, series.code.value)
    assert (series.metric, series.peer_uid) == (Metric.OTHER, "u2")


async def test_unsupported_operations(make_volcengine: Any, mock_api: Any) -> None:
    """No causes and no reports, in the capabilities and as CloudUnsupportedError."""
    volcengine = make_volcengine()
    result = volcengine.capabilities
    assert (result.reports, result.events, result.lookback.days) == (False, False, 14)
    assert dt.timedelta(seconds=100) == result.metrics_delay
    with pytest.raises(CloudUnsupportedError):
        await volcengine.fetch_events("kids", "room", WINDOW)
    with pytest.raises(CloudUnsupportedError):
        await volcengine.send_report(
            Report("kids", "room", "1", "2", Side.STUDENT, IssueType.HELP, NOON)
        )
    assert mock_api.requests == []


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("class_77-1.a@B", True),
        ("x" * 128, True),
        ("x" * 129, False),
        ("", False),
        ("a b", False),
        ("a,b", False),
        ("课堂", False),
        ("a\n", False),
        ("٣", False),
    ],
)
def test_ids_are_those_volcengine_allows(text: str, fits: object, make_volcengine: Any) -> None:
    """Ids of rooms and users are 1 to 128 of its characters; uids need not be numbers."""
    result = make_volcengine().capabilities
    assert fits is bool(result.uid.fullmatch(text))
    assert fits is bool(result.cname.fullmatch(text))
    assert result.uid_max is None


async def test_user_without_call_id_belongs_to_the_call(
    make_volcengine: Any, mock_api: Any
) -> None:
    """`CallId` may be missing in a row of ListUserInfo; the row is then of the requested call."""
    script(mock_api, [user("u1", CallId=None), user("u2", CallId="c0")], [])
    record = await make_volcengine().fetch_record(CALL, [], WINDOW)
    assert [participant.uid for participant in record.participants] == ["u1"]
