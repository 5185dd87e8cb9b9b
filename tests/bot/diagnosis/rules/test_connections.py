"""Connections lost in both directions: nobody's choice, and located where there is a sign."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import Direction, Media, Metric, Side
from tests.bot.diagnosis.conftest import STUDENT as S
from tests.bot.diagnosis.conftest import T0
from tests.bot.diagnosis.conftest import TEACHER as T

A, V = Media.AUDIO, Media.VIDEO
M = Metric
GONE = (-40, -8)


def lost(build_call: Any, span: tuple[float, float] = GONE, side: Side = Side.STUDENT) -> Any:
    """A call in which nothing arrives at either end for a while, though both send."""
    call_builder = build_call(abnormal=side)
    for uid in (T, S):
        for media in Media:
            call_builder.set_values(uid, M.RECEIVE_BITRATE, media, 0, span)
            call_builder.set_values(uid, M.FREEZE_TIME, media, 2000, span)
    return call_builder


def cut(call_builder: Any, uid: str, span: tuple[float, float], *metrics: Metric) -> None:
    """Take away the samples of some metrics in a span."""
    for key, (times, values) in list(call_builder.curves.items()):
        if key[0] == uid and key[1] in metrics:
            after_s = times - T0.timestamp()
            kept = (after_s < span[0]) | (after_s > span[1])
            call_builder.curves[key] = times[kept], values[kept]


def test_a_dead_link_accuses_nobody(build_call: Any) -> None:
    """Without a sign whose it was, it is the abnormal side's, half as sure at most."""
    for side, uid in ((Side.STUDENT, S), (Side.TEACHER, T)):
        verdict = lost(build_call, side=side).diagnose()
        assert (verdict.cause, verdict.uid) == ("reconnect.network_down", uid)
        assert verdict.confidence <= 0.5
        assert "user_action" not in {one.cause.partition(".")[0] for one in verdict.others}


@pytest.mark.parametrize("uid", [T, S])
def test_the_end_that_got_no_reports_lost_it(build_call: Any, uid: str) -> None:
    """Its uplink has no loss and no latency in the meantime."""
    call_builder = lost(build_call)
    cut(call_builder, uid, GONE, M.UPLINK_LOSS, M.UPLINK_LATENCY)
    verdict = call_builder.diagnose()
    assert (verdict.cause, verdict.uid) == ("reconnect.network_down", uid)
    assert verdict.confidence > 0.7


@pytest.mark.parametrize("uid", [T, S])
def test_the_end_whose_uplink_loses_lost_it(build_call: Any, uid: str) -> None:
    """Heavily, when the connection breaks off or comes back."""
    call_builder = lost(build_call).set_values(uid, M.UPLINK_LOSS, A, 40, (-6, 0))
    verdict = call_builder.diagnose()
    assert (verdict.cause, verdict.uid) == ("reconnect.network_down", uid)


@pytest.mark.parametrize(
    ("latency_ms", "cause"), [(95, "ip_changed"), (15, "ip_changed"), (50, "network_down")]
)
def test_another_latency_is_another_network(build_call: Any, latency_ms: int, cause: str) -> None:
    """From Wi-Fi to mobile or back; at the end whose latency changed."""
    call_builder = lost(build_call)
    for media in Media:
        call_builder.set_values(S, M.UPLINK_LATENCY, media, latency_ms, (-8, 300))
    verdict = call_builder.diagnose()
    assert (verdict.cause, verdict.uid) == (f"reconnect.{cause}", S)


def test_another_network_type_is_another_network(build_call: Any) -> None:
    """Where the cloud lists it."""
    call_builder = lost(build_call)
    call_builder.add_session(S, "a", -300, -40, "WIFI")
    call_builder.add_session(S, "b", -8, None, "4G")
    assert call_builder.diagnose().cause == "reconnect.ip_changed"


@pytest.mark.parametrize(
    ("networks", "latency_ms", "expected"),
    [
        (("WIFI", "4G"), 40, [("network", "WIFI", None), ("network", "4G", None)]),
        ((), 95, [("uplink_latency", "before", 40), ("uplink_latency", "after", 95)]),
        (
            ("WIFI", "WIFI"),
            95,
            [("uplink_latency", "before", 40), ("uplink_latency", "after", 95)],
        ),
    ],
)
def test_the_evidence_of_another_network(
    build_call: Any, networks: tuple[str, ...], latency_ms: int, expected: list[Any]
) -> None:
    """The names of the networks and the latency before and afterwards, each where it changed."""
    call_builder = lost(build_call)
    for span, network in zip(((-300, -40), (-8, None)), networks, strict=False):
        call_builder.add_session(S, f"{span[0]}", *span, network)
    for media in Media:
        call_builder.set_values(S, M.UPLINK_LATENCY, media, latency_ms, (-8, 300))
    verdict = call_builder.diagnose()
    assert verdict.cause == "reconnect.ip_changed"
    signs = [one for one in verdict.evidence if one.metric in {"network", "uplink_latency"}]
    assert [(one.metric, one.text, one.value) for one in signs] == expected


def test_silence_is_no_lost_connection(build_call: Any) -> None:
    """Two people who listen to each other with their cameras off send next to nothing."""
    call_builder = build_call()
    for uid in (T, S):
        for metric in (M.SEND_BITRATE, M.RECEIVE_BITRATE):
            call_builder.set_values(uid, metric, V, 0, (-300, 300))
            for start in range(-300, 300, 40):
                call_builder.set_values(uid, metric, A, 0.5, (start + 10, start + 39))
    assert call_builder.diagnose().cause == "none"


def test_half_of_it_is_one_way(build_call: Any) -> None:
    """While one end receives, the connection is not lost."""
    call_builder = lost(build_call).set_values(T, M.RECEIVE_BITRATE, V, 500, GONE)
    found = call_builder.diagnose()
    assert found.cause == "user_action.peer_stopped_receiving"
    assert found.direction is Direction.DOWN
    assert found.confidence <= 0.5
