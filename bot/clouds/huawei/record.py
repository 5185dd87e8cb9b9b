"""Asking for one call: who was there (13.2) and what was measured at them (13.10)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from bot.call import Call, CallRecord, Code, Lack, LackReason, Missing, Participant, Series
from bot.clouds.endpoints import Endpoint
from bot.clouds.errors import clean_code, nonsense
from bot.clouds.huawei.client import Asking, coarse, days_of, pages, span_params, whole_seconds
from bot.clouds.huawei.metrics import (
    CODE_KIND,
    MIDS,
    PointRow,
    canonical_mid,
    direction_of,
    kind_of,
    points_of,
)
from bot.clouds.huawei.schemas import Id
from bot.clouds.huawei.sessions import fetch_stays
from bot.clouds.sessions import split_by_stay
from bot.ports import Window

if TYPE_CHECKING:
    from bot.call import FloatArray

_EDGE: Final = dt.timedelta(seconds=30)
_ENDED_FRESH: Final = dt.timedelta(minutes=10)
_MOVING_FRESH: Final = dt.timedelta(seconds=20)
_THREAD_FROM_ROWS: Final = 200


class QosRow(msgspec.Struct):
    """One metric of one user; `peerid` "0", "" or the own uid is the own side (W24)."""

    uid: Id
    mid: Id
    peerid: Id | None = None
    data: list[PointRow] | None = None


class Qos(msgspec.Struct):
    """13.10's answer."""

    room_id: Id | None = None
    data: list[QosRow] | None = None


@dataclass(frozen=True, slots=True)
class _Points:
    """One metric of one person, from whichever session."""

    uid: str
    mid: str
    peer_uid: str | None
    times: FloatArray
    values: FloatArray


async def fetch_record(
    asking: Asking, call: Call, uids: Sequence[str], window: Window
) -> CallRecord:
    """Return participants and series of these uids within the window, and what is missing.

    What is forgotten, not out yet or unknown is said in `missing`; any other failure is raised
    as CloudError. Data may come out sooner than the document says, so it is asked for up to now.
    """
    row = asking.endpoint("qos")
    now = asking.clock.now()
    span, missing = _askable(row, call, window, now)
    if span is None:
        return CallRecord(call, missing=missing, fresh_until=now - row.delay)
    is_settled = span.until <= now - row.delay
    fresh_for = _ENDED_FRESH if is_settled else _MOVING_FRESH
    stays = await fetch_stays(asking, call, uids, span, fresh_for)
    rows, are_all = await _Inquiry(asking, call, row, fresh_for).measurements(uids, span)
    if not (stays.are_all and are_all):
        missing += (Missing(Lack.CALL, LackReason.MAY_BE_INCOMPLETE, detail=call.id),)

    def build() -> tuple[Series, ...]:
        return series_of(row, rows, stays.people, uids, span)

    series = build() if len(rows) < _THREAD_FROM_ROWS else await asyncio.to_thread(build)
    if not stays.people and not series and not missing:
        missing = (Missing(Lack.CALL, LackReason.NOT_FOUND, detail=call.id),)
    return CallRecord(call, stays.people, series, missing, min(span.until, now - row.delay))


def _askable(
    row: Endpoint, call: Call, window: Window, now: dt.datetime
) -> tuple[Window | None, tuple[Missing, ...]]:
    """The part of the window that lies in the call and is still remembered."""
    since = max(window.since, call.started_at)
    until = window.until if call.ended_at is None else min(window.until, call.ended_at)
    oldest = now - row.look_back + _EDGE if row.look_back else since
    if until < since:
        return None, (Missing(Lack.CALL, LackReason.NOT_FOUND, detail=call.id),)
    if until < oldest:
        return None, (Missing(Lack.CALL, LackReason.FORGOTTEN, detail=call.id),)
    missing: tuple[Missing, ...] = ()
    if until > now - row.delay:
        missing = (Missing(Lack.CALL, LackReason.NOT_OUT_YET, until + row.delay, call.id),)
    since, until = max(since, oldest), coarse(now) if until > now else until
    return (whole_seconds(Window(since, until)) if until > since else None), missing


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """The questions about one stretch of one call."""

    asking: Asking
    call: Call
    row: Endpoint
    fresh_for: dt.timedelta

    async def measurements(self, uids: Sequence[str], span: Window) -> tuple[list[QosRow], bool]:
        """Ask for every metric of each uid, of the whole room when there are none.

        `user_id` is the sender in the document's words, and maybe who measured. Asked for both
        people of a class, either reading brings what each sent and received of the other.
        """
        found: list[QosRow] = []
        are_all = True
        for uid in uids or ("",):
            for piece in days_of(span, self.row.max_span):
                rows, complete = await self._pages(uid, piece)
                found += rows
                are_all &= complete
        return found, are_all

    async def _pages(self, uid: str, span: Window) -> tuple[list[QosRow], bool]:
        asked: dict[str, str | Sequence[str]] = {
            "app_id": self.asking.apps[self.call.app],
            "room_id": self.call.cname,
            "mid": MIDS,
            **span_params(span),
            **({"user_id": uid} if uid else {}),
        }

        async def ask(page: dict[str, str]) -> tuple[list[QosRow], int | None]:
            body = await self.asking.kept_body(
                self.call.app, self.row, {**asked, **page}, Qos, self.fresh_for
            )
            if body.data is None and body.room_id is None:
                raise nonsense(self.row, "no data")
            return body.data or [], None

        return await pages(ask, self.row.row_cap or 1)


def series_of(
    row: Endpoint,
    rows: Iterable[QosRow],
    people: Sequence[Participant],
    uids: Sequence[str],
    window: Window,
) -> tuple[Series, ...]:
    """Return what was measured at these uids within the window, cut into their stays.

    13.10 names no session, so samples are given to the stays they fell in. Raises
    CloudNonsenseError when a point's time is none.
    """
    joined: dict[tuple[str, str, str | None], _Points] = {}
    for measured in rows:
        uid = str(measured.uid)
        if uids and uid not in uids:
            continue
        points = _points(row, uid, measured)
        key = (points.uid, points.mid, points.peer_uid)
        joined[key] = _together(joined[key], points) if key in joined else points
    cut = (_within(points, window) for points in joined.values())
    return tuple(series for points in cut for series in _by_stay(points, people))


def _points(row: Endpoint, uid: str, measured: QosRow) -> _Points:
    mid = canonical_mid(clean_code(measured.mid))
    peer_uid = None if measured.peerid is None else str(measured.peerid)
    try:
        times, values = points_of(measured.data or (), kind_of(mid).own)
    except (ValueError, OverflowError):
        raise nonsense(row, "time") from None
    return _Points(uid, mid, None if peer_uid in ("0", "", uid) else peer_uid, times, values)


def _together(earlier: _Points, later: _Points) -> _Points:
    """The same metric out of two answers, whose edges may overlap."""
    times = np.concatenate([earlier.times, later.times])
    times, first = np.unique(times, return_index=True)
    values = np.concatenate([earlier.values, later.values])[first]
    return _Points(earlier.uid, earlier.mid, earlier.peer_uid, times, values)


def _within(points: _Points, window: Window) -> _Points:
    since, until = window.since.timestamp(), window.until.timestamp()
    inside = (points.times >= since) & (points.times <= until)
    times, values = points.times[inside], points.values[inside]
    return _Points(points.uid, points.mid, points.peer_uid, times, values)


def _by_stay(points: _Points, people: Sequence[Participant]) -> Iterable[Series]:
    stays = [stay for stay in people if stay.uid == points.uid]
    if not stays:
        yield from _series(points, "", points.times, points.values)
        return
    for stay, own in split_by_stay(stays, points.times):
        yield from _series(points, stay.sid, points.times[own], points.values[own])


def _series(points: _Points, sid: str, times: FloatArray, values: FloatArray) -> Iterable[Series]:
    if not times.size:
        return
    kind = kind_of(points.mid)
    yield Series(
        uid=points.uid,
        sid=sid,
        metric=kind.own if points.peer_uid is None else kind.received,
        unit=kind.unit,
        times=times,
        values=values,
        code=Code(CODE_KIND, points.mid),
        media=kind.media,
        direction=direction_of(kind, points.peer_uid),
        peer_uid=points.peer_uid,
    )
