"""What the cloud itself reports: which events count, how much, and what they confirm."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from bot.call import AbnormalEvent, Code, Factor, Media, Metric, Side
from tests.bot.diagnosis.conftest import STUDENT as S
from tests.bot.diagnosis.conftest import T0, VIDEO_FREEZE
from tests.bot.diagnosis.conftest import TEACHER as T

A, V = Media.AUDIO, Media.VIDEO
REMOVED, CPU, WIFI, LOSS_UP = "30", "10", "29", "21"


def test_an_event_outside_the_window_hides_no_later_one(build_call: Any) -> None:
    """The events are not sorted: each is checked on its own."""
    verdict = build_call().add_event(S, CPU, after_s=-3000).add_event(S, REMOVED).diagnose()
    assert verdict.cause == "session.removed"


def test_an_unknown_factor_hides_no_later_one(build_call: Any) -> None:
    """An event may have factors without a meaning before one with a cause."""
    call_builder = build_call()
    factors = tuple(Factor(Code("agora.factor_id", value)) for value in ("999", REMOVED))
    call_builder.events.append(AbnormalEvent(S, "class_1", VIDEO_FREEZE, T0, factors))
    verdict = call_builder.diagnose()
    assert verdict.cause == "session.removed"
    assert verdict.others == ()


@pytest.mark.parametrize(
    ("after_s", "confidence"),
    [
        (0, 0.82),
        (-60, 0.82),
        (80, 0.82),
        (130, 0.7),
        (-180, 0.57),
        (180, 0.57),
    ],
)
def test_an_event_further_from_the_complaint_counts_less(
    build_call: Any, after_s: float, confidence: float
) -> None:
    """Clouds round to minutes, so the first one is free; beyond three an event is ignored."""
    verdict = build_call().add_event(S, REMOVED, after_s=after_s).diagnose()
    assert verdict.confidence == pytest.approx(confidence, abs=0.011)


@pytest.mark.parametrize("after_s", [-181, 181])
def test_an_event_three_minutes_away_is_ignored(build_call: Any, after_s: float) -> None:
    """The window of events is a minute wider than that of metrics."""
    assert build_call().add_event(S, REMOVED, after_s=after_s).diagnose().cause == "none"


@pytest.mark.parametrize(
    ("uid", "host", "confidence"),
    [(S, None, 0.82), (T, None, 0.72), ("777", T, 0.5), (S, "777", 0.5)],
)
def test_whose_event_it_is_counts(
    build_call: Any, uid: str, host: str | None, confidence: float
) -> None:
    """The abnormal side's own event counts most, one that involves others least."""
    verdict = build_call().add_event(uid, REMOVED, host).diagnose()
    assert (verdict.cause, verdict.uid) == ("session.removed", host or uid)
    assert verdict.confidence == confidence


def test_an_event_without_a_channel_counts(build_call: Any) -> None:
    """Some clouds leave the channel out."""
    call_builder = build_call().add_event(S, REMOVED)
    call_builder.events[0] = dataclasses.replace(call_builder.events[0], cname="")
    assert call_builder.diagnose().cause == "session.removed"


def test_events_with_one_cause_are_one_finding(build_call: Any) -> None:
    """Its time is from the first to the last event, its confidence that of the nearest."""
    call_builder = build_call().add_event(S, REMOVED, after_s=-150).add_event(S, REMOVED)
    verdict = call_builder.add_event(S, REMOVED, after_s=140).diagnose()
    assert (verdict.since, verdict.until) == (
        T0 - timedelta(seconds=150),
        T0 + timedelta(seconds=140),
    )
    assert len(verdict.evidence) == 3
    assert verdict.others == ()
    assert verdict.confidence == 0.82


def test_the_events_peer_is_at_fault_for_a_cause_of_the_peer(build_call: Any) -> None:
    """Where the event names a peer, a `peer_` cause is the peer's."""
    call_builder = build_call()
    factor = Factor(Code("huawei.abnormal_factor.type2_3", "18"))
    call_builder.events.append(
        AbnormalEvent(
            S, "class_1", Code("huawei.abnormal_type", "2"), T0, (factor,), peer_uid="777"
        )
    )
    assert call_builder.diagnose().uid == "777"


def weak_wifi(build_call: Any) -> Any:
    """Loss in bursts in both directions of the student, with high router latency."""
    call_builder = build_call()
    for start in range(-110, 110, 30):
        span = (start, start + 16)
        for media in Media:
            call_builder.set_values(S, Metric.UPLINK_LOSS, media, 25, span)
            call_builder.set_values(S, Metric.END_TO_END_LOSS, media, 25, span)
        call_builder.set_values(S, Metric.ROUTER_LATENCY, None, 600, span)
    return call_builder


def test_a_symptom_of_weak_wifi_confirms_it(build_call: Any) -> None:
    """The cloud's "packet loss" is the same fault, and its code is evidence."""
    verdict = weak_wifi(build_call).add_event(S, LOSS_UP).diagnose()
    assert (verdict.cause, verdict.others) == ("network.wifi_weak", ())
    assert Code("agora.factor_id", LOSS_UP) in {one.code for one in verdict.evidence}
    assert verdict.confidence == weak_wifi(build_call).diagnose().confidence


def test_another_cause_does_not_weaken_a_confirmed_one(build_call: Any) -> None:
    """What the cloud confirms is not contradicted by what it reports besides."""
    confirmed = weak_wifi(build_call).add_event(S, LOSS_UP).add_event(S, CPU).diagnose()
    contradicted = weak_wifi(build_call).add_event(S, CPU).diagnose()
    assert confirmed.cause == contradicted.cause == "network.wifi_weak"
    assert confirmed.confidence == weak_wifi(build_call).diagnose().confidence
    assert contradicted.confidence < confirmed.confidence


def test_the_cloud_may_name_the_wifi_behind_loss(build_call: Any) -> None:
    """Loss without a bad router is loss, unless the cloud has seen a weak signal."""
    call_builder = build_call().set_values(S, Metric.END_TO_END_LOSS, A, 18)
    assert call_builder.diagnose().cause == "network.loss"
    verdict = call_builder.add_event(S, WIFI).diagnose()
    assert (verdict.cause, verdict.uid, verdict.others) == ("network.wifi_weak", S, ())


def test_weak_wifi_is_no_other_fault(build_call: Any) -> None:
    """A CPU overload besides it, or weak Wi-Fi at the other end, is a cause of its own."""
    for uid, factor in ((S, CPU), (T, WIFI)):
        verdict = weak_wifi(build_call).add_event(uid, factor).diagnose()
        assert verdict.cause == "network.wifi_weak"
        assert verdict.uid == S
        assert len(verdict.others) == 1


@pytest.mark.parametrize(
    ("uid", "factor", "confidence"),
    [
        (S, "14", 0.82),  # module off
        (T, "14", 0.72),
        (S, "25", 0.82),  # a client fault
        (T, "25", 0.54),
    ],
)
def test_a_fault_the_abnormal_side_would_not_notice_counts_less(
    build_call: Any, uid: str, factor: str, confidence: float
) -> None:
    """The student notices that the teacher's microphone is off, not the teacher's own client."""
    verdict = build_call().add_event(uid, factor).diagnose()
    assert verdict.side is (Side.STUDENT if uid == S else Side.TEACHER)
    assert verdict.confidence == confidence
