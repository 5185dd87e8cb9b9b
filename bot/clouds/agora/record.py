"""What Agora told of one call, joined into participants and series. Pure: asks nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from bot.call import Call, Code, Direction, Lack, LackReason, Metric, Missing, Participant, Series
from bot.clouds.agora.client import Generation
from bot.clouds.agora.metrics import CODE_KINDS, MetricKind, kind_of, points_of
from bot.clouds.agora.schemas import MetricRow, StayRow, UserRow, moment, required
from bot.clouds.endpoints import Endpoint
from bot.clouds.errors import clean_code, nonsense
from bot.ports import Window

_SENT_SIZES: Final = {
    Metric.RECEIVE_WIDTH: Metric.SEND_WIDTH,
    Metric.RECEIVE_HEIGHT: Metric.SEND_HEIGHT,
}


def participants_of(
    row: Endpoint, users: Iterable[UserRow], uids: Collection[str]
) -> tuple[Participant, ...]:
    """Return the stays of these uids (of everybody when there are none), first joiner first.

    Raises CloudNonsenseError when a time is none.
    """
    wanted = [user for user in users if not uids or str(user.uid) in uids]
    stays = {str(user.sid): _participant(row, user) for user in wanted}
    return tuple(sorted(stays.values(), key=lambda stay: stay.joined_at))


def cut_off(row: Endpoint, users: Sequence[UserRow], uids: Collection[str]) -> tuple[Missing, ...]:
    """Say which uids may be hidden behind the ten the seed names, newest joiner first."""
    if row.row_cap is None or len(users) < row.row_cap:
        return ()
    seen = {str(user.uid) for user in users}
    return tuple(
        Missing(Lack.CALL, LackReason.CUT_OFF, detail=uid) for uid in uids if uid not in seen
    )


def series_of(
    row: Endpoint,
    stays: Iterable[StayRow],
    participants: Iterable[Participant],
    window: Window,
    generation: Generation,
) -> tuple[Series, ...]:
    """Return what was measured at these participants within the window, joined by `sid`.

    Raises CloudNonsenseError when points are no pairs of numbers.
    """
    uids = {stay.sid: stay.uid for stay in participants}
    found: dict[tuple[str, str, str | None], Series] = {}
    for stay in stays:
        uid = uids.get(str(stay.sid))
        for metric in stay.data or () if uid is not None else ():
            series = _series(row, str(uid), str(stay.sid), metric, generation)
            key = (series.sid, series.code.value, series.peer_uid)
            found[key] = _joined(found[key], series) if key in found else series
    cut = (_within(series, window) for series in found.values())
    return tuple(series for series in cut if series.times.size)


def started_record_is_due(call: Call, row: Endpoint, window: Window) -> Missing:
    """Say why a call has no users: its details come out later than its name, or never."""
    due_at = call.started_at + row.delay
    if window.until < due_at:
        return Missing(Lack.CALL, LackReason.NOT_OUT_YET, due_at, call.id)
    return Missing(Lack.CALL, LackReason.NOT_FOUND, detail=call.id)


def _participant(row: Endpoint, user: UserRow) -> Participant:
    try:
        joined_at = required(user.join_ts)
        left_at = None if user.finished is False else moment(user.leave_ts)
    except ValueError:
        raise nonsense(row, "join_ts") from None
    return Participant(
        uid=str(user.uid),
        sid=str(user.sid),
        joined_at=joined_at,
        left_at=left_at,
        network=user.network or "",
        platform=user.platform or "",
        device=user.device_type or "",
        sdk=user.sdk_version or "",
        sends=user.speaker,
    )


def _series(row: Endpoint, uid: str, sid: str, metric: MetricRow, generation: Generation) -> Series:
    peer_uid = None if metric.peer_uid in (None, 0, "0", "") else str(metric.peer_uid)
    mid = clean_code(metric.mid)
    kind = _own(kind_of(mid, generation)) if peer_uid is None else kind_of(mid, generation)
    try:
        times, values = points_of(bytes(metric.kvs))
    except ValueError:
        raise nonsense(row, "kvs") from None
    return Series(
        uid=uid,
        sid=sid,
        metric=kind.metric,
        unit=kind.unit,
        times=times,
        values=values,
        code=Code(CODE_KINDS[generation], mid),
        media=kind.media,
        direction=kind.direction,
        peer_uid=peer_uid,
    )


def _own(kind: MetricKind) -> MetricKind:
    """A picture size without a peer is the size of what is sent."""
    if kind.metric not in _SENT_SIZES:
        return kind
    return MetricKind(_SENT_SIZES[kind.metric], kind.unit, kind.media, Direction.UP)


def _joined(earlier: Series, later: Series) -> Series:
    """The same series out of two questions, whose edges may overlap."""
    times = np.concatenate([earlier.times, later.times])
    values = np.concatenate([earlier.values, later.values])
    times, first = np.unique(times, return_index=True)
    return replace(earlier, times=times, values=values[first])


def _within(series: Series, window: Window) -> Series:
    since, until = window.since.timestamp(), window.until.timestamp()
    inside = slice(
        int(np.searchsorted(series.times, since, "left")),
        int(np.searchsorted(series.times, until, "right")),
    )
    return replace(series, times=series.times[inside], values=series.values[inside])
