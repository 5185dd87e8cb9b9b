"""Agora's errors and successes; traps by their number in the list of contract traps."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.errors import (
    CloudDataExpiredError,
    CloudError,
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudRefusedError,
    CloudServerError,
)
from bot.ports import Window

NOON_S = 1795176000


def when(second: float) -> dt.datetime:
    """A moment with a zone."""
    return dt.datetime.fromtimestamp(second, dt.UTC)


LATELY = Window(when(NOON_S - 1200), when(NOON_S - 900))

REFUSALS: list[tuple[str, int, object, type[CloudError], str]] = [
    ("A6 wrong key", 401, {"code": 401, "message": "x"}, CloudRefusedError, "rejected our key"),
    ("A6 beta not enabled", 403, {"code": 403, "message": "x"}, CloudRefusedError, "plan"),
    ("A6 no auth in the body", 200, {"code": 300, "message": "no auth"}, CloudRefusedError, "plan"),
    (
        "A12 qps",
        200,
        {"code": 300, "message": "qps limit error"},
        CloudQuotaExceededError,
        "12:00:02",
    ),
    (
        "A12 qpd",
        200,
        {"code": 300, "message": "qpd limit error"},
        CloudQuotaExceededError,
        "11-21 00",
    ),
    ("A12 HTTP 300", 300, {"code": 300, "message": ""}, CloudQuotaExceededError, "12:00:02"),
    ("A12 HTTP 429", 429, b"", CloudQuotaExceededError, "12:00:02"),
    (
        "A12 time range",
        200,
        {"code": 300, "message": "query time range limit error"},
        CloudDataExpiredError,
        "72 hours",
    ),
    (
        "A12 time length",
        200,
        {"code": 300, "message": "query time length limit error"},
        CloudRefusedError,
        "a shorter one",
    ),
    (
        "A12 latency",
        200,
        {"code": 300, "message": "query latency limit error"},
        CloudQuotaExceededError,
        "not published",
    ),
    ("400", 400, {"code": 400, "message": "bad 10.0.0.7"}, CloudRefusedError, "refused"),
    ("404", 404, {"code": 404, "message": ""}, CloudRefusedError, "no such API"),
    ("500", 500, {"code": 500, "message": "oops"}, CloudServerError, "had an internal error"),
    ("A24 code 500 in a 200", 200, {"code": 500, "message": "success"}, CloudServerError, "500"),
    (
        "A24 a no that says success",
        200,
        {"code": 400, "message": "success"},
        CloudRefusedError,
        "400",
    ),
    (
        "a code as text",
        200,
        {"code": "401", "message": None},
        CloudRefusedError,
        "rejected our key",
    ),
    ("no code", 200, {"message": "success"}, CloudInvalidResponseError, "cannot read"),
    ("HTML", 200, b"<html>10.0.0.7</html>", CloudInvalidResponseError, "cannot read"),
    ("empty", 200, b"", CloudInvalidResponseError, "cannot read"),
    ("cut", 200, b'{"code": 200, "call_li', CloudInvalidResponseError, "cannot read"),
    (
        "A20 trailing comma",
        200,
        b'{"code":200,"call_lists":[],}',
        CloudInvalidResponseError,
        "cannot read",
    ),
    (
        "A20 dots",
        200,
        b'{"code":200,"call_lists":[......]}',
        CloudInvalidResponseError,
        "cannot read",
    ),
    (
        "wrong type",
        200,
        {"code": 200, "call_lists": {"a": 1}},
        CloudInvalidResponseError,
        "cannot read",
    ),
    ("too deep", 200, b"[" * 100_000, CloudInvalidResponseError, "cannot read"),
    ("a redirect", 302, b"", CloudRefusedError, "302"),
]


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case[0])
async def test_every_error_response_is_typed(case: Any, make_agora: Any, mock_api: Any) -> None:
    """Section 0: HTTP and the body's code decide; the vendor's texts are not quoted."""
    _, status, body, error, words = case
    mock_api.respond("lists", body, status)
    with pytest.raises(error) as caught:
        await make_agora().find_calls("kids", "class_77_1", LATELY)
    assert words in str(caught.value)
    assert "10.0.0.7" not in str(caught.value)
    assert caught.value.endpoint == "lists"


async def test_retry_after_header_is_used(make_agora: Any, mock_api: Any) -> None:
    """A12: after a 429 with a time, the next request is sent at that time."""
    mock_api.respond("lists", b"", 429, **{"Retry-After": "7"})
    agora = make_agora()
    for _ in range(2):
        with pytest.raises(CloudQuotaExceededError) as caught:
            await agora.find_calls("kids", "class_77_1", LATELY)
        assert when(NOON_S + 7) == caught.value.retry_at
    assert len(mock_api.requests) == 1


YES = [0, 200, "0", "200"]


@pytest.mark.parametrize("code", YES)
@pytest.mark.parametrize("text", ["", "success", None, "null", "Success request: 1", "error", {}])
async def test_a24_message_is_ignored(
    code: object, text: object, make_agora: Any, mock_api: Any
) -> None:
    """A24: 0 and 200 are a success, whatever the message."""
    rows = [{"call_id": "c1", "cname": "class_77_1", "created_ts": NOON_S - 1000}]
    mock_api.respond(
        "lists", {"code": code, "message": text, "has_more": False, "call_lists": rows}
    )
    assert [c.id for c in await make_agora().find_calls("kids", "class_77_1", LATELY)] == ["c1"]
