"""Perturbations that make a labelled call harder to diagnose without changing its cause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bot.call import Direction, Media, Side
from bot.causes import Cause
from bot.sandbox.scenario.simulated_call import (
    STUDENT_UID,
    TEACHER_UID,
    Fault,
    SimulatedCall,
    SimulatedSession,
)

_NOISE_LEVEL: Final = 1.0
_BEFORE_S: Final = 420.0  # well before the minutes judged
_AWAY_S: Final = 40.0
_AROUND_S: Final = 180.0
_JUDGED_S: Final = 120.0
_SECOND_SEVERITY: Final = 0.6


def _noisy(sim_call: SimulatedCall) -> SimulatedCall:
    """Noisier numbers, more lost samples, longer holes."""
    return replace(sim_call, noise_level=_NOISE_LEVEL)


def _rejoined(sim_call: SimulatedCall) -> SimulatedCall:
    """Both had left and come back some minutes earlier: every metric comes in two sessions."""
    people = []
    for number, person in enumerate(sim_call.people):
        gone_at = sim_call.complaint.at - _BEFORE_S - 60 * number
        first, *rest = person.sessions or (None,)
        if first is None or not first.joined_at + 60 < gone_at < first.left_at - _AWAY_S:
            people.append(person)
            continue
        back = SimulatedSession(gone_at + _AWAY_S - 3, gone_at + _AWAY_S, first.left_at)
        sessions = (replace(first, left_at=gone_at), back, *rest)
        people.append(replace(person, sessions=sessions))
    return replace(sim_call, people=tuple(people))


def _second_fault(sim_call: SimulatedCall) -> SimulatedCall:
    """Another fault at the same time, at the other end, which who complains cannot feel."""
    at = sim_call.complaint.at
    if len(sim_call.faults_between(at - _JUDGED_S, at + _JUDGED_S)) != 1:
        return sim_call
    own, other = STUDENT_UID, TEACHER_UID
    if sim_call.complaint.abnormal_side is Side.TEACHER:
        own, other = other, own
    at_own = sim_call.faults[0].uid == own
    way = Direction.DOWN if at_own else Direction.UP  # who complains receives what the other sends
    cause = Cause("network", "loss", Media.VIDEO, way)
    span = (at - _AROUND_S, at + _AROUND_S)
    second = Fault(cause, other if at_own else own, *span, _SECOND_SEVERITY)
    return replace(sim_call, faults=(*sim_call.faults, second))


def _noisy_and_rejoined(sim_call: SimulatedCall) -> SimulatedCall:
    return _noisy(_rejoined(sim_call))


PERTURBATIONS: Final[dict[str, Callable[[SimulatedCall], SimulatedCall]]] = {
    "plain": lambda sim_call: sim_call,
    "rough": _noisy,
    "rejoined": _rejoined,
    "second fault": _second_fault,
    "rough, rejoined": _noisy_and_rejoined,
}
