"""Huawei's times, errors, tokens and signatures, value by value."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from bot.clouds.endpoints import find_endpoint
from bot.clouds.http import ApiResponse
from bot.clouds.huawei.credentials import parse_token
from bot.clouds.huawei.schemas import (
    Rooms,
    ensure_accepted,
    format_time,
    parse_error_code,
    parse_required_time,
    parse_response,
    parse_time,
)
from bot.clouds.huawei.webhooks import has_valid_signature, parse_event
from bot.errors import (
    CloudError,
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudRefusedError,
    CloudServerError,
)
from bot.ports import RecordingEventType

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
NOON_S = 1795176000
ROOMS = find_endpoint("huawei", "rooms")
JOBS = find_endpoint("huawei", "start_job")
TOKENS = find_endpoint("huawei", "tokens")


@pytest.mark.parametrize(
    "value", [None, "", "-", " - ", "0", "null", 0, 0.0, "0001-01-01T00:00:00Z"]
)
def test_every_notation_for_no_time(value: Any) -> None:
    """Where a time is required it is an error."""
    assert parse_time(value) is None
    with pytest.raises(ValueError, match="no time"):
        parse_required_time(value)


@pytest.mark.parametrize(
    ("value", "second"),
    [
        ("2026-11-20T12:00:00Z", 0),
        ("2026-11-20T12:00:00", 0),
        (" 2026-11-20T20:00:00.500+08:00 ", 0.5),
        (NOON_S, 0),
        (NOON_S + 1.5, 1.5),
    ],
)
def test_times_are_iso_or_epoch_seconds(value: Any, second: float) -> None:
    """Without a zone they are UTC."""
    time = parse_required_time(value)
    assert time == NOON + dt.timedelta(seconds=second)
    assert time.tzinfo is dt.UTC


@pytest.mark.parametrize("value", ["soon", "9999-12-31T23:59:59-14:00", 1e20, float("inf")])
def test_what_is_no_time(value: Any) -> None:
    """A ValueError, which becomes an invalid response."""
    with pytest.raises(ValueError, match=r"no time|Invalid"):
        parse_time(value)


def test_times_are_sent_as_whole_seconds_of_utc() -> None:
    """From any zone."""
    china = dt.timezone(dt.timedelta(hours=8))
    assert format_time(dt.datetime(2026, 11, 20, 20, 0, 1, 9, china)) == "2026-11-20T12:00:01Z"


def response(status: int, body: object, **headers: str) -> ApiResponse:
    """A response with this JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ApiResponse(status, content, httpx.Headers(headers))


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_any_2xx_is_a_success(status: int) -> None:
    """Also without a body."""
    ensure_accepted(ROOMS, response(status, b""), NOON)
    assert parse_response(ROOMS, response(status, {"total": 3}), Rooms, NOON).total == 3


def failure(status: int, body: object, endpoint: Any = ROOMS, **headers: str) -> Any:
    """Return the error that a response becomes."""
    with pytest.raises(CloudError) as caught:
        parse_response(endpoint, response(status, body, **headers), Rooms, NOON)
    return caught.value


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (199, {}, CloudRefusedError),
        (300, {}, CloudRefusedError),
        (200, {"error_code": "X"}, CloudRefusedError),
        (407, {}, CloudRefusedError),
        (408, {}, CloudServerError),
        (409, {}, CloudRefusedError),
        (428, {}, CloudRefusedError),
        (429, {}, CloudQuotaExceededError),
        (430, {}, CloudRefusedError),
        (499, {}, CloudRefusedError),
        (500, {}, CloudServerError),
        (400, {"error_code": "APIGW.0308"}, CloudQuotaExceededError),
        (400, {"error_code": "RTC.00002001"}, CloudServerError),
        (200, b"[]", CloudInvalidResponseError),
        (200, {"total": "many"}, CloudInvalidResponseError),
    ],
)
def test_errors_by_status_and_code(status: int, body: object, kind: type[CloudError]) -> None:
    """The code where it says more than the status."""
    error = failure(status, body)
    assert type(error) is kind
    assert getattr(error, "status", status) == status


@pytest.mark.parametrize(
    ("endpoint", "headers", "retry_s"),
    [
        (ROOMS, {}, 60),
        (JOBS, {}, 1),
        (TOKENS, {}, 60),
        (ROOMS, {"Retry-After": "7"}, 7),
        (ROOMS, {"Retry-After": "0"}, 0),
        (ROOMS, {"Retry-After": "86401"}, 86400),
        (ROOMS, {"Retry-After": "soon"}, 60),
    ],
)
def test_when_a_limit_ends(endpoint: Any, headers: dict[str, str], retry_s: float) -> None:
    """After the seconds of the response, a day at most; else after the period of the limit."""
    error = failure(429, {}, endpoint, **headers)
    assert error.retry_at == NOON + dt.timedelta(seconds=retry_s)


@pytest.mark.parametrize(
    ("status", "endpoint", "code", "text"),
    [
        (404, ROOMS, "RTC.00001003", "finds no such app, channel or job"),
        (400, ROOMS, "RTC.00001003", "refused the query"),
        (404, ROOMS, "DATA.1", "no such API"),
        (404, ROOMS, "RTC.00001008", "no such job"),
        (400, ROOMS, "APIGW.0301", "rejected our key"),
        (400, ROOMS, "APIGW.0302", "does not allow"),
        (400, ROOMS, "RTC.00001016", "suspended this app"),
        (400, TOKENS, "X", "rejected our IAM user"),
        (401, TOKENS, "X", "rejected our IAM user"),
        (403, TOKENS, "X", "rejected our IAM user"),
        (404, TOKENS, "X", "rejected our IAM user"),
        (405, TOKENS, "X", "does not accept this kind of request"),
        (401, ROOMS, "X", "rejected our key"),
    ],
)
def test_messages_of_codes(status: int, endpoint: Any, code: str, text: str) -> None:
    """The message names the code and what to check."""
    error = failure(status, {"error_code": code}, endpoint)
    assert text in str(error.user_message)
    assert f"code {code})" in str(error.user_message)


def test_iam_may_send_no_code() -> None:
    """Then the status is displayed."""
    assert "code 401)" in str(failure(401, b"", TOKENS).user_message)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error_code": "RTC.1"}, "RTC.1"),
        ({"error_code": 400}, "400"),
        ({"error_code": None, "error": {"code": 401}}, "401"),
        ({"error": {"code": "X"}}, "X"),
        ({"error_code": "A", "error": {"code": "B"}}, "A"),
        ({"error": {}}, ""),
        ({"error": "x"}, ""),
        ({}, ""),
        ([], ""),
        (b"", ""),
        (b"[" * 100_000, ""),
    ],
)
def test_codes_of_both_families(body: object, code: str) -> None:
    """The service's and IAM's; "" for none."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert parse_error_code(content) == code


@pytest.mark.parametrize(
    ("lifetime_s", "renew_s"),
    [
        (24 * 3600, 23 * 3600),
        (48 * 3600, 23 * 3600),
        (None, 23 * 3600),
        (3 * 3600, 2 * 3600),
        (2 * 3600, 3600),
        (3600, 1800),
        (60, 30),
    ],
)
def test_when_a_token_is_renewed(lifetime_s: float | None, renew_s: float) -> None:
    """An hour before its end, or half-way through a short life; a day is the longest."""
    ends = "" if lifetime_s is None else format_time(NOON + dt.timedelta(seconds=lifetime_s))
    body = {"token": {"expires_at": ends}}
    token = parse_token(TOKENS, response(201, body, **{"X-Subject-Token": "MII"}), NOON)
    assert token.text == "MII"
    assert token.renew_at == NOON + dt.timedelta(seconds=renew_s)


@pytest.mark.parametrize(
    ("status", "body", "headers", "error"),
    [
        (200, {"token": {}}, {"X-Subject-Token": "MII"}, CloudRefusedError),
        (201, {"token": {}}, {}, CloudInvalidResponseError),
        (201, {}, {"X-Subject-Token": "MII"}, CloudInvalidResponseError),
        (
            201,
            {"token": {"expires_at": "soon"}},
            {"X-Subject-Token": "MII"},
            CloudInvalidResponseError,
        ),
    ],
)
def test_what_is_no_token(
    status: int, body: object, headers: dict[str, str], error: type[CloudError]
) -> None:
    """201 with the header, and a body with a readable end."""
    with pytest.raises(error):
        parse_token(TOKENS, response(status, body, **headers), NOON)


KEY, RAND, BODY = "our-key", "r4nd", b'{"event_type":"x"}'


def signature(rand: str = RAND, timestamp: str = str(NOON_S), body: bytes = BODY) -> str:
    """Huawei's signature of a body."""
    return hmac.new(KEY.encode(), (rand + timestamp).encode() + body, hashlib.sha256).hexdigest()


SIGNED: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"signature": f" {signature().upper()} "}, True),
    ({"signature": signature(body=b"{}")}, False),
    ({"signature": signature()[:-1]}, False),
    ({"signature": ""}, False),
    ({"key": "another-key"}, False),
    ({"body": b"{}"}, False),
    ({"rand": "x" * 128, "signature": signature("x" * 128)}, True),
    ({"rand": "x" * 129, "signature": signature("x" * 129)}, False),
    ({"rand": "", "signature": signature("")}, False),
    ({"rand": "a b", "signature": signature("a b")}, False),
    *(
        ({"timestamp": text, "signature": signature(timestamp=text)}, fits)
        for text, fits in (
            (str(NOON_S + 300), True),
            (str(NOON_S + 301), False),
            (str(NOON_S - 300), True),
            (str(NOON_S - 301), False),
            (f"{NOON_S}999", True),
            (f"{NOON_S}9", False),
            ("soon", False),
            ("", False),
        )
    ),
]


@pytest.mark.parametrize(("changes", "fits"), SIGNED)
def test_who_signed_an_event(changes: dict[str, Any], *, fits: bool) -> None:
    """Huawei, with our key, this body, within five minutes; anything else is refused."""
    sent = {
        "key": KEY,
        "body": BODY,
        "rand": RAND,
        "timestamp": str(NOON_S),
        "signature": signature(),
    } | changes
    key, body = sent.pop("key"), sent.pop("body")
    assert has_valid_signature(key, body, **sent, now=NOON) is fits


EVENT = {
    "event_type": "RECORD_FILE_COMPLETE",
    "app_id": "id-of-kids",
    "job_id": 7,
    "room_id": "class\n1",
    "stream_name": "s" * 2048,
    "record_format": "mp4",
    "record_duration": 0,
    "width": 2**31 - 1,
    "height": 720,
    "start_time": "2026-11-20T12:00:00Z",
    "end_time": "0001-01-01T00:00:00Z",
    "obs_location": "cn-north-4",
    "obs_bucket": "bucket",
    "obs_object": "a/b.mp4",
    "download_url": "https://secret.invalid",
}


def test_an_event_of_a_recording() -> None:
    """Its texts are without control characters, its app is our name, and no URL is kept."""
    body = json.dumps(EVENT).encode()
    event = parse_event(body, {"adults": "other", "kids": "id-of-kids"})
    assert event.id == hashlib.sha256(body).hexdigest()
    assert (event.app, event.cname, event.job_id) == ("kids", "class1", "7")
    assert event.moment is RecordingEventType.FILE_FINISHED
    assert (event.stream, event.format) == ("s" * 2048, "mp4")
    assert (event.location, event.bucket, event.path) == ("cn-north-4", "bucket", "a/b.mp4")
    assert (event.duration_s, event.width, event.height) == (0, 2**31 - 1, 720)
    assert (event.started_at, event.ended_at) == (NOON, None)
    assert "secret" not in repr(event)
    assert parse_event(body, {}).app == ""


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("RECORD_NEW_FILE_START", RecordingEventType.FILE_STARTED),
        ("CLOUD_RECORD_SERVER_OVER", RecordingEventType.OVER),
        ("CLOUD_RECORD_OVER", RecordingEventType.OVER),
        ("SOMETHING_NEW", RecordingEventType.OTHER),
    ],
)
def test_types_of_events(name: str, moment: RecordingEventType) -> None:
    """Both names of the end are known; an unknown type is kept as another event."""
    event = parse_event(json.dumps({"event_type": name}).encode(), {"kids": "id"})
    assert (event.moment, event.app, event.cname, event.duration_s) == (moment, "", "", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"width": -1},
        {"width": 2**31},
        {"record_duration": 1.5},
        {"stream_name": "s" * 2049},
        {"start_time": "soon"},
        {"event_type": None},
    ],
)
def test_what_is_no_event(changes: dict[str, Any]) -> None:
    """A ValueError that quotes nothing of it."""
    with pytest.raises(ValueError, match=r"^\w+$"):
        parse_event(json.dumps(EVENT | changes).encode(), {})
