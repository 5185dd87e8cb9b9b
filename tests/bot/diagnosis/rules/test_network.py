"""Network rules: one fault or two, whose it is, and when it is the Wi-Fi."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import Direction, Media, Metric
from bot.diagnosis.candidates import Candidate
from bot.diagnosis.rules.network import find_network_faults
from tests.bot.diagnosis.conftest import STUDENT as S
from tests.bot.diagnosis.conftest import TEACHER as T

A, V = Media.AUDIO, Media.VIDEO
UP, DOWN = Direction.UP, Direction.DOWN
M = Metric


def find(call_builder: Any) -> list[Candidate]:
    """The network faults of a call, in the order they are found."""
    return list(find_network_faults(call_builder.context()))


def named(found: list[Candidate]) -> list[tuple[str, Media | None, Direction | None, str | None]]:
    """Their cause, medium, direction and uid."""
    return [(one.cause.name, one.cause.media, one.cause.direction, one.uid) for one in found]


@pytest.mark.parametrize(
    ("audio", "video", "share_s", "expected"),
    [
        (20, 20, 60, [("loss", None, UP, T)]),
        (20, 32, 60, [("loss", None, UP, T)]),
        (32, 20, 60, [("loss", None, UP, T)]),
        (20, 33, 60, [("loss", V, UP, T), ("loss", A, UP, T)]),
        (33, 20, 60, [("loss", A, UP, T), ("loss", V, UP, T)]),
        (20, 20, 20, [("loss", V, UP, T), ("loss", A, UP, T)]),  # audio's was over much sooner
        (20, 0, 60, [("loss", A, UP, T)]),
    ],
)
def test_both_media_alike_are_one_fault(
    build_call: Any, audio: float, video: float, share_s: float, expected: list[object]
) -> None:
    """It is the link then, not one medium; else the worse one comes first."""
    call_builder = build_call().set_values(T, M.UPLINK_LOSS, A, audio, (-share_s, share_s))
    call_builder.set_values(T, M.UPLINK_LOSS, V, video)
    found = find(call_builder)
    assert named(found) == expected
    assert len(found[0].evidence) == (2 if expected == [("loss", None, UP, T)] else 1)


@pytest.mark.parametrize(
    ("metric", "value", "at_most"),
    [
        (M.UPLINK_LATENCY, 430, 0.69),
        (M.UPLINK_LATENCY, 450, 1),
        (M.JITTER, 108, 0.69),
        (M.JITTER, 112, 1),
    ],
)
def test_a_value_near_its_limit_is_never_sure(
    build_call: Any, metric: Metric, value: float, at_most: float
) -> None:
    """It takes a tenth more than the limit."""
    call_builder = build_call()
    for media in Media:
        call_builder.set_values(T, metric, media, value, (-50, 10), direction=UP)
    (found,) = find(call_builder)
    assert found.at_most == at_most


def test_noticeable_latency_is_never_sure(build_call: Any) -> None:
    """Between the limits that vendors give, however long."""
    call_builder = build_call()
    for media in Media:
        call_builder.set_values(T, M.UPLINK_LATENCY, media, 380, (-300, 300))
    (found,) = find(call_builder)
    assert found.at_most == 0.69


def test_the_worse_medium_leads(build_call: Any) -> None:
    """Its evidence is the first one, and its loss decides how sure the fault is."""
    call_builder = build_call().set_values(T, M.UPLINK_LOSS, A, 7)
    (found,) = find(call_builder.set_values(T, M.UPLINK_LOSS, V, 9))
    assert [one.media for one in found.evidence] == [V, A]


def test_each_kind_and_end_is_a_fault_of_its_own(build_call: Any) -> None:
    """The sender's before the receiver's, the way up before the way down."""
    call_builder = build_call().without_metrics(M.END_TO_END_LOSS)
    for uid in (S, T):
        call_builder.set_values(uid, M.UPLINK_LOSS, V, 9)
        call_builder.set_values(uid, M.UPLINK_LATENCY, V, 600)
        call_builder.set_values(uid, M.JITTER, V, 600)
    found = find(call_builder)
    kinds = ("loss", "latency", "jitter")
    assert named(found) == [(kind, V, UP, uid) for uid in (T, S) for kind in kinds]
    assert all(0.75 < one.confidence < 0.95 for one in found)


def test_how_sure_loss_is(build_call: Any) -> None:
    """At Agora's limit a guess, at Huawei's of 20 % nearly certain, and no surer beyond."""

    def confidence(loss: float) -> float:
        call_builder = build_call().set_values(T, M.UPLINK_LOSS, V, loss)
        (found,) = find(call_builder.set_values(S, M.END_TO_END_LOSS, V, loss))
        return found.confidence

    sure = [confidence(loss) for loss in (5.1, 6, 7, 9, 12, 16, 20)]
    assert sure == sorted(set(sure))
    assert 0.5 < sure[0] < 0.6
    assert 0.65 < confidence(7) < 0.75
    assert 0.85 < confidence(12) < confidence(20) == confidence(60) < 0.95


def test_documented_jitter_is_surer_than_noticeable(build_call: Any) -> None:
    """Both are likely."""
    (documented,) = find(build_call().set_values(T, M.JITTER, V, 600, direction=UP))
    noticeable = build_call().set_values(T, M.JITTER, V, 300, direction=UP)
    (found,) = find(noticeable.set_values(S, M.FREEZE_TIME, V, 900))
    assert 0.75 < found.confidence < documented.confidence < 0.9


@pytest.mark.parametrize(
    ("loss", "span", "confidence"), [(20, (-60, 60), 0.5), (5.5, (-110, -100), 0.4)]
)
def test_loss_between_the_ends_may_be_either_ones(
    build_call: Any, loss: float, span: tuple[float, float], confidence: float
) -> None:
    """The sender's way up and the receiver's way down, both at most as likely as not."""
    call_builder = build_call().without_metrics(M.UPLINK_LOSS)
    found = find(call_builder.set_values(S, M.END_TO_END_LOSS, V, loss, span))
    assert named(found) == [("loss", V, UP, T), ("loss", V, DOWN, S)]
    assert found[0].confidence == found[1].confidence == pytest.approx(confidence, abs=0.06)


ROUTER_BAD, ROUTER_SLOW, ROUTER_GOOD = 501, 300, 20


def bursts(call_builder: Any, *metrics: Metric, length_s: float = 16, every_s: int = 30) -> Any:
    """Loss or jitter of the student in bursts, of both media."""
    for start in range(-110, 110, every_s):
        for metric in metrics:
            for media in Media:
                value = 25 if "loss" in metric else 600
                call_builder.set_values(S, metric, media, value, (start, start + length_s))
    return call_builder


@pytest.mark.parametrize(
    ("metrics", "router_ms", "network", "is_wifi"),
    [
        # Both directions bad: a slow router, or bursts where it is not measured.
        ((M.UPLINK_LOSS, M.END_TO_END_LOSS), ROUTER_BAD, "", True),
        ((M.UPLINK_LOSS, M.END_TO_END_LOSS), ROUTER_SLOW, "", True),
        ((M.UPLINK_LOSS, M.END_TO_END_LOSS), ROUTER_GOOD, "", False),
        ((M.UPLINK_LOSS, M.END_TO_END_LOSS), ROUTER_GOOD, "WiFi", False),
        ((M.UPLINK_LOSS, M.END_TO_END_LOSS), None, "", True),
        ((M.JITTER,), None, "", True),
        ((M.JITTER, M.UPLINK_LOSS), ROUTER_SLOW, "", True),
        # Only one direction: a slow router is needed.
        ((M.UPLINK_LOSS,), ROUTER_SLOW, "", True),
        ((M.END_TO_END_LOSS,), ROUTER_SLOW, "", True),
        ((M.UPLINK_LOSS,), None, "WiFi", False),
        ((M.END_TO_END_LOSS,), None, "WiFi", False),
        # Nothing else bad: a very slow router is enough.
        ((), ROUTER_BAD, "", True),
        ((), ROUTER_SLOW, "WiFi", False),
        ((), None, "WiFi", False),
        # A network type that is no Wi-Fi.
        ((M.UPLINK_LOSS, M.END_TO_END_LOSS), ROUTER_BAD, "4G", False),
        ((), ROUTER_BAD, "Ethernet", False),
    ],
)
def test_when_it_is_weak_wifi(
    build_call: Any,
    metrics: tuple[Metric, ...],
    router_ms: float | None,
    network: str,
    *,
    is_wifi: bool,
) -> None:
    """Loss or jitter both ways and a slow router; then it is the only fault of that end."""
    call_builder = bursts(build_call(), *metrics)
    if router_ms is None:
        call_builder.without_metrics(M.ROUTER_LATENCY)
    else:
        call_builder.set_values(S, M.ROUTER_LATENCY, None, router_ms)
    if network:
        call_builder.add_session(S, f"sid-{S}", -300, None, network=network)
    found = find(call_builder)
    assert ("wifi_weak" in {one.cause.name for one in found}) is is_wifi
    if is_wifi:
        assert named(found) == [("wifi_weak", None, None, S)]


@pytest.mark.parametrize(
    ("length_s", "every_s", "is_wifi"),
    [(16, 30, True), (16, 60, True), (16, 120, False), (24, 28, False), (26, 28, False)],
)
def test_bursts(build_call: Any, length_s: float, every_s: int, *, is_wifi: bool) -> None:
    """Three bursts at least with good samples between; above nine tenths bad, it is steady."""
    call_builder = build_call().without_metrics(M.ROUTER_LATENCY)
    found = find(
        bursts(call_builder, M.UPLINK_LOSS, M.END_TO_END_LOSS, length_s=length_s, every_s=every_s)
    )
    assert (found[0].cause.name == "wifi_weak") is is_wifi


def confidence_of(
    build_call: Any, router_ms: float, *metrics: Metric, network: str = "WiFi"
) -> float:
    """How sure weak Wi-Fi is."""
    call_builder = bursts(build_call(), *metrics)
    call_builder.set_values(S, M.ROUTER_LATENCY, None, router_ms)
    if network:
        call_builder.add_session(S, f"sid-{S}", -300, None, network=network)
    (found,) = find(call_builder)
    assert found.cause.name == "wifi_weak"
    return found.confidence


def test_how_sure_weak_wifi_is(build_call: Any) -> None:
    """Both directions are surer than one, a very slow router than a slow one."""
    both = (M.UPLINK_LOSS, M.END_TO_END_LOSS)
    two_ways = confidence_of(build_call, ROUTER_BAD, *both)
    assert two_ways == confidence_of(build_call, ROUTER_SLOW, *both)
    one_way = confidence_of(build_call, ROUTER_BAD, M.UPLINK_LOSS)
    slow = confidence_of(build_call, ROUTER_SLOW, M.UPLINK_LOSS)
    assert 0.6 < slow < one_way < 0.8 < two_ways < 0.97


def test_an_unknown_network_type_makes_weak_wifi_less_sure(build_call: Any) -> None:
    """It may be a mobile network, most of all where the router's latency is not measured."""
    both = (M.UPLINK_LOSS, M.END_TO_END_LOSS)
    unknown = confidence_of(build_call, ROUTER_BAD, *both, network="")
    known = confidence_of(build_call, ROUTER_BAD, *both)
    assert 0.85 * known < unknown < 0.97 * known
    guesses = []
    for network in ("", "WiFi"):
        call_builder = bursts(build_call().without_metrics(M.ROUTER_LATENCY), *both)
        call_builder.add_session(S, f"sid-{S}", -300, None, network=network)
        (found,) = find(call_builder)
        guesses.append(found.confidence)
    assert 0.7 * guesses[1] < guesses[0] < 0.9 * guesses[1]
    assert guesses[1] < known


def test_the_evidence_of_weak_wifi(build_call: Any) -> None:
    """The surest sign first, then the router, at most four signs of the two directions, the rest."""
    call_builder = bursts(build_call(), M.UPLINK_LOSS, M.END_TO_END_LOSS, M.JITTER)
    call_builder.set_values(S, M.ROUTER_LATENCY, None, ROUTER_BAD)
    (found,) = find(call_builder)
    signs = [(one.metric, one.media) for one in found.evidence]
    assert signs == [
        ("uplink_loss", A),
        ("router_latency", None),
        ("uplink_loss", V),
        ("jitter", A),
        ("jitter", V),
        ("bursts", None),
    ]


def test_the_evidence_of_weak_wifi_where_only_loss_is_measured(build_call: Any) -> None:
    """In how many bursts it came, and the network's name."""
    call_builder = build_call().without_metrics(M.ROUTER_LATENCY, M.JITTER)
    bursts(call_builder, M.UPLINK_LOSS, M.END_TO_END_LOSS)
    call_builder.add_session(S, f"sid-{S}", -300, None, network="WiFi")
    (found,) = find(call_builder)
    burst, network = found.evidence[-2:]
    assert (burst.metric, burst.value, burst.threshold) == ("bursts", 5, 2)
    assert (network.metric, network.text) == ("network", "WiFi")


def test_weak_wifi_of_one_end_leaves_the_others_faults(build_call: Any) -> None:
    """The student's Wi-Fi says nothing about the teacher."""
    call_builder = build_call().set_values(S, M.ROUTER_LATENCY, None, ROUTER_BAD)
    call_builder.set_values(T, M.UPLINK_LOSS, V, 20)
    call_builder.set_values(T, M.ROUTER_LATENCY, None, ROUTER_GOOD)
    assert named(find(call_builder)) == [("loss", V, UP, T), ("wifi_weak", None, None, S)]
    turned = build_call().set_values(T, M.ROUTER_LATENCY, None, ROUTER_BAD)
    turned.set_values(S, M.UPLINK_LOSS, V, 20)
    assert named(find(turned)) == [("wifi_weak", None, None, T), ("loss", V, UP, S)]


def everybody_loses(build_call: Any, late_s: float = 0) -> Any:
    """Both ends receive with loss, one of them so many seconds later; no uplink loses."""
    call_builder = build_call()
    for uid, shift in ((T, 0.0), (S, late_s)):
        for media in Media:
            call_builder.set_values(uid, M.END_TO_END_LOSS, media, 20, (-60 + shift, 10 + shift))
    return call_builder


@pytest.mark.parametrize(("late_s", "is_route"), [(0, True), (10, True), (12, False)])
def test_loss_for_everybody_at_once_is_the_route(
    build_call: Any, late_s: float, *, is_route: bool
) -> None:
    """Nobody at the call is its reason; two faults of their own do not begin and end together."""
    found = find(everybody_loses(build_call, late_s))
    assert ([one.cause.key for one in found] == ["server.route"]) is is_route
    if is_route:
        assert (found[0].uid, len(found[0].evidence)) == (None, 2)


def test_the_route_needs_clean_uplinks_and_all_media(build_call: Any) -> None:
    """Measured at both ends; a route does not choose packets."""
    lossy = everybody_loses(build_call).set_values(T, M.UPLINK_LOSS, A, 9)
    blind = everybody_loses(build_call).without_metrics(M.UPLINK_LOSS)
    one_medium = everybody_loses(build_call).set_values(S, M.END_TO_END_LOSS, A, 0)
    for call_builder in (lossy, blind, one_medium):
        assert "server.route" not in {one.cause.key for one in find(call_builder)}


def test_a_bad_route_is_diagnosed_without_a_side(build_call: Any) -> None:
    """It is neither end's."""
    verdict = everybody_loses(build_call).diagnose()
    assert (verdict.cause, verdict.side, verdict.uid) == ("server.route", None, None)
