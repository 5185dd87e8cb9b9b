"""What the rules make of metrics alone."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import Direction, Media, Metric, Side

T, S = "10001", "20002"
A, V = Media.AUDIO, Media.VIDEO
UP, DOWN = Direction.UP, Direction.DOWN
M = Metric

CASES: dict[str, tuple[list[tuple[str, Metric, Media | None, float]], tuple[Any, ...]]] = {
    "loss on the sender's way up": (
        [(T, M.UPLINK_LOSS, V, 20), (S, M.END_TO_END_LOSS, V, 21), (S, M.FREEZE_TIME, V, 700)],
        ("network.loss", V, UP, Side.TEACHER),
    ),
    "loss on the receiver's way down": (
        [(S, M.END_TO_END_LOSS, A, 18), (S, M.FREEZE_TIME, A, 400)],
        ("network.loss", A, DOWN, Side.STUDENT),
    ),
    "loss of both media alike": (
        [
            (T, M.UPLINK_LOSS, A, 18),
            (T, M.UPLINK_LOSS, V, 20),
            (S, M.END_TO_END_LOSS, A, 18),
            (S, M.END_TO_END_LOSS, V, 20),
        ],
        ("network.loss", None, UP, Side.TEACHER),
    ),
    "latency on the way up": (
        [(T, M.UPLINK_LATENCY, V, 900), (S, M.LATENCY, V, 960)],
        ("network.latency", V, UP, Side.TEACHER),
    ),
    "latency on the way down": (
        [(S, M.LATENCY, A, 960)],
        ("network.latency", A, DOWN, Side.STUDENT),
    ),
    "jitter past the document's limit": (
        [(T, M.JITTER, A, 700)],
        ("network.jitter", A, UP, Side.TEACHER),
    ),
    "jitter that is felt": (
        [(S, M.JITTER, V, 250), (S, M.FREEZE_TIME, V, 700)],
        ("network.jitter", V, None, Side.STUDENT),
    ),
    "a hot processor at the sender": (
        [(T, M.SYSTEM_CPU, None, 97), (T, M.SEND_FPS, V, 6), (S, M.FREEZE_TIME, V, 300)],
        ("device.cpu_high", None, None, Side.TEACHER),
    ),
    "a hot processor at the receiver": (
        [(S, M.SYSTEM_CPU, None, 97), (S, M.FREEZE_TIME, V, 700)],
        ("device.cpu_high", None, None, Side.STUDENT),
    ),
    "our own app eats the processor": (
        [(S, M.SYSTEM_CPU, None, 97), (S, M.APP_CPU, None, 88), (S, M.TASK_DELAY, None, 150)],
        ("device.app_cpu_high", None, None, Side.STUDENT),
    ),
    "a camera that gives no frames": (
        [
            (T, M.CAPTURE_FPS, V, 1),
            (T, M.SEND_FPS, V, 1),
            (T, M.SEND_BITRATE, V, 80),
            (S, M.FREEZE_TIME, V, 900),
        ],
        ("device.busy", None, None, Side.TEACHER),
    ),
    "the sender stopped video": (
        [(T, M.SEND_BITRATE, V, 0), (S, M.RECEIVE_BITRATE, V, 0)],
        ("user_action.stopped_sending", V, UP, Side.TEACHER),
    ),
    "the sender stopped both": (
        [(T, M.SEND_BITRATE, V, 0), (T, M.SEND_BITRATE, A, 0)],
        ("user_action.stopped_sending", None, UP, Side.TEACHER),
    ),
    "the receiver stopped receiving": (
        [(S, M.RECEIVE_BITRATE, V, 0)],
        ("user_action.peer_stopped_receiving", V, DOWN, Side.STUDENT),
    ),
    "sound arrives and none is played": (
        [(S, M.PLAY_VOLUME, A, 0)],
        ("media.no_sound", A, DOWN, Side.STUDENT),
    ),
}


@pytest.mark.parametrize(("changes", "expected"), CASES.values(), ids=CASES.keys())
def test_names_a_clear_fault(
    build_call: Any, changes: list[Any], expected: tuple[Any, ...]
) -> None:
    """One clear fault is named with its medium, direction and side, and surely."""
    call_builder = build_call()
    for set_values in changes:
        call_builder.set_values(*set_values)
    verdict = call_builder.diagnose()
    cause, media, direction, side = expected
    assert (cause, media, side) == (verdict.cause, verdict.media, verdict.side)
    assert direction is None or direction is verdict.direction
    assert verdict.confidence >= 0.78
    assert verdict.uid == (T if side is Side.TEACHER else S)
    assert any(one.threshold is not None and one.value is not None for one in verdict.evidence)


def test_weak_wifi_hits_both_ways_in_bursts(build_call: Any) -> None:
    """Loss up and down in bursts with a slow router is weak Wi-Fi, not just loss."""
    call_builder = build_call()
    for start in range(-110, 110, 30):
        span = (start, start + 16)
        for media in Media:
            call_builder.set_values(S, M.UPLINK_LOSS, media, 25, span)
            call_builder.set_values(S, M.END_TO_END_LOSS, media, 25, span)
        call_builder.set_values(S, M.ROUTER_LATENCY, None, 600, span)
    verdict = call_builder.diagnose()
    assert (verdict.cause, verdict.side) == ("network.wifi_weak", Side.STUDENT)
    assert "router_latency" in {one.metric for one in verdict.evidence}
    call_builder.add_session(S, f"sid-{S}", -300, None, network="4G")
    other = call_builder.diagnose()
    assert (other.cause, other.side) == ("network.loss", Side.STUDENT)


def test_sender_ranks_before_the_receiver(build_call: Any) -> None:
    """End-to-end loss that the sender's uplink explains does not count against the receiver."""
    call_builder = (
        build_call().set_values(T, M.UPLINK_LOSS, V, 20).set_values(S, M.END_TO_END_LOSS, V, 22)
    )
    verdict = call_builder.diagnose()
    assert (verdict.cause, verdict.direction, verdict.side) == ("network.loss", UP, Side.TEACHER)
    assert not [one for one in verdict.others if one.side is Side.STUDENT]


def test_names_what_the_sender_does_not_explain_too(build_call: Any) -> None:
    """Only the loss beyond the sender's part counts against the receiver's downlink."""
    call_builder = (
        build_call().set_values(T, M.UPLINK_LOSS, V, 20).set_values(S, M.END_TO_END_LOSS, V, 40)
    )
    verdict = call_builder.diagnose()
    assert Side.TEACHER is verdict.side
    assert [(one.cause, one.direction, one.side) for one in verdict.others] == [
        ("network.loss", DOWN, Side.STUDENT)
    ]


def test_two_faults_are_both_named_the_sender_first(build_call: Any) -> None:
    """Loss at the teacher and a hot processor at the student: first one, then the other."""
    call_builder = (
        build_call().set_values(T, M.UPLINK_LOSS, V, 20).set_values(S, M.END_TO_END_LOSS, V, 20)
    )
    verdict = (
        call_builder.set_values(S, M.SYSTEM_CPU, None, 97)
        .set_values(S, M.FREEZE_TIME, V, 700)
        .diagnose()
    )
    assert verdict.cause == "network.loss"
    assert [one.cause for one in verdict.others] == ["device.cpu_high"]
    assert verdict.confidence < 0.9


def test_a_fault_that_explains_nothing_ranks_lower(build_call: Any) -> None:
    """The student has the symptom: the teacher's uplink ranks before the student's own uplink."""
    call_builder = (
        build_call().set_values(T, M.UPLINK_LOSS, V, 14).set_values(S, M.UPLINK_LOSS, V, 30)
    )
    verdict = call_builder.diagnose()
    assert Side.TEACHER is verdict.side
    assert [one.side for one in verdict.others] == [Side.STUDENT]
    turned = build_call(abnormal=Side.TEACHER).set_values(T, M.UPLINK_LOSS, V, 30)
    assert Side.STUDENT is turned.set_values(S, M.UPLINK_LOSS, V, 14).diagnose().side


def test_near_the_complaint_counts_more(build_call: Any) -> None:
    """A fault two minutes before the complaint is worth less than one around it."""
    near = build_call().set_values(T, M.UPLINK_LOSS, V, 20, (-20, 20)).diagnose()
    far = build_call().set_values(T, M.UPLINK_LOSS, V, 20, (-120, -80)).diagnose()
    assert near.confidence > far.confidence


@pytest.mark.parametrize("span", [(-300, -130), (125, 300)])
def test_what_lies_outside_two_minutes_does_not_count(
    build_call: Any, span: tuple[float, float]
) -> None:
    """A fault that is over before, or begins after, leaves the call healthy."""
    assert build_call().set_values(T, M.UPLINK_LOSS, V, 40, span).diagnose().cause == "none"


def test_loss_without_a_side_has_low_confidence(build_call: Any) -> None:
    """Without the sender's part, loss from end to end may lie with either: sender first."""
    call_builder = (
        build_call().without_metrics(M.UPLINK_LOSS).set_values(S, M.END_TO_END_LOSS, V, 20)
    )
    verdict = call_builder.diagnose()
    assert (verdict.cause, verdict.side) == ("network.loss", Side.TEACHER)
    assert [one.side for one in verdict.others] == [Side.STUDENT]
    assert 0.4 <= verdict.confidence <= 0.6


def test_an_unexplained_freeze_is_other(build_call: Any) -> None:
    """Freezes without loss, jitter or load give `unknown.other`."""
    verdict = build_call().set_values(S, M.FREEZE_TIME, V, 900).diagnose()
    assert (verdict.cause, verdict.side) == ("unknown.other", None)
    assert verdict.confidence < 0.5


def test_a_class_without_video_is_healthy(build_call: Any) -> None:
    """Video that no user ever sent is not missing."""
    call_builder = build_call()
    for uid in (T, S):
        call_builder.set_values(uid, M.SEND_BITRATE, V, 0, (-300, 300))
        call_builder.set_values(uid, M.RECEIVE_BITRATE, V, 0, (-300, 300))
    assert call_builder.diagnose().cause == "none"


def test_a_student_muted_all_along_is_no_fault_the_student_feels(build_call: Any) -> None:
    """A muted student does not explain what the student suffers."""
    call_builder = build_call().set_values(S, M.SEND_BITRATE, A, 0, (-300, 300))
    assert (
        call_builder.set_values(T, M.RECEIVE_BITRATE, A, 0, (-300, 300)).diagnose().cause == "none"
    )
    call_builder.abnormal = Side.TEACHER
    assert call_builder.diagnose().cause == "user_action.stopped_sending"


def test_short_peaks_are_no_fault(build_call: Any) -> None:
    """Single bad samples happen in every call."""
    call_builder = (
        build_call()
        .set_values(T, M.UPLINK_LOSS, V, 30, (0, 0))
        .set_values(T, M.UPLINK_LOSS, V, 30, (50, 52))
    )
    assert call_builder.set_values(S, M.SYSTEM_CPU, None, 95, (-40, -38)).diagnose().cause == "none"


def test_the_disconnected_user_is_named(build_call: Any) -> None:
    """A gap at one end while the other receives nothing is a broken connection."""
    call_builder = build_call()
    for key, (times, values) in list(call_builder.curves.items()):
        if key[0] == S:
            offset = times - 1600948800
            outside = (offset < -10) | (offset > 20)
            call_builder.curves[key] = times[outside], values[outside]
    assert call_builder.diagnose().cause == "none"  # the data has a hole, the call had none
    call_builder.set_values(T, M.RECEIVE_BITRATE, A, 0, (-10, 20)).set_values(
        T, M.RECEIVE_BITRATE, V, 0, (-10, 20)
    )
    verdict = call_builder.diagnose()
    assert (verdict.cause, verdict.side) == ("reconnect.network_down", Side.STUDENT)


def test_rejoin_and_duplicate_uid_are_distinguished(build_call: Any) -> None:
    """A quick rejoin is a broken connection; two overlapping sessions are one uid used twice."""
    call_builder = build_call()
    call_builder.add_session(S, "a", -300, -15)
    call_builder.add_session(S, "b", 10, None)
    assert call_builder.diagnose().cause == "reconnect.network_down"
    twice = build_call()
    twice.add_session(S, "a", -300, 40)
    twice.add_session(S, "b", -20, None)
    verdict = twice.diagnose()
    assert (verdict.cause, verdict.uid) == ("session.duplicate_uid", S)
