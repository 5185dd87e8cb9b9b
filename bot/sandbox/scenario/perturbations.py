"""What makes a labelled lesson harder without changing what should be found. No label is here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bot.call import Direction, Media, Side
from bot.causes import Cause
from bot.sandbox.scenario.simulated_call import STUDENT_UID, TEACHER_UID, Fault, Lesson, Stay

_ROUGH: Final = 1.0
_BEFORE_S: Final = 420.0  # well before the minutes judged
_AWAY_S: Final = 40.0
_AROUND_S: Final = 180.0
_JUDGED_S: Final = 120.0
_SECOND_SEVERITY: Final = 0.6


def _rough(lesson: Lesson) -> Lesson:
    """Noisier numbers, more lost samples, longer holes."""
    return replace(lesson, roughness=_ROUGH)


def _rejoined(lesson: Lesson) -> Lesson:
    """Both had left and come back some minutes earlier: every metric comes in two sessions."""
    people = []
    for number, person in enumerate(lesson.people):
        gone_at = lesson.complaint.at - _BEFORE_S - 60 * number
        first, *rest = person.stays or (None,)
        if first is None or not first.joined_at + 60 < gone_at < first.left_at - _AWAY_S:
            people.append(person)
            continue
        back = Stay(gone_at + _AWAY_S - 3, gone_at + _AWAY_S, first.left_at)
        stays = (replace(first, left_at=gone_at), back, *rest)
        people.append(replace(person, stays=stays))
    return replace(lesson, people=tuple(people))


def _second_fault(lesson: Lesson) -> Lesson:
    """Another fault at the same time, at the other end, which who complains cannot feel."""
    at = lesson.complaint.at
    if len(lesson.faults_between(at - _JUDGED_S, at + _JUDGED_S)) != 1:
        return lesson
    own, other = STUDENT_UID, TEACHER_UID
    if lesson.complaint.abnormal_side is Side.TEACHER:
        own, other = other, own
    at_own = lesson.faults[0].uid == own
    way = Direction.DOWN if at_own else Direction.UP  # who complains receives what the other sends
    cause = Cause("network", "loss", Media.VIDEO, way)
    span = (at - _AROUND_S, at + _AROUND_S)
    second = Fault(cause, other if at_own else own, *span, _SECOND_SEVERITY)
    return replace(lesson, faults=(*lesson.faults, second))


def _rough_and_rejoined(lesson: Lesson) -> Lesson:
    return _rough(_rejoined(lesson))


TWISTS: Final[dict[str, Callable[[Lesson], Lesson]]] = {
    "plain": lambda lesson: lesson,
    "rough": _rough,
    "rejoined": _rejoined,
    "second fault": _second_fault,
    "rough, rejoined": _rough_and_rejoined,
}
