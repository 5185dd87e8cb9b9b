"""Volcengine's errors, from scripted responses."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.errors import (
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudRefusedError,
    CloudServerError,
)
from bot.ports import Window

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
WINDOW = Window(NOON - dt.timedelta(minutes=40), NOON - dt.timedelta(minutes=30))


def no(code: str = "", number: int | None = None) -> dict[str, Any]:
    """An error response."""
    error: dict[str, Any] = {"Message": "as user 20002 from 10.0.0.1"}
    if code:
        error["Code"] = code
    if number is not None:
        error["CodeN"] = number
    return {"ResponseMetadata": {"RequestId": "r", "Error": error}}


REFUSALS: list[tuple[int, dict[str, Any], type[CloudRefusedError], str]] = [
    (200, no("InvalidAccessKey", 100009), CloudRefusedError, "InvalidAccessKey"),
    (401, no("SignatureDoesNotMatch", 100010), CloudRefusedError, "SignatureDoesNotMatch"),
    (200, no("", 100010), CloudRefusedError, "100010"),
    (403, no("AccessDenied", 100013), CloudRefusedError, "AccessDenied"),
    (404, no("InvalidActionOrVersion", 100008), CloudRefusedError, "InvalidActionOrVersion"),
    (400, no("InvalidTimestamp", 100006), CloudRefusedError, "InvalidTimestamp"),
    (400, no("InvalidParameter.RoomId"), CloudRefusedError, "InvalidParameter.RoomId"),
    (200, no("SomethingNew"), CloudRefusedError, "SomethingNew"),
    (200, no(), CloudRefusedError, ""),
    (429, no("FlowLimitExceeded"), CloudQuotaExceededError, "FlowLimitExceeded"),
    (200, no("AccountFlowLimitExceeded"), CloudQuotaExceededError, "AccountFlowLimitExceeded"),
    (429, {}, CloudQuotaExceededError, ""),
    (500, no("InternalError", 100014), CloudServerError, "InternalError"),
    (200, no("InternalServiceTimeout", 100016), CloudServerError, "InternalServiceTimeout"),
    (502, {}, CloudServerError, ""),
]


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: f"{case[0]}-{case[3]}")
async def test_v10_every_error_response_is_typed(
    case: Any, make_volcengine: Any, mock_api: Any
) -> None:
    """V10: by Code, CodeN or HTTP's status, also with HTTP 200; the text is not quoted."""
    status, body, error, code = case
    mock_api.respond("ListRoomInfo", body, status)
    with pytest.raises(error) as caught:
        await make_volcengine().check("kids")
    assert error is type(caught.value)
    assert code == caught.value.code
    assert "20002" not in str(caught.value)
    assert "10.0.0.1" not in repr(caught.value)


WORDS = [
    ("InvalidAccessKey", 401, "key"),
    ("AccessDenied", 403, "enable"),
    ("InvalidActionOrVersion", 404, "no such API"),
    ("InvalidTimestamp", 400, "clock"),
    ("InvalidParameter.RoomId", 400, "channel"),
]


@pytest.mark.parametrize(("code", "status", "word"), WORDS)
async def test_v10_every_error_has_a_next_step(
    code: str, status: int, word: str, make_volcengine: Any, mock_api: Any
) -> None:
    """V10: the message is the same with an HTTP error and with HTTP 200."""
    messages = set()
    for http_status in (200, status):
        mock_api.respond("ListRoomInfo", no(code), http_status)
        with pytest.raises(CloudRefusedError) as caught:
            await make_volcengine().check("kids")
        messages.add(str(caught.value))
    assert len(messages) == 1
    assert word in messages.pop()


@pytest.mark.parametrize(("after", "pause_s"), [("7", 7), ("", 2), ("soon", 2), ("-1", 2)])
async def test_too_many_calls_wait(
    after: str, pause_s: float, make_volcengine: Any, mock_api: Any, clock: Any
) -> None:
    """After a 429 no request is sent before its retry time, or a short pause."""
    mock_api.respond("ListRoomInfo", no("FlowLimitExceeded"), 429, **{"Retry-After": after})
    volcengine, began = make_volcengine(), clock.now()
    for _ in range(2):
        with pytest.raises(CloudQuotaExceededError):
            await volcengine.check("kids")
    waited_s = (clock.now() - began).total_seconds()
    times = 1 if pause_s > 4 else 2
    assert (times, pause_s * (times - 1)) == (len(mock_api.requests), waited_s)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'{"Result": {}}',
        b'{"ResponseMetadata": {}}',
        b'{"ResponseMetadata": {}, "Result": null}',
        b'{"ResponseMetadata": {}, "Result": {"RoomList": {}}}',
        b'{"ResponseMetadata": {"Error": 7}, "Result": {}}',
        b"\xff\xfe",
    ],
)
async def test_v10_invalid_response_is_typed(
    body: bytes, make_volcengine: Any, mock_api: Any
) -> None:
    """V10: a response without the fields of BaseResponse is invalid."""
    mock_api.respond("ListRoomInfo", body)
    with pytest.raises(CloudInvalidResponseError):
        await make_volcengine().find_calls("kids", "room", WINDOW)
