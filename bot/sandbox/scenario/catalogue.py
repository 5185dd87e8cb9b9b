"""The named calls of the demo and the tests, relative to a given time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.sandbox.scenario.fault_kinds import build_simulated_call
from bot.sandbox.scenario.simulated_call import (
    UNKNOWN_CAUSE,
    Device,
    Expected,
    Person,
    Role,
    SimulatedCall,
    SimulatedSession,
)

LARGE_CALL: Final = "class_77_big"
_LENGTH_S: Final = 2700.0
_SPACING_S: Final = 13.0  # calls begun in one second could not be walked through in a list
_CONTINUES_S: Final = 7200.0  # the demo's classes go on for so long after its start
_DAY_S: Final = 86400.0


@dataclass(frozen=True, slots=True)
class _Entry:
    """One named class: what happened, and when it was complained about, before now."""

    cname: str
    kind: str
    title: str
    complaint_age_s: float = 600.0


_KIDS_CALLS: Final = (
    _Entry("class_77_1", "wifi_weak_student", "weak Wi-Fi at the student"),
    _Entry("class_77_2", "uplink_loss_video", "the teacher's video is lost on the way up"),
    _Entry("class_77_3", "cpu_high_student", "the student's processor is too busy"),
    _Entry("class_77_4", "stopped_video_teacher", "the teacher stopped sending video"),
    _Entry("class_77_5", "slow_join", "the student waited long to get in"),
    _Entry("class_77_6", "healthy", "nothing wrong"),
    _Entry("class_77_7", "too_little", "the student was there for seconds only"),
    _Entry("class_77_8", "downlink_loss_audio", "audio is lost on the way down to the student"),
    _Entry("class_77_10", "cpu_high_teacher", "the teacher's processor is too busy"),
    _Entry("class_77_11", "two_faults", "two faults at once"),
    _Entry("class_77_12", "rejoin", "the student dropped out and rejoined"),
    _Entry("class_77_13", "join_failed", "the student never got in"),
    _Entry("class_77_14", "outside", "the fault was over before the time named"),
    _Entry("class_77_15", "one_end_missing", "the student never joined"),
    _Entry("class_77_16", "jitter_down_video", "jitter on the way down to the student"),
    _Entry("class_77_17", "latency_down_audio", "latency on the way down to the student"),
    _Entry("class_77_18", "capture_low_teacher", "the teacher's camera gives few frames"),
    _Entry("class_77_19", "stopped_audio_teacher", "the teacher stopped sending audio"),
)

# The same faults as other clouds see them: each of a kind that its cloud can distinguish.
_ADULTS_CALLS: Final = (
    _Entry("evening_5_1", "uplink_loss_video", "the teacher's video is lost on the way up"),
    _Entry("evening_5_2", "latency_down_video", "video reaches the student late"),
    _Entry("evening_5_3", "stopped_audio_teacher", "the teacher stopped sending audio"),
    _Entry("evening_5_4", "healthy", "nothing wrong"),
)
_PIANO_CALLS: Final = (
    _Entry("piano_8_1", "jitter_up_audio", "jitter on the teacher's way up"),
    _Entry("piano_8_2", "cpu_high_teacher", "the teacher's processor is too busy"),
    _Entry("piano_8_3", "downlink_loss_video", "video is lost on the way down to the student"),
    _Entry("piano_8_4", "healthy", "nothing wrong"),
)


def demo_calls(now: float, app: str = "kids") -> tuple[SimulatedCall, ...]:
    """Return the demo's classes around `now` (epoch s): they run for two more hours.

    Faults that are no single event last to the end, so somebody at the demo's page can complain
    at any moment and get a correct diagnosis.
    `class_77_1` was also held, healthily, a day before: a room's name is used again.
    `class_77_9` began 40 s ago, so the clouds list it but have no details yet.
    """
    named = _build_all(_KIDS_CALLS, now, app)
    return (*named, _yesterday(now, app), _just_begun(now, app), large_call(now, app))


def evening_calls(now: float, app: str = "adults") -> tuple[SimulatedCall, ...]:
    """Return the classes of the demo's second app, around `now` (epoch s) as `demo_calls`."""
    return _build_all(_ADULTS_CALLS, now, app)


def piano_calls(now: float, app: str = "piano") -> tuple[SimulatedCall, ...]:
    """Return the classes of the demo's third app, around `now` (epoch s) as `demo_calls`."""
    return _build_all(_PIANO_CALLS, now, app)


def _build_all(entries: Sequence[_Entry], now: float, app: str) -> tuple[SimulatedCall, ...]:
    return tuple(_build(number, entry, now, app) for number, entry in enumerate(entries))


def _build(number: int, entry: _Entry, now: float, app: str) -> SimulatedCall:
    after_s = 120 if entry.kind == "slow_join" else 1500.0
    ago_s = entry.complaint_age_s + _SPACING_S * number
    return build_simulated_call(
        entry.kind,
        entry.cname,
        seed=7700 + number,
        started_at=float(int(now - ago_s - after_s)),
        length_s=ago_s + after_s + _CONTINUES_S,
        complaint_after_s=after_s,
        until_end=True,
        app=app,
        title=entry.title,
    )


def _yesterday(now: float, app: str) -> SimulatedCall:
    return build_simulated_call(
        "healthy",
        "class_77_1",
        seed=7790,
        started_at=float(int(now - _DAY_S - _LENGTH_S)),
        app=app,
        title="the same room a day before",
    )


def _just_begun(now: float, app: str) -> SimulatedCall:
    sim_call = build_simulated_call(
        "healthy",
        "class_77_9",
        seed=7791,
        started_at=float(int(now - 40)),
        length_s=_CONTINUES_S,
        app=app,
        title="running now, no data yet",
    )
    complaint = replace(sim_call.complaint, at=sim_call.started_at + 38)
    return replace(sim_call, complaint=complaint, expected=Expected(UNKNOWN_CAUSE))


def large_call(now: float, app: str = "kids", students: int = 13) -> SimulatedCall:
    """Return a call of many students; the teacher joined first, so a list of ten leaves them out.

    The teacher's uplink loses video. Every third student sends; a recorder is in the room too.
    """
    sim_call = build_simulated_call(
        "uplink_loss_video",
        LARGE_CALL,
        seed=7792,
        started_at=float(int(now - 2100)),
        length_s=2100 + _CONTINUES_S,
        until_end=True,
        app=app,
        title="a big class, the teacher cut off by the ten-user cap",
    )
    recorder = Person(
        uid=90000,
        role=Role.SERVER,
        device=Device("Linux", "Linux", "3.1.2", "Ethernet"),
        sessions=(
            SimulatedSession(sim_call.started_at + 1, sim_call.started_at + 2, sim_call.ended_at),
        ),
        sends=False,
    )
    teacher, student = sim_call.people
    with_recorder = replace(sim_call, people=(teacher, recorder, student))
    return add_others(with_recorder, students - 1)


def add_others(sim_call: SimulatedCall, count: int) -> SimulatedCall:
    """Add students to a call whose metrics are not computed yet; every third of them sends."""
    others = (_other_student(sim_call, number) for number in range(1, count + 1))
    return replace(sim_call, people=(*sim_call.people, *others))


def _other_student(sim_call: SimulatedCall, number: int) -> Person:
    joined_at = sim_call.started_at + 35 + 6 * number
    network = "4G" if number % 4 == 1 else "Wi-Fi"
    return Person(
        uid=20002 + number,
        role=Role.STUDENT if number % 3 == 0 else Role.OBSERVER,
        device=Device("Android", "Android (10)", "3.1.2", network),
        sessions=(SimulatedSession(joined_at - 1, joined_at, sim_call.ended_at - 5),),
        sends=number % 3 == 0,
    )
