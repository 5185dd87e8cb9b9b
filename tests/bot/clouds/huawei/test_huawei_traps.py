"""The traps of Huawei's document in requests and lists, each with its number."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.call import Call, MissingKind, MissingReason
from bot.errors import (
    CloudDataExpiredError,
    CloudQuotaExceededError,
    CloudRefusedError,
    CloudServerError,
    CloudUnsupportedError,
)
from bot.ports import Window

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
APP_ID = "5fa682b34a974f7ad24d223b"
PROJECT = "0123456789abcdef0123456789abcdef"
SECRETS = ("AKSANDBOX", "sk-very-secret")


def when(text: str) -> dt.datetime:
    """A moment of the day, such as `11:30:00`."""
    return dt.datetime.fromisoformat(f"2026-11-20T{text}Z")


WINDOW = Window(when("11:30:00"), when("11:34:00"))
CALL = Call("huawei", "kids", "c", "class_77_1", when("11:00:00"), when("11:50:00"))


async def test_w5_every_request_has_project_and_signature(make_huawei: Any, mock_api: Any) -> None:
    """W1, W5, W9: the project is in the path of 13.1 to 13.12 and in every header."""
    huawei = make_huawei(client_events="off")
    await huawei.find_calls("kids", "class_77_1", WINDOW)
    await huawei.fetch_events("kids", "class_77_1", WINDOW)
    rooms, events = mock_api.requests
    assert rooms.url.path == f"/v1/{PROJECT}/rtc/rooms"
    assert events.url.path == "/v1/rtc/data/abnormal-events"
    for requested in mock_api.requests:
        assert requested.headers["x-project-id"] == PROJECT
        assert requested.headers["authorization"].startswith("SDK-HMAC-SHA256 Access=AKSANDBOX, ")
        assert requested.headers["x-sdk-date"] == "20261120T120000Z"


async def test_w2_chapter_13_has_one_quota(make_huawei: Any, mock_api: Any) -> None:
    """W2: 30 requests to any of its endpoints fit into a minute, the next one is not sent."""
    huawei = make_huawei(client_events="off")
    for minute in range(15):
        window = Window(when(f"11:{minute:02}:00"), when(f"11:{minute:02}:30"))
        await huawei.find_calls("kids", "class_77_1", window)
        await huawei.fetch_events("kids", "class_77_1", window)
    with pytest.raises(CloudQuotaExceededError) as caught:
        await huawei.find_calls("kids", "class_77_1", WINDOW)
    assert len(mock_api.requests) == 30
    assert dt.timedelta(seconds=60) <= caught.value.retry_at - NOON < dt.timedelta(seconds=61)


def token_answer(number: int, **token: object) -> Callable[[httpx.Request], httpx.Response]:
    """IAM's response: the token in a header of several kB, its expiry in the body."""
    body = {"token": {"expires_at": "2026-11-21T12:00:00.855000Z", "methods": ["password"]} | token}
    headers = {"X-Subject-Token": f"MII{number}" + "A" * 6000}
    return lambda _: httpx.Response(201, json=body, headers=headers)


async def test_w3_token_is_cached_and_renewed(make_huawei: Any, mock_api: Any, clock: Any) -> None:
    """W3: the token is in a header and used until an hour before it expires."""
    mock_api.respond_with("tokens", token_answer(1))
    huawei = make_huawei(auth="token", client_events="off")
    await huawei.fetch_events("kids", "class_77_1", WINDOW)
    clock.advance(hours=22)
    await huawei.fetch_events("kids", "class_77_1", WINDOW)
    mock_api.respond_with("tokens", token_answer(2))
    clock.advance(hours=1)
    await huawei.fetch_events("kids", "class_77_1", WINDOW)
    sent = [r.headers["x-auth-token"][:4] for r in mock_api.requests if "x-auth-token" in r.headers]
    assert sent == ["MII1", "MII1", "MII2"]
    login = next(r for r in mock_api.requests if r.url.path == "/v3/auth/tokens")
    assert (login.url.host, b'"scope":{"project":' in login.content) == ("iam.invalid", True)
    assert "authorization" not in mock_api.requests[1].headers


async def test_concurrent_requests_share_one_token(make_huawei: Any, mock_api: Any) -> None:
    """W3: concurrent requests fetch one token, also after concurrent 401s."""
    mock_api.respond_with("tokens", token_answer(1))
    huawei = make_huawei(auth="token")
    cnames = [f"class_{n}" for n in range(4)]
    await asyncio.gather(*(huawei.fetch_events("kids", cname, WINDOW) for cname in cnames))
    assert sum(r.url.path == "/v3/auth/tokens" for r in mock_api.requests) == 1

    def refuse_the_first(request: httpx.Request) -> httpx.Response:
        if request.headers["x-auth-token"].startswith("MII1"):
            return httpx.Response(401, json={"error_code": "APIGW.0301"})
        return httpx.Response(200, json={"total": 0, "room_info_list": []})

    mock_api.respond_with("rooms", refuse_the_first)
    mock_api.respond_with("tokens", token_answer(2))
    await asyncio.gather(*(huawei.find_calls("kids", cname, WINDOW) for cname in cnames))
    assert sum(r.url.path == "/v3/auth/tokens" for r in mock_api.requests) == 2


async def test_rejected_token_is_renewed_once(make_huawei: Any, mock_api: Any) -> None:
    """A token revoked before its expiry is renewed once, not endlessly."""
    mock_api.respond_with("tokens", token_answer(1))
    mock_api.respond("abnormal-events", {"error_code": "APIGW.0301", "error_msg": "x"}, 401)
    with pytest.raises(CloudRefusedError) as caught:
        await make_huawei(auth="token").fetch_events("kids", "class_77_1", WINDOW)
    assert caught.value.status == 401
    paths = [r.url.path.rsplit("/", 1)[-1] for r in mock_api.requests]
    assert paths == ["tokens", "abnormal-events"] * 2


FAMILIES = [
    (400, {"error_code": "RTC.00001003"}, CloudRefusedError, "RTC.00001003", "channel"),
    (400, {"error_code": "RTC.00001001"}, CloudRefusedError, "RTC.00001001", "secret"),
    (400, {"error_code": "RTC.00001021"}, CloudRefusedError, "RTC.00001021", "enable"),
    (400, {"error_code": "RTC.00001016"}, CloudRefusedError, "RTC.00001016", "paid"),
    (404, {"error_code": "RTC.00001015"}, CloudRefusedError, "RTC.00001015", "app id"),
    (404, {"error_code": "RTC.00001003"}, CloudRefusedError, "RTC.00001003", "finds no such"),
    (404, {"error_code": "APIGW.0101"}, CloudRefusedError, "APIGW.0101", "address"),
    (400, {"error_code": "DATA.100011001"}, CloudRefusedError, "DATA.100011001", "channel"),
    (400, {"error_code": "400", "error_msg": "need args"}, CloudRefusedError, "400", "channel"),
    (401, {"error_code": "APIGW.0301"}, CloudRefusedError, "APIGW.0301", "secret"),
    (403, {"error_code": "APIGW.0302"}, CloudRefusedError, "APIGW.0302", "enable"),
    (429, {"error_code": "APIGW.0308"}, CloudQuotaExceededError, "APIGW.0308", "until"),
    (429, {}, CloudQuotaExceededError, "", "until"),
    (500, {"error_code": "RTC.00002002"}, CloudServerError, "RTC.00002002", "minute"),
    (503, {}, CloudServerError, "", "minute"),
    (400, {"error": {"code": 400, "title": "Bad Request"}}, CloudRefusedError, "400", "channel"),
    (200, {"error_code": "RTC.00009999"}, CloudRefusedError, "RTC.00009999", "channel"),
]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: f"{family[0]}-{family[3]}")
async def test_w7_w8_families_of_errors(family: Any, make_huawei: Any, mock_api: Any) -> None:
    """W7, W8: each family has its error, code and next step; 429 and 5xx are temporary."""
    status, body, kind, code, step = family
    mock_api.respond("abnormal-events", body, status)
    with pytest.raises(kind) as caught:
        await make_huawei().fetch_events("kids", "class_77_1", WINDOW)
    assert code == getattr(caught.value, "code", None)
    assert step in str(caught.value.user_message)
    assert (status == 429 or status >= 500) == caught.value.retryable


NONE_YET = ["-", "", None, 0, "0001-01-01T00:00:00Z"]


@pytest.mark.parametrize("ended", NONE_YET)
async def test_not_ended_is_none(
    ended: object, room: Any, user: Any, make_huawei: Any, mock_api: Any
) -> None:
    """Section 0: every notation for "not ended" becomes None."""
    mock_api.respond("rooms", {"total": 1, "room_info_list": [room | {"end_time": ended}]})
    mock_api.respond("users", {"total": 1, "users": [user | {"leave_time": ended}]})
    huawei = make_huawei()
    (call,) = await huawei.find_calls("kids", "class_77_1", WINDOW)
    record = await huawei.fetch_record(call, ["10001"], WINDOW)
    assert (call.ended_at, record.participants[0].left_at) == (None, None)


async def test_w13_pages_end_by_total_or_by_a_short_one(
    room: Any, make_huawei: Any, mock_api: Any
) -> None:
    """W13: rooms are paged by total, metrics, which have none, until a page is not full."""

    def rooms(request: httpx.Request) -> httpx.Response:
        first = int(request.url.params["offset"])
        days = [room | {"start_time": f"2026-11-{n + 1:02}T11:00:00Z"} for n in range(19)]
        return httpx.Response(200, json={"total": 19, "room_info_list": days[first : first + 10]})

    def metrics(request: httpx.Request) -> httpx.Response:
        first = int(request.url.params["offset"])
        sample = {"time": "2026-11-20T11:31:00Z", "value": 1}
        rows = [
            {"uid": "10001", "peerid": str(n), "mid": "abit", "data": [sample]} for n in range(130)
        ]
        return httpx.Response(200, json={"room_id": "r", "data": rows[first : first + 100]})

    mock_api.respond_with("rooms", rooms)
    mock_api.respond_with("details", metrics)
    huawei = make_huawei()
    assert len(await huawei.find_calls("kids", "class_77_1", WINDOW)) == 19
    record = await huawei.fetch_record(CALL, ["10001"], WINDOW)
    assert len(record.series) == 130
    assert [each["offset"] for each in mock_api.params("rooms")] == ["0", "10"]
    assert [each["offset"] for each in mock_api.params("details")] == ["0", "100"]


async def test_w14_reused_room_is_found(room: Any, make_huawei: Any, mock_api: Any) -> None:
    """W14: a room created weeks ago may hold today's class; `duration` may be absent."""
    old = room | {"start_time": "2026-10-01T08:00:00Z", "end_time": "-", "state": "RUNNING"}
    mock_api.respond("rooms", {"total": 1, "room_info_list": [old], "offset": 0, "limit": 2})
    (call,) = await make_huawei().find_calls("kids", "class_77_1", WINDOW)
    assert call.covers(WINDOW.since)
    (requested,) = mock_api.params("rooms")
    assert "2026-10-01" > requested["start_time"] > "2026-08-22"
    assert requested["end_time"] == "2026-11-20T11:34:00Z"


async def test_w15_sessions_are_requested(user: Any, make_huawei: Any, mock_api: Any) -> None:
    """W15: without `type=detail` sessions are merged; names and IP addresses are not kept."""
    again = user | {"session": "s2", "join_time": "2026-11-20T11:32:00Z", "state": "ONLINE"}
    failed = user | {"session": "s3", "join_time": "-", "state": "FAIL"}
    first = user | {"leave_time": "2026-11-20T11:31:30Z"}
    mock_api.respond("users", {"total": 3, "users": [again, first, failed]})
    record = await make_huawei().fetch_record(CALL, ["10001"], WINDOW)
    assert [session.sid for session in record.participants] == ["s1", "s2"]
    (requested,) = mock_api.params("users")
    assert (requested["type"], requested["uid"]) == ("detail", "10001")
    assert [word for word in ("Wang", "113.140", "陕西") if word in repr(record)] == []


async def test_unpublished_data_is_listed_as_missing(make_huawei: Any) -> None:
    """Data may take five minutes; it is requested at once, and listed with a retry time."""
    window = Window(when("11:56:00"), when("11:58:00"))
    running = Call("huawei", "kids", "c", "class_77_1", when("11:00:00"))
    huawei = make_huawei()
    record = await huawei.fetch_record(running, ["10001"], window)
    response = await huawei.fetch_events("kids", "class_77_1", window)
    due = [(one.what, one.why, one.retry_at) for one in (*record.missing, *response.missing)]
    late = (MissingReason.NOT_OUT_YET, when("12:03:00"))
    assert [(MissingKind.CALL, *late), (MissingKind.EVENTS, *late)] == due


async def test_w23_data_expires_after_five_days(make_huawei: Any, mock_api: Any) -> None:
    """W23: metrics of six days ago are not requested; nor are rooms of a hundred days ago."""
    ago = dt.timedelta(days=6)
    old = Call("huawei", "kids", "c", "class_77_1", NOON - ago, NOON - ago + dt.timedelta(hours=1))
    window = Window(NOON - ago, NOON - ago + dt.timedelta(minutes=4))
    huawei = make_huawei()
    record = await huawei.fetch_record(old, ["10001"], window)
    assert [one.why for one in record.missing] == [MissingReason.FORGOTTEN]
    long_ago = NOON - dt.timedelta(days=100)
    with pytest.raises(CloudDataExpiredError):
        await huawei.find_calls("kids", "class_77_1", Window(long_ago, long_ago))
    assert mock_api.requests == []


async def test_no_secret_in_logs_or_errors(make_huawei: Any, mock_api: Any, caplog: Any) -> None:
    """Keys, tokens, names and IP addresses are in no log and no error."""
    caplog.set_level("DEBUG")
    text = "signature of AKSANDBOX failed for 113.140.81.7"
    mock_api.respond("abnormal-events", {"error_code": "APIGW.0301", "error_msg": text}, 401)
    huawei = make_huawei()
    await huawei.fetch_record(CALL, ["10001"], WINDOW)
    with pytest.raises(CloudRefusedError) as caught:
        await huawei.fetch_events("kids", "class_77_1", WINDOW)
    text = f"{caplog.text} {caught.value!r} {caught.value} {huawei!r}"
    leaks = (*SECRETS, "113.140.81.7", "Wang", "10001", "class_77_1")
    assert [word for word in leaks if word in text] == []


async def test_reports_cannot_be_sent(make_huawei: Any) -> None:
    """Huawei has no endpoint for reports, in its capabilities and as an error."""
    huawei = make_huawei()
    with pytest.raises(CloudUnsupportedError):
        await huawei.send_report(None)
    can = huawei.capabilities
    assert (can.reports, can.events, can.uid_max) == (False, True, None)
    assert can.cname.fullmatch("class_77-1")
    assert not can.uid.fullmatch("a b")


@pytest.mark.parametrize("truncated", ["users", "details"])
async def test_truncated_record_is_reported_as_incomplete(
    truncated: str, make_huawei: Any, mock_api: Any, user: dict[str, object]
) -> None:
    """After ten full pages of sessions or of metrics the record says that it may be incomplete."""
    pages: dict[str, object] = {
        "users": {"total": 5000, "users": [user] * 100},
        "details": {
            "room_id": "class_77_1",
            "data": [{"uid": "10001", "mid": "vbit", "data": []}] * 100,
        },
    }
    mock_api.respond(truncated, pages[truncated])
    record = await make_huawei(client_events="off").fetch_record(CALL, ["10001"], WINDOW)
    assert [(each.why, each.detail) for each in record.missing] == [
        (MissingReason.MAY_BE_INCOMPLETE, CALL.id)
    ]


async def test_complete_record_has_nothing_missing(make_huawei: Any) -> None:
    """Pages that are not full are complete."""
    record = await make_huawei(client_events="off").fetch_record(CALL, ["10001"], WINDOW)
    assert record.missing == ()
