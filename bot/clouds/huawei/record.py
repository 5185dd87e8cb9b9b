"""Asking for one call: who was there (13.2) and what was measured at them (13.10)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from bot.call import (
    Call,
    CallRecord,
    Code,
    MissingItem,
    MissingKind,
    MissingReason,
    Participant,
    Series,
)
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import clean_code, invalid_response
from bot.clouds.huawei.client import (
    HuaweiClient,
    fetch_pages,
    round_down,
    span_params,
    split_window,
    whole_seconds,
)
from bot.clouds.huawei.metrics import (
    CODE_KIND,
    MIDS,
    PointRow,
    canonical_mid,
    direction_of,
    kind_of,
    parse_points,
)
from bot.clouds.huawei.schemas import Id
from bot.clouds.huawei.sessions import fetch_sessions
from bot.clouds.sessions import split_by_session
from bot.ports import Window

if TYPE_CHECKING:
    from bot.call import FloatArray

_CLOCK_SKEW: Final = dt.timedelta(seconds=30)
_ENDED_TTL: Final = dt.timedelta(minutes=10)
_RUNNING_TTL: Final = dt.timedelta(seconds=20)
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
    client: HuaweiClient, call: Call, uids: Sequence[str], window: Window
) -> CallRecord:
    """Return participants and series of these uids within the window, and what is missing.

    What is forgotten, not out yet or unknown is said in `missing`; any other failure is raised
    as CloudError. Data may come out sooner than the document says, so it is asked for up to now.
    """
    endpoint = client.find_endpoint("qos")
    now = client.clock.now()
    span, missing = _available_window(endpoint, call, window, now)
    if span is None:
        return CallRecord(call, missing=missing, fresh_until=now - endpoint.delay)
    is_final = span.until <= now - endpoint.delay
    ttl = _ENDED_TTL if is_final else _RUNNING_TTL
    sessions = await fetch_sessions(client, call, uids, span, ttl)
    rows, is_complete = await _CallQuery(client, call, endpoint, ttl).fetch(uids, span)
    if not (sessions.is_complete and is_complete):
        missing += (MissingItem(MissingKind.CALL, MissingReason.MAY_BE_INCOMPLETE, detail=call.id),)

    def build() -> tuple[Series, ...]:
        return build_series(endpoint, rows, sessions.participants, uids, span)

    series = build() if len(rows) < _THREAD_FROM_ROWS else await asyncio.to_thread(build)
    if not sessions.participants and not series and not missing:
        missing = (MissingItem(MissingKind.CALL, MissingReason.NOT_FOUND, detail=call.id),)
    return CallRecord(
        call, sessions.participants, series, missing, min(span.until, now - endpoint.delay)
    )


def _available_window(
    endpoint: Endpoint, call: Call, window: Window, now: dt.datetime
) -> tuple[Window | None, tuple[MissingItem, ...]]:
    """The part of the window that lies in the call and is still remembered."""
    since = max(window.since, call.started_at)
    until = window.until if call.ended_at is None else min(window.until, call.ended_at)
    oldest = now - endpoint.look_back + _CLOCK_SKEW if endpoint.look_back else since
    if until < since:
        return None, (MissingItem(MissingKind.CALL, MissingReason.NOT_FOUND, detail=call.id),)
    if until < oldest:
        return None, (MissingItem(MissingKind.CALL, MissingReason.FORGOTTEN, detail=call.id),)
    missing: tuple[MissingItem, ...] = ()
    if until > now - endpoint.delay:
        missing = (
            MissingItem(
                MissingKind.CALL, MissingReason.NOT_OUT_YET, until + endpoint.delay, call.id
            ),
        )
    since, until = max(since, oldest), round_down(now) if until > now else until
    return (whole_seconds(Window(since, until)) if until > since else None), missing


@dataclass(frozen=True, slots=True)
class _CallQuery:
    """The questions about one stretch of one call."""

    client: HuaweiClient
    call: Call
    endpoint: Endpoint
    ttl: dt.timedelta

    async def fetch(self, uids: Sequence[str], span: Window) -> tuple[list[QosRow], bool]:
        """Ask for every metric of each uid, of the whole room when there are none.

        `user_id` is the sender in the document's words, and maybe who measured. Asked for both
        people of a class, either reading brings what each sent and received of the other.
        """
        found: list[QosRow] = []
        is_complete = True
        for uid in uids or ("",):
            for chunk in split_window(span, self.endpoint.max_span):
                rows, complete = await self._pages(uid, chunk)
                found += rows
                is_complete &= complete
        return found, is_complete

    async def _pages(self, uid: str, span: Window) -> tuple[list[QosRow], bool]:
        params: dict[str, str | Sequence[str]] = {
            "app_id": self.client.apps[self.call.app],
            "room_id": self.call.cname,
            "mid": MIDS,
            **span_params(span),
            **({"user_id": uid} if uid else {}),
        }

        async def fetch_page(page: dict[str, str]) -> tuple[list[QosRow], int | None]:
            body = await self.client.cached_body(
                self.call.app, self.endpoint, {**params, **page}, Qos, self.ttl
            )
            if body.data is None and body.room_id is None:
                raise invalid_response(self.endpoint, "no data")
            return body.data or [], None

        return await fetch_pages(fetch_page, self.endpoint.max_rows or 1)


def build_series(
    endpoint: Endpoint,
    rows: Iterable[QosRow],
    participants: Sequence[Participant],
    uids: Sequence[str],
    window: Window,
) -> tuple[Series, ...]:
    """Return what was measured at these uids within the window, cut into their stays.

    13.10 names no session, so samples are given to the stays they fell in. Raises
    CloudNonsenseError when a point's time is none.
    """
    merged: dict[tuple[str, str, str | None], _Points] = {}
    for qos_row in rows:
        uid = str(qos_row.uid)
        if uids and uid not in uids:
            continue
        points = _points(endpoint, uid, qos_row)
        key = (points.uid, points.mid, points.peer_uid)
        merged[key] = _merge(merged[key], points) if key in merged else points
    clipped = (_clip(points, window) for points in merged.values())
    return tuple(series for points in clipped for series in _by_session(points, participants))


def _points(endpoint: Endpoint, uid: str, qos_row: QosRow) -> _Points:
    mid = canonical_mid(clean_code(qos_row.mid))
    peer_uid = None if qos_row.peerid is None else str(qos_row.peerid)
    try:
        times, values = parse_points(qos_row.data or (), kind_of(mid).own)
    except (ValueError, OverflowError):
        raise invalid_response(endpoint, "time") from None
    return _Points(uid, mid, None if peer_uid in ("0", "", uid) else peer_uid, times, values)


def _merge(earlier: _Points, later: _Points) -> _Points:
    """The same metric out of two answers, whose edges may overlap."""
    times = np.concatenate([earlier.times, later.times])
    times, first = np.unique(times, return_index=True)
    values = np.concatenate([earlier.values, later.values])[first]
    return _Points(earlier.uid, earlier.mid, earlier.peer_uid, times, values)


def _clip(points: _Points, window: Window) -> _Points:
    since, until = window.since.timestamp(), window.until.timestamp()
    inside = (points.times >= since) & (points.times <= until)
    times, values = points.times[inside], points.values[inside]
    return _Points(points.uid, points.mid, points.peer_uid, times, values)


def _by_session(points: _Points, participants: Sequence[Participant]) -> Iterable[Series]:
    sessions = [session for session in participants if session.uid == points.uid]
    if not sessions:
        yield from _series(points, "", points.times, points.values)
        return
    for session, own in split_by_session(sessions, points.times):
        yield from _series(points, session.sid, points.times[own], points.values[own])


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
