"""The traps of Huawei's call metrics (13.10), each with its number."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.call import Call, Code, Direction, Metric, Unit
from bot.ports import Window

APP_ID = "5fa682b34a974f7ad24d223b"


def when(text: str) -> dt.datetime:
    """A moment of the day, such as `11:30:00`."""
    return dt.datetime.fromisoformat(f"2026-11-20T{text}Z")


WINDOW = Window(when("11:30:00"), when("11:34:00"))
CALL = Call("huawei", "kids", "c", "class_77_1", when("11:00:00"), when("11:50:00"))


def points(*pairs: tuple[str, object]) -> list[dict[str, object]]:
    """Samples at moments of the day."""
    return [{"time": f"2026-11-20T{at}Z", "value": value} for at, value in pairs]


def qos(mid: str, *pairs: tuple[str, object], uid: str = "10001", peer: object = "0") -> Any:
    """A response of 13.10 with one metric."""
    row = {"uid": uid, "peerid": peer, "mid": mid, "data": points(*pairs)}
    return {"room_id": "class_77_1", "data": [row]}


async def test_samples_are_split_by_session(user: Any, make_huawei: Any, mock_api: Any) -> None:
    """13.10 has no session: samples are split where a user joined again."""
    first = user | {"leave_time": "2026-11-20T11:31:30Z"}
    again = user | {"session": "s2", "join_time": "2026-11-20T11:32:00Z"}
    mock_api.respond("users", {"total": 2, "users": [first, again]})
    mock_api.respond("details", qos("abit", ("11:31:00", 40), ("11:32:00", 41), ("11:33:00", 42)))
    record = await make_huawei().fetch_record(CALL, ["10001"], WINDOW)
    cut = {one.sid: one.values.tolist() for one in record.series}
    assert cut == {"s1": [40.0], "s2": [41.0, 42.0]}


async def test_w22_the_right_names_are_sent(make_huawei: Any, mock_api: Any) -> None:
    """W22, W23: requests have `vrtt` and never `vrtd`, with room, times and `mid`, by user."""
    await make_huawei().fetch_record(CALL, ["10001", "20002"], WINDOW)
    requested = mock_api.params("details")
    mids = requested[0]["mid"].split(",")
    assert (len(mids), "vrtt" in mids, "vrtd" in mids) == (22, True, False)
    assert [each["user_id"] for each in requested] == ["10001", "20002"]
    assert {(APP_ID, "class_77_1")} == {(each["app_id"], each["room_id"]) for each in requested}
    span = ("2026-11-20T11:20:00Z", "2026-11-20T11:44:00Z")
    assert span == (requested[0]["start_time"], requested[0]["end_time"])


async def test_w22_misprint_in_a_response_is_parsed(make_huawei: Any, mock_api: Any) -> None:
    """W22: `vrtd` in a response is the same metric."""
    mock_api.respond("details", qos("vrtd", ("11:31:00", 88)))
    (series,) = (await make_huawei().fetch_record(CALL, ["10001"], WINDOW)).series
    assert (Metric.UPLINK_LATENCY, Code("huawei.mid", "vrtt")) == (series.metric, series.code)


@pytest.mark.parametrize("peer", ["0", "", "10001", None, 0])
async def test_w24_the_own_side(peer: object, make_huawei: Any, mock_api: Any) -> None:
    """W24: "0", "" and the own uid as `peerid` all mean what the user sends."""
    mock_api.respond("details", qos("vloss", ("11:31:00", 7.5), peer=peer))
    (series,) = (await make_huawei().fetch_record(CALL, ["10001"], WINDOW)).series
    assert (
        series.peer_uid,
        series.metric,
        series.direction,
        series.unit,
    ) == (None, Metric.UPLINK_LOSS, Direction.UP, Unit.PERCENT)


async def test_w24_what_was_received(make_huawei: Any, mock_api: Any) -> None:
    """W24: another uid as `peerid` is the sender of what was received."""
    mock_api.respond("details", qos("vloss", ("11:31:00", 0.5), peer="20002"))
    (series,) = (await make_huawei().fetch_record(CALL, ["10001"], WINDOW)).series
    assert (
        series.peer_uid,
        series.metric,
        float(series.values[0]),
    ) == ("20002", Metric.DOWNLINK_LOSS, 0.5)


async def test_w25_points_are_sorted(make_huawei: Any, mock_api: Any) -> None:
    """W25: samples are sorted, gaps and impossible jitter left out, the first of a second kept."""
    samples = [("11:33:00", "3"), ("11:31:00", 1), ("11:31:00", 9), ("11:32:00", None)]
    samples += [("11:32:10", "-"), ("11:32:20", "")]
    mock_api.respond("details", qos("ajitter", *samples, ("11:31:30", 433422), peer="10001"))
    (series,) = (await make_huawei().fetch_record(CALL, ["10001"], WINDOW)).series
    assert (series.values.tolist(), float(series.times[1] - series.times[0])) == ([1.0, 3.0], 120.0)


async def test_unknown_metric_is_kept(make_huawei: Any, mock_api: Any) -> None:
    """An unknown metric is returned under its own name."""
    mock_api.respond("details", qos("zloss", ("11:31:00", 1)))
    (series,) = (await make_huawei().fetch_record(CALL, ["10001"], WINDOW)).series
    assert (series.metric, series.code.value) == (Metric.OTHER, "zloss")
