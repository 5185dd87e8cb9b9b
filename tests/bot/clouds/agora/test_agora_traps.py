"""The traps of Agora's documents, each named by its number in the list of contract traps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from bot.call import (
    Call,
    Code,
    Direction,
    Media,
    Metric,
    MissingItem,
    MissingKind,
    MissingReason,
)
from bot.errors import (
    CloudDataExpiredError,
)
from bot.ports import Window

NOON_S = 1795176000


def when(second: float) -> dt.datetime:
    """A moment with a zone."""
    return dt.datetime.fromtimestamp(second, dt.UTC)


def call_row(number: int, created_s: int, **changes: object) -> dict[str, object]:
    """One row of call/lists."""
    return {
        "call_id": f"c{number}",
        "cname": "class_77_1",
        "created_ts": created_s,
        "destroyed_ts": created_s + 600,
        "finished": True,
    } | changes


def user_row(uid: object, sid: str, **changes: object) -> dict[str, object]:
    """One row of call_info."""
    return {
        "sid": sid,
        "cname": "class_77_1",
        "uid": uid,
        "network": "Wi-Fi",
        "platform": "Android",
        "speaker": True,
        "sdk_version": "2.2.0.07_14",
        "device_type": "Android (6.0)",
        "join_ts": NOON_S - 1800,
        "leave_ts": NOON_S - 600,
        "finished": True,
    } | changes


def details(*users: object, metrics: object = None, **changes: object) -> dict[str, object]:
    """A response of call/details."""
    body: dict[str, object] = {"code": 200, "message": "", "call_id": "c1", "call_info": users}
    return body | ({} if metrics is None else {"metrics": metrics}) | changes


CALL = Call("agora", "kids", "c1", "class_77_1", when(NOON_S - 1800), when(NOON_S - 600))
RUNNING = Call("agora", "kids", "c1", "class_77_1", when(NOON_S - 1800))
LATELY = Window(when(NOON_S - 1200), when(NOON_S - 900))


def series_row(mid: object, points: object, peer: object = 0) -> dict[str, object]:
    """One metric of one session."""
    return {"mid": mid, "kvs": points, "peer_uid": peer}


def pages_of(rows: Sequence[dict[str, Any]], size: int = 10) -> Any:
    """Respond as the API of 2020: the newest ten calls of the window, and whether there are more."""

    def response(request: httpx.Request) -> httpx.Response:
        end = int(request.url.params["end_ts"])
        start = int(request.url.params["start_ts"])
        inside = [row for row in rows if start <= row["created_ts"] <= end]
        inside.sort(key=lambda row: -row["created_ts"])
        body = {"code": 200, "has_more": len(inside) > size, "call_lists": inside[:size]}
        return httpx.Response(200, json=body)

    return response


async def test_a14_has_more_is_followed_backwards(make_agora: Any, mock_api: Any) -> None:
    """A14: 35 calls take four requests, each up to the oldest call so far; none occurs twice."""
    rows = [call_row(n, NOON_S - 3600 + n * 60, finished=False) for n in range(35)]
    mock_api.respond_with("lists", pages_of(rows))
    window = Window(when(NOON_S - 7200), when(NOON_S - 100))
    calls = await make_agora().find_calls("kids", "class_77_1", window)
    assert [f"c{n}" for n in reversed(range(35))] == [call.id for call in calls]
    ends = [int(each["end_ts"]) for each in mock_api.params("lists")]
    assert sorted(ends, reverse=True) == ends
    assert len(ends) == 4


async def test_a14_stops_without_progress(make_agora: Any, mock_api: Any) -> None:
    """A14: more than ten calls in one second cannot be listed; the requests end."""
    rows = [call_row(n, NOON_S - 1800, finished=False) for n in range(12)]
    mock_api.respond_with("lists", pages_of(rows))
    calls = await make_agora().find_calls("kids", "class_77_1", LATELY)
    assert len(calls) == 10
    assert len(mock_api.requests) == 2


async def test_calls_outside_the_window_are_left_out(make_agora: Any, mock_api: Any) -> None:
    """Only calls of this channel that touch the window are returned, newest first."""
    rows = [
        call_row(1, NOON_S - 1150),
        call_row(2, NOON_S - 7200),
        call_row(3, NOON_S - 1700, cname="class_77_10"),
        call_row(4, NOON_S - 1700, finished=False, destroyed_ts=NOON_S - 1690),
    ]
    mock_api.respond("lists", {"code": 200, "call_lists": rows})
    calls = await make_agora().find_calls("kids", "class_77_1", LATELY)
    assert [call.id for call in calls] == ["c1", "c4"]


NONE_YET = ["-", "", None, 0, "0", "0001-01-01T00:00:00Z"]


@pytest.mark.parametrize("ended", NONE_YET)
async def test_not_ended_is_none(ended: object, make_agora: Any, mock_api: Any) -> None:
    """Section 0: every notation for "not ended" becomes None."""
    rows = [call_row(1, NOON_S - 1800, destroyed_ts=ended)]
    mock_api.respond("lists", {"code": 200, "call_lists": rows})
    mock_api.respond("details", details(user_row(10001, "A", leave_ts=ended)))
    agora = make_agora()
    (call,) = await agora.find_calls("kids", "class_77_1", LATELY)
    record = await agora.fetch_record(call, ["10001"], LATELY)
    assert (call.ended_at, record.participants[0].left_at) == (None, None)


async def test_finished_false_wins_over_a_time(make_agora: Any, mock_api: Any) -> None:
    """Section 0: `finished: false` means there is no end, whatever the end time."""
    mock_api.respond("details", details(user_row(10001, "A", finished=False, leave_ts=NOON_S - 5)))
    record = await make_agora().fetch_record(CALL, ["10001"], LATELY)
    assert record.participants[0].left_at is None


async def test_a15_eleventh_user_is_cut_off(make_agora: Any, mock_api: Any) -> None:
    """A15: with ten users and no teacher among them the list is truncated."""
    users = [user_row(20000 + n, f"S{n}") for n in range(10)]
    mock_api.respond("details", details(*users))
    record = await make_agora().fetch_record(CALL, ["10001", "20002"], LATELY)
    assert (MissingItem(MissingKind.CALL, MissingReason.CUT_OFF, detail="10001"),) == record.missing
    assert [session.uid for session in record.participants] == ["20002"]


async def test_a15_nine_users_are_all(make_agora: Any, mock_api: Any) -> None:
    """A15: fewer than ten users are the whole class."""
    mock_api.respond("details", details(*(user_row(20000 + n, f"S{n}") for n in range(9))))
    record = await make_agora().fetch_record(CALL, ["10001", "20002"], LATELY)
    assert record.missing == ()


async def test_a16_long_calls_are_fetched_in_chunks(make_agora: Any, mock_api: Any) -> None:
    """A16: no request about a call spans more than three hours, and no point occurs twice."""
    long_call = Call("agora", "kids", "c1", "class_77_1", when(NOON_S - 30000), when(NOON_S - 600))

    def response(request: httpx.Request) -> httpx.Response:
        start, end = (int(request.url.params[name]) for name in ("start_ts", "end_ts"))
        points = [[second, 1] for second in range(start, end + 1, 2)]
        data = [{"sid": "A", "data": [series_row(20003, points)]}]
        return httpx.Response(200, json=details(user_row(10001, "A"), metrics=data))

    mock_api.respond_with("details", response)
    window = Window(when(NOON_S - 20000), when(NOON_S - 1000))
    record = await make_agora().fetch_record(long_call, ["10001"], window)
    spans = [(int(p["start_ts"]), int(p["end_ts"])) for p in mock_api.params("details")]
    assert [end - start <= 10800 for start, end in spans] == [True, True]
    assert (min(spans)[0], max(spans)[1]) == (NOON_S - 20000, NOON_S - 1000)
    (series,) = record.series
    assert len(series.times) == 9501
    assert len(record.participants) == 1


async def test_a7_a16_running_call_is_fetched_up_to_150_seconds_ago(
    make_agora: Any, mock_api: Any
) -> None:
    """A16: a running call is fetched up to now - 150 s; A7: the rest is not published yet."""
    mock_api.respond("details", details(user_row(10001, "A")))
    window = Window(when(NOON_S - 300), when(NOON_S + 120))
    record = await make_agora().fetch_record(RUNNING, ["10001"], window)
    assert str(NOON_S - 150) == mock_api.params("details")[0]["end_ts"]
    due_at = when(NOON_S + 120 + 150)
    assert (
        MissingItem(MissingKind.CALL, MissingReason.NOT_OUT_YET, due_at, "c1"),
    ) == record.missing
    assert when(NOON_S - 150) == record.fresh_until


async def test_a7_no_request_before_publication(make_agora: Any, mock_api: Any) -> None:
    """A7: a call listed 130 s before its details is fetched later, without a request now."""
    young = Call("agora", "kids", "c1", "class_77_1", when(NOON_S - 60))
    window = Window(when(NOON_S - 60), when(NOON_S))
    record = await make_agora().fetch_record(young, ["10001"], window)
    assert [missing_item.why for missing_item in record.missing] == [MissingReason.NOT_OUT_YET]
    assert when(NOON_S + 150) == record.missing[0].retry_at
    assert mock_api.requests == []


async def test_expired_call_takes_no_request(make_agora: Any, mock_api: Any) -> None:
    """A7: data older than three days is expired; no request is sent."""
    old = Call("agora", "kids", "c1", "class_77_1", when(NOON_S - 400_000), when(NOON_S - 390_000))
    window = Window(when(NOON_S - 395_000), when(NOON_S - 394_000))
    record = await make_agora().fetch_record(old, ["10001"], window)
    assert [missing_item.why for missing_item in record.missing] == [MissingReason.FORGOTTEN]
    with pytest.raises(CloudDataExpiredError):
        await make_agora().find_calls("kids", "class_77_1", window)
    assert mock_api.requests == []


async def test_a17_booleans_are_lower_case(make_agora: Any, mock_api: Any) -> None:
    """A17 and section 0: `true` and `false`, never Python's `True`."""
    mock_api.respond("details", details(user_row(10001, "A")))
    await make_agora().fetch_record(CALL, ["10001"], LATELY)
    (params,) = mock_api.params("details")
    flags = (params["exclude_server_user"], params["exclude_metrics_info"])
    assert flags == ("true", "false")


@pytest.mark.parametrize("metrics", [None, []])
async def test_a18_metrics_may_be_absent(metrics: object, make_agora: Any, mock_api: Any) -> None:
    """A18: without `metrics` there are participants and no series."""
    body = details(user_row(10001, "A"))
    mock_api.respond("details", body if metrics is None else body | {"metrics": metrics})
    record = await make_agora().fetch_record(CALL, ["10001"], LATELY)
    assert (len(record.participants), len(record.series)) == (1, 0)


async def test_a21_points_are_pairs_with_gaps(make_agora: Any, mock_api: Any) -> None:
    """A21: unsorted pairs with gaps and nulls become sorted arrays without nulls."""
    base = NOON_S - 1100
    points = [[base + 4, 121], [base, 215.5], [base + 2, None], [base + 9, 0], [base + 4, 7]]
    data = [{"sid": "A", "data": [series_row(20003, points)]}]
    mock_api.respond("details", details(user_row(10001, "A"), metrics=data))
    (series,) = (await make_agora().fetch_record(CALL, ["10001"], LATELY)).series
    assert [base, base + 4, base + 9] == series.times.tolist()
    assert series.values.tolist() == [215.5, 121, 0]


async def test_points_outside_the_window_are_cut(make_agora: Any, mock_api: Any) -> None:
    """A series has the points within the window, both ends included."""
    points = [[NOON_S - second, second] for second in (1201, 1200, 1000, 900, 899)]
    data = [{"sid": "A", "data": [series_row(20003, points)]}]
    mock_api.respond("details", details(user_row(10001, "A"), metrics=data))
    (series,) = (await make_agora().fetch_record(CALL, ["10001"], LATELY)).series
    assert series.values.tolist() == [1200, 1000, 900]


async def test_a22_series_belong_to_a_session(make_agora: Any, mock_api: Any) -> None:
    """A22: metrics are joined to users by `sid`; the peer is a uid, and 0 is the own side."""
    points = [[NOON_S - 1000, 1]]
    data = [
        {"sid": "A", "data": [series_row(20003, points), series_row(20004, points, 20002)]},
        {"sid": "B", "data": [series_row(20003, points)]},
        {"sid": "X", "data": [series_row(20003, points)]},
    ]
    users = [user_row(10001, "A"), user_row(10001, "B"), user_row(30003, "X")]
    mock_api.respond("details", details(*users, metrics=data))
    record = await make_agora().fetch_record(CALL, ["10001"], LATELY)
    matches = [(series.uid, series.sid, series.peer_uid) for series in record.series]
    assert matches == [("10001", "A", None), ("10001", "A", "20002"), ("10001", "B", None)]


async def test_uids_are_text(make_agora: Any, mock_api: Any) -> None:
    """Section 0: a uid as a number or as text is the same user, and is returned as text."""
    users = [user_row(10001, "A"), user_row("20002", "B")]
    mock_api.respond("details", details(*users))
    record = await make_agora().fetch_record(CALL, ["10001", "20002"], LATELY)
    assert {session.uid for session in record.participants} == {"10001", "20002"}


async def test_a23_speaker_means_sending(make_agora: Any, mock_api: Any) -> None:
    """A23: `speaker` is whether a user sends; absent is unknown."""
    users = [user_row(1, "A", speaker=True), user_row(2, "B", speaker=False)]
    mock_api.respond("details", details(*users, user_row(3, "C", speaker=None)))
    record = await make_agora().fetch_record(CALL, [], LATELY)
    assert {p.uid: p.sends for p in record.participants} == {"1": True, "2": False, "3": None}


def event_row(ts: int, factors: Sequence[tuple[object, object]], **changes: Any) -> dict[str, Any]:
    """One row of live/diagnosis."""
    tags = [{"factor_id": factor, "host_user": host} for factor, host in factors]
    row = {"user": "83817682", "exp_id": 4, "cname": "class_77_1", "cause_tags": tags, "ts": ts}
    return row | changes


async def test_a26_a27_factors_are_kept_as_they_are(make_agora: Any, mock_api: Any) -> None:
    """A26: factor 18 occurs twice, once per user; A27: 18 is in no table and is kept."""
    row = event_row(NOON_S - 1000, [(18, "44361248"), (23, ""), (18, "")])
    mock_api.respond("diagnosis", {"code": 200, "message": "success", "data": [row]})
    response = await make_agora().fetch_events("kids", "class_77_1", LATELY)
    (event,) = response.events
    matches = [(factor.code.value, factor.peer_uid) for factor in event.factors]
    assert matches == [("18", "44361248"), ("23", None), ("18", None)]
    assert Code("agora.factor_id", "18") == event.factors[0].code
    assert response.missing == ()


@pytest.mark.parametrize("exp_id", [7, "99", 0])
async def test_a28_unknown_experiences_are_kept(
    exp_id: object, make_agora: Any, mock_api: Any
) -> None:
    """A28: only 4, 5 and 6 are documented; another number is kept."""
    rows = [event_row(NOON_S - 1000, [], exp_id=exp_id)]
    mock_api.respond("diagnosis", {"code": 200, "data": rows})
    (event,) = (await make_agora().fetch_events("kids", "class_77_1", LATELY)).events
    assert Code("agora.exp_id", str(exp_id)) == event.kind


async def test_unknown_metric_keeps_its_code(make_agora: Any, mock_api: Any) -> None:
    """A27's rule for metrics: an unknown id is OTHER with its number, never dropped."""
    data = [{"sid": "A", "data": [series_row(20099, [[NOON_S - 1000, 3]])]}]
    mock_api.respond("details", details(user_row(10001, "A"), metrics=data))
    (series,) = (await make_agora().fetch_record(CALL, ["10001"], LATELY)).series
    assert (Metric.OTHER, Code("agora.mid", "20099")) == (series.metric, series.code)


async def test_picture_size_without_a_peer_is_sent(make_agora: Any, mock_api: Any) -> None:
    """A30: the API of 2020 has one size: with a peer it is received, without one it is sent."""
    points = [[NOON_S - 1000, 640]]
    data = [{"sid": "A", "data": [series_row(20019, points), series_row(20019, points, 20002)]}]
    mock_api.respond("details", details(user_row(10001, "A"), metrics=data))
    record = await make_agora().fetch_record(CALL, ["10001"], LATELY)
    assert [s.metric for s in record.series] == [Metric.SEND_WIDTH, Metric.RECEIVE_WIDTH]
    assert (record.series[0].media, record.series[0].direction) == (Media.VIDEO, Direction.UP)


async def test_special_characters_of_a_channel_name(make_agora: Any, mock_api: Any) -> None:
    """Section 0: `+`, `%`, `&` and spaces in a name arrive unchanged."""
    mock_api.respond("lists", {"code": 200, "call_lists": []})
    name = "a+b c%20&x=1#~"
    await make_agora().find_calls("kids", name, LATELY)
    assert name == mock_api.params("lists")[0]["cname"]
    assert b"+" not in mock_api.requests[0].url.query.split(b"cname=")[1].split(b"&")[0]
