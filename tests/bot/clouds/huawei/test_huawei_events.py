"""The traps of Huawei's own diagnosis (13.13), each with its number."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.call import Call, Code, MissingReason
from bot.errors import (
    CloudInvalidResponseError,
)
from bot.ports import Window


def when(text: str) -> dt.datetime:
    """A moment of the day, such as `11:30:00`."""
    return dt.datetime.fromisoformat(f"2026-11-20T{text}Z")


EVENT = {
    "time": "2026-11-20T11:31:00Z",
    "uid": "20002",
    "room_id": "class_77_1",
    "stage": "communication",
    "location": "remote",
    "peer_uid": "10001",
    "abnormal_type": 2,
    "abnormal_type_desc": "Video freeze",
    "abnormal_factor": 12,
    "abnormal_factor_desc": "any language",
}
WINDOW = Window(when("11:30:00"), when("11:34:00"))
CALL = Call("huawei", "kids", "c", "class_77_1", when("11:00:00"), when("11:50:00"))


TYPES = [
    (1, 15, "huawei.abnormal_factor.type1", "15"),
    (2, 15, "huawei.abnormal_factor.type2_3", "15"),
    (3, 1, "huawei.abnormal_factor.type2_3", "1"),
    (1, 9000004, "huawei.abnormal_factor.type1", "90000004"),
    (1, 90000004, "huawei.abnormal_factor.type1", "90000004"),
    (2, 999, "huawei.abnormal_factor.type2_3", "999"),
    (7, 3, "huawei.abnormal_factor.type7", "3"),
    ("2", "12", "huawei.abnormal_factor.type2_3", "12"),
]


@pytest.mark.parametrize("numbers", TYPES)
async def test_w32_w33_factors_by_type(numbers: Any, make_huawei: Any, mock_api: Any) -> None:
    """W32, W33, W34: a factor depends on its type; 7 digits mean the 8; all are kept."""
    kind, factor, code_kind, value = numbers
    row = EVENT | {"abnormal_type": kind, "abnormal_factor": factor}
    mock_api.respond("abnormal-events", {"total": 1, "events": [row]})
    (event,) = (await make_huawei().fetch_events("kids", "class_77_1", WINDOW)).events
    assert Code("huawei.abnormal_type", str(kind)) == event.kind
    assert Code(code_kind, value) == event.factors[0].code


LOCATIONS = [
    ("remote", 12, "10001", "10001"),  # the sender's way up
    ("remote", 14, "10001", None),  # the own way down, whatever the sample calls it
    ("remote", 18, "10001", "10001"),
    ("local", 1, "", None),
    ("remote", 1, "10001", "10001"),
    ("local", 12, "10001", None),
]


@pytest.mark.parametrize("place", LOCATIONS)
async def test_w37_whose_fault(place: Any, make_huawei: Any, mock_api: Any) -> None:
    """W37: both uids are kept; a downlink fault is the receiver's own."""
    location, factor, peer, culprit = place
    row = EVENT | {"location": location, "abnormal_factor": factor, "peer_uid": peer}
    mock_api.respond("abnormal-events", {"total": 1, "events": [row]})
    (event,) = (await make_huawei().fetch_events("kids", "class_77_1", WINDOW)).events
    assert ("20002", peer or None, culprit) == (
        event.uid,
        event.peer_uid,
        event.factors[0].peer_uid,
    )


async def test_rows_of_one_moment_are_one_event(make_huawei: Any, mock_api: Any) -> None:
    """Two factors of one freeze are one event; other rooms and times are skipped."""
    rows = [
        EVENT,
        EVENT | {"abnormal_factor": 6},
        EVENT | {"room_id": "class_77_10"},
        EVENT | {"time": "2026-11-20T11:20:00Z"},
    ]
    mock_api.respond("abnormal-events", {"total": 4, "events": rows})
    (event,) = (await make_huawei().fetch_events("kids", "class_77_1", WINDOW)).events
    assert [factor.code.value for factor in event.factors] == ["12", "6"]


EMPTY: list[object] = [{}, {"total": None}, [], None, "x"]


@pytest.mark.parametrize("body", EMPTY)
async def test_response_without_a_list_is_invalid(
    body: object, make_huawei: Any, mock_api: Any
) -> None:
    """A success without the requested list is not an empty result."""
    mock_api.respond("abnormal-events", body)
    with pytest.raises(CloudInvalidResponseError):
        await make_huawei().fetch_events("kids", "class_77_1", WINDOW)


async def test_rows_to_skip_do_not_hide_later_ones(make_huawei: Any, mock_api: Any) -> None:
    """A row of another time or room is skipped, wherever it is in the response."""
    rows = [
        EVENT | {"time": "2026-11-20T11:20:00Z"},
        EVENT | {"room_id": "class_77_10"},
        EVENT,
        EVENT | {"time": "2026-11-20T11:40:00Z"},
        EVENT | {"time": "2026-11-20T11:34:00Z"},
    ]
    mock_api.respond("abnormal-events", {"total": 5, "events": rows})
    events = (await make_huawei().fetch_events("kids", "class_77_1", WINDOW)).events
    assert [event.at for event in events] == [when("11:31:00"), when("11:34:00")]


async def test_truncated_events_are_reported_as_incomplete(make_huawei: Any, mock_api: Any) -> None:
    """After ten pages of a longer list the result says that it may be incomplete."""
    mock_api.respond("abnormal-events", {"total": 5000, "events": [EVENT] * 100})
    result = await make_huawei().fetch_events("kids", "class_77_1", WINDOW)
    assert [missing.why for missing in result.missing] == [MissingReason.MAY_BE_INCOMPLETE]
    assert len(mock_api.requests) == 10
