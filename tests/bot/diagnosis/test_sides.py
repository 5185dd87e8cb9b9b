"""Which side has the symptom when the report names none, and faults that had no effect."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.call import Call, Media, Metric, MissingItem, MissingKind, MissingReason, Side
from bot.diagnosis.sides import diagnose_either_side

T, S = "10001", "20002"
A, V = Media.AUDIO, Media.VIDEO
T0 = dt.datetime(2020, 9, 24, 12, 0, tzinfo=dt.UTC)
UP_LOSS, CPU = Metric.UPLINK_LOSS, Metric.SYSTEM_CPU
FREEZE, WHOLE_LOSS = Metric.FREEZE_TIME, Metric.END_TO_END_LOSS
Change = tuple[str, Metric, Media | None, float]


@pytest.mark.parametrize(
    ("changes", "side", "cause", "uid"),
    [
        ([(T, UP_LOSS, V, 30), (S, WHOLE_LOSS, V, 30)], Side.STUDENT, "network.loss", T),
        ([(S, UP_LOSS, V, 30), (T, WHOLE_LOSS, V, 30)], Side.TEACHER, "network.loss", S),
        ([(T, WHOLE_LOSS, A, 30), (T, FREEZE, A, 900)], Side.TEACHER, "network.loss", T),
        (
            [(S, UP_LOSS, V, 30), (T, WHOLE_LOSS, V, 30), (T, CPU, None, 95)],
            Side.TEACHER,
            "network.loss",
            S,
        ),
        (
            [(T, UP_LOSS, V, 30), (S, WHOLE_LOSS, V, 30), (S, CPU, None, 95)],
            Side.STUDENT,
            "network.loss",
            T,
        ),
        ([(S, UP_LOSS, V, 30), (S, CPU, None, 95), (S, FREEZE, V, 900)], Side.STUDENT, "device", S),
        ([], Side.STUDENT, "none", None),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_side_is_determined(
    build_call: Any, changes: list[Change], side: Side, cause: str, uid: str | None
) -> None:
    """Who froze more suffered; without freezes, whose complaint a verdict explains best."""
    call_builder = build_call()
    for who, metric, media, value in changes:
        call_builder.set_values(who, metric, media, value, (-60, 60))
    call = Call("agora", "kids", "c1", "class_1", T0 - dt.timedelta(minutes=5))
    report, verdict = diagnose_either_side(call_builder.report(), [call], call_builder.series(), ())
    assert (side, uid) == (report, verdict.uid)
    assert verdict.cause.startswith(cause)


@pytest.mark.parametrize("is_reported", [True, False])
def test_fault_without_an_effect_ranks_second(build_call: Any, is_reported: bool) -> None:  # noqa: FBT001 - a row of the table
    """The student's own uplink does not freeze the student's video, whatever the cloud reports."""
    call_builder = (
        build_call().set_values(S, UP_LOSS, V, 30).set_values(S, Metric.JITTER, V, 200, (-40, 40))
    )
    call_builder.set_values(S, FREEZE, V, 900)
    if is_reported:
        call_builder.add_event(T, "21", S)
    verdict = call_builder.diagnose()
    assert (verdict.cause, verdict.uid) == ("network.jitter", S)
    alone = build_call().set_values(S, UP_LOSS, V, 30).add_event(T, "21", S).diagnose()
    assert (alone.cause, alone.uid) == ("network.loss", S)
    assert alone.confidence is not None
    assert alone.confidence < 0.7


@pytest.mark.parametrize(
    ("teacher_ms", "student_ms", "side"),
    [
        (61, 0, Side.TEACHER),
        (60, 0, Side.STUDENT),  # at Agora's limit of 3 %: the surer complaint, here the student's
        (202, 100, Side.TEACHER),  # more than twice as much
        (200, 100, Side.STUDENT),
    ],
)
def test_who_froze_more(build_call: Any, teacher_ms: int, student_ms: int, side: Side) -> None:
    """More than 3 % of the time, and more than twice as much as the other end."""
    call_builder = build_call().set_values(T, UP_LOSS, A, 30)
    for uid, frozen_ms in ((T, teacher_ms), (S, student_ms)):
        call_builder.set_values(uid, FREEZE, A, frozen_ms, (-300, 300))
    found, _ = diagnose_either_side(call_builder.report(), [], call_builder.series(), ())
    assert found is side


def test_without_a_complaint_the_whole_window_counts(build_call: Any) -> None:
    """What began after the moment is a cause, where nobody complained before it."""
    call_builder = build_call().set_values(T, UP_LOSS, V, 30, (60, 120))
    call_builder.set_values(S, WHOLE_LOSS, V, 30, (60, 120))
    assert call_builder.diagnose().cause == "none"
    _, verdict = diagnose_either_side(call_builder.report(), [], call_builder.series(), ())
    assert verdict.cause == "network.loss"


def test_events_and_gaps_reach_the_verdict(build_call: Any) -> None:
    """The cloud's findings, what is missing and who was in the call count as with a complaint."""
    call_builder = build_call().add_event(T, "30")
    missing = (MissingItem(MissingKind.MINUTES, MissingReason.OVER_QUOTA),)
    call = Call("agora", "kids", "c1", "class_1", T0 - dt.timedelta(minutes=5))
    side, verdict = diagnose_either_side(
        call_builder.report(), [call], call_builder.series(), call_builder.events, missing=missing
    )
    assert (side, verdict.cause, verdict.uid) == (Side.TEACHER, "session.removed", T)
    assert verdict.missing == missing
    call_builder.add_session(S, "a", -300, -15)
    call_builder.add_session(S, "b", 10, None)
    _, verdict = diagnose_either_side(
        call_builder.report(),
        [call],
        call_builder.series(),
        (),
        participants=call_builder.participants,
    )
    assert (verdict.cause, verdict.uid) == ("reconnect.network_down", S)
