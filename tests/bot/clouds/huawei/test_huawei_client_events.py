"""The traps of events reported by Huawei's clients (13.11, 13.12), each with its number."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from bot.call import Call, Code
from bot.cause_codes import cause_of
from bot.errors import CloudInvalidResponseError, CloudRefusedError, CloudUnsupportedError
from bot.ports import Window

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
WINDOW = Window(NOON - dt.timedelta(minutes=50), NOON - dt.timedelta(minutes=30))
INFO = {
    "nickName": "Wang Xiaoming",
    "ACSAddr": "121.37.223.76",
    "accessNet": "4g",
    "session": "s1",
    "uid": "10001",
}
AT = "2026-11-20T11:20:00Z"
PLAIN = json.dumps(INFO)
ESCAPED = PLAIN.replace('"', '\\"')
SHAPES = [
    {"data": [{"ctime": AT, "evnet_id": "18", "event_info": ESCAPED}]},
    {"data": [{"ctime": AT, "event_id": "18", "event_info": PLAIN}]},
    {"data": [{"ctime": AT, "event_id": 18, "event_info": INFO}]},
    {"ctime": AT, "event_id": "18", "event_info": PLAIN},
    [{"ctime": AT, "event_id": "18", "event_info": PLAIN}],
]
CAUSE = {"ts": AT, "event_id": "18", "peer_id": "w138"}
NAMED = {
    "time": AT,
    "uid": "20002",
    "room_id": "class_77_1",
    "abnormal_type": 2,
    "abnormal_factor": 13,
    "peer_uid": "10001",
}
TROUBLE = {"uid": "20002", "room_id": "class_77_1", "exp_id": "954350051", "abnormal_list": [CAUSE]}


@pytest.mark.parametrize("body", SHAPES)
async def test_w26_w27_w28_either_shape(body: object, make_huawei: Any, mock_api: Any) -> None:
    """W26, W27, W28: list or one event, either spelling, quotes escaped once or twice."""
    mock_api.respond("event", body)
    (event,) = await make_huawei().client_events.events("kids", "class_77_1", WINDOW)
    assert (
        event.code.value,
        event.uid,
        event.session,
        event.network,
    ) == ("18", "10001", "s1", "4g")
    assert [word for word in ("Wang", "121.37") if word in repr(event)] == []


async def test_w28_an_unreadable_info_leaves_the_event(make_huawei: Any, mock_api: Any) -> None:
    """W28: the event is kept when its text is no JSON."""
    mock_api.respond("event", {"data": [{"ctime": AT, "event_id": "18", "event_info": "{{oops"}]})
    (event,) = await make_huawei().client_events.events("kids", "class_77_1", WINDOW)
    assert (event.code.value, event.uid) == ("18", "")


async def test_w29_the_room_is_named_hour_by_hour(make_huawei: Any, mock_api: Any) -> None:
    """W29: the room is always given, and a request spans an hour at most."""
    mock_api.respond("event", {"data": []})
    window = Window(NOON - dt.timedelta(hours=2, minutes=30), NOON)
    await make_huawei().client_events.events("kids", "class_77_1", window)
    spans = [(each["room_id"], each["start_time"][11:16]) for each in mock_api.params("event")]
    assert [("class_77_1", at) for at in ("11:00", "10:00", "09:30")] == spans


@pytest.mark.parametrize("body", [TROUBLE, [TROUBLE], {"data": [TROUBLE]}])
async def test_w30_w31_experiences_in_any_shape(
    body: object, make_huawei: Any, mock_api: Any
) -> None:
    """W30, W31: object, list or `data`; undocumented numbers are returned as numbers."""
    mock_api.respond("abnormalevent", body)
    (event,) = await make_huawei().client_events.experiences("kids", "class_77_1", WINDOW)
    (factor,) = event.factors
    assert Code("huawei.exp_id", "954350051") == event.kind
    assert (Code("huawei.event_id", "18"), "w138") == (factor.code, factor.peer_uid)
    assert cause_of(factor.code) is None


@pytest.mark.parametrize(
    "changes",
    [{"abnormal_list": None}, {"abnormal_list": [CAUSE | {"ts": "2026-11-20T13:00:00Z"}]}],
)
async def test_w30_empty_or_wrong_time(changes: Any, make_huawei: Any, mock_api: Any) -> None:
    """W30: a null list is no event, and a time outside the window is skipped."""
    mock_api.respond("abnormalevent", TROUBLE | changes)
    assert await make_huawei().client_events.experiences("kids", "class_77_1", WINDOW) == ()


async def test_w41_missing_endpoint_is_requested_once_a_week(
    make_huawei: Any, mock_api: Any, clock: Any
) -> None:
    """W41: a 404 of the gateway is stored for all processes, and retried after a week."""
    for huawei in (make_huawei(), make_huawei()):
        with pytest.raises(CloudUnsupportedError):
            await huawei.client_events.events("kids", "class_77_1", WINDOW)
    assert len(mock_api.requests) == 1
    clock.advance(days=7)
    with pytest.raises(CloudUnsupportedError):
        await make_huawei().client_events.events("kids", "class_77_1", WINDOW)
    assert len(mock_api.requests) == 2


async def test_unknown_app_is_no_missing_endpoint(make_huawei: Any, mock_api: Any) -> None:
    """A 404 with the service's own code is about the app, not the endpoint."""
    mock_api.respond("event", {"error_code": "RTC.00001015"}, 404)
    with pytest.raises(CloudRefusedError):
        await make_huawei().client_events.events("kids", "class_77_1", WINDOW)


@pytest.mark.parametrize("choice", ["auto", "on", "off"])
async def test_the_switch(choice: str, make_huawei: Any, mock_api: Any) -> None:
    """`off` sends no request; the others do."""
    mock_api.respond("event", {"data": []})
    client_events = make_huawei(client_events=choice).client_events
    if choice == "off":
        with pytest.raises(CloudUnsupportedError):
            await client_events.events("kids", "class_77_1", WINDOW)
    else:
        assert await client_events.events("kids", "class_77_1", WINDOW) == ()
    assert (choice != "off") == bool(mock_api.requests)


@pytest.mark.parametrize(
    ("response", "network"), [(SHAPES[0], "4g"), ({"data": 7}, ""), ({"error_code": "400"}, "")]
)
async def test_networks_are_of_client_events(
    response: object, network: str, make_huawei: Any, mock_api: Any
) -> None:
    """13.2 has no network; 13.11 does, and a diagnosis works without it."""
    mock_api.respond("event", response)
    start = NOON - dt.timedelta(hours=1)
    call = Call("huawei", "kids", "c", "class_77_1", start, NOON - dt.timedelta(minutes=10))
    record = await make_huawei().fetch_record(call, ["10001"], WINDOW)
    assert [network] == [stay.network for stay in record.participants]


@pytest.mark.parametrize("body", [{}, {"data": 7}, 5, {"data": [{"ctime": "soon", "event_id": 1}]}])
async def test_other_shapes_are_invalid_responses(
    body: object, make_huawei: Any, mock_api: Any
) -> None:
    """A success of neither shape is a CloudError."""
    mock_api.respond("event", body)
    with pytest.raises(CloudInvalidResponseError):
        await make_huawei().client_events.events("kids", "class_77_1", WINDOW)


@pytest.mark.parametrize(
    ("named", "response", "choice", "kinds"),
    [
        ([], TROUBLE, "auto", ["954350051"]),
        ([], TROUBLE, "off", []),
        ([], {"error_code": "400"}, "on", []),
        ([NAMED], TROUBLE, "auto", ["2"]),
    ],
)
async def test_a_diagnosis_falls_back_on_13_12(
    named: list[Any],
    response: Any,
    choice: str,
    kinds: list[str],
    *,
    make_huawei: Any,
    mock_api: Any,
) -> None:
    """Events of 13.12 are returned only where 13.13 has none."""
    mock_api.respond("abnormal-events", {"total": len(named), "events": named})
    mock_api.respond("abnormalevent", response)
    result = await make_huawei(client_events=choice).fetch_events("kids", "class_77_1", WINDOW)
    assert (kinds, ()) == ([event.kind.value for event in result.events], result.missing)
    asked_both = not named and choice != "off"
    assert (1 + asked_both) == len(mock_api.requests)
