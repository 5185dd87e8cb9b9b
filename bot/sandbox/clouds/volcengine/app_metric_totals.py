"""Volcengine's metrics over participants and rooms in a time interval (002)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Media, Metric
from bot.sandbox.scenario import Person, SimulatedCall, SimulatedSession, curves_of

if TYPE_CHECKING:
    from bot.call import FloatArray

_SAMPLE_MS: Final = 2000.0
_ON_TIME_MS: Final = 400.0
_SOON_S: Final = 5.0
_MANY: Final = 100
_MINUTE_S: Final = 60.0
_NEAR_S: Final = 600.0
_AUDIO, _VIDEO = Media.AUDIO, Media.VIDEO


@dataclass(frozen=True, slots=True)
class Bucket:
    """A stretch of time, epoch seconds; the end does not belong to it."""

    start: float
    end: float

    def holds(self, at: float) -> bool:
        """Return whether a moment is in it."""
        return self.start <= at < self.end


@lru_cache(maxsize=32)
def _indexes(sim_call: SimulatedCall) -> Mapping[tuple[int, Metric, Media | None], Sequence[int]]:
    """Return where in `curves_of` those of a uid, metric and media are.

    The curves themselves are cached there alone: those of a busy day take 220 MB.
    """
    indexes: dict[tuple[int, Metric, Media | None], list[int]] = {}
    for index, curve in enumerate(curves_of(sim_call)):
        indexes.setdefault((curve.uid, curve.metric, curve.media), []).append(index)
    return indexes


@dataclass(frozen=True, slots=True)
class CallParticipant:
    """One person of one call."""

    sim_call: SimulatedCall
    person: Person

    def is_near(self, bucket: Bucket) -> bool:
        """Return whether the call may overlap an interval; a cheap test before counting."""
        sim_call = self.sim_call
        return (
            sim_call.started_at - _NEAR_S < bucket.end
            and bucket.start < sim_call.ended_at + _NEAR_S
        )

    def values(self, metric: Metric, media: Media, bucket: Bucket) -> FloatArray:
        """Return what was measured of one metric at this person in a stretch of time."""
        indexes = _indexes(self.sim_call).get((self.person.uid, metric, media), ())
        curves = curves_of(self.sim_call)
        values = [
            curves[index].values[
                slice(*np.searchsorted(curves[index].times, (bucket.start, bucket.end)))
            ]
            for index in indexes
        ]
        return np.concatenate(values) if values else np.empty(0)

    def sessions(self, bucket: Bucket) -> Iterator[SimulatedSession]:
        """Return the sessions that overlap an interval."""
        for session in self.person.sessions:
            if session.joined_at < bucket.end and bucket.start < session.left_at:
                yield session


Count = Callable[[Sequence[CallParticipant], Bucket], "float | None"]


def participants_of(sim_calls: Iterable[SimulatedCall]) -> list[CallParticipant]:
    """Return every person of every call."""
    return [
        CallParticipant(sim_call, person) for sim_call in sim_calls for person in sim_call.people
    ]


def _joined_soon(people: Sequence[CallParticipant], bucket: Bucket) -> float | None:
    attempts: list[bool] = []
    for participant in people:
        sessions = participant.person.sessions
        attempts += [
            s.join_duration_s <= _SOON_S for s in sessions if bucket.holds(s.join_started_at)
        ]
        failed = () if sessions else participant.sim_call.faults_of(participant.person.uid)
        attempts += [False for fault in failed if bucket.holds(fault.begins_at)]
    return _share(attempts)


def _stalled(people: Sequence[CallParticipant], bucket: Bucket, *, media: Media) -> float | None:
    frozen_ms = [participant.values(Metric.FREEZE_TIME, media, bucket) for participant in people]
    values = np.concatenate([*frozen_ms, np.empty(0)])
    return float(100 * (values / _SAMPLE_MS).mean()) if values.size else None


def _flowed(
    people: Sequence[CallParticipant], bucket: Bucket, *, metric: Metric, media: Media
) -> float | None:
    rates = [participant.values(metric, media, bucket) for participant in people]
    return _share([bool((rate > 0).any()) for rate in rates if rate.size])


def _on_time(people: Sequence[CallParticipant], bucket: Bucket, *, media: Media) -> float | None:
    delays = [participant.values(Metric.LATENCY, media, bucket) for participant in people]
    return _share((np.concatenate([*delays, np.empty(0)]) <= _ON_TIME_MS).tolist())


def _share(hits: Sequence[bool]) -> float | None:
    return 100 * sum(hits) / len(hits) if hits else None


_SENT = partial(_flowed, metric=Metric.SEND_BITRATE)
_RECEIVED = partial(_flowed, metric=Metric.RECEIVE_BITRATE)

# What an indicator comes back as, which is never what it was asked as (002, first table).
QUALITY: Final[dict[str, dict[str, Count]]] = {
    "join_room_success_rate": {"5s_join_room_success_rate": _joined_soon},
    "stall_rate": {
        "80ms_audio_stall_rate": partial(_stalled, media=_AUDIO),
        "500ms_video_stall_rate": partial(_stalled, media=_VIDEO),
    },
    "first_frame_send_success_rate": {
        "audio_first_frame_send_success_rate": partial(_SENT, media=_AUDIO),
        "video_first_frame_send_success_rate": partial(_SENT, media=_VIDEO),
    },
    "first_frame_recv_success_rate": {
        "audio_first_frame_recv_success_rate": partial(_RECEIVED, media=_AUDIO),
        "video_first_frame_recv_success_rate": partial(_RECEIVED, media=_VIDEO),
    },
    "network_trans_delay": {
        "400ms_audio_network_trans_delay": partial(_on_time, media=_AUDIO),
        "400ms_video_network_trans_delay": partial(_on_time, media=_VIDEO),
    },
}


def _users(people: Sequence[CallParticipant], bucket: Bucket) -> float:
    return len(
        {participant.person.uid for participant in people if any(participant.sessions(bucket))}
    )


def _sessions(people: Sequence[CallParticipant], bucket: Bucket) -> float:
    return sum(1 for participant in people for _ in participant.sessions(bucket))


def _rooms(people: Sequence[CallParticipant], bucket: Bucket) -> list[list[SimulatedSession]]:
    rooms: dict[tuple[str, float], list[SimulatedSession]] = {}
    for participant in people:
        for session in participant.sessions(bucket):
            key = (participant.sim_call.cname, participant.sim_call.started_at)
            rooms.setdefault(key, []).append(session)
    return list(rooms.values())


def _peak(spans: Iterable[tuple[float, float]]) -> int:
    """Return how many of these spans go on at once at most."""
    steps = sorted(step for start, end in spans for step in ((start, 1), (end, -1)))
    now = maximum = 0
    for _, step in steps:
        now += step
        maximum = max(maximum, now)
    return maximum


def _span(sessions: Sequence[SimulatedSession]) -> tuple[float, float]:
    return min(session.joined_at for session in sessions), max(
        session.left_at for session in sessions
    )


def _peak_users(people: Sequence[CallParticipant], bucket: Bucket) -> float:
    spans = (
        (session.joined_at, session.left_at)
        for participant in people
        for session in participant.sessions(bucket)
    )
    return _peak(spans)


def _peak_rooms(people: Sequence[CallParticipant], bucket: Bucket) -> float:
    return _peak(_span(sessions) for sessions in _rooms(people, bucket))


def _room_count(people: Sequence[CallParticipant], bucket: Bucket) -> float:
    return len(_rooms(people, bucket))


def _big_rooms(people: Sequence[CallParticipant], bucket: Bucket) -> float:
    rooms = _rooms(people, bucket)
    return sum(_peak((s.joined_at, s.left_at) for s in sessions) >= _MANY for sessions in rooms)


def _stay_minutes(people: Sequence[CallParticipant], bucket: Bucket) -> float:
    spans = (
        (session, bucket) for participant in people for session in participant.sessions(bucket)
    )
    seconds = (min(s.left_at, b.end) - max(s.joined_at, b.start) for s, b in spans)
    return sum(seconds) / _MINUTE_S


def _online_minutes(people: Sequence[CallParticipant], bucket: Bucket) -> float:
    spans = (_span(sessions) for sessions in _rooms(people, bucket))
    return sum(min(end, bucket.end) - max(start, bucket.start) for start, end in spans) / _MINUTE_S


def _ratio(
    people: Sequence[CallParticipant], bucket: Bucket, *, over: Count, under: Count
) -> float | None:
    below = under(people, bucket)
    return (over(people, bucket) or 0.0) / below if below else None


OPERATIONS: Final[dict[str, Count]] = {
    "user_count": _users,
    "session_count": _sessions,
    "peak_concurrent_user": _peak_users,
    "room_count": _room_count,
    "high_concurrency_room": _big_rooms,
    "peak_concurrent_room": _peak_rooms,
    "avg_call_count": partial(_ratio, over=_sessions, under=_users),
    "per_call_time": partial(_ratio, over=_stay_minutes, under=_sessions),
    "avg_call_time": partial(_ratio, over=_stay_minutes, under=_users),
    "total_online_time": _online_minutes,
    "avg_online_time": partial(_ratio, over=_online_minutes, under=_room_count),
    "avg_user_count": partial(_ratio, over=_sessions, under=_room_count),
}
REALTIME_OPERATIONS: Final[dict[str, Count]] = {
    "online_user_count": _peak_users,
    "online_room_count": _room_count,
}
