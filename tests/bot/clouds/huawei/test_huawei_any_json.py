"""Any response of Huawei gives a value or a CloudError, never another exception."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.call import Call, Metric
from bot.cloud_settings import CloudSettings
from bot.clouds import build_clouds
from bot.clouds.huawei.metrics import parse_points
from bot.clouds.huawei.schemas import PointRow
from bot.errors import CloudError
from bot.ports import Window

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
AT = "2026-11-20T11:31:00Z"
DAY = dt.date(2026, 11, 18)
WINDOW = Window(NOON - dt.timedelta(minutes=30), NOON - dt.timedelta(minutes=26))
CALL = Call("huawei", "kids", "c1", "c", NOON - dt.timedelta(minutes=60), WINDOW.until)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        [
            0,
            -1,
            10**30,
            1e300,
            "-",
            "",
            "0001-01-01T00:00:00Z",
            "9999-99-99T99:99:99Z",
            "\x00",
            "0000-00-00T00:00:00Z",
            "2020-13-01T00:00:00Z",
            "0001-01-02T00:00:00+14:00",
            "NaT",
        ]
    )
)
ANY = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
ROOM = {"room_id": "c", "state": "CLOSED", "start_time": AT, "end_time": AT, "duration": 3}
USER = {
    "uid": "10001",
    "session": "s",
    "state": "OFFLINE",
    "device_model": "x",
    "platform": "y",
    "sdk": "1",
    "join_time": AT,
    "leave_time": "-",
}
QOS = {"uid": "10001", "peerid": "0", "mid": "abit", "data": [{"time": AT, "value": 4.5}]}
EVENT = {
    "time": AT,
    "uid": "10001",
    "room_id": "c",
    "location": "remote",
    "peer_uid": "20002",
    "abnormal_type": 2,
    "abnormal_factor": 12,
}
CLIENT = {"ctime": AT, "evnet_id": "18", "event_info": '{\\"uid\\":\\"1\\"}'}
TROUBLE = {"ts": AT, "event_id": "18", "peer_id": "w"}
DAILY = {"date": "2026-11-18", "user_count": 3}
RIGHT: dict[str, Any] = {
    "rooms": {"total": 1, "room_info_list": [ROOM]},
    "users": {"total": 1, "users": [USER]},
    "details": {"room_id": "c", "data": [QOS]},
    "abnormal-events": {"total": 1, "events": [EVENT]},
    "event": {"data": [CLIENT]},
    "abnormalevent": {"uid": "1", "room_id": "c", "exp_id": "9", "abnormal_list": [TROUBLE]},
    "scale": {"scale": [DAILY]},
    "quality": {"quality": [{"time": AT, "value": 0.5}]},
    "dimension": {"dimensions": [{"abnormal_type": 2, "abnormal_factor": 14, "user_count": 1}]},
    "apps": {"count": 1, "apps": [{"app_id": "K", "state": {"state": "ACTIVATION"}}]},
    "tokens": {"token": {"expires_at": "2026-11-21T12:00:00.855000Z"}},
    "dismiss": {},
    "record-callback": {"app_id": "K", "record_callback": {"url": "https://a.example"}},
    "j1": {"job_id": 1, "room_id": 100, "start_time": AT, "stop_time": AT, "state": "INIT"},
}
Question = Callable[[Any], Coroutine[Any, Any, object]]
QUESTIONS: dict[str, Question] = {
    "rooms": lambda cloud: cloud.find_calls("kids", "c", WINDOW),
    "users": lambda cloud: cloud.fetch_record(CALL, ["10001"], WINDOW),
    "details": lambda cloud: cloud.fetch_record(CALL, [], WINDOW),
    "abnormal-events": lambda cloud: cloud.fetch_events("kids", "c", WINDOW),
    "event": lambda cloud: cloud.client_events.events("kids", "c", WINDOW),
    "abnormalevent": lambda cloud: cloud.client_events.experiences("kids", "c", WINDOW),
    "scale": lambda cloud: cloud.statistics.daily_scale("kids", ["UserCount"], DAY, DAY),
    "quality": lambda cloud: cloud.statistics.live_quality(
        "kids", "VideoFreezeRate", "native", WINDOW
    ),
    "dimension": lambda cloud: cloud.statistics.abnormal_distribution("kids", WINDOW),
    "apps": lambda cloud: cloud.check("kids"),
    "tokens": lambda cloud: cloud.check("kids"),
    "dismiss": lambda cloud: cloud.control.dismiss("kids", "c"),
    "record-callback": lambda cloud: cloud.control.callback_url("kids"),
    "j1": lambda cloud: cloud.control.recording("kids", "j1"),
}


def broken(body: dict[str, Any]) -> st.SearchStrategy[Any]:
    """A valid response with any JSON in one position."""
    return st.builds(_put, st.just(body), st.sampled_from(list(_positions(body))), ANY)


def _positions(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    matches = [path]
    if isinstance(value, list):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for key, inner in value.items():
            matches += _positions(inner, (*path, key))
    return matches


def _put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = list(body) if isinstance(body, list) else dict(body)
    copy[path[0]] = _put(body[path[0]], path[1:], value)
    return copy


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

    async def block_until(self, account: str, until: dt.datetime) -> None:
        """Store nothing."""

    async def get(self, name: str) -> str | None:
        """Nothing is stored."""
        return None if name else ""

    async def put(self, name: str, value: str, at: dt.datetime) -> None:
        """Store nothing."""


async def _ask(name: str, content: bytes, status: int) -> object:
    """Send one request to a cloud whose one endpoint responds like this."""

    def response(request: httpx.Request) -> httpx.Response:
        requested = request.url.path.rsplit("/", 1)[-1]
        created = 201 if requested == "tokens" else 200
        headers = {"X-Subject-Token": "T"}
        if requested == name:
            matches = created if status == 200 else status
            return httpx.Response(matches, content=content, headers=headers)
        return httpx.Response(created, json=RIGHT[requested], headers=headers)

    names = ("iam_user", "iam_password", "iam_domain", "iam_project")
    secrets = dict.fromkeys(names, "x")
    options = {"project_id": "P", "iam_url": "https://iam.invalid"}
    each = CloudSettings("huawei", {"kids": "K"}, "https://a.invalid", secrets, options)
    nothing: Any = NullStore()
    transport = httpx.MockTransport(response)
    clouds = build_clouds(
        [each],
        rate_limit_store=nothing,
        key_value_store=nothing,
        clock=FrozenClock(),
        transport=transport,
    )
    try:
        return await QUESTIONS[name](clouds["kids"])
    except CloudError as error:
        return error
    finally:
        await clouds["kids"].close()


QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("name", QUESTIONS)
def test_any_json_anywhere(name: str) -> None:
    """Any JSON in any field of a valid response gives a value or a CloudError."""

    @QUICK
    @given(broken(RIGHT[name]))
    def check(body: object) -> None:
        asyncio.run(_ask(name, json.dumps(body).encode(), 200))

    check()


@pytest.mark.parametrize("name", QUESTIONS)
def test_any_bytes_and_any_status(name: str) -> None:
    """Any bytes with any status give a value or a CloudError."""

    @QUICK
    @given(
        st.binary(max_size=40) | ANY.map(lambda v: json.dumps(v).encode()), st.integers(200, 599)
    )
    def check(content: bytes, status: int) -> None:
        asyncio.run(_ask(name, content, status))

    check()


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b'{"data":' * 50_000, b'{"total":1,"x":"\xff"}', b"\xef\xbb\xbf{}"],
)
def test_hostile_bytes(name: str, content: bytes) -> None:
    """Deep nesting and wrong encodings give a value or a CloudError."""
    asyncio.run(_ask(name, content, 200))


@pytest.mark.parametrize("name", QUESTIONS)
def test_valid_responses_are_values(name: str) -> None:
    """The responses that the other tests change are valid."""
    matches = asyncio.run(_ask(name, json.dumps(RIGHT[name]).encode(), 200))
    assert not isinstance(matches, CloudError)


@given(ANY)
def test_points_of_any_json(value: object) -> None:
    """Any JSON gives points or a ValueError; times are sorted and values finite."""
    row = json.dumps([{"time": value, "value": 1}, {"time": AT, "value": value}]).encode()
    try:
        times, values = parse_points(msgspec.json.decode(row, type=list[PointRow]), Metric.JITTER)
    except (ValueError, OverflowError):  # msgspec's refusals are ValueErrors too
        return
    assert sorted(times.tolist()) == times.tolist()
    assert len(times) == len(values)


def test_points_may_be_written_as_text() -> None:
    """A quoted number is that number, "" is none, and other text is invalid."""
    rows = [PointRow(AT, "2.5"), PointRow("2022-06-04T06:00:05Z", "")]
    assert parse_points(rows, Metric.UPLINK_LOSS)[1].tolist() == [2.5]
    with pytest.raises(ValueError, match="could not convert"):
        parse_points([PointRow(AT, "much")], Metric.UPLINK_LOSS)
