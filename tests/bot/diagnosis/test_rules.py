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
        [(T, M.UPLINK_LOSS, A, 18), (T, M.UPLINK_LOSS, V, 20)],
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
        [(T, M.CAPTURE_FPS, V, 1), (T, M.SEND_FPS, V, 1), (T, M.SEND_BITRATE, V, 80)],
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


@pytest.mark.parametrize(("bends", "expected"), CASES.values(), ids=CASES.keys())
def test_names_a_clear_fault(stage: Any, bends: list[Any], expected: tuple[Any, ...]) -> None:
    """One clear fault is named with its medium, direction and side, and surely."""
    scenery = stage()
    for bend in bends:
        scenery.bend(*bend)
    verdict = scenery.examine()
    cause, media, direction, side = expected
    assert (cause, media, side) == (verdict.cause, verdict.media, verdict.side)
    assert direction is None or direction is verdict.direction
    assert verdict.confidence >= 0.78
    assert verdict.uid == (T if side is Side.TEACHER else S)
    assert any(one.threshold is not None and one.value is not None for one in verdict.evidence)


def test_weak_wifi_hits_both_ways_in_bursts(stage: Any) -> None:
    """Loss up and down in bursts with a slow router is weak Wi-Fi, not just loss."""
    scenery = stage()
    for start in range(-110, 110, 30):
        span = (start, start + 16)
        for media in Media:
            scenery.bend(S, M.UPLINK_LOSS, media, 25, span)
            scenery.bend(S, M.END_TO_END_LOSS, media, 25, span)
        scenery.bend(S, M.ROUTER_LATENCY, None, 600, span)
    verdict = scenery.examine()
    assert ("network.wifi_weak", Side.STUDENT) == (verdict.cause, verdict.side)
    assert "router_latency" in {one.metric for one in verdict.evidence}
    scenery.join(S, f"sid-{S}", -300, None, network="4G")
    other = scenery.examine()
    assert ("network.loss", Side.STUDENT) == (other.cause, other.side)


def test_sender_comes_before_the_receiver_who_sees_it(stage: Any) -> None:
    """End-to-end loss that the sender's way up explains does not speak against the receiver."""
    scenery = stage().bend(T, M.UPLINK_LOSS, V, 20).bend(S, M.END_TO_END_LOSS, V, 22)
    verdict = scenery.examine()
    assert ("network.loss", UP, Side.TEACHER) == (verdict.cause, verdict.direction, verdict.side)
    assert not [one for one in verdict.others if one.side is Side.STUDENT]


def test_names_what_the_sender_does_not_explain_too(stage: Any) -> None:
    """Only the loss beyond the sender's part speaks for the receiver's way down."""
    scenery = stage().bend(T, M.UPLINK_LOSS, V, 12).bend(S, M.END_TO_END_LOSS, V, 40)
    verdict = scenery.examine()
    assert Side.TEACHER is verdict.side
    assert [("network.loss", DOWN, Side.STUDENT)] == [
        (one.cause, one.direction, one.side) for one in verdict.others
    ]


def test_two_faults_are_both_named_the_sender_first(stage: Any) -> None:
    """Loss at the teacher and a hot processor at the student: first one, then the other."""
    scenery = stage().bend(T, M.UPLINK_LOSS, V, 20).bend(S, M.END_TO_END_LOSS, V, 20)
    verdict = scenery.bend(S, M.SYSTEM_CPU, None, 97).bend(S, M.FREEZE_TIME, V, 700).examine()
    assert "network.loss" == verdict.cause
    assert ["device.cpu_high"] == [one.cause for one in verdict.others]
    assert verdict.confidence < 0.9


def test_a_fault_that_explains_nothing_ranks_lower(stage: Any) -> None:
    """The student suffers: the teacher's way up comes before the student's own way up."""
    scenery = stage().bend(T, M.UPLINK_LOSS, V, 14).bend(S, M.UPLINK_LOSS, V, 30)
    verdict = scenery.examine()
    assert Side.TEACHER is verdict.side
    assert [Side.STUDENT] == [one.side for one in verdict.others]
    turned = stage(abnormal=Side.TEACHER).bend(T, M.UPLINK_LOSS, V, 30)
    assert Side.STUDENT is turned.bend(S, M.UPLINK_LOSS, V, 14).examine().side


def test_near_the_complaint_counts_more(stage: Any) -> None:
    """A fault two minutes before the complaint is worth less than one around it."""
    near = stage().bend(T, M.UPLINK_LOSS, V, 20, (-20, 20)).examine()
    far = stage().bend(T, M.UPLINK_LOSS, V, 20, (-120, -80)).examine()
    assert near.confidence > far.confidence


@pytest.mark.parametrize("span", [(-300, -130), (125, 300)])
def test_what_lies_outside_two_minutes_does_not_count(
    stage: Any, span: tuple[float, float]
) -> None:
    """A fault that is over before, or begins after, leaves the call healthy."""
    assert "none" == stage().bend(T, M.UPLINK_LOSS, V, 40, span).examine().cause


def test_loss_nobody_can_place_is_named_with_doubt(stage: Any) -> None:
    """Without the sender's part, loss from end to end may lie with either: sender first."""
    scenery = stage().without(M.UPLINK_LOSS).bend(S, M.END_TO_END_LOSS, V, 20)
    verdict = scenery.examine()
    assert ("network.loss", Side.TEACHER) == (verdict.cause, verdict.side)
    assert [Side.STUDENT] == [one.side for one in verdict.others]
    assert 0.4 <= verdict.confidence <= 0.6


def test_a_freeze_nobody_can_explain_is_other(stage: Any) -> None:
    """Freezes without loss, jitter or load are told as such, not guessed."""
    verdict = stage().bend(S, M.FREEZE_TIME, V, 900).examine()
    assert ("unknown.other", None) == (verdict.cause, verdict.side)
    assert verdict.confidence < 0.5


def test_a_class_without_video_is_healthy(stage: Any) -> None:
    """Video that nobody ever sent is not missed."""
    scenery = stage()
    for uid in (T, S):
        scenery.bend(uid, M.SEND_BITRATE, V, 0, (-300, 300))
        scenery.bend(uid, M.RECEIVE_BITRATE, V, 0, (-300, 300))
    assert "none" == scenery.examine().cause


def test_a_student_muted_all_along_is_no_fault_the_student_feels(stage: Any) -> None:
    """A muted student does not explain what the student suffers."""
    scenery = stage().bend(S, M.SEND_BITRATE, A, 0, (-300, 300))
    assert "none" == scenery.bend(T, M.RECEIVE_BITRATE, A, 0, (-300, 300)).examine().cause
    scenery.abnormal = Side.TEACHER
    assert "user_action.stopped_sending" == scenery.examine().cause


def test_short_peaks_are_no_fault(stage: Any) -> None:
    """Single bad samples happen in every call."""
    scenery = stage().bend(T, M.UPLINK_LOSS, V, 30, (0, 0)).bend(T, M.UPLINK_LOSS, V, 30, (50, 52))
    assert "none" == scenery.bend(S, M.SYSTEM_CPU, None, 95, (-40, -38)).examine().cause


def test_says_who_fell_out(stage: Any) -> None:
    """A gap at one end while the other receives nothing is a broken connection."""
    scenery = stage()
    for key, (times, values) in list(scenery.curves.items()):
        if key[0] == S:
            offset = times - 1600948800
            kept = (offset < -10) | (offset > 20)
            scenery.curves[key] = times[kept], values[kept]
    assert "none" == scenery.examine().cause  # the data has a hole, the call had none
    scenery.bend(T, M.RECEIVE_BITRATE, A, 0, (-10, 20)).bend(T, M.RECEIVE_BITRATE, V, 0, (-10, 20))
    verdict = scenery.examine()
    assert ("reconnect.network_down", Side.STUDENT) == (verdict.cause, verdict.side)


def test_says_who_came_back_and_who_was_there_twice(stage: Any) -> None:
    """A quick rejoin is a broken connection; two stays at once are one uid used twice."""
    scenery = stage()
    scenery.join(S, "a", -300, -15)
    scenery.join(S, "b", 10, None)
    assert "reconnect.network_down" == scenery.examine().cause
    twice = stage()
    twice.join(S, "a", -300, 40)
    twice.join(S, "b", -20, None)
    verdict = twice.examine()
    assert ("session.duplicate_uid", S) == (verdict.cause, verdict.uid)
