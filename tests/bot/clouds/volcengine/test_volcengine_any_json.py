"""Any response of Volcengine gives a value or a CloudError, never another exception."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.call import Call
from bot.clouds.cache import Cache
from bot.clouds.http import ApiResponse
from bot.clouds.volcengine.app_metric_queries import StatisticsApi
from bot.clouds.volcengine.calls import find_calls
from bot.clouds.volcengine.client import VolcengineClient
from bot.clouds.volcengine.record import fetch_record
from bot.clouds.volcengine.series import parse_points
from bot.errors import CloudError
from bot.ports import Priority, Window

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
AT = "2026-11-20T19:30:00+08:00"
WINDOW = Window(NOON - dt.timedelta(minutes=40), NOON - dt.timedelta(minutes=10))
CALL = Call("volcengine", "kids", "c1", "room", NOON - dt.timedelta(hours=1))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([0, -1, 10**30, -(10**30), 1e300, "-", "", AT, "0001-01-01T00:00:00Z"])
    | st.sampled_from(["9999-12-31T23:59:59-12:00", "join_room", "\x00", "音频发送码率", "ms"])
)
ANY = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
ROOM = {"CallId": "c1", "RoomId": "room", "IsFinished": True, "CreatedTime": AT, "DestroyTime": AT}
RECORD = [{"Time": AT, "Type": "join_room"}, {"Time": AT, "Type": "leave_room"}]
USER = {
    "UserId": "u1",
    "CallId": "c1",
    "CreatedAt": AT,
    "LeaveAt": AT,
    "Finished": True,
    "OS": "ios",
    "Access": "wifi",
    "Pub": True,
    "DeviceType": "x",
    "SdkVersion": "3",
    "Record": RECORD,
}
DETAIL = {
    "UserId": "u1",
    "PeerId": "u2",
    "Direction": "down",
    "CallDetail": [
        {
            "Name": "bandwidth",
            "Desc": "音频接收码率",
            "Unit": "Kbps",
            "Data": [{"Time": 1795174200000, "Value": 1}, {"Time": 1795174202000, "Value": 2}],
        }
    ],
}
INDICATOR = {
    "Name": "80ms_audio_stall_rate",
    "Data": [{"TimeStamp": AT, "Value": 0.5, "Dimension": "中国"}],
}
BODIES: dict[str, Any] = {
    "ListRoomInfo": {"RoomList": [ROOM], "HasMore": False, "Total": 1},
    "ListUserInfo": {"UserList": [USER], "Total": 1},
    "ListCallDetail": {"UserCallDetail": [DETAIL]},
    "ListQualityDistribution": {"Indicators": [INDICATOR]},
    "ListQuality": {"Indicators": [INDICATOR]},
    "ListOperationData": {"Indicators": [{**INDICATOR, "Name": "user_count", "Unit": "s"}]},
    "GetRoomOnlineUsers": {"RoomExists": True, "VisibleUserList": ["u1"]},
}


class FrozenClock:
    """A clock fixed at noon."""

    def now(self) -> dt.datetime:
        """Noon."""
        return NOON


class ScriptedHttp:
    """Replaces CloudHttp: responses are from a table, and parsed as in production."""

    def __init__(self, responses: dict[str, Any], status: int) -> None:
        self._answers = responses
        self._status = status

    async def request(
        self, row: Any, _app: str, _request: Any, read: Any, *, priority: Priority
    ) -> Any:
        """Parse the scripted response."""
        assert priority is Priority.INTERACTIVE
        body = json.dumps(self._answers[row.name]).encode()
        return read(ApiResponse(self._status, body, httpx.Headers()))


def positions_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every position in a JSON value."""
    matches = [path]
    listed = dict(enumerate(value)) if isinstance(value, list) else value
    for key, inner in listed.items() if isinstance(listed, dict) else ():
        matches += positions_in(inner, (*path, key))
    return matches


def put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The same JSON with another value at one position."""
    if not path:
        return value
    copy = list(body) if isinstance(body, list) else dict(body)
    copy[path[0]] = put(body[path[0]], path[1:], value)
    return copy


ANSWERS = {
    action: {"ResponseMetadata": {"RequestId": "r"}, "Result": result}
    for action, result in BODIES.items()
}
FAULT = {"ResponseMetadata": {"Error": {"Code": "X", "CodeN": 1, "Message": "m"}}}


async def send_all_requests(responses: dict[str, Any], status: int) -> int:
    """Send every request; returns how many succeeded, the others raised a CloudError."""
    http: Any = ScriptedHttp(responses, status)
    client = VolcengineClient(
        http=http,
        clock=FrozenClock(),
        cache=Cache(FrozenClock()),
        apps={"kids": "K"},
        delay_scale=1.0,
        version="2020-12-01",
    )
    statistics = StatisticsApi(client)
    yesterday = Window(NOON - dt.timedelta(days=2), NOON - dt.timedelta(hours=9))
    requests = (
        find_calls(client, "kids", "room", WINDOW, fresh=False),
        fetch_record(client, CALL, ["u1"], WINDOW),
        fetch_record(client, CALL, [], WINDOW),
        statistics.distribution("kids", "stall_rate", "OS", yesterday),
        statistics.trends("kids", ["stall_rate"], yesterday),
        statistics.usage("kids", ["user_count"], yesterday),
        statistics.online_users("kids", "room"),
    )
    answered = await asyncio.gather(*requests, return_exceptions=True)
    faults = [one for one in answered if isinstance(one, BaseException)]
    for fault in faults:
        if not isinstance(fault, CloudError):
            raise fault
    return len(answered) - len(faults)


async def test_valid_responses_are_all_parsed() -> None:
    """All responses of the table are valid before they are changed."""
    assert await send_all_requests(ANSWERS, 200) == 7


@pytest.mark.parametrize("action", sorted(BODIES))
@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
async def test_any_json_in_any_field(action: str, data: st.DataObject) -> None:
    """Any JSON in one position of a response gives a value or a CloudError."""
    path = data.draw(st.sampled_from(positions_in(ANSWERS[action])))
    responses = {**ANSWERS, action: put(ANSWERS[action], path, data.draw(ANY))}
    assert await send_all_requests(responses, 200) >= 0


@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
@given(path=st.sampled_from(positions_in(FAULT)), value=ANY, status=st.integers(100, 599))
async def test_any_json_in_an_error(path: tuple[Any, ...], value: Any, status: int) -> None:
    """A corrupt error response is a CloudError or, with HTTP 200, maybe a success."""
    responses = dict.fromkeys(ANSWERS, put(FAULT, path, value))
    assert await send_all_requests(responses, status) <= 7


@settings(max_examples=100, deadline=None)
@given(value=ANY)
def test_points_are_numbers_or_none(value: Any) -> None:
    """Sorted finite numbers, or a ValueError."""
    try:
        times, values = parse_points(json.dumps(value).encode())
    except ValueError:
        return
    assert times.shape == values.shape
    assert sorted(set(times.tolist())) == times.tolist()
