"""Which sessions and metrics today's Agora is asked for again, while a ticket is looked at."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import pytest

from bot.call import Call
from bot.ports import Window

NOON_S: Final = 1795176000  # 2026-11-20 12:00 UTC
STANDARD: Final = {"api": "current", "plan": "standard"}  # sessions and metrics after 300 seconds
TEACHER, STUDENT, LISTENER = "1", "2", "3"
PAIR: Final = [TEACHER, STUDENT]
FIRST: Final = (-420, -330)  # seconds from noon: the first verdict, when its end is published
LATER: Final = (-420, -180)
LATER_S: Final = 150


def when(seconds: float) -> dt.datetime:
    """A moment in seconds from noon."""
    return dt.datetime.fromtimestamp(NOON_S + seconds, dt.UTC)


def call(ended: float | None = None) -> Call:
    """A call that began two hours before noon."""
    return Call("agora", "kids", "c1", "class", when(-7200), None if ended is None else when(ended))


class Class:
    """Responds for a class: who is there as (uid, number of the session), until when measured."""

    def __init__(self, mock_api: Any, cloud: Any) -> None:
        self._mock_api = mock_api
        self._cloud = cloud

    def script(
        self, *open_sids: str, gone: tuple[str, ...] = (), measured: Mapping[str, float]
    ) -> None:
        """Let these sessions be listed, and measured until so many seconds from noon."""
        rows = [_row(sid, is_over=False) for sid in open_sids]
        rows += [_row(sid, is_over=True) for sid in gone]
        self._mock_api.respond("sessions", {"code": 0, "call_info": rows})
        metrics = [
            {"sid": sid, "data": [{"mid": 20001, "kvs": _samples(until)}]}
            for sid, until in measured.items()
        ]
        self._mock_api.respond("metrics", {"code": 0, "metrics": metrics})

    async def look(
        self,
        span: tuple[float, float],
        *,
        uids: list[str] | None = None,
        ended: float | None = None,
    ) -> tuple[Any, list[int]]:
        """Fetch a record; return it, and how many sessions and metrics requests it took."""
        before = len(self._mock_api.requests)
        window = Window(*map(when, span))
        record = await self._cloud.fetch_record(call(ended), PAIR if uids is None else uids, window)
        paths = (each.url.path.rsplit("/", 1)[-1] for each in self._mock_api.requests[before:])
        counts = Counter(paths)
        return record, [counts["sessions"], counts["metrics"]]


def _row(sid: str, *, is_over: bool) -> dict[str, Any]:
    left = {"finished": True, "leave_ts": NOON_S - 200} if is_over else {"finished": False}
    return {"sid": sid, "uid": int(sid[0]), "join_ts": NOON_S - 7000, **left}


def _samples(until: float) -> list[list[float]]:
    return [[NOON_S + second, 5] for second in range(-1020, int(until) + 1, 2)]


@pytest.fixture
def room(mock_api: Any, light: Any) -> Class:
    """A class with the data of today's Agora."""
    return Class(mock_api, light("agora", **STANDARD))


async def test_minutes_beside_a_window_cost_nothing(room: Class) -> None:
    """The ten minutes before it are in the same responses; the record has its window only."""
    room.script("1a", "2a", gone=("2z",), measured={"1a": -300, "2a": -300})
    record, sent = await room.look(FIRST)
    assert sent == [1, 1]
    assert [float(each.times[0]) - NOON_S for each in record.series] == [-420, -420]
    record, sent = await room.look((-900, -330))
    assert sent == [0, 0]
    assert [float(each.times[0]) - NOON_S for each in record.series] == [-900, -900]


async def test_who_left_before_a_window_is_not_in_its_record(room: Class, clock: Any) -> None:
    """Though the minutes beside it had been requested too."""
    clock.advance(seconds=400)
    room.script("1a", "2a", gone=("2z",), measured={"1a": 100, "2a": 100})
    record, _ = await room.look((-150, 90))
    assert [each.sid for each in record.participants] == ["1a", "2a"]
    record, sent = await room.look((-300, 90))
    assert [each.sid for each in record.participants] == ["1a", "2a", "2z"]
    assert sent == [0, 0]


async def test_who_is_still_measured_is_still_there(room: Class, clock: Any) -> None:
    """Then the sessions are not listed again; the metrics are those of the later window."""
    room.script("1a", "2a", measured={"1a": -300, "2a": -300})
    await room.look(FIRST)
    clock.advance(seconds=LATER_S)
    room.script("1a", "2a", measured={"1a": -150, "2a": -150})
    record, sent = await room.look(LATER)
    assert sent == [0, 1]
    assert [float(each.times[-1]) - NOON_S for each in record.series] == [-180, -180]


@pytest.mark.parametrize(("silent_s", "requests"), [(10, [0, 1]), (11, [1, 1])])
async def test_who_is_not_measured_may_have_left(
    silent_s: float, requests: list[int], room: Class, clock: Any
) -> None:
    """Ten seconds before the end of the response."""
    room.script("1a", "2a", measured={"1a": -300, "2a": -300})
    await room.look(FIRST)
    clock.advance(seconds=LATER_S)
    last = -150 - silent_s - 1  # samples are on even seconds
    room.script("1a", "2a", measured={"1a": -150, "2a": last + 1 - (last + 1) % 2})
    assert (await room.look(LATER))[1] == requests


async def test_who_rejoined_is_listed_and_measured(room: Class, clock: Any) -> None:
    """With both sessions."""
    room.script("1a", "2a", measured={"1a": -300, "2a": -300})
    await room.look(FIRST)
    clock.advance(seconds=LATER_S)
    measured = {"1a": -150, "2a": -210, "2b": -150}
    room.script("1a", "2b", gone=("2a",), measured=measured)
    record, sent = await room.look(LATER)
    assert sent == [1, 2]
    assert {each.sid for each in record.participants} == {"1a", "2a", "2b"}
    assert {each.sid for each in record.series} == {"1a", "2a", "2b"}


async def test_without_the_other_one_metrics_are_not_fetched_again(room: Class, clock: Any) -> None:
    """Nothing is judged then. Who has come is listed, and measured."""
    room.script("1a", measured={"1a": -300})
    record, sent = await room.look(FIRST)
    assert sent == [1, 1]
    assert {each.uid for each in record.series} == {TEACHER}
    clock.advance(seconds=60)
    record, sent = await room.look((-420, -240))
    assert sent == [1, 0]
    assert {each.uid for each in record.series} == {TEACHER}
    clock.advance(seconds=90)
    room.script("1a", "2a", measured={"1a": -150, "2a": -150})
    record, sent = await room.look(LATER)
    assert sent == [1, 1]
    assert {each.uid for each in record.series} == {TEACHER, STUDENT}


async def test_the_last_minutes_of_a_call_are_fetched(room: Class, clock: Any) -> None:
    """Also of one whom the other did not meet: a call before this one may explain it."""
    room.script("1a", measured={"1a": -300})
    await room.look(FIRST)
    clock.advance(seconds=LATER_S)
    room.script(gone=("1a",), measured={"1a": -200})
    assert (await room.look(LATER, ended=-200))[1] == [1, 1]


async def test_tickets_of_one_class_share_its_sessions(room: Class) -> None:
    """Another student's report needs metrics only; who was there needs no request."""
    room.script("1a", "2a", "3a", measured={"1a": -300, "2a": -300, "3a": -300})
    assert (await room.look(FIRST))[1] == [1, 1]
    record, sent = await room.look(FIRST, uids=[TEACHER, LISTENER])
    assert sent == [0, 1]
    assert {each.uid for each in record.participants} == {TEACHER, LISTENER}


async def test_data_that_may_be_late_is_fetched_again(room: Class, clock: Any) -> None:
    """Five minutes after it was published at the earliest; of who is there the metrics only."""
    room.script("1a", "2a", measured={"1a": 0, "2a": 0})
    for pause_s, requests in ((0, [1, 1]), (299, [0, 0]), (1, [0, 1])):
        clock.advance(seconds=pause_s)
        assert (await room.look(FIRST))[1] == requests


async def test_who_was_absent_may_be_listed_late(room: Class, clock: Any) -> None:
    """So the sessions are requested again too."""
    room.script("1a", measured={"1a": -300})
    for pause_s, requests in ((0, [1, 1]), (299, [0, 0]), (1, [1, 1])):
        clock.advance(seconds=pause_s)
        assert (await room.look(FIRST))[1] == requests


async def test_minutes_up_to_now_cost_nothing_either(room: Class, clock: Any) -> None:
    """Whatever the second in which they are asked for."""
    clock.advance(seconds=37.6)
    room.script("1a", "2a", measured={"1a": -264, "2a": -264})
    assert (await room.look((-540, -300)))[1] == [1, 1]
    assert (await room.look((-1020, -262.4)))[1] == [0, 0]
