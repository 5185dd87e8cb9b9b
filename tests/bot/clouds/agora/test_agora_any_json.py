"""Any response of Agora gives a value or a CloudError, never another exception."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import math
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.call import Call, CallRecord
from bot.cloud_settings import CloudSettings
from bot.clouds import build_clouds
from bot.clouds.agora.metrics import parse_points
from bot.errors import CloudError
from bot.ports import (
    AppMetrics,
    CallStatistics,
    Cloud,
    EventsResult,
    SupportsCallStatistics,
    Topic,
    Window,
)

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
NOON_S = 1795176000

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([0, 200, -1, NOON_S, 10**30, -(10**30), 1e300, "-", "", "0001-01-01", "\x00"])
)
ANY = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def broken(body: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A valid response with any JSON in one position."""
    return st.builds(_put, st.just(body), st.sampled_from(list(_positions(body))), ANY)


def _positions(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    matches = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            matches += _positions(inner, (*path, key))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            matches += _positions(inner, (*path, index))
    return matches


def _put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = list(body) if isinstance(body, list) else dict(body)
    copy[path[0]] = _put(body[path[0]], path[1:], value)
    return copy


USER = {
    "sid": "A",
    "cname": "c",
    "uid": 10001,
    "network": "Wi-Fi",
    "platform": "Android",
    "speaker": True,
    "sdk_version": "2",
    "device_type": "Android",
    "join_ts": NOON_S - 1800,
    "leave_ts": NOON_S - 600,
    "finished": True,
}
METRICS = [
    {"sid": "A", "data": [{"mid": 20003, "kvs": [[NOON_S - 1000, 5]], "peer_uid": 0}]},
]
ROW = {
    "call_id": "c1",
    "cname": "c",
    "created_ts": NOON_S - 1800,
    "destroyed_ts": NOON_S - 600,
    "finished": True,
}
EVENT = {
    "user": "1",
    "exp_id": 4,
    "cname": "c",
    "cause_tags": [{"factor_id": 18, "host_user": ""}],
    "ts": NOON_S - 1000,
}
RIGHT: dict[str, dict[str, Any]] = {
    "lists": {"code": 200, "message": "", "has_more": False, "call_lists": [ROW]},
    "details": {"code": 200, "message": "", "call_info": [USER], "metrics": METRICS},
    "sessions": {"code": 200, "total_size": 1, "page_no": 1, "call_info": [USER]},
    "metrics": {"code": 0, "metrics": METRICS},
    "diagnosis": {"code": 200, "data": [EVENT]},
    "reportV2": {"code": 200, "message": ""},
    "bucket": {"code": 200, "data": [{"bucket": "[0%,3%)", "audio_freeze_user_count": 2}]},
    "statistics": {"code": 200, "data": {"list": [{"net": "4G", "audio_freeze_rate": 0.1}]}},
    "time": {"code": 0, "data": [{"ts": NOON_S - 1000, "user_count": 2}]},
    "top20": {
        "code": 200,
        "data": {"list": [{"os": "x", "userCount": 2, "windowStartTs": NOON_S}]},
    },
    "aggregation": {"code": 200, "data": [{"os": "x", "userCount": 2, "refUsage": 1}]},
}
WINDOW = Window(NOON - dt.timedelta(minutes=20), NOON - dt.timedelta(minutes=15))
CALL = Call("agora", "kids", "c1", "c", NOON - dt.timedelta(minutes=30), WINDOW.until)


class FrozenClock:
    """A clock that does not advance."""

    def now(self) -> dt.datetime:
        """Noon."""
        return NOON


class NullStore:
    """A rate limit store without limits and an empty key-value store."""

    async def reserve_slot(self, *_: object, now: dt.datetime, **__: object) -> Any:
        """Reserve now."""
        return now, True

    async def remaining(self, *_: object, **__: object) -> tuple[tuple[int, ...], int | None]:
        """There are no limits."""
        return (), None

    async def block_until(self, account: str, until: dt.datetime) -> None:
        """Store nothing."""

    async def get(self, name: str) -> str | None:
        """Nothing is stored."""
        return None if name else ""

    async def put(self, name: str, value: str, at: dt.datetime) -> None:
        """Store nothing."""


async def _call_statistics(cloud: Cloud) -> CallStatistics:
    assert isinstance(cloud, SupportsCallStatistics)
    return await cloud.fetch_call_statistics(CALL, WINDOW)


Question = Callable[[Cloud], Coroutine[Any, Any, object]]
QUESTIONS: dict[str, tuple[Question, type]] = {
    "lists": (lambda cloud: cloud.find_calls("kids", "c", WINDOW), tuple),
    "details": (lambda cloud: cloud.fetch_record(CALL, ["10001"], WINDOW), CallRecord),
    "sessions": (lambda cloud: cloud.fetch_record(CALL, ["10001"], WINDOW), CallRecord),
    "metrics": (lambda cloud: cloud.fetch_record(CALL, ["10001"], WINDOW), CallRecord),
    "diagnosis": (lambda cloud: cloud.fetch_events("kids", "c", WINDOW), EventsResult),
    "bucket": (_call_statistics, CallStatistics),
    "statistics": (_call_statistics, CallStatistics),
    "time": (_call_statistics, CallStatistics),
    "top20": (lambda cloud: cloud.fetch_app_metrics("kids", Topic.DISTRIBUTION), AppMetrics),
    "aggregation": (lambda cloud: cloud.fetch_app_metrics("kids", Topic.DISTRIBUTION), AppMetrics),
}
TODAY = {"sessions", "metrics", "bucket", "statistics", "time", "top20", "aggregation"}


async def _ask(name: str, content: bytes, status: int) -> object:
    """Send one request to a cloud whose one endpoint responds like this."""

    def response(request: httpx.Request) -> httpx.Response:
        requested = request.url.path.rsplit("/", 1)[-1]
        if requested == name:
            return httpx.Response(status, content=content)
        return httpx.Response(200, json=RIGHT[requested])

    options = {"api": "current" if name in TODAY else "seed", "plan": "premium"}
    secrets = {"customer_id": "a", "customer_secret": "b"}
    each = CloudSettings("agora", {"kids": "K"}, "https://a.invalid", secrets, options)
    nothing = NullStore()
    transport = httpx.MockTransport(response)
    clouds = build_clouds(
        [each],
        rate_limit_store=nothing,
        key_value_store=nothing,
        clock=FrozenClock(),
        transport=transport,
    )
    try:
        return await QUESTIONS[name][0](clouds["kids"])
    except CloudError as error:
        return error
    finally:
        await clouds["kids"].close()


def _check(name: str, content: bytes, status: int = 200) -> None:
    matches = asyncio.run(_ask(name, content, status))
    assert isinstance(matches, QUESTIONS[name][1] | CloudError)


QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("name", QUESTIONS)
def test_any_json_anywhere(name: str) -> None:
    """Any JSON in any field of a valid response gives a value or a CloudError."""

    @QUICK
    @given(broken(RIGHT[name]))
    def check(body: object) -> None:
        _check(name, json.dumps(body).encode())

    check()


@pytest.mark.parametrize("name", QUESTIONS)
def test_any_bytes_and_any_status(name: str) -> None:
    """Any bytes with any status give a value or a CloudError."""

    @QUICK
    @given(
        st.binary(max_size=40) | ANY.map(lambda v: json.dumps(v).encode()), st.integers(200, 599)
    )
    def check(content: bytes, status: int) -> None:
        _check(name, content, status)

    check()


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b'{"code":' * 50_000, b'{"code":200,"message":"\xff"}', b"\xef\xbb\xbf{}"],
)
def test_hostile_bytes(name: str, content: bytes) -> None:
    """Deep nesting and wrong encodings are invalid responses, not a crash."""
    _check(name, content)


def test_valid_responses_are_values() -> None:
    """The responses that the other tests change are valid."""
    for name, (_, kind) in QUESTIONS.items():
        matches = asyncio.run(_ask(name, json.dumps(RIGHT[name]).encode(), 200))
        assert isinstance(matches, kind)


@given(ANY)
def test_points_of_any_json(value: object) -> None:
    """Any JSON gives points or a ValueError; times are sorted and values finite."""
    try:
        times, values = parse_points(json.dumps(value).encode())
    except ValueError:
        return
    assert sorted(times.tolist()) == times.tolist()
    assert all(math.isfinite(each) for each in [*times, *values])


PAIRS = st.lists(
    st.tuples(st.integers(0, 2**40), st.floats(allow_nan=False, allow_infinity=False)), max_size=30
)


@given(PAIRS)
def test_points_are_read_as_written(pairs: list[tuple[int, float]]) -> None:
    """Parsing returns the written numbers, the first of each second."""
    first: dict[float, float] = {}
    for second, value in pairs:
        first.setdefault(float(second), value)
    times, values = parse_points(json.dumps(pairs).encode())
    assert sorted(first.items()) == list(zip(times.tolist(), values.tolist(), strict=True))
