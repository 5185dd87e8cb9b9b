"""Participants and series of one call, built from Agora's rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from bot.call import (
    Call,
    Code,
    Direction,
    Metric,
    MissingItem,
    MissingKind,
    MissingReason,
    Participant,
    Series,
)
from bot.clouds.agora.client import Generation
from bot.clouds.agora.metrics import CODE_KINDS, MetricKind, kind_of, parse_points
from bot.clouds.agora.schemas import (
    MetricRow,
    SessionMetricsRow,
    UserRow,
    parse_required_time,
    parse_time,
)
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import clean_code, invalid_response
from bot.clouds.samples import clip_samples, merge_samples
from bot.ports import Window

_SENT_SIZES: Final = {
    Metric.RECEIVE_WIDTH: Metric.SEND_WIDTH,
    Metric.RECEIVE_HEIGHT: Metric.SEND_HEIGHT,
}


def build_participants(
    endpoint: Endpoint, users: Iterable[UserRow], uids: Collection[str]
) -> tuple[Participant, ...]:
    """Return the sessions of these uids (of all uids when there are none), by when they began.

    Raises CloudInvalidResponseError for an invalid time.
    """
    matching = [user for user in users if not uids or str(user.uid) in uids]
    sessions = {str(user.sid): _participant(endpoint, user) for user in matching}
    return tuple(sorted(sessions.values(), key=lambda session: session.joined_at))


def truncated_uids(
    endpoint: Endpoint, users: Sequence[UserRow], uids: Collection[str]
) -> tuple[MissingItem, ...]:
    """Return the uids that may be missing because the API of 2020 lists ten users at most."""
    if endpoint.max_rows is None or len(users) < endpoint.max_rows:
        return ()
    seen = {str(user.uid) for user in users}
    return tuple(
        MissingItem(MissingKind.CALL, MissingReason.CUT_OFF, detail=uid)
        for uid in uids
        if uid not in seen
    )


def build_series(
    endpoint: Endpoint,
    sessions: Iterable[SessionMetricsRow],
    participants: Iterable[Participant],
    window: Window,
    generation: Generation,
) -> tuple[Series, ...]:
    """Return the series of these participants within the window, joined by `sid`.

    Raises CloudInvalidResponseError when points are not pairs of numbers.
    """
    uids = {session.sid: session.uid for session in participants}
    merged: dict[tuple[str, str, str | None], Series] = {}
    for session in sessions:
        uid = uids.get(str(session.sid))
        for metric in session.data or () if uid is not None else ():
            series = _series(endpoint, str(uid), str(session.sid), metric, generation)
            key = (series.sid, series.code.value, series.peer_uid)
            merged[key] = _merge(merged[key], series) if key in merged else series
    clipped = (_clip(series, window) for series in merged.values())
    return tuple(series for series in clipped if series.times.size)


def last_sample_s(session: SessionMetricsRow) -> float:
    """Return when a session was last measured, in epoch seconds; 0 if never or unreadable."""
    try:
        times = (parse_points(bytes(metric.kvs))[0] for metric in session.data or ())
        return max((float(each[-1]) for each in times if each.size), default=0.0)
    except ValueError:
        return 0.0


def missing_participants(call: Call, endpoint: Endpoint, window: Window) -> MissingItem:
    """Return why a call has no users: its details are published later than the call, or never."""
    due_at = call.started_at + endpoint.delay
    if window.until < due_at:
        return MissingItem(MissingKind.CALL, MissingReason.NOT_OUT_YET, due_at, call.id)
    return MissingItem(MissingKind.CALL, MissingReason.NOT_FOUND, detail=call.id)


def _participant(endpoint: Endpoint, user: UserRow) -> Participant:
    try:
        joined_at = parse_required_time(user.join_ts)
        left_at = None if user.finished is False else parse_time(user.leave_ts)
    except ValueError:
        raise invalid_response(endpoint, "join_ts") from None
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


def _series(
    endpoint: Endpoint, uid: str, sid: str, metric: MetricRow, generation: Generation
) -> Series:
    peer_uid = None if metric.peer_uid in (None, 0, "0", "") else str(metric.peer_uid)
    mid = clean_code(metric.mid)
    kind = (
        _sent_size_kind(kind_of(mid, generation)) if peer_uid is None else kind_of(mid, generation)
    )
    try:
        times, values = parse_points(bytes(metric.kvs))
    except ValueError:
        raise invalid_response(endpoint, "kvs") from None
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


def _sent_size_kind(kind: MetricKind) -> MetricKind:
    """A picture size without a peer is that of the sent video."""
    if kind.metric not in _SENT_SIZES:
        return kind
    return MetricKind(_SENT_SIZES[kind.metric], kind.unit, kind.media, Direction.UP)


def _merge(earlier: Series, later: Series) -> Series:
    """The same series from two requests, whose edges may overlap."""
    times, values = merge_samples([earlier.times, later.times], [earlier.values, later.values])
    return replace(earlier, times=times, values=values)


def _clip(series: Series, window: Window) -> Series:
    times, values = clip_samples(series.times, series.values, window)
    return replace(series, times=times, values=values)
