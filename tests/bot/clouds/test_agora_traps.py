"""The traps of Agora's documents, each named by its number in the list of contract traps."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from bot.call import (
    Call,
    Code,
    Direction,
    IssueType,
    Lack,
    LackReason,
    Media,
    Metric,
    Missing,
    Report,
    Side,
    Unit,
)
from bot.clouds.agora.metrics import kind_of, points_of
from bot.errors import (
    CloudBrokenError,
    CloudCannotError,
    CloudError,
    CloudForgotError,
    CloudNonsenseError,
    CloudOverQuotaError,
    CloudRefusedError,
)
from bot.ports import Window

NOON_S = 1795176000
MINUTE = dt.timedelta(minutes=1)


def when(second: float) -> dt.datetime:
    """An aware moment."""
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
    """An answer of call/details."""
    body: dict[str, object] = {"code": 200, "message": "", "call_id": "c1", "call_info": users}
    return body | ({} if metrics is None else {"metrics": metrics}) | changes


CALL = Call("agora", "kids", "c1", "class_77_1", when(NOON_S - 1800), when(NOON_S - 600))
RUNNING = Call("agora", "kids", "c1", "class_77_1", when(NOON_S - 1800))
LATELY = Window(when(NOON_S - 1200), when(NOON_S - 900))


def series_row(mid: object, points: object, peer: object = 0) -> dict[str, object]:
    """One metric of one stay."""
    return {"mid": mid, "kvs": points, "peer_uid": peer}


def report(**changes: Any) -> Report:
    """A report of a teacher about a student."""
    fields: dict[str, Any] = {
        "app": "kids",
        "cname": "class_77_1",
        "teacher_uid": "10001",
        "student_uid": "20002",
        "abnormal_side": Side.STUDENT,
        "issue_type": IssueType.COMPLAINT,
        "occurred_at": when(NOON_S - 60),
        "comments": "画面卡 <b>",
    }
    return Report(**(fields | changes))


NO_RIGHT = ("forbids this call", CloudRefusedError)
REFUSALS: list[tuple[str, int, object, type[CloudError], str]] = [
    ("A6 wrong key", 401, {"code": 401, "message": "x"}, CloudRefusedError, "accept our key"),
    ("A6 beta not enabled", 403, {"code": 403, "message": "x"}, CloudRefusedError, "plan"),
    ("A6 no auth in the body", 200, {"code": 300, "message": "no auth"}, CloudRefusedError, "plan"),
    ("A12 qps", 200, {"code": 300, "message": "qps limit error"}, CloudOverQuotaError, "12:00:01"),
    ("A12 qpd", 200, {"code": 300, "message": "qpd limit error"}, CloudOverQuotaError, "11-21 00"),
    ("A12 HTTP 300", 300, {"code": 300, "message": ""}, CloudOverQuotaError, "12:01"),
    ("A12 HTTP 429", 429, b"", CloudOverQuotaError, "12:01"),
    (
        "A12 time range",
        200,
        {"code": 300, "message": "query time range limit error"},
        CloudForgotError,
        "72 hours",
    ),
    (
        "A12 time length",
        200,
        {"code": 300, "message": "query time length limit error"},
        CloudRefusedError,
        "refused",
    ),
    (
        "A12 latency",
        200,
        {"code": 300, "message": "query latency limit error"},
        CloudOverQuotaError,
        "not published",
    ),
    ("400", 400, {"code": 400, "message": "bad 10.0.0.7"}, CloudRefusedError, "refused"),
    ("404", 404, {"code": 404, "message": ""}, CloudRefusedError, "no such call"),
    ("500", 500, {"code": 500, "message": "oops"}, CloudBrokenError, "itself failed"),
    ("A24 code 500 in a 200", 200, {"code": 500, "message": "success"}, CloudBrokenError, "500"),
    (
        "A24 a no that says success",
        200,
        {"code": 400, "message": "success"},
        CloudRefusedError,
        "400",
    ),
    ("a code as text", 200, {"code": "401", "message": None}, CloudRefusedError, "accept our key"),
    ("no code", 200, {"message": "success"}, CloudNonsenseError, "cannot read"),
    ("HTML", 200, b"<html>10.0.0.7</html>", CloudNonsenseError, "cannot read"),
    ("empty", 200, b"", CloudNonsenseError, "cannot read"),
    ("cut", 200, b'{"code": 200, "call_li', CloudNonsenseError, "cannot read"),
    (
        "A20 trailing comma",
        200,
        b'{"code":200,"call_lists":[],}',
        CloudNonsenseError,
        "cannot read",
    ),
    ("A20 dots", 200, b'{"code":200,"call_lists":[......]}', CloudNonsenseError, "cannot read"),
    ("wrong type", 200, {"code": 200, "call_lists": {"a": 1}}, CloudNonsenseError, "cannot read"),
    ("too deep", 200, b"[" * 100_000, CloudNonsenseError, "cannot read"),
    ("a redirect", 302, b"", CloudRefusedError, "302"),
]


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case[0])
async def test_every_no_has_its_error(case: Any, make_agora: Any, wire: Any) -> None:
    """A yes is told by HTTP and the body's code; the words of the vendor stay out."""
    _, status, body, error, words = case
    wire.say("lists", body, status)
    with pytest.raises(error) as caught:
        await make_agora().find_calls("kids", "class_77_1", LATELY)
    assert words in str(caught.value)
    assert "10.0.0.7" not in str(caught.value)
    assert "lists" == caught.value.endpoint


async def test_a_retry_after_header_is_believed(make_agora: Any, wire: Any, clock: Any) -> None:
    """A12: a 429 that says when is asked again then, not sooner."""
    wire.say("lists", b"", 429, **{"Retry-After": "7"})
    agora = make_agora()
    for _ in range(2):
        with pytest.raises(CloudOverQuotaError) as caught:
            await agora.find_calls("kids", "class_77_1", LATELY)
        assert when(NOON_S + 7) == caught.value.retry_at
    assert 1 == len(wire.asked)


YES = [0, 200, "0", "200"]


@pytest.mark.parametrize("code", YES)
@pytest.mark.parametrize("text", ["", "success", None, "null", "Success request: 1", "error", {}])
async def test_a24_the_message_tells_nothing(
    code: object, text: object, make_agora: Any, wire: Any
) -> None:
    """A24: 0 and 200 are a yes whatever the message says."""
    rows = [call_row(1, NOON_S - 1800)]
    wire.say("lists", {"code": code, "message": text, "has_more": False, "call_lists": rows})
    assert ["c1"] == [c.id for c in await make_agora().find_calls("kids", "class_77_1", LATELY)]


def pages_of(rows: Sequence[dict[str, Any]], size: int = 10) -> Any:
    """Answer like the seed: the newest ten of the window, and whether there were more."""

    def answer(request: httpx.Request) -> httpx.Response:
        end = int(request.url.params["end_ts"])
        start = int(request.url.params["start_ts"])
        inside = [row for row in rows if start <= row["created_ts"] <= end]
        inside.sort(key=lambda row: -row["created_ts"])
        body = {"code": 200, "has_more": len(inside) > size, "call_lists": inside[:size]}
        return httpx.Response(200, json=body)

    return answer


async def test_a14_has_more_walks_back(make_agora: Any, wire: Any) -> None:
    """A14: 35 calls come in four answers, each asked up to the oldest call seen; none twice."""
    rows = [call_row(n, NOON_S - 3600 + n * 60, finished=False) for n in range(35)]
    wire.do("lists", pages_of(rows))
    window = Window(when(NOON_S - 7200), when(NOON_S - 100))
    calls = await make_agora().find_calls("kids", "class_77_1", window)
    assert [f"c{n}" for n in reversed(range(35))] == [call.id for call in calls]
    ends = [int(each["end_ts"]) for each in wire.params("lists")]
    assert sorted(ends, reverse=True) == ends
    assert 4 == len(ends)


async def test_a14_stops_without_progress(make_agora: Any, wire: Any) -> None:
    """A14: more than ten calls in one second cannot be listed; the walk ends."""
    rows = [call_row(n, NOON_S - 1800, finished=False) for n in range(12)]
    wire.do("lists", pages_of(rows))
    calls = await make_agora().find_calls("kids", "class_77_1", LATELY)
    assert 10 == len(calls)
    assert 2 == len(wire.asked)


async def test_calls_outside_the_window_are_left_out(make_agora: Any, wire: Any) -> None:
    """Only calls of this channel that touch the window come back, newest first."""
    rows = [
        call_row(1, NOON_S - 1150),
        call_row(2, NOON_S - 7200),
        call_row(3, NOON_S - 1700, cname="class_77_10"),
        call_row(4, NOON_S - 1700, finished=False, destroyed_ts=NOON_S - 1690),
    ]
    wire.say("lists", {"code": 200, "call_lists": rows})
    calls = await make_agora().find_calls("kids", "class_77_1", LATELY)
    assert ["c1", "c4"] == [call.id for call in calls]


NONE_YET = ["-", "", None, 0, "0", "0001-01-01T00:00:00Z"]


@pytest.mark.parametrize("ended", NONE_YET)
async def test_not_ended_is_none(ended: object, make_agora: Any, wire: Any) -> None:
    """Section 0: every way to write "not ended" becomes None."""
    rows = [call_row(1, NOON_S - 1800, destroyed_ts=ended)]
    wire.say("lists", {"code": 200, "call_lists": rows})
    wire.say("details", details(user_row(10001, "A", leave_ts=ended)))
    agora = make_agora()
    (call,) = await agora.find_calls("kids", "class_77_1", LATELY)
    record = await agora.fetch_record(call, ["10001"], LATELY)
    assert (None, None) == (call.ended_at, record.participants[0].left_at)


async def test_finished_false_wins_over_a_time(make_agora: Any, wire: Any) -> None:
    """Section 0: `finished: false` means there is no end, whatever the other field holds."""
    wire.say("details", details(user_row(10001, "A", finished=False, leave_ts=NOON_S - 5)))
    record = await make_agora().fetch_record(CALL, ["10001"], LATELY)
    assert record.participants[0].left_at is None


async def test_a15_the_eleventh_user_is_cut_off(make_agora: Any, wire: Any) -> None:
    """A15: ten users and no teacher among them means cut off, not absent."""
    users = [user_row(20000 + n, f"S{n}") for n in range(10)]
    wire.say("details", details(*users))
    record = await make_agora().fetch_record(CALL, ["10001", "20002"], LATELY)
    assert (Missing(Lack.CALL, LackReason.CUT_OFF, detail="10001"),) == record.missing
    assert ["20002"] == [stay.uid for stay in record.participants]


async def test_a15_nine_users_are_all(make_agora: Any, wire: Any) -> None:
    """A15: fewer than ten users are the whole class; who is not there was not there."""
    wire.say("details", details(*(user_row(20000 + n, f"S{n}") for n in range(9))))
    record = await make_agora().fetch_record(CALL, ["10001", "20002"], LATELY)
    assert () == record.missing


async def test_a16_long_calls_are_asked_in_pieces(make_agora: Any, wire: Any) -> None:
    """A16: no question about a call spans more than three hours, and no point comes twice."""
    long_call = Call("agora", "kids", "c1", "class_77_1", when(NOON_S - 30000), when(NOON_S - 600))

    def answer(request: httpx.Request) -> httpx.Response:
        start, end = (int(request.url.params[name]) for name in ("start_ts", "end_ts"))
        points = [[second, 1] for second in range(start, end + 1, 2)]
        data = [{"sid": "A", "data": [series_row(20003, points)]}]
        return httpx.Response(200, json=details(user_row(10001, "A"), metrics=data))

    wire.do("details", answer)
    window = Window(when(NOON_S - 20000), when(NOON_S - 1000))
    record = await make_agora().fetch_record(long_call, ["10001"], window)
    spans = [(int(p["start_ts"]), int(p["end_ts"])) for p in wire.params("details")]
    assert [True, True] == [end - start <= 10800 for start, end in spans]
    assert (NOON_S - 20000, NOON_S - 1000) == (min(spans)[0], max(spans)[1])
    (series,) = record.series
    assert 9501 == len(series.times)
    assert 1 == len(record.participants)


async def test_a7_a16_a_running_call_ends_150_seconds_ago(make_agora: Any, wire: Any) -> None:
    """A16: a running call is asked up to now - 150 s; A7: the rest is not out yet."""
    wire.say("details", details(user_row(10001, "A")))
    window = Window(when(NOON_S - 300), when(NOON_S + 120))
    record = await make_agora().fetch_record(RUNNING, ["10001"], window)
    assert str(NOON_S - 150) == wire.params("details")[0]["end_ts"]
    due_at = when(NOON_S + 120 + 150)
    assert (Missing(Lack.CALL, LackReason.NOT_OUT_YET, due_at, "c1"),) == record.missing
    assert when(NOON_S - 150) == record.fresh_until


async def test_a7_nothing_is_asked_before_it_can_be_out(make_agora: Any, wire: Any) -> None:
    """A7: a call listed 130 s before its details exist is asked later, without a question now."""
    young = Call("agora", "kids", "c1", "class_77_1", when(NOON_S - 60))
    window = Window(when(NOON_S - 60), when(NOON_S))
    record = await make_agora().fetch_record(young, ["10001"], window)
    assert [LackReason.NOT_OUT_YET] == [lack.why for lack in record.missing]
    assert when(NOON_S + 150) == record.missing[0].retry_at
    assert [] == wire.asked


async def test_forgotten_is_said_without_asking(make_agora: Any, wire: Any) -> None:
    """A7: what is older than three days is forgotten; no call is spent on it."""
    old = Call("agora", "kids", "c1", "class_77_1", when(NOON_S - 400_000), when(NOON_S - 390_000))
    window = Window(when(NOON_S - 395_000), when(NOON_S - 394_000))
    record = await make_agora().fetch_record(old, ["10001"], window)
    assert [LackReason.FORGOTTEN] == [lack.why for lack in record.missing]
    with pytest.raises(CloudForgotError):
        await make_agora().find_calls("kids", "class_77_1", window)
    assert [] == wire.asked


async def test_a17_booleans_are_written_small(make_agora: Any, wire: Any) -> None:
    """A17 and section 0: `true` and `false`, never Python's `True`."""
    wire.say("details", details(user_row(10001, "A")))
    await make_agora().fetch_record(CALL, ["10001"], LATELY)
    (params,) = wire.params("details")
    flags = (params["exclude_server_user"], params["exclude_metrics_info"])
    assert ("true", "false") == flags


@pytest.mark.parametrize("metrics", [None, []])
async def test_a18_metrics_may_be_absent(metrics: object, make_agora: Any, wire: Any) -> None:
    """A18: without `metrics` there are participants and no series."""
    body = details(user_row(10001, "A"))
    wire.say("details", body if metrics is None else body | {"metrics": metrics})
    record = await make_agora().fetch_record(CALL, ["10001"], LATELY)
    assert (1, 0) == (len(record.participants), len(record.series))


async def test_a21_points_are_pairs_with_gaps(make_agora: Any, wire: Any) -> None:
    """A21: pairs out of order, with gaps and nulls, become sorted arrays without holes."""
    base = NOON_S - 1100
    points = [[base + 4, 121], [base, 215.5], [base + 2, None], [base + 9, 0], [base + 4, 7]]
    data = [{"sid": "A", "data": [series_row(20003, points)]}]
    wire.say("details", details(user_row(10001, "A"), metrics=data))
    (series,) = (await make_agora().fetch_record(CALL, ["10001"], LATELY)).series
    assert [base, base + 4, base + 9] == series.times.tolist()
    assert [215.5, 121, 0] == series.values.tolist()


async def test_points_outside_the_window_are_cut(make_agora: Any, wire: Any) -> None:
    """A series holds what lies within the window, both ends included."""
    points = [[NOON_S - second, second] for second in (1201, 1200, 1000, 900, 899)]
    data = [{"sid": "A", "data": [series_row(20003, points)]}]
    wire.say("details", details(user_row(10001, "A"), metrics=data))
    (series,) = (await make_agora().fetch_record(CALL, ["10001"], LATELY)).series
    assert [1200, 1000, 900] == series.values.tolist()


async def test_a22_series_belong_to_a_stay(make_agora: Any, wire: Any) -> None:
    """A22: metrics join users by `sid`; the peer is a uid, and 0 is the own side."""
    points = [[NOON_S - 1000, 1]]
    data = [
        {"sid": "A", "data": [series_row(20003, points), series_row(20004, points, 20002)]},
        {"sid": "B", "data": [series_row(20003, points)]},
        {"sid": "X", "data": [series_row(20003, points)]},
    ]
    users = [user_row(10001, "A"), user_row(10001, "B"), user_row(30003, "X")]
    wire.say("details", details(*users, metrics=data))
    record = await make_agora().fetch_record(CALL, ["10001"], LATELY)
    found = [(series.uid, series.sid, series.peer_uid) for series in record.series]
    assert [("10001", "A", None), ("10001", "A", "20002"), ("10001", "B", None)] == found


async def test_uids_are_text(make_agora: Any, wire: Any) -> None:
    """Section 0: numbers and text name the same person, and text comes out."""
    users = [user_row(10001, "A"), user_row("20002", "B")]
    wire.say("details", details(*users))
    record = await make_agora().fetch_record(CALL, ["10001", "20002"], LATELY)
    assert {"10001", "20002"} == {stay.uid for stay in record.participants}


async def test_a23_speaker_means_sends(make_agora: Any, wire: Any) -> None:
    """A23: `speaker` tells whether somebody sends; absent is unknown."""
    users = [user_row(1, "A", speaker=True), user_row(2, "B", speaker=False)]
    wire.say("details", details(*users, user_row(3, "C", speaker=None)))
    record = await make_agora().fetch_record(CALL, [], LATELY)
    assert {"1": True, "2": False, "3": None} == {p.uid: p.sends for p in record.participants}


def event_row(ts: int, factors: Sequence[tuple[object, object]], **changes: Any) -> dict[str, Any]:
    """One row of live/diagnosis."""
    tags = [{"factor_id": factor, "host_user": host} for factor, host in factors]
    row = {"user": "83817682", "exp_id": 4, "cname": "class_77_1", "cause_tags": tags, "ts": ts}
    return row | changes


async def test_a26_a27_factors_are_kept_as_they_are(make_agora: Any, wire: Any) -> None:
    """A26: factor 18 twice, once per person; A27: 18 is in no table and is kept by number."""
    row = event_row(NOON_S - 1000, [(18, "44361248"), (23, ""), (18, "")])
    wire.say("diagnosis", {"code": 200, "message": "success", "data": [row]})
    answer = await make_agora().fetch_events("kids", "class_77_1", LATELY)
    (event,) = answer.events
    found = [(factor.code.value, factor.peer_uid) for factor in event.factors]
    assert [("18", "44361248"), ("23", None), ("18", None)] == found
    assert Code("agora.factor_id", "18") == event.factors[0].code
    assert () == answer.missing


@pytest.mark.parametrize("exp_id", [7, "99", 0])
async def test_a28_unknown_experiences_are_kept(exp_id: object, make_agora: Any, wire: Any) -> None:
    """A28: only 4, 5 and 6 are documented; another number is kept."""
    rows = [event_row(NOON_S - 1000, [], exp_id=exp_id)]
    wire.say("diagnosis", {"code": 200, "data": rows})
    (event,) = (await make_agora().fetch_events("kids", "class_77_1", LATELY)).events
    assert Code("agora.exp_id", str(exp_id)) == event.kind


METERS = [
    ("A29 QP is lower-is-better and has no unit", "20013", "seed", Metric.PICTURE_QP, Unit.NUMBER),
    ("A29 losses are percent", "20015", "seed", Metric.UPLINK_LOSS, Unit.PERCENT),
    ("A29 losses are percent", "20016", "seed", Metric.END_TO_END_LOSS, Unit.PERCENT),
    ("A29 losses are percent", "20017", "current", Metric.UPLINK_LOSS, Unit.PERCENT),
    ("A29 losses are percent", "20018", "current", Metric.END_TO_END_LOSS, Unit.PERCENT),
    ("A29 a gap in the table", "20012", "seed", Metric.OTHER, Unit.NUMBER),
    ("A29 a gap in the table", "20014", "seed", Metric.OTHER, Unit.NUMBER),
    ("A30 20006 then", "20006", "seed", Metric.SEND_BITRATE, Unit.KBPS),
    ("A30 20006 now", "20006", "current", Metric.SEND_BITRATE_LOW, Unit.KBPS),
    ("A30 the main stream now", "20024", "current", Metric.SEND_BITRATE, Unit.KBPS),
    ("A30 not then", "20024", "seed", Metric.OTHER, Unit.NUMBER),
    ("A30 20013 is gone", "20013", "current", Metric.OTHER, Unit.NUMBER),
    ("A30 received size", "20019", "current", Metric.RECEIVE_WIDTH, Unit.PIXELS),
    ("A30 new", "20021", "current", Metric.TASK_DELAY, Unit.MS),
    ("A30 new", "20022", "current", Metric.ROUTER_LATENCY, Unit.MS),
    ("A30 new", "20036", "current", Metric.DOWNLINK_LOSS, Unit.PERCENT),
    ("unknown", "29999", "current", Metric.OTHER, Unit.NUMBER),
]


@pytest.mark.parametrize("case", METERS, ids=lambda case: f"{case[0]}-{case[1]}-{case[2]}")
def test_metric_ids_mean_what_their_generation_says(case: Any) -> None:
    """A29, A30: one number means different things in the two generations."""
    _, mid, generation, metric, unit = case
    kind = kind_of(mid, generation)
    assert (metric, unit) == (kind.metric, kind.unit)


async def test_an_unknown_metric_keeps_its_code(make_agora: Any, wire: Any) -> None:
    """A27's rule for metrics: an unknown id is OTHER under its number, never dropped."""
    data = [{"sid": "A", "data": [series_row(20099, [[NOON_S - 1000, 3]])]}]
    wire.say("details", details(user_row(10001, "A"), metrics=data))
    (series,) = (await make_agora().fetch_record(CALL, ["10001"], LATELY)).series
    assert (Metric.OTHER, Code("agora.mid", "20099")) == (series.metric, series.code)


async def test_an_own_picture_size_is_the_sent_one(make_agora: Any, wire: Any) -> None:
    """A30: the seed has one size; with a peer it is received, without one it is sent."""
    points = [[NOON_S - 1000, 640]]
    data = [{"sid": "A", "data": [series_row(20019, points), series_row(20019, points, 20002)]}]
    wire.say("details", details(user_row(10001, "A"), metrics=data))
    record = await make_agora().fetch_record(CALL, ["10001"], LATELY)
    assert [Metric.SEND_WIDTH, Metric.RECEIVE_WIDTH] == [s.metric for s in record.series]
    assert (Media.VIDEO, Direction.UP) == (record.series[0].media, record.series[0].direction)


async def test_a35_a36_report_v2_goes_into_address_and_body(make_agora: Any, wire: Any) -> None:
    """A35: the app id stands in the address, the rest in a JSON body; A36: all fields are sent."""
    wire.say("reportV2", {"code": 200, "message": ""})
    await make_agora().send_report(report())
    (request,) = wire.asked
    assert ["appid"] == list(request.url.params)
    assert "application/json" == request.headers["content-type"]
    expected = {
        "cname": "class_77_1",
        "teacher_uid": 10001,
        "student_uid": 20002,
        "abnormal_uid": 20002,
        "ts": NOON_S - 60,
        "type": 3,
        "comments": "画面卡 <b>",
    }
    assert expected == json.loads(request.content)


async def test_a36_the_older_report_has_no_student(make_agora: Any, wire: Any) -> None:
    """A36: `/report` knows neither the student nor who suffered."""
    wire.say("report", {"code": 200, "message": ""})
    await make_agora(report="report").send_report(report(comments=""))
    expected = {"cname": "class_77_1", "teacher_uid": 10001, "ts": NOON_S - 60, "type": 3}
    assert expected == json.loads(wire.asked[0].content)


BAD_UIDS = ["0", "-1", "01", "4294967296", "tom", "", "1e3", "１２"]


@pytest.mark.parametrize("uid", BAD_UIDS)
async def test_a37_reports_take_numeric_uids_only(uid: str, make_agora: Any, wire: Any) -> None:
    """A37: what is no number from 1 to 2^32-1 is refused before anything is sent."""
    agora = make_agora()
    with pytest.raises(CloudRefusedError):
        await agora.send_report(report(student_uid=uid))
    assert [] == wire.asked
    good = agora.capabilities.uid.fullmatch(uid) and int(uid) <= agora.capabilities.uid_max
    assert not good


async def test_a39_reports_can_be_off(make_agora: Any, wire: Any) -> None:
    """A39: with AGORA_REPORT=off nothing is sent, and the capabilities say so."""
    agora = make_agora(report="off")
    with pytest.raises(CloudCannotError):
        await agora.send_report(report())
    assert (False, []) == (agora.capabilities.reports, wire.asked)


async def test_a39_todays_agora_has_no_reports(make_agora: Any, wire: Any) -> None:
    """A39: where today's API answers, 404 for a report means there is no such call any more."""
    with pytest.raises(CloudCannotError):
        await make_agora(api="current").send_report(report())
    with pytest.raises(CloudRefusedError):
        await make_agora(api="seed").send_report(report())


async def test_signs_in_a_channels_name_survive(make_agora: Any, wire: Any) -> None:
    """Section 0: `+`, `%`, `&` and blanks in a name arrive as they are."""
    wire.say("lists", {"code": 200, "call_lists": []})
    name = "a+b c%20&x=1#~"
    await make_agora().find_calls("kids", name, LATELY)
    assert name == wire.params("lists")[0]["cname"]
    assert b"+" not in wire.asked[0].url.query.split(b"cname=")[1].split(b"&")[0]


POINTS = [
    (b"[[1,2],[3,4.5]]", [1.0, 3.0], [2.0, 4.5]),
    (b" [ [1, 2] ,\n[3,-4e1] ] ", [1.0, 3.0], [2.0, -40.0]),
    (b"[]", [], []),
    (b"null", [], []),
    (b"[[3,1],[1,2]]", [1.0, 3.0], [2.0, 1.0]),
    (b"[[1,null],[2,5]]", [2.0], [5.0]),
    (b"[[1,1e999],[2,5]]", [2.0], [5.0]),
]


@pytest.mark.parametrize(("raw", "times", "values"), POINTS)
def test_points_become_arrays(raw: bytes, times: list[float], values: list[float]) -> None:
    """A21: the fast way and the slow way read the same shape."""
    found = points_of(raw)
    assert (times, values) == (found[0].tolist(), found[1].tolist())


@pytest.mark.parametrize(
    "raw",
    [b"[[1,2,3],[4]]", b"[[1],[2]]", b'[["a",1]]', b"{}", b"[1,2]", b'[{"1":2}]', b"[[[1,2]]]"],
)
def test_other_shapes_are_refused(raw: bytes) -> None:
    """A21: four numbers in the wrong brackets are not two points."""
    with pytest.raises(ValueError, match="no points"):
        points_of(raw)
