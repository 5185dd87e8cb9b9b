"""Agora's times, codes and limits, value by value."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import httpx
import pytest

from bot.clouds.agora.schemas import CallList, parse_required_time, parse_response, parse_time
from bot.clouds.endpoints import find_endpoint
from bot.clouds.errors import NotYetPublishedError
from bot.clouds.http import ApiResponse
from bot.errors import (
    CloudError,
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudRefusedError,
    CloudServerError,
)

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
LISTS = find_endpoint("agora", "lists", generation="seed")
DETAILS = find_endpoint("agora", "details", generation="seed")
SCALE = find_endpoint("agora", "live_scale", generation="seed")


@pytest.mark.parametrize(
    "value", [None, "", "-", "null", 0, "0", -5, 86399.9, "0001-01-01T00:00:00Z"]
)
def test_every_notation_for_no_time(value: object) -> None:
    """And everything within a day of 1970. Where a time is required it is an error."""
    assert parse_time(value) is None  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no time"):
        parse_required_time(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (86400, "1970-01-02T00:00:00+00:00"),
        ("1795176000", "2026-11-20T12:00:00+00:00"),
        (1795176000.5, "2026-11-20T12:00:00.500000+00:00"),
    ],
)
def test_times_are_epoch_seconds(value: float | str, time: str) -> None:
    """As numbers or as text, in UTC."""
    assert parse_required_time(value).isoformat() == time
    assert parse_time(value) == parse_required_time(value)


@pytest.mark.parametrize("value", ["x", "inf", float("nan"), 1e20, 1e300, "2026-11-20T12:00:00Z"])
def test_what_is_no_time(value: float | str) -> None:
    """A ValueError, which becomes an invalid response."""
    with pytest.raises(ValueError, match=r"no time|could not convert"):
        parse_time(value)


def failure(body: object, status: int = 200, row: object = LISTS, **headers: str) -> CloudError:
    """Return the error that a response becomes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(CloudError) as caught:
        parse_response(
            row,  # type: ignore[arg-type]
            ApiResponse(status, content, httpx.Headers(headers)),
            CallList,
            NOON,
        )
    return caught.value


@pytest.mark.parametrize("code", [0, 200, "0", "200"])
@pytest.mark.parametrize("status", [200, 204, 299])
def test_successes(code: object, status: int) -> None:
    """Any HTTP 2xx, with body code 0 or 200."""
    response = ApiResponse(status, json.dumps({"code": code}).encode(), httpx.Headers())
    assert parse_response(LISTS, response, CallList, NOON).code == code


@pytest.mark.parametrize(
    ("status", "body", "kind", "meaning", "code"),
    [
        (200, {"code": 1}, CloudRefusedError, 1, "1"),
        (200, {"code": 201}, CloudRefusedError, 201, "201"),
        (200, {"code": 499}, CloudRefusedError, 499, "499"),
        (200, {"code": 500}, CloudServerError, 200, "500"),
        (200, {"code": 599}, CloudServerError, 200, "599"),
        (200, {"code": 600}, CloudRefusedError, 600, "600"),
        (200, {"code": "123456789"}, CloudRefusedError, 123456789, "123456789"),
        (200, {"code": "1234567890"}, CloudRefusedError, 0, "1234567890"),
        (200, {"code": "x"}, CloudRefusedError, 0, "x"),
        (400, {"code": 200}, CloudRefusedError, 400, "200"),
        (404, b"", CloudRefusedError, 404, ""),
        (199, {"code": 200}, CloudRefusedError, 199, "200"),
        (503, {"code": 7}, CloudServerError, 503, "7"),
        (401, {"code": 7, "message": "NO AUTH at all"}, CloudRefusedError, 401, "7"),
        (
            200,
            {"code": 300, "message": "query time length limit error"},
            CloudRefusedError,
            400,
            "300",
        ),
        (200, {"code": 401, "call_lists": 5}, CloudRefusedError, 401, "401"),
    ],
)
def test_errors_by_code_and_status(
    status: int, body: object, kind: type[CloudRefusedError], meaning: int, code: str
) -> None:
    """HTTP 2xx: the body's code decides, even of a body we cannot read; else HTTP does."""
    error = failure(body, status)
    assert type(error) is kind
    assert isinstance(error, CloudRefusedError)
    assert (error.status, error.code) == (meaning, code)


@pytest.mark.parametrize(
    "body", [{}, {"code": None}, {"code": ""}, {"code": 200, "call_lists": 5}, {"call_lists": 5}]
)
def test_a_success_needs_its_code_and_its_fields(body: object) -> None:
    """Otherwise the response is invalid."""
    assert type(failure(body)) is CloudInvalidResponseError


def limited(message: str) -> dict[str, object]:
    """A response of Agora about one of its limits."""
    return {"code": 300, "message": message}


@pytest.mark.parametrize(
    ("row", "body", "headers", "retry_s"),
    [
        (LISTS, limited("qps limit error"), {}, 2),
        (SCALE, limited("qps limit error"), {}, 60),
        (replace(LISTS, rates=()), limited("qps limit error"), {}, 2),
        (LISTS, limited("qpd limit error"), {}, 12 * 3600),
        (LISTS, limited("anything else"), {}, 2),
        (LISTS, limited("qps limit error"), {"Retry-After": "0"}, 0),
        (LISTS, limited("qpd limit error"), {"Retry-After": "7"}, 7),
        (LISTS, limited(""), {"Retry-After": "Fri, 20 Nov 2026 12:30:00 GMT"}, 1800),
        (LISTS, limited(""), {"Retry-After": "Fri, 20 Nov 2026 11:30:00 GMT"}, 0),
        (LISTS, limited(""), {"Retry-After": "Mon, 23 Nov 2026 12:00:00 GMT"}, 86400),
        (LISTS, limited(""), {"Retry-After": "Fri, 20 Nov 2026 12:30:00"}, 2),
        (LISTS, limited(""), {"Retry-After": "soon"}, 2),
        (LISTS, {"code": 429}, {}, 2),
    ],
)
def test_when_a_limit_ends(
    row: object, body: object, headers: dict[str, str], retry_s: float
) -> None:
    """As the response says, at most a day; else after its period, two seconds, or midnight UTC."""
    error = failure(body, 200, row, **headers)
    assert type(error) is CloudQuotaExceededError
    assert error.retry_at == NOON + dt.timedelta(seconds=retry_s)
    assert error.status == 200


@pytest.mark.parametrize(("row", "delay_s"), [(LISTS, 20), (DETAILS, 150)])
def test_too_early_is_no_used_up_quota(row: object, delay_s: float) -> None:
    """The same code means that the data is not published yet."""
    error = failure(limited("query latency limit error"), 200, row)
    assert isinstance(error, NotYetPublishedError)
    assert (error.retry_at, error.code) == (NOON + dt.timedelta(seconds=delay_s), "300")
