"""Participants and series of one call, built from Volcengine's rows."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from bot.call import Call, Direction, Participant, Series
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import invalid_response
from bot.clouds.samples import clip_samples, merge_samples, split_by_session
from bot.clouds.volcengine.metrics import code_of, kind_of
from bot.clouds.volcengine.schemas import (
    DetailRow,
    RecordRow,
    UserDetailRow,
    UserRow,
    parse_required_time,
    parse_time,
)
from bot.decoding import decode_json
from bot.ports import Window

if TYPE_CHECKING:
    from bot.call import FloatArray

_MS: Final = 1000.0
_JOINS: Final = frozenset({"join_room", "joinroom"})  # a table and its sample disagree
_LEAVES: Final = frozenset({"leave_room", "leaveroom"})
_UNKNOWN: Final = "unknown"
_Span = tuple[str, str | None]


def build_participants(
    endpoint: Endpoint, call: Call, users: Iterable[UserRow], uids: Collection[str]
) -> tuple[Participant, ...]:
    """Return the sessions in this call of these uids (of all uids when there are none).

    A user's row covers the call; its `Record` of joins and leaves gives the sessions, sorted by
    when they began. Volcengine numbers no sessions, so we do. Raises CloudInvalidResponseError
    for an invalid time.
    """
    sessions: dict[str, Participant] = {}
    for user in users:
        in_call = user.call_id is None or str(user.call_id) == call.id
        if in_call and (not uids or str(user.user_id) in uids):
            for number, span in enumerate(_spans(user)):
                session = _participant(endpoint, call, user, number, span)
                sessions[session.sid] = session
    return tuple(sorted(sessions.values(), key=lambda session: session.joined_at))


def build_series(
    endpoint: Endpoint,
    call: Call,
    details: Iterable[UserDetailRow],
    participants: Sequence[Participant],
    window: Window,
) -> tuple[Series, ...]:
    """Return the series within the window, split by session.

    Raises CloudInvalidResponseError when points are not pairs of numbers.
    """
    merged: dict[tuple[str, str, str | None], Series] = {}
    for detail in details:
        for metric in detail.call_detail or ():
            series = _clip(_series(endpoint, detail, metric), window)
            key = (series.uid, series.code.value, series.peer_uid)
            merged[key] = _merge(merged[key], series) if key in merged else series
    sessions: dict[str, list[Participant]] = {}
    for session in participants:
        sessions.setdefault(session.uid, []).append(session)
    return tuple(
        chunk
        for series in merged.values()
        for chunk in _by_session(series, call, sessions.get(series.uid, []))
    )


def _spans(user: UserRow) -> list[_Span]:
    """Pair joins with leaves, the first with the first: one uid may be in the call twice.

    Where a leave is missing, a second join ends the session before it.
    """
    events = _ordered(user.record or ())
    joins = [event.time for event in events if event.type in _JOINS]
    leaves = [event.time for event in events if event.type in _LEAVES]
    if len(joins) - len(leaves) == (user.finished is False) and _alternates(joins, leaves):
        return list(zip_longest(joins, leaves))
    left_at = None if user.finished is False else user.leave_at
    return _spans_one_by_one(events, left_at) or [(user.created_at, left_at)]


def _alternates(joins: Sequence[str], leaves: Sequence[str]) -> bool:
    """Return whether no leave precedes its join."""
    return bool(joins) and all(since <= until for since, until in zip(joins, leaves, strict=False))


def _spans_one_by_one(events: Iterable[RecordRow], left_at: str | None) -> list[_Span]:
    spans: list[_Span] = []
    since: str | None = None
    for event in events:
        if event.type in _JOINS:
            if since is not None:
                spans.append((since, event.time))
            since = event.time
        elif event.type in _LEAVES and since is not None:
            spans.append((since, event.time))
            since = None
    return spans if since is None else [*spans, (since, left_at)]


def _ordered(record: Iterable[RecordRow]) -> list[RecordRow]:
    return sorted(record, key=lambda event: event.time)


def _participant(
    endpoint: Endpoint, call: Call, user: UserRow, number: int, span: _Span
) -> Participant:
    try:
        joined_at, left_at = parse_required_time(span[0]), parse_time(span[1])
    except ValueError:
        raise invalid_response(endpoint, "CreatedAt") from None
    return Participant(
        uid=str(user.user_id),
        sid=_sid(call, str(user.user_id), number),
        joined_at=joined_at,
        left_at=left_at,
        network=_known_or_empty(user.access),
        platform=_known_or_empty(user.os),
        device=user.device_type or "",
        sdk=user.sdk_version or "",
        sends=user.pub,
    )


def _sid(call: Call, uid: str, number: int) -> str:
    return f"{call.id}/{uid}/{number}"


def _known_or_empty(word: str | None) -> str:
    return "" if word is None or word.lower() == _UNKNOWN else word


def _series(endpoint: Endpoint, detail: UserDetailRow, metric: DetailRow) -> Series:
    uid = str(detail.user_id)
    kind = kind_of(metric.name, metric.desc, metric.unit)
    try:
        times, values = parse_points(bytes(metric.data), kind.scale)
    except ValueError:
        raise invalid_response(endpoint, "Data") from None
    is_received = kind.direction is Direction.DOWN or not kind.desc
    peer_uid = str(detail.peer_id or "") if is_received else ""
    return Series(
        uid=uid,
        sid="",
        metric=kind.metric,
        unit=kind.unit,
        times=times,
        values=values,
        code=code_of(kind, metric.name, metric.desc),
        media=kind.media,
        direction=kind.direction,
        peer_uid=None if peer_uid in ("", uid) else peer_uid,
    )


def _merge(earlier: Series, later: Series) -> Series:
    """The same series from two requests, whose edges may overlap."""
    times, values = merge_samples([earlier.times, later.times], [earlier.values, later.values])
    return replace(earlier, times=times, values=values)


def _clip(series: Series, window: Window) -> Series:
    times, values = clip_samples(series.times, series.values, window)
    return replace(series, times=times, values=values)


def _by_session(series: Series, call: Call, sessions: Sequence[Participant]) -> Iterator[Series]:
    if not sessions:
        if series.times.size:
            yield replace(series, sid=_sid(call, series.uid, 0))
        return
    for session, own in split_by_session(sessions, series.times):
        yield replace(series, sid=session.sid, times=series.times[own], values=series.values[own])


class _Point(msgspec.Struct, rename="pascal", gc=False):
    time: float
    value: float | None = None


def parse_points(raw: bytes, scale: float = 1.0) -> tuple[FloatArray, FloatArray]:
    """Parse `[{"Time": ms, "Value": v}, ...]` into sorted epoch seconds and values.

    Nulls are left out; of two values of one moment the first is kept. Raises ValueError for
    anything but such a list.
    """
    try:
        points = decode_json(raw, list[_Point] | None, strict=False) or []
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError("no points") from error
    pairs = [
        (point.time / _MS, math.nan if point.value is None else point.value * scale)
        for point in points
    ]
    table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    table = table[np.isfinite(table).all(axis=1)]
    times, first = np.unique(table[:, 0], return_index=True)
    return times, np.ascontiguousarray(table[first, 1])
