"""A healthy call whose conditions and measurements can be changed, second by second."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Direction, Media, Metric, Side
from bot.sandbox.scenario import Complaint, Curve, Device, Person, SimulatedCall, SimulatedSession
from bot.sandbox.scenario import build_simulated_call as build_call
from bot.sandbox.scenario.conditions import LINKS, conditions_of
from bot.sandbox.scenario.curves import compute_curves
from bot.sandbox.scenario.simulated_call import Role

if TYPE_CHECKING:
    from bot.call import FloatArray

OBSERVER_UID: Final = 30003
_COMPLAINT_AFTER_S: Final = 1500.0
_ALWAYS: Final = 10_000.0
_NOISE: Final = 0.05
_QUIET_KBPS: Final = 1.0  # discontinuous transmission: comfort noise only
_QUIET_VOLUME: Final = 3.0


@dataclass(frozen=True, slots=True)
class _Measurement:
    """Values, one a second, that replace those of the curves of a metric."""

    uid: int
    metric: Metric
    media: Media | None
    since: float
    values: FloatArray

    def is_of(self, curve: Curve) -> bool:
        return (self.uid, self.metric, self.media) == (curve.uid, curve.metric, curve.media)


class CallDraft:
    """A call under construction. Times are seconds from the complaint."""

    def __init__(self, seed: int, started_at: float) -> None:
        self._call = build_call(
            "healthy",
            f"hard_{seed}",
            seed=seed,
            started_at=started_at,
            complaint_after_s=_COMPLAINT_AFTER_S,
        )
        self._rng = np.random.default_rng(seed)
        self._conditions = {one.uid: conditions_of(self._call, one) for one in self._call.people}
        self._measurements: list[_Measurement] = []

    def build(self) -> SimulatedCall:
        """Return the call with the curves that follow."""
        curves = compute_curves(self._call, self._conditions)
        return replace(self._call, curves=tuple(map(self._measured, curves)))

    def complaint_of(self, side: Side) -> None:
        """Let this side complain."""
        self._call = replace(self._call, complaint=Complaint(self._call.complaint.at, side))

    def use_network(self, uid: int, network: str) -> None:
        """Change how somebody is connected: `Wi-Fi`, `4G` or `Ethernet`."""
        people = tuple(
            replace(one, device=replace(one.device, network=network)) if one.uid == uid else one
            for one in self._call.people
        )
        self._call = replace(self._call, people=people)

    def add_observer(self) -> int:
        """Add somebody who listens and sends nothing; return the uid."""
        start, end = self._call.started_at + 60, self._call.ended_at
        session = SimulatedSession(start - 1, start, end)
        uid = OBSERVER_UID + len(self._call.people)
        observer = Person(uid, Role.OBSERVER, Device(), (session,), sends=False)
        self._call = replace(self._call, people=(*self._call.people, observer))
        self._conditions[observer.uid] = conditions_of(self._call, observer)
        return observer.uid

    def join(self, uid: int, when: float) -> None:
        """Let somebody join only then."""
        joined_at = self._call.complaint.at + when
        last = self._call.person(uid).sessions[-1]
        self._replace_sessions(
            uid, replace(last, join_started_at=joined_at - 1, joined_at=joined_at)
        )
        self.disconnect(uid, -_ALWAYS, when)

    def leave(self, uid: int, when: float, back: float | None = None) -> None:
        """Let somebody leave, and come back if so."""
        at = self._call.complaint.at
        *before, last = self._call.person(uid).sessions
        sessions = [*before, replace(last, left_at=at + when)]
        if back is not None:
            sessions.append(SimulatedSession(at + back - 1, at + back, last.left_at))
        self._replace_sessions(uid, *sessions)
        self.disconnect(uid, when, _ALWAYS if back is None else back)

    def _replace_sessions(self, uid: int, *sessions: SimulatedSession) -> None:
        people = tuple(
            replace(one, sessions=sessions) if one.uid == uid else one for one in self._call.people
        )
        self._call = replace(self._call, people=people)

    def lose(
        self,
        uid: int,
        percent: float | FloatArray,
        since: float = -_ALWAYS,
        until: float = _ALWAYS,
        direction: Direction | None = None,
    ) -> None:
        """Lose a share of the packets, in both directions or one."""
        table = self._conditions[uid].loss
        self._set_links(table, percent, since, until, direction)
        for link, values in table.items():
            table[link] = values.clip(0, 100)

    def delay(
        self,
        uid: int,
        ms: float | FloatArray,
        since: float = -_ALWAYS,
        until: float = _ALWAYS,
        direction: Direction | None = None,
    ) -> None:
        """Set the round trip, in both directions or one."""
        self._set_links(self._conditions[uid].latency_ms, ms, since, until, direction)

    def shake(
        self,
        uid: int,
        ms: float | FloatArray,
        since: float = -_ALWAYS,
        until: float = _ALWAYS,
        direction: Direction | None = None,
    ) -> None:
        """Set the jitter, in both directions or one."""
        self._set_links(self._conditions[uid].jitter_ms, ms, since, until, direction)

    def disconnect(self, uid: int, since: float, until: float) -> None:
        """Take a device offline: it sends, receives and measures nothing."""
        self._conditions[uid].online[self._span(since, until)] = 0

    def turn_off(
        self, uid: int, media: Media, since: float = -_ALWAYS, until: float = _ALWAYS
    ) -> None:
        """Turn off a camera or microphone."""
        self._conditions[uid].sending[media][self._span(since, until)] = 0

    def load(self, uid: int, percent: float, since: float, until: float) -> None:
        """Use so much of the processor."""
        self._conditions[uid].system_cpu[self._span(since, until)] = percent

    def silence(self, uid: int, since: float, until: float) -> None:
        """Let somebody say nothing: the encoder sends comfort noise only."""
        self.measure(uid, Metric.SEND_BITRATE, _QUIET_KBPS, Media.AUDIO, since, until)
        self.measure(uid, Metric.SEND_VOLUME, _QUIET_VOLUME, Media.AUDIO, since, until)
        for other in self._conditions.keys() - {uid}:
            self.measure(other, Metric.RECEIVE_BITRATE, _QUIET_KBPS, Media.AUDIO, since, until)
            self.measure(other, Metric.PLAY_VOLUME, _QUIET_VOLUME, Media.AUDIO, since, until)

    def still_picture(self, uid: int, fps: float) -> None:
        """Send a picture that hardly changes."""
        for metric in (Metric.CAPTURE_FPS, Metric.SEND_FPS):
            self.measure(uid, metric, fps, Media.VIDEO)
        self.measure(uid, Metric.SEND_BITRATE, 30, Media.VIDEO)
        for other in self._conditions.keys() - {uid}:
            self.measure(other, Metric.RECEIVE_FPS, fps, Media.VIDEO)
            self.measure(other, Metric.RECEIVE_BITRATE, 29, Media.VIDEO)
            self.measure(other, Metric.FREEZE_TIME, 0, Media.VIDEO)

    def measure(  # noqa: PLR0917 - when comes last in every method
        self,
        uid: int,
        metric: Metric,
        value: float | FloatArray,
        media: Media | None = None,
        since: float = -_ALWAYS,
        until: float = _ALWAYS,
    ) -> None:
        """Replace what somebody measures; an array has one value a second, NaN is no sample."""
        span = self._span(since, until)
        values = self._noisy(value, span.stop - span.start)
        self._measurements.append(_Measurement(uid, metric, media, float(span.start), values))

    def _measured(self, curve: Curve) -> Curve:
        times, values = curve.times, curve.values.copy()
        origin = np.floor(self._call.started_at)
        for one in self._measurements:
            if one.is_of(curve):
                seconds = (times - origin - one.since).astype(int)
                inside = (seconds >= 0) & (seconds < len(one.values))
                values[inside] = one.values[seconds[inside]].round(1)
        known = np.isfinite(values)
        return replace(curve, times=times[known], values=values[known])

    def _set_links(
        self,
        table: dict[tuple[Direction, Media], FloatArray],
        value: float | FloatArray,
        since: float,
        until: float,
        direction: Direction | None,
    ) -> None:
        span = self._span(since, until)
        for link in LINKS:
            if direction in (None, link[0]):
                table[link][span] = self._noisy(value, span.stop - span.start)

    def _span(self, since: float, until: float) -> slice:
        last = int(self._call.ended_at - self._call.started_at)
        first, end = (int(_COMPLAINT_AFTER_S + moment) for moment in (since, until))
        return slice(max(0, first), min(last, end))

    def _noisy(self, value: float | FloatArray, count: int) -> FloatArray:
        """Repeat recorded values as they are; give a constant some noise."""
        if isinstance(value, np.ndarray):
            return np.resize(value, count)
        values: FloatArray = value * (1 + _NOISE * self._rng.standard_normal(count))
        return values
