"""Huawei's metrics of a whole app: live (13.3 to 13.6) and by day (13.7 to 13.9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np

from bot.call import Media, Metric
from bot.sandbox.clouds.huawei.calls import SessionView, region_of, session_views
from bot.sandbox.clouds.huawei.params import DAY_S, HOUR_S, Params, Span, invalid, missing, stamp
from bot.sandbox.clouds.server import Response
from bot.sandbox.scenario import SimulatedCall, curves_of

Json = dict[str, Any]
METRICS_DELAY_S: Final = 300
_MINUTE_S: Final = 60
_LOOK_BACK_DAYS: Final = 31
_LIVE_SCALE: Final = ("OnlineUsers", "RoomCount")
_LIVE_QUALITY: Final = (
    "JoinSuccessRate",
    "JoinSuccess5SecsRate",
    "VideoFreezeRate",
    "AudioFreezeRate",
)
_LIVE_NETWORK: Final = (
    "VideoUpstreamExcellentTransRate",
    "AudioUpstreamExcellentTransRate",
    "VideoExcellentTransRate",
    "AudioExcellentTransRate",
)
_SDK_TYPES: Final = ("native", "webrtc")
_USAGES: Final = ("CommunicationDuration", "TranscodeDuration", "RecordDuration")
_HISTORY_SCALE: Final = (
    "UserCount",
    "SessionCount",
    "RoomCount",
    "MaxOnlineUserCount",
    "MaxOnlineRoomCount",
    "CommunicationDuration",
    "VideoCommunicationDuration",
    "AudioCommunicationDuration",
)
_HISTORY_QUALITY: Final = (
    *_LIVE_QUALITY,
    "FirstVideoRecvTime",
    "FirstAudioRecvTime",
    "PullStreamSuccessRate",
    "PushStreamSuccessRate",
    *_LIVE_NETWORK,
    "VideoTransDelay",
    "AudioTransDelay",
)
_SNAKE: Final = {"JoinSuccess5SecsRate": "join_success_in5secs_rate"}  # W21
_SLOW_S: Final = 5.0
_GOOD_LOSS: Final = 5.0
_DIMENSIONS: Final = ("region", "access_net", "platform", "sdk")


def live_scale(params: Params, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer 13.3: users or rooms online in every minute."""
    params.allow("app", "room_id", "metric", "start_time", "end_time")
    metric = params.choice("metric", _LIVE_SCALE)
    span, selected = params.span(max_s=DAY_S), _select_calls(params, sim_calls)

    def value(at: float) -> int:
        online = _online(selected, at)
        return len(online) if metric == "OnlineUsers" else len({p.sim_call.cname for p in online})

    return Response({"scale": _minutes(params, span, value)})


def live_distribution(params: Params, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer 13.4: who is online at a moment, by region (as a code), network, platform or SDK."""
    params.allow("app", "room_id", "metric", "dimension", "time")
    params.choice("metric", ("OnlineUsers",))
    dimension = params.choice("dimension", _DIMENSIONS)
    at = params.time("time")
    if at is None:
        raise missing("time")
    counts: dict[str, int] = {}
    for one in _online(_select_calls(params, sim_calls), at):
        name = _dimension(one, dimension)
        counts[name] = counts.get(name, 0) + 1
    rows = [{"dimension": name, "online_users": count} for name, count in counts.items()]
    rows.sort(key=lambda row: -int(str(row["online_users"])))
    return Response({"dimensions": rows})


def live_quality(params: Params, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer 13.5: one rate in every minute; no simulated client is a web client."""
    return _live_rate(params, sim_calls, "quality", _LIVE_QUALITY)


def live_network(params: Params, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer 13.6: one share of good transmission in every minute."""
    return _live_rate(params, sim_calls, "network", _LIVE_NETWORK)


def _live_rate(
    params: Params, sim_calls: Sequence[SimulatedCall], name: str, known: tuple[str, ...]
) -> Response:
    params.allow("app", "room_id", "metric", "sdk_type", "start_time", "end_time")
    metric = params.choice("metric", known)
    is_native = params.choice("sdk_type", _SDK_TYPES) == "native"
    span = params.span(max_s=DAY_S)
    selected = _select_calls(params, sim_calls) if is_native else []
    rows = _minutes(params, span, lambda at: _rate(selected, metric, at, at + _MINUTE_S))
    return Response({name: [row for row in rows if row["value"] is not None]})


def usage(params: Params, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer 13.7: seconds used by day."""
    params.allow("app", "metric", "start_date", "end_date")
    metric = params.choice("metric", _USAGES)
    for name in ("start_date", "end_date"):
        params.text(name)
    rows = []
    for day in params.days(maximum=None):
        seconds = _seconds(sim_calls, day) if metric == "CommunicationDuration" else 0
        parts = {"video_sd": seconds, "video_hd": 0, "video_hdp": 0, "audio": 0}
        rows.append({"date": day, **parts, "total_duration": seconds})
    return Response({"usage": rows})


def history_scale(params: Params, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer 13.8: usage metrics by day."""
    return _history(params, "scale", _HISTORY_SCALE, lambda m, day: _size(sim_calls, m, day))


def history_quality(params: Params, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer 13.9: quality metrics by day; 1 means 100 %."""
    return _history(params, "quality", _HISTORY_QUALITY, lambda m, day: _good(sim_calls, m, day))


def _history(
    params: Params,
    name: str,
    known: tuple[str, ...],
    value: Callable[[str, str], float | None],
) -> Response:
    """One row a day with what was asked for only; today has not ended and is not there (W20)."""
    params.allow("app", "metric", "start_date", "end_date")
    metrics = params.choices("metric", known)
    today = stamp(params.request.now)[:10]
    oldest = stamp(params.request.now - _LOOK_BACK_DAYS * DAY_S)[:10]
    days = params.days(maximum=_LOOK_BACK_DAYS)
    if days[0] < oldest:
        raise invalid("start_date")
    rows = [
        {"date": day} | {snake(m): number for m in metrics if (number := value(m, day)) is not None}
        for day in days
        if day < today
    ]
    return Response({name: rows})


def snake(metric: str) -> str:
    """Return a metric's name in the response, which differs from the request's (W21)."""
    return _SNAKE.get(metric, re.sub(r"(?<!^)(?=[A-Z])", "_", metric).lower())


def _select_calls(params: Params, sim_calls: Iterable[SimulatedCall]) -> list[SimulatedCall]:
    room_id = params.optional("room_id")
    return [one for one in sim_calls if room_id in ("", one.cname)]


def _online(sim_calls: Iterable[SimulatedCall], at: float) -> list[SessionView]:
    return [
        one
        for sim_call in sim_calls
        for one in session_views(sim_call, at)
        if one.session.joined_at <= at < one.session.left_at
    ]


def _dimension(one: SessionView, dimension: str) -> str:
    device = one.person.device
    values = {"access_net": device.network, "platform": device.platform, "sdk": device.sdk}
    return values.get(dimension) or region_of(one.person)[1]


def _minutes(params: Params, span: Span, value: Callable[[float], float | None]) -> list[Json]:
    until = min(span.end, params.request.now - params.request.delay(METRICS_DELAY_S))
    first = int(-(-span.start // _MINUTE_S)) * _MINUTE_S
    return [
        {"time": stamp(at), "value": value(at)} for at in range(first, int(until) + 1, _MINUTE_S)
    ]


def _rate(
    sim_calls: Iterable[SimulatedCall], metric: str, start: float, end: float
) -> float | None:
    """Return a rate within a span, 1 meaning always; None without data."""
    if metric.startswith("Join"):
        return _joined(sim_calls, start, end, quick=metric == "JoinSuccess5SecsRate")
    media = Media.VIDEO if metric.startswith("Video") else Media.AUDIO
    if metric.endswith("FreezeRate"):
        values = _values(sim_calls, Metric.FREEZE_TIME, media, start, end)
        return round(float(values.mean()) / 2000, 4) if values.size else None
    is_up = "Upstream" in metric
    loss = Metric.UPLINK_LOSS if is_up else Metric.END_TO_END_LOSS
    values = _values(sim_calls, loss, media, start, end)
    return round(float((values <= _GOOD_LOSS).mean()), 4) if values.size else None


def _joined(
    sim_calls: Iterable[SimulatedCall], start: float, end: float, *, quick: bool
) -> float | None:
    took = [
        session.join_duration_s
        for sim_call in sim_calls
        for person in sim_call.people
        for session in person.sessions
        if start <= session.joined_at < end
    ]
    if not took:
        return None
    return round(sum(not quick or each <= _SLOW_S for each in took) / len(took), 4)


def _values(
    sim_calls: Iterable[SimulatedCall], metric: Metric, media: Media, start: float, end: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    values = [
        curve.values[(curve.times >= start) & (curve.times < end)]
        for sim_call in sim_calls
        if sim_call.started_at < end and start < sim_call.ended_at
        for curve in curves_of(sim_call)
        if (curve.metric, curve.media) == (metric, media)
    ]
    return np.concatenate(values) if values else np.empty(0)


def _of_day(sim_calls: Iterable[SimulatedCall], day: str) -> list[SimulatedCall]:
    return [sim_call for sim_call in sim_calls if stamp(sim_call.started_at)[:10] == day]


def _seconds(sim_calls: Iterable[SimulatedCall], day: str) -> int:
    sessions = (
        session for one in _of_day(sim_calls, day) for who in one.people for session in who.sessions
    )
    return int(sum(session.left_at - session.joined_at for session in sessions))


def _size(sim_calls: Sequence[SimulatedCall], metric: str, day: str) -> float:
    selected = _of_day(sim_calls, day)
    if metric.endswith("Duration"):
        return 0 if metric.startswith("Audio") else _seconds(sim_calls, day)
    if metric == "RoomCount":
        return len(selected)
    people = [person for sim_call in selected for person in sim_call.people if person.sessions]
    if metric == "UserCount":
        return len(people)
    if metric == "SessionCount":
        return sum(len(person.sessions) for person in people)
    hours = range(24 * 12)
    begin = min((one.started_at for one in selected), default=0.0) // DAY_S * DAY_S
    online = [_online(selected, begin + number * HOUR_S / 12) for number in hours]
    rooms = metric == "MaxOnlineRoomCount"
    return max(len({one.sim_call.cname for one in each}) if rooms else len(each) for each in online)


def _good(sim_calls: Sequence[SimulatedCall], metric: str, day: str) -> float | None:
    selected = _of_day(sim_calls, day)
    start = min((one.started_at for one in selected), default=0.0)
    end = max((one.ended_at for one in selected), default=0.0)
    if not selected:
        return None
    if metric.endswith("TransDelay"):
        media = Media.VIDEO if metric.startswith("Video") else Media.AUDIO
        values = _values(selected, Metric.LATENCY, media, start, end)
        return float(np.median(values)) if values.size else None
    if metric.startswith("First"):
        return 380
    if metric.endswith("StreamSuccessRate"):
        return 1.0
    return _rate(selected, metric, start - HOUR_S, end)
