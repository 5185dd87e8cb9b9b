"""What Agora returns of a call at a given time: ids, sessions, points."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.clouds.agora.codes import MetricKey
from bot.sandbox.clouds.agora.params import Window
from bot.sandbox.scenario import Person, SimulatedCall, SimulatedSession, curves_of
from bot.sandbox.scenario.simulated_call import Role

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CallView:
    """A call as it shows at `now` to an endpoint whose data is `delay_s` late."""

    sim_call: SimulatedCall
    now: float
    delay_s: float

    @property
    def fresh_until(self) -> float:
        """The time up to which data is available."""
        return self.now - self.delay_s

    @property
    def created_at(self) -> int:
        """When the first person joined, in epoch seconds."""
        return int(min(session.joined_at for _, _, session in _sessions(self.sim_call)))

    @property
    def destroyed_at(self) -> int:
        """When the last person leaves (maybe in the future), in epoch seconds."""
        return int(max(session.left_at for _, _, session in _sessions(self.sim_call)))

    @property
    def finished(self) -> bool:
        """Return whether everybody has left, as far as data is available."""
        return self.destroyed_at <= self.fresh_until

    @property
    def exists(self) -> bool:
        """Return whether the call is visible yet."""
        return any(_sessions(self.sim_call)) and self.created_at <= self.fresh_until

    @property
    def call_id(self) -> str:
        """The call's id: 24 hexadecimal digits."""
        return _digest(self.sim_call.cname, self.sim_call.started_at, 12)

    def overlaps(self, window: Window) -> bool:
        """Return whether the call ran within the window."""
        return self.created_at <= window.end and window.start <= self.destroyed_at

    def row(self) -> Json:
        """Return the call as a row of a list; an unfinished one has `destroyed_ts` 0."""
        return {
            "call_id": self.call_id,
            "cname": self.sim_call.cname,
            "created_ts": self.created_at,
            "destroyed_ts": self.destroyed_at if self.finished else 0,
            "finished": self.finished,
        }

    def sessions(self, window: Window, *, exclude_servers: bool) -> list[SessionView]:
        """Return who was in the room within the window, the newest joiner first."""
        sessions_seen = [
            SessionView(self, person, number, session)
            for person, number, session in _sessions(self.sim_call)
            if session.joined_at <= min(window.end, self.fresh_until)
            and window.start <= session.left_at
            and not (exclude_servers and person.role is Role.SERVER)
        ]
        return sorted(sessions_seen, key=lambda view: view.session.joined_at, reverse=True)


@dataclass(frozen=True, slots=True)
class SessionView:
    """One person's session in a call, as visible at the call view's time."""

    call: CallView
    person: Person
    number: int
    session: SimulatedSession

    @property
    def sid(self) -> str:
        """The session's id: 32 hexadecimal digits in capitals."""
        sim_call = self.call.sim_call
        key = f"{sim_call.cname}:{self.person.uid}:{self.number}"
        return _digest(key, sim_call.started_at, 16).upper()

    @property
    def finished(self) -> bool:
        """Return whether the person has left, as far as data is available."""
        return self.session.left_at <= self.call.fresh_until

    def row(self) -> Json:
        """Return the session as a row of `call_info`; an unfinished one has `leave_ts` 0."""
        device = self.person.device
        return {
            "sid": self.sid,
            "cname": self.call.sim_call.cname,
            "uid": self.person.uid,
            "network": device.network,
            "platform": device.platform,
            "speaker": self.person.sends,
            "sdk_version": device.sdk,
            "device_type": device.model,
            "join_ts": int(self.session.joined_at),
            "leave_ts": int(self.session.left_at) if self.finished else 0,
            "finished": self.finished,
        }

    def metrics(self, window: Window, mids: Mapping[MetricKey, int]) -> Json:
        """Return the session's points in the window: `{sid, data: [{mid, kvs, peer_uid}]}`."""
        until = min(window.end, self.call.fresh_until)
        data = []
        for curve in curves_of(self.call.sim_call):
            mid = mids.get((curve.metric, curve.media))
            if mid is None or (curve.uid, curve.session) != (self.person.uid, self.number):
                continue
            seen = (curve.times >= window.start) & (curve.times <= until)
            if seen.any():
                times, values = curve.times[seen].tolist(), curve.values[seen].tolist()
                kvs = [[int(at), _number(value)] for at, value in zip(times, values, strict=True)]
                data.append({"mid": mid, "kvs": kvs, "peer_uid": curve.peer_uid or 0})
        return {"sid": self.sid, "data": data}


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _sessions(sim_call: SimulatedCall) -> Iterator[tuple[Person, int, SimulatedSession]]:
    for person in sim_call.people:
        for number, session in enumerate(person.sessions):
            yield person, number, session


def _digest(key: str, started_at: float, size: int) -> str:
    return hashlib.blake2b(f"{key}@{started_at}".encode(), digest_size=size).hexdigest()
