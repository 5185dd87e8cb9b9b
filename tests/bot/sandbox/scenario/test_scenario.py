from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.call import Media, Metric
from bot.causes import CAUSES
from bot.sandbox.scenario import (
    KINDS,
    STUDENT_UID,
    TEACHER_UID,
    SimulatedCall,
    curves_of,
    demo_calls,
    random_simulated_call,
)
from bot.sandbox.scenario.simulated_call import NO_CAUSE, UNKNOWN_CAUSE

if TYPE_CHECKING:
    from bot.call import FloatArray

NOW = 1_700_000_000.0
A, V = Media.AUDIO, Media.VIDEO
T, S = TEACHER_UID, STUDENT_UID


def values(
    sim_call: SimulatedCall,
    uid: int,
    metric: Metric,
    media: Media | None = None,
    peer: int | None = None,
) -> FloatArray:
    """Return the points of one metric within two minutes of the complaint."""
    at = sim_call.complaint.at
    values = [
        curve.values[(curve.times >= at - 120) & (curve.times <= at + 100)]
        for curve in curves_of(sim_call)
        if (curve.uid, curve.metric, curve.media, curve.peer_uid) == (uid, metric, media, peer)
    ]
    return np.concatenate(values)


def test_equal_seeds_give_equal_curves() -> None:
    """A simulated call depends on its arguments only."""
    first, second = (random_simulated_call(3, "wifi_weak_student", now=NOW) for _ in range(2))
    curves_of.cache_clear()
    left = curves_of(first)
    curves_of.cache_clear()
    right = curves_of(second)
    assert first == second
    assert len(left) == len(right) > 0
    for one, other in zip(left, right, strict=True):
        assert np.array_equal(one.times, other.times)
        assert np.array_equal(one.values, other.values)


def test_other_seeds_give_other_curves() -> None:
    """Two calls of one kind with different seeds differ."""
    one, other = (
        values(random_simulated_call(seed, "healthy", now=NOW), T, Metric.SYSTEM_CPU)
        for seed in (1, 2)
    )
    assert one.tolist() != other.tolist()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_tells_its_truth(kind: str) -> None:
    """The ground truth names a cause of the vocabulary, or none, or too little data."""
    sim_call = random_simulated_call(7, kind, now=NOW)
    expected = sim_call.expected
    assert expected.cause in {*CAUSES, NO_CAUSE, UNKNOWN_CAUSE}
    if expected.cause in CAUSES:
        assert expected.uid == (T if expected.side == "teacher" else S)
        assert sim_call.faults[0].begins_at == expected.begins_at
        assert sim_call.started_at < (expected.begins_at or 0) <= sim_call.complaint.at + 30


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_points_are_whole_sorted_seconds_about_two_apart(kind: str) -> None:
    """Series look like an SDK's: sorted, about every two seconds, with gaps, within the session."""
    sim_call = random_simulated_call(11, kind, now=NOW)
    for curve in curves_of(sim_call):
        session = sim_call.person(curve.uid).sessions[curve.session]
        steps = np.diff(curve.times)
        assert (curve.times == np.floor(curve.times)).all()
        assert (steps > 0).all()
        if len(steps) > 50:
            assert np.median(steps) == 2
        if len(steps) > 300:
            assert steps.max() > 3
        assert curve.times.min(initial=session.joined_at) >= session.joined_at - 1
        assert curve.times.max(initial=0) <= session.left_at + 1
        assert np.isfinite(curve.values).all()
        assert (curve.values >= 0).all()


def test_uplink_loss_is_seen_at_both_ends() -> None:
    """The teacher's uplink loss reaches the student: loss, bitrate, freezes."""
    sim_call = random_simulated_call(5, "uplink_loss_video", now=NOW)
    lost = values(sim_call, T, Metric.UPLINK_LOSS, V).mean()
    assert lost > 15
    assert abs(values(sim_call, S, Metric.END_TO_END_LOSS, V, T).mean() - lost) < 3
    assert values(sim_call, S, Metric.DOWNLINK_LOSS, V, T).mean() < 2
    sent = values(sim_call, T, Metric.SEND_BITRATE, V).mean()
    assert values(sim_call, S, Metric.RECEIVE_BITRATE, V, T).mean() < 0.9 * sent
    assert values(sim_call, S, Metric.FREEZE_TIME, V, T).mean() > 400
    assert values(sim_call, S, Metric.FREEZE_TIME, A, T).mean() < 20
    assert values(sim_call, T, Metric.FREEZE_TIME, V, S).mean() < 20


def test_downlink_loss_is_seen_by_the_receiver_only() -> None:
    """Loss on the way down leaves the sender's own numbers clean."""
    sim_call = random_simulated_call(5, "downlink_loss_audio", now=NOW)
    assert values(sim_call, T, Metric.UPLINK_LOSS, A).mean() < 2
    assert values(sim_call, S, Metric.DOWNLINK_LOSS, A, T).mean() > 15
    assert values(sim_call, S, Metric.END_TO_END_LOSS, A, T).mean() > 15
    assert values(sim_call, S, Metric.FREEZE_TIME, A, T).mean() > 100


def test_busy_sender_sends_fewer_frames_without_loss() -> None:
    """A hot processor at the teacher drops frames before the network sees them."""
    sim_call = random_simulated_call(5, "cpu_high_teacher", now=NOW)
    assert values(sim_call, T, Metric.SYSTEM_CPU).mean() > 90
    assert values(sim_call, T, Metric.CAPTURE_FPS, V).mean() > 13
    assert values(sim_call, T, Metric.SEND_FPS, V).mean() < 10
    assert values(sim_call, S, Metric.END_TO_END_LOSS, V, T).mean() < 2


def test_busy_receiver_freezes_without_loss() -> None:
    """A hot processor at the student freezes what arrived in order."""
    sim_call = random_simulated_call(5, "cpu_high_student", now=NOW)
    assert values(sim_call, S, Metric.END_TO_END_LOSS, V, T).mean() < 2
    assert values(sim_call, S, Metric.FREEZE_TIME, V, T).mean() > 300
    assert values(sim_call, T, Metric.SYSTEM_CPU).mean() < 75


@pytest.mark.parametrize("seed", range(4))
def test_weak_wifi_is_bursty_in_both_directions(seed: int) -> None:
    """Loss and jitter vary in both directions, and the router responds late."""
    sim_call = random_simulated_call(seed, "wifi_weak_student", now=NOW)
    up = values(sim_call, S, Metric.UPLINK_LOSS, V)
    down = values(sim_call, S, Metric.DOWNLINK_LOSS, V, T)
    assert up.max() > 15
    assert down.max() > 15
    assert (up < 3).mean() > 0.15
    assert values(sim_call, S, Metric.ROUTER_LATENCY).mean() > 150
    assert values(sim_call, T, Metric.ROUTER_LATENCY).mean() < 20
    assert values(sim_call, S, Metric.JITTER, V, T).max() > 150


@pytest.mark.parametrize(
    ("kind", "media"), [("stopped_video_teacher", V), ("stopped_audio_teacher", A)]
)
def test_a_stopped_sender_is_silent_at_both_ends(kind: str, media: Media) -> None:
    """No media sent is no media received, and no freeze."""
    sim_call = random_simulated_call(5, kind, now=NOW)
    assert values(sim_call, T, Metric.SEND_BITRATE, media).max() == 0
    assert values(sim_call, S, Metric.RECEIVE_BITRATE, media, T).max() == 0
    assert values(sim_call, S, Metric.FREEZE_TIME, media, T).max() == 0
    other = A if media is V else V
    assert values(sim_call, T, Metric.SEND_BITRATE, other).min() > 0


@pytest.mark.parametrize("seed", range(6))
def test_normal_call_is_healthy(seed: int) -> None:
    """A healthy call, and one whose fault had ended, have no bad metric at the complaint."""
    for kind in ("healthy", "outside"):
        sim_call = random_simulated_call(seed, kind, now=NOW)
        assert sim_call.expected.cause == NO_CAUSE
        for uid, peer in ((T, S), (S, T)):
            assert values(sim_call, uid, Metric.SYSTEM_CPU).max() < 80
            for media in Media:
                assert values(sim_call, uid, Metric.END_TO_END_LOSS, media, peer).mean() < 3
                assert values(sim_call, uid, Metric.FREEZE_TIME, media, peer).mean() < 20


def test_a_person_is_found_by_uid() -> None:
    """Or is not there."""
    sim_call = random_simulated_call(1, "healthy", now=NOW)
    assert [sim_call.person(uid).role for uid in (T, S)] == ["teacher", "student"]
    with pytest.raises(KeyError):
        sim_call.person(5)


def test_a_fault_outside_the_complaint_is_really_there() -> None:
    """The fault that is over did happen: a diagnosis at that time would find it."""
    sim_call = random_simulated_call(5, "outside", now=NOW)
    fault = sim_call.faults[0]
    assert fault.ends_at < sim_call.complaint.at - 120
    lost = next(
        curve
        for curve in curves_of(sim_call)
        if (curve.uid, curve.metric, curve.media) == (T, Metric.UPLINK_LOSS, V)
    )
    inside = (lost.times > fault.begins_at + 5) & (lost.times < fault.ends_at)
    assert lost.values[inside].mean() > 15


def test_too_little_data_means_seconds_of_samples() -> None:
    """The student's metrics cover less than a minute."""
    sim_call = random_simulated_call(5, "too_little", now=NOW)
    cpu = values(sim_call, S, Metric.SYSTEM_CPU)
    assert 0 < len(cpu) < 30


def test_a_rejoin_is_a_session_of_its_own() -> None:
    """A participant who drops out and rejoins has two sessions with a gap between them."""
    sim_call = random_simulated_call(5, "rejoin", now=NOW)
    first, second = sim_call.person(S).sessions
    assert first.left_at < second.joined_at
    assert {curve.session for curve in curves_of(sim_call) if curve.uid == S} == {0, 1}


def test_offline_means_no_samples() -> None:
    """While the connection is down there are no own samples."""
    sim_call = random_simulated_call(5, "reconnect", now=NOW)
    fault = sim_call.faults[0]
    cpu = next(
        curve
        for curve in curves_of(sim_call)
        if (curve.uid, curve.metric) == (S, Metric.SYSTEM_CPU)
    )
    inside = (cpu.times > fault.begins_at + 1) & (cpu.times < fault.ends_at - 1)
    assert not inside.any()


def test_the_demo_has_the_promised_classes() -> None:
    """The demo's classes are those its texts name, each with its truth."""
    sim_calls = demo_calls(NOW)
    newest = {
        sim_call.cname: sim_call for sim_call in sorted(sim_calls, key=lambda each: each.started_at)
    }
    truths = {cname: sim_call.expected.cause for cname, sim_call in newest.items()}
    assert (
        truths
        | {
            "class_77_1": "network.wifi_weak",
            "class_77_2": "network.loss",
            "class_77_3": "device.cpu_high",
            "class_77_4": "user_action.stopped_sending",
            "class_77_5": "join.timeout",
            "class_77_6": "none",
            "class_77_7": "unknown",
            "class_77_8": "network.loss",
            "class_77_9": "unknown",
        }
        == truths
    )
    assert sum(sim_call.cname == "class_77_1" for sim_call in sim_calls) == 2
    big = newest["class_77_big"]
    assert len([person for person in big.people if person.role != "server"]) == 14
    assert min(person.sessions[0].joined_at for person in big.people) == (
        big.person(T).sessions[0].joined_at
    )


@pytest.mark.parametrize("cname", ["class_77_1", "class_77_2", "class_77_3", "class_77_4"])
def test_demo_faults_last(cname: str) -> None:
    """A late complaint in the demo is still within the fault."""
    sim_call = next(each for each in demo_calls(NOW) if each.cname == cname and each.running(NOW))
    assert sim_call.faults_between(NOW + 3600, NOW + 3601)
