"""Series of one call, built from Huawei's rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.call import Code, Participant, Series
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import clean_code, invalid_response
from bot.clouds.huawei.metrics import (
    CODE_KIND,
    canonical_mid,
    direction_of,
    kind_of,
    parse_points,
)
from bot.clouds.huawei.schemas import QosRow
from bot.clouds.samples import clip_samples, merge_samples, split_by_session
from bot.ports import Window

if TYPE_CHECKING:
    from bot.call import FloatArray


@dataclass(frozen=True, slots=True)
class _Points:
    """One metric of one user, of all sessions."""

    uid: str
    mid: str
    peer_uid: str | None
    times: FloatArray
    values: FloatArray


def build_series(
    endpoint: Endpoint,
    rows: Iterable[QosRow],
    participants: Sequence[Participant],
    uids: Sequence[str],
    window: Window,
) -> tuple[Series, ...]:
    """Return the series of these uids within the window, split by session.

    13.10 names no session, so samples are assigned by time. Raises CloudInvalidResponseError for
    an invalid point.
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
    """The same metric from two responses, whose edges may overlap."""
    times, values = merge_samples([earlier.times, later.times], [earlier.values, later.values])
    return replace(earlier, times=times, values=values)


def _clip(points: _Points, window: Window) -> _Points:
    times, values = clip_samples(points.times, points.values, window)
    return replace(points, times=times, values=values)


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
