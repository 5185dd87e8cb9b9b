"""How sure a verdict is: what raises and lowers it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import Direction, Media, Metric, MissingItem, MissingKind, MissingReason, Side
from tests.bot.diagnosis.conftest import STUDENT as S
from tests.bot.diagnosis.conftest import T0
from tests.bot.diagnosis.conftest import TEACHER as T

A, V = Media.AUDIO, Media.VIDEO
UP, DOWN = Direction.UP, Direction.DOWN
M = Metric


def wifi_bursts(build_call: Any, *, router: bool) -> Any:
    """Loss in bursts both ways at the student, with a slow router or none measured."""
    call_builder = build_call() if router else build_call().without_metrics(M.ROUTER_LATENCY)
    for start in range(-110, 110, 30):
        span = (start, start + 16)
        for media in Media:
            call_builder.set_values(S, M.UPLINK_LOSS, media, 25, span)
            call_builder.set_values(S, M.END_TO_END_LOSS, media, 25, span)
        call_builder.set_values(S, M.ROUTER_LATENCY, None, 600, span)
    return call_builder


@pytest.mark.parametrize(("router", "factor"), [(True, 0.92), (False, 0.8)])
@pytest.mark.parametrize("network", ["WiFi", "wi-fi", "WLAN"])
def test_weak_wifi_is_less_sure_when_the_network_type_is_unknown(
    build_call: Any,
    *,
    router: bool,
    factor: float,
    network: str,
) -> None:
    """A mobile network looks much the same, most of all without the router's latency."""
    unknown = wifi_bursts(build_call, router=router).diagnose()
    call_builder = wifi_bursts(build_call, router=router)
    call_builder.add_session(S, f"sid-{S}", -300, None, network=network)
    known = call_builder.diagnose()
    assert known.cause == unknown.cause == "network.wifi_weak"
    assert unknown.confidence == pytest.approx(factor * known.confidence, abs=0.011)


def test_weak_wifi_needs_wifi(build_call: Any) -> None:
    """On a mobile network or a cable it is loss; the other end's network does not matter."""
    for router in (True, False):
        mobile = wifi_bursts(build_call, router=router)
        mobile.add_session(S, f"sid-{S}", -300, None, network="4G")
        assert mobile.diagnose().cause == "network.loss"
        other = wifi_bursts(build_call, router=router)
        other.add_session(T, f"sid-{T}", -300, None, network="4G")
        assert other.diagnose().cause == "network.wifi_weak"


def test_a_good_router_is_no_weak_wifi(build_call: Any) -> None:
    """Where the router's latency is measured and good, loss in bursts is loss."""
    call_builder = wifi_bursts(build_call, router=True)
    call_builder.set_values(S, M.ROUTER_LATENCY, None, 5, (-300, 300))
    assert call_builder.diagnose().cause == "network.loss"


def test_steady_loss_without_a_router_is_weak_wifi_only_on_wifi(build_call: Any) -> None:
    """Without bursts the network type decides, and the guess is less sure."""

    def steady() -> Any:
        call_builder = build_call().without_metrics(M.ROUTER_LATENCY)
        for media in Media:
            call_builder.set_values(S, M.UPLINK_LOSS, media, 25)
            call_builder.set_values(S, M.END_TO_END_LOSS, media, 25)
        return call_builder

    assert steady().diagnose().cause == "network.loss"
    on_wifi = steady()
    on_wifi.add_session(S, f"sid-{S}", -300, None, network="WiFi")
    verdict = on_wifi.diagnose()
    assert (verdict.cause, verdict.confidence) == ("network.wifi_weak", 0.68)


@pytest.mark.parametrize(
    ("latency_ms", "with_loss", "cause", "confidence"),
    [
        (600, False, "network.wifi_weak", 0.72),
        (300, False, "none", None),
        (300, True, "network.wifi_weak", 0.63),
        (90, True, "network.loss", None),
    ],
)
def test_a_slow_router(
    build_call: Any,
    *,
    latency_ms: float,
    with_loss: bool,
    cause: str,
    confidence: float | None,
) -> None:
    """Very slow it is enough on its own; noticeably slow it needs loss or jitter beside it."""
    call_builder = build_call().set_values(S, M.ROUTER_LATENCY, None, latency_ms)
    if with_loss:
        call_builder.set_values(S, M.END_TO_END_LOSS, V, 20)
    verdict = call_builder.diagnose()
    assert verdict.cause == cause
    if confidence is not None:
        assert verdict.confidence == pytest.approx(confidence, abs=0.011)


def test_loss_is_surer_with_a_freeze_of_the_same_medium(build_call: Any) -> None:
    """A freeze of the other medium fits less than none; unmeasured freezes change nothing."""

    def confidence(*freezes: Media, measured: bool = True) -> float:
        call_builder = build_call() if measured else build_call().without_metrics(M.FREEZE_TIME)
        call_builder.set_values(T, M.UPLINK_LOSS, V, 20).set_values(S, M.END_TO_END_LOSS, V, 20)
        for media in freezes:
            call_builder.set_values(S, M.FREEZE_TIME, media, 700)
        verdict = call_builder.diagnose()
        assert verdict.cause == "network.loss"
        return float(verdict.confidence)

    assert confidence(V) == confidence(A, V) == confidence(measured=False) == 0.92
    assert confidence() == pytest.approx(0.93 * 0.92, abs=0.006)
    assert confidence(A) == pytest.approx(0.88 * 0.92, abs=0.006)


@pytest.mark.parametrize(
    ("loss", "confidence"), [(6, 0.63), (7, 0.7), (12, 0.88), (20, 0.92), (60, 0.92)]
)
def test_more_loss_is_surer(build_call: Any, loss: float, confidence: float) -> None:
    """From Agora's limit of 5 % to Huawei's of 20 %."""
    call_builder = build_call().set_values(S, M.END_TO_END_LOSS, V, loss)
    verdict = call_builder.set_values(S, M.FREEZE_TIME, V, 700).diagnose()
    # The teacher's uplink loses 0.5 %, which is subtracted.
    assert verdict.confidence == pytest.approx(confidence, abs=0.05)


def test_five_percent_is_no_loss(build_call: Any) -> None:
    """A value at the limit is not beyond it."""
    assert build_call().set_values(T, M.UPLINK_LOSS, V, 5).diagnose().cause == "none"
    assert build_call().set_values(T, M.UPLINK_LOSS, V, 5.1).diagnose().cause == "network.loss"


@pytest.mark.parametrize(
    ("span", "cause"),
    [((0, 6), "none"), ((0, 8), "network.loss")],
)
def test_the_shortest_fault(build_call: Any, span: tuple[float, float], cause: str) -> None:
    """Ten seconds without a good sample are a fault, eight are not."""
    assert build_call().set_values(T, M.UPLINK_LOSS, V, 20, span).diagnose().cause == cause


def test_evidence_is_the_median_of_the_bad_samples(build_call: Any) -> None:
    """Rounded to a tenth, at the bad sample nearest to the complaint."""
    call_builder = build_call().set_values(T, M.UPLINK_LOSS, V, 20.26, (-60, -8))
    (evidence,) = call_builder.diagnose().evidence
    assert (evidence.metric, evidence.value, evidence.unit) == ("uplink_loss", 20.3, "")
    assert (evidence.threshold, evidence.media, evidence.direction) == (5, V, UP)
    assert (T0 - evidence.at).total_seconds() == 8


def test_a_freeze_is_evidence(build_call: Any) -> None:
    """The share of the judged window that was frozen, in percent."""
    verdict = build_call().set_values(S, M.FREEZE_TIME, V, 900).diagnose()
    (evidence,) = verdict.evidence
    assert (evidence.metric, evidence.value, evidence.unit) == ("freeze_rate", 22.7, "%")
    assert (evidence.threshold, evidence.media, evidence.direction) == (5, V, DOWN)
    assert (evidence.at, evidence.uid) == (T0, S)


def test_a_measured_freeze_rate_is_a_freeze(build_call: Any) -> None:
    """Some clouds measure a rate in percent; for audio 3 % is the limit, for video 5 %."""
    for media, rate, cause in ((A, 3.5, "unknown.other"), (A, 2.5, "none"), (V, 4, "none")):
        call_builder = build_call().without_metrics(M.FREEZE_TIME)
        call_builder.add_metric(S, M.FREEZE_RATE, rate, media, DOWN)
        assert call_builder.diagnose().cause == cause


@pytest.mark.parametrize(
    ("joined_s", "is_less_sure"), [(0, True), (-180, True), (-182, False), (10, False)]
)
def test_healthy_is_less_sure_just_after_joining(
    build_call: Any,
    joined_s: float,
    is_less_sure: bool,  # noqa: FBT001
) -> None:
    """For three minutes the problem may have been joining."""
    call_builder = build_call()
    call_builder.add_session(S, "b", joined_s, None)
    verdict = call_builder.diagnose()
    assert verdict.cause == "none"
    assert (verdict.confidence == 0.55) is is_less_sure


def test_each_gap_makes_healthy_less_sure(build_call: Any) -> None:
    """By a fixed amount for coarse samples and an incomplete diagnosis."""
    full = build_call().diagnose().confidence
    assert full == 0.95
    # What would show that something was wrong is not measured.
    for metrics in ((M.JITTER,), (M.SEND_VOLUME, M.PLAY_VOLUME)):
        assert build_call().without_metrics(*metrics).diagnose().confidence == 0.6
    assert build_call().without_metrics(M.SEND_VOLUME).diagnose().confidence == full
    no_delays = build_call().without_metrics(M.JITTER, M.LATENCY, M.UPLINK_LATENCY)
    assert no_delays.diagnose().confidence == 0.6
    coarse = build_call()
    coarse.curves = {key: (t[::5], values[::5]) for key, (t, values) in coarse.curves.items()}
    assert coarse.diagnose().confidence == pytest.approx(full - 0.1, abs=0.011)
    for kind in (MissingKind.EVENTS, MissingKind.MINUTES):
        incomplete = build_call()
        incomplete.missing.append(MissingItem(kind, MissingReason.OVER_QUOTA))
        assert incomplete.diagnose().confidence == pytest.approx(full - 0.1)
    half = build_call().keep_samples(S, -60, 60)
    assert half.diagnose().confidence == pytest.approx(0.78, abs=0.011)


@pytest.mark.parametrize(
    ("change", "span", "is_near"),
    [
        ((T, M.UPLINK_LOSS, V, 9), (0, 2), True),
        ((T, M.UPLINK_LOSS, V, 9), (0, 1), False),  # one sample
        ((T, M.UPLINK_LOSS, V, 8), (0, 2), False),
        ((S, M.JITTER, V, 46), (-20, 20), True),
        ((S, M.JITTER, V, 45), (-20, 20), False),
        ((S, M.LATENCY, V, 251), (-20, 20), True),
        ((S, M.LATENCY, V, 250), (-20, 20), False),
    ],
)
def test_healthy_is_less_sure_near_a_limit(
    build_call: Any, change: Any, span: tuple[float, float], *, is_near: bool
) -> None:
    """What was almost bad may have been bad between two samples."""
    verdict = build_call().set_values(*change, span).diagnose()
    assert (verdict.cause, verdict.confidence) == ("none", 0.6 if is_near else 0.95)


@pytest.mark.parametrize(
    ("kbps", "span", "is_near"),
    [(199, (-20, 20), True), (200, (-20, 20), False), (199, (-4, 4), False)],
)
def test_healthy_is_less_sure_with_little_video(
    build_call: Any, kbps: float, span: tuple[float, float], *, is_near: bool
) -> None:
    """Less than a third of the usual 600 kbps for a tenth of the time, though all that was sent."""
    call_builder = build_call().set_values(T, M.SEND_BITRATE, V, kbps, span)
    verdict = call_builder.set_values(S, M.RECEIVE_BITRATE, V, kbps, span).diagnose()
    assert (verdict.cause, verdict.confidence) == ("none", 0.6 if is_near else 0.95)


@pytest.mark.parametrize(("percent", "confidence"), [(90, 0.8), (89, 0.62)])
def test_a_very_high_cpu_explains_freezes_at_the_other_end(
    build_call: Any, percent: float, confidence: float
) -> None:
    """Where captured frames are not measured; from 90 % on."""
    call_builder = build_call().without_metrics(M.CAPTURE_FPS)
    call_builder.set_values(T, M.SYSTEM_CPU, None, percent).set_values(S, M.FREEZE_TIME, V, 700)
    verdict = call_builder.diagnose()
    assert (verdict.cause, verdict.confidence) == ("device.cpu_high", confidence)


def test_downlink_latency_is_the_receivers_own(build_call: Any) -> None:
    """Clouds that measure the downlink itself need no end-to-end latency."""
    call_builder = build_call().without_metrics(M.LATENCY)
    call_builder.add_metric(S, M.DOWNLINK_LATENCY, 900, A, DOWN)
    verdict = call_builder.diagnose()
    assert (verdict.cause, verdict.direction, verdict.uid) == ("network.latency", DOWN, S)
    assert verdict.confidence > 0.75


def test_downlink_loss_may_be_the_senders(build_call: Any) -> None:
    """As much as the sender's uplink lost is the sender's; clearly more is the receiver's own."""
    for loss, sides in ((24, [Side.TEACHER]), (40, [Side.STUDENT, Side.TEACHER])):
        call_builder = build_call().without_metrics(M.END_TO_END_LOSS)
        call_builder.add_metric(S, M.DOWNLINK_LOSS, loss, V, DOWN)
        verdict = call_builder.set_values(T, M.UPLINK_LOSS, V, 20, (-300, 300)).diagnose()
        sure = [one for one in (verdict, *verdict.others) if one.confidence >= 0.6]
        assert sorted(one.side for one in sure) == sides


def test_a_small_video_stream_is_sending(build_call: Any) -> None:
    """Only the low stream is sent, and only it is received: nobody stopped sending."""
    call_builder = build_call().set_values(T, M.SEND_BITRATE, V, 0)
    call_builder.set_values(S, M.RECEIVE_BITRATE, V, 0)
    assert call_builder.diagnose().cause == "user_action.stopped_sending"
    call_builder.add_metric(T, M.SEND_BITRATE_LOW, 100, V, UP)
    assert call_builder.diagnose().cause == "user_action.peer_stopped_receiving"
    call_builder.add_metric(S, M.RECEIVE_BITRATE_LOW, 100, V, DOWN)
    assert call_builder.diagnose().cause == "none"


def test_total_loss_is_not_a_stopped_receiver(build_call: Any) -> None:
    """From 50 % loss on, loss is the cause; nobody stopped receiving."""
    for loss, causes in (
        (60, {"network.loss"}),
        (40, {"network.loss", "user_action.peer_stopped_receiving"}),
    ):
        call_builder = build_call().set_values(S, M.RECEIVE_BITRATE, V, 0)
        verdict = call_builder.set_values(S, M.END_TO_END_LOSS, V, loss).diagnose()
        assert {one.cause for one in (verdict, *verdict.others)} == causes


def test_a_silent_microphone_is_the_senders(build_call: Any) -> None:
    """Without the sender's volume it may be either; the receiver's speaker is less sure then."""
    silent = build_call().set_values(S, M.PLAY_VOLUME, A, 0).set_values(T, M.SEND_VOLUME, A, 0)
    verdict = silent.diagnose()
    assert (verdict.cause, verdict.direction, verdict.uid) == ("media.no_sound", UP, T)
    assert verdict.confidence == 0.6
    unmeasured = build_call().without_metrics(M.SEND_VOLUME).set_values(S, M.PLAY_VOLUME, A, 0)
    verdict = unmeasured.diagnose()
    assert (verdict.cause, verdict.direction, verdict.uid) == ("media.no_sound", DOWN, S)
    assert verdict.confidence == 0.55


def test_two_equal_faults_share_the_doubt(build_call: Any) -> None:
    """Either of two faults as likely may be the reason: the first is a tenth less sure."""
    both = build_call().set_values(T, M.UPLINK_LOSS, V, 20).set_values(S, M.END_TO_END_LOSS, V, 40)
    verdict = both.set_values(S, M.FREEZE_TIME, V, 700).diagnose()
    assert verdict.confidence == pytest.approx(0.92 * 0.9, abs=0.006)
    assert all(one.confidence <= verdict.confidence for one in verdict.others)
