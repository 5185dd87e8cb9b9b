"""What Volcengine told of one call, joined into participants and series. Pure: asks nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Final

import numpy as np

from bot.call import Call, Direction, Participant, Series
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import invalid_response
from bot.clouds.sessions import split_by_session
from bot.clouds.volcengine.metrics import code_of, kind_of, parse_points
from bot.clouds.volcengine.schemas import (
    DetailRow,
    RecordRow,
    UserDetailRow,
    UserRow,
    parse_required_time,
    parse_time,
)
from bot.ports import Window

_JOIN: Final = "join_room"
_LEAVE: Final = "leave_room"
_UNKNOWN: Final = "unknown"
_Span = tuple[str, str | None]


def build_participants(
    endpoint: Endpoint, call: Call, users: Iterable[UserRow], uids: Collection[str]
) -> tuple[Participant, ...]:
    """Return the stays in this call of these uids (of everybody when there are none).

    A user's row covers the call; its `Record` of coming and going tells the stays, first joiner
    first. Volcengine numbers no stays, so we do. Raises CloudNonsenseError when a time is none.
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
    """Return what was measured within the window, each point with the stay it fell in.

    Raises CloudNonsenseError when points are no pairs of numbers.
    """
    found: dict[tuple[str, str, str | None], Series] = {}
    for detail in details:
        for metric in detail.call_detail or ():
            series = _clip(_series(endpoint, detail, metric), window)
            key = (series.uid, series.code.value, series.peer_uid)
            found[key] = _merge(found[key], series) if key in found else series
    sessions: dict[str, list[Participant]] = {}
    for session in participants:
        sessions.setdefault(session.uid, []).append(session)
    return tuple(
        chunk
        for series in found.values()
        for chunk in _by_session(series, call, sessions.get(series.uid, []))
    )


def _spans(user: UserRow) -> list[_Span]:
    """Pair coming with going, the first to come with the first to go: one uid may be there twice.

    Where a going is missing, who came again without having left was gone in between.
    """
    events = _ordered(user.record or ())
    came = [event.time for event in events if event.type == _JOIN]
    left = [event.time for event in events if event.type == _LEAVE]
    if len(came) - len(left) == (user.finished is False) and _in_turn(came, left):
        return list(zip_longest(came, left))
    left_at = None if user.finished is False else user.leave_at
    return _spans_one_by_one(events, left_at) or [(user.created_at, left_at)]


def _in_turn(came: Sequence[str], left: Sequence[str]) -> bool:
    """Tell whether nobody goes before they came."""
    return bool(came) and all(since <= until for since, until in zip(came, left, strict=False))


def _spans_one_by_one(events: Iterable[RecordRow], left_at: str | None) -> list[_Span]:
    spans: list[_Span] = []
    came_at: str | None = None
    for event in events:
        if event.type == _JOIN:
            if came_at is not None:
                spans.append((came_at, event.time))
            came_at = event.time
        elif event.type == _LEAVE and came_at is not None:
            spans.append((came_at, event.time))
            came_at = None
    return spans if came_at is None else [*spans, (came_at, left_at)]


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
    """The same series out of two questions, whose edges may overlap."""
    times = np.concatenate([earlier.times, later.times])
    values = np.concatenate([earlier.values, later.values])
    times, first = np.unique(times, return_index=True)
    return replace(earlier, times=times, values=values[first])


def _clip(series: Series, window: Window) -> Series:
    edges = np.searchsorted(series.times, (window.since.timestamp(), window.until.timestamp()))
    inside = slice(int(edges[0]), int(edges[1]) + 1)
    times = series.times[inside]
    kept = times <= window.until.timestamp()
    return replace(series, times=times[kept], values=series.values[inside][kept])


def _by_session(series: Series, call: Call, sessions: Sequence[Participant]) -> Iterator[Series]:
    if not sessions:
        if series.times.size:
            yield replace(series, sid=_sid(call, series.uid, 0))
        return
    for session, own in split_by_session(sessions, series.times):
        yield replace(series, sid=session.sid, times=series.times[own], values=series.values[own])
