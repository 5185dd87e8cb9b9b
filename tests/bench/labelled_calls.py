"""Calls whose right verdicts are known: simulated faults, hard calls, recorded links.

Each set is split in two. Rules and confidences are fitted on the half `tune`; the half `held`
is only counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from bot.sandbox.scenario import (
    KINDS,
    STUDENT_UID,
    TEACHER_UID,
    SimulatedCall,
    random_simulated_call,
)
from tests.bench.call_draft import CallDraft
from tests.bench.expectation import Expectation, expect, expect_fault
from tests.bench.hard_calls import Kind
from tests.bench.perturbations import PERTURBATIONS

Half = Literal["tune", "held"]
_HELD_SEED: Final = 5_000_001
_PAIR: Final = {TEACHER_UID: STUDENT_UID, STUDENT_UID: TEACHER_UID}
_AHEAD_S: Final = 4 * 3600.0  # a call's complaint is in the hours before this


@dataclass(frozen=True, slots=True)
class LabelledCall:
    """One call, and the verdicts that are right about it."""

    kind: str
    variant: str
    sim_call: SimulatedCall
    expectation: Expectation


Maker = Callable[[float], LabelledCall]  # makes a call that is complained about after epoch s


def simulated_calls(half: Half, each: int) -> Iterator[Maker]:
    """Yield `each` calls of every simulated kind, perturbed in turn."""
    for kind in sorted(KINDS):
        for number in range(each):
            seed = 2 * number + (_HELD_SEED if half == "held" else 0)
            yield _maker(_simulated_call, kind, seed, number)


def hard_calls(kinds: Iterable[Kind], half: Half, each: int) -> Iterator[Maker]:
    """Yield `each` calls of every kind, every second one with the two people swapped."""
    for kind in kinds:
        for number in range(each):
            seed = 2 * number + (_HELD_SEED if half == "held" else 0)
            yield _maker(_hard_call, kind, seed, number)


def _maker(make: Callable[..., LabelledCall], *arguments: object) -> Maker:
    return lambda now: make(now, *arguments)


def _simulated_call(now: float, kind: str, seed: int, number: int) -> LabelledCall:
    perturbation = list(PERTURBATIONS)[number % len(PERTURBATIONS)]
    sim_call = PERTURBATIONS[perturbation](random_simulated_call(seed, kind, now=now + _AHEAD_S))
    if number % 4 == 3 and kind == "healthy":
        complaint = sim_call.complaint
        other = replace(complaint, abnormal_side=complaint.abnormal_side.other)
        sim_call = replace(sim_call, complaint=other)
    return LabelledCall(kind, perturbation, sim_call, expectation_of(kind, sim_call))


def expectation_of(kind: str, sim_call: SimulatedCall) -> Expectation:
    """Return what is right about a simulated call; of who never joined there are no metrics."""
    return expect("unknown") if kind == "join_failed" else expect_fault(sim_call.expected)


def _hard_call(now: float, kind: Kind, seed: int, number: int) -> LabelledCall:
    draft = CallDraft(seed, now)
    expectation = kind(draft)
    call = LabelledCall(kind.__name__, "plain", draft.build(), expectation)
    return _swapped(call) if number % 2 else call


def _swapped(call: LabelledCall) -> LabelledCall:
    """Return the call with the teacher in the place of the student."""
    sim_call, side = call.sim_call, call.expectation.side
    complaint = sim_call.complaint
    swapped = replace(
        sim_call,
        people=tuple(replace(one, uid=_other(one.uid)) for one in sim_call.people),
        complaint=replace(complaint, abnormal_side=complaint.abnormal_side.other),
        curves=tuple(
            replace(
                curve, uid=_other(curve.uid), peer_uid=curve.peer_uid and _other(curve.peer_uid)
            )
            for curve in sim_call.curves
        ),
    )
    expectation = replace(call.expectation, side=side.other if side else None)
    return LabelledCall(call.kind, "swapped", swapped, expectation)


def _other(uid: int) -> int:
    return _PAIR.get(uid, uid)
