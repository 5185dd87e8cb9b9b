"""A simulated call: participants, faults, and the diagnosis to expect."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.call import Direction, Media, Metric, Side
from bot.causes import Cause

if TYPE_CHECKING:
    from bot.call import FloatArray

TEACHER_UID: Final = 10001
STUDENT_UID: Final = 20002
NO_CAUSE: Final = "none"  # looked healthy
UNKNOWN_CAUSE: Final = "unknown"  # not enough data


class Role(StrEnum):
    """A participant's role; a server is a recorder, not a person."""

    TEACHER = "teacher"
    STUDENT = "student"
    OBSERVER = "observer"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Device:
    """What somebody joined with. `network` is `Wi-Fi`, `4G` or `Ethernet`."""

    platform: str = "Windows"
    model: str = "Windows 10"
    sdk: str = "3.1.2"
    network: str = "Wi-Fi"


@dataclass(frozen=True, slots=True)
class SimulatedSession:
    """One presence in the room; somebody who rejoins has several. Times are epoch seconds.

    `join_started_at` is when the join began, `joined_at` when it succeeded.
    """

    join_started_at: float
    joined_at: float
    left_at: float

    @property
    def join_duration_s(self) -> float:
        """How long the join took, in seconds."""
        return self.joined_at - self.join_started_at


@dataclass(frozen=True, slots=True)
class Person:
    """A participant. Without sessions they tried to join and never succeeded."""

    uid: int
    role: Role
    device: Device
    sessions: tuple[SimulatedSession, ...]
    sends: bool = True


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that went wrong at one person's end between two epoch seconds.

    `severity` runs from 0 (hardly felt) to 1 (nothing works).
    """

    cause: Cause
    uid: int
    begins_at: float
    ends_at: float
    severity: float = 0.6

    def touches(self, start: float, end: float) -> bool:
        """Return whether the fault has an effect within [start, end]."""
        return self.begins_at <= end and start <= self.ends_at


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the teacher or the support agent would report."""

    at: float
    abnormal_side: Side = Side.STUDENT
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """The ground truth a diagnosis is held against.

    `cause` is `group.cause`, `none` (looked healthy) or `unknown` (not enough data).
    """

    cause: str
    media: Media | None = None
    direction: Direction | None = None
    side: Side | None = None
    uid: int | None = None
    begins_at: float | None = None
    ends_at: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One metric measured during one session. Percent 0-100, ms, kbps, fps, px, dB.

    `session` counts the person's sessions from 0. `peer_uid` is the sender for what was received,
    None for the own side. `times` are whole epoch seconds, sorted, about 2 s apart with gaps.
    Freeze times are ms of freeze within one 2 s sample.
    """

    uid: int
    session: int
    metric: Metric
    media: Media | None
    direction: Direction | None
    peer_uid: int | None
    times: FloatArray
    values: FloatArray


@dataclass(frozen=True, slots=True)
class SimulatedCall:
    """One call in a room, its future included: a fake returns only what its clock has reached.

    The call is running while `started_at <= now < ended_at`. Equal seeds give equal curves.
    `noise_level` runs from 0, a usual network of measurements, to 1: noisy, and full of holes.
    `curves` are what was measured; without them they are computed from people and faults.
    """

    cname: str
    seed: int
    started_at: float
    ended_at: float
    people: tuple[Person, ...]
    complaint: Complaint
    expected: Expected
    faults: tuple[Fault, ...] = ()
    app: str = "kids"
    title: str = ""
    noise_level: float = 0.0
    curves: tuple[Curve, ...] = ()

    def running(self, now: float) -> bool:
        """Return whether the call is running at this epoch second."""
        return self.started_at <= now < self.ended_at

    def person(self, uid: int) -> Person:
        """Return one person. Raises KeyError when nobody has this uid."""
        for person in self.people:
            if person.uid == uid:
                return person
        raise KeyError(uid)

    def faults_of(self, uid: int) -> tuple[Fault, ...]:
        """Return the faults that lie at one person's end."""
        return tuple(fault for fault in self.faults if fault.uid == uid)

    def faults_between(self, start: float, end: float) -> tuple[Fault, ...]:
        """Return the faults felt within [start, end]."""
        return tuple(fault for fault in self.faults if fault.touches(start, end))
