"""Too little bandwidth: less and smaller video than is sent or usual, and hardly any loss."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import Direction, Media, Metric, Side
from bot.diagnosis.candidates import Candidate
from bot.diagnosis.rules.bandwidth import find_bandwidth_faults
from tests.bot.diagnosis.conftest import STUDENT as S
from tests.bot.diagnosis.conftest import TEACHER as T

V = Media.VIDEO
UP, DOWN = Direction.UP, Direction.DOWN
M = Metric


def find(call_builder: Any) -> list[tuple[str, Direction | None, str | None]]:
    """The bandwidth faults of a call: cause, direction, uid."""
    return [(one.cause.key, one.cause.direction, one.uid) for one in candidates(call_builder)]


def candidates(call_builder: Any) -> list[Candidate]:
    """The bandwidth faults of a call."""
    return list(find_bandwidth_faults(call_builder.context()))


def with_sizes(build_call: Any) -> Any:
    """A call whose cloud measures how wide the pictures are."""
    call_builder = build_call()
    for uid in (T, S):
        call_builder.add_metric(uid, M.SEND_WIDTH, 640, V, UP)
        call_builder.add_metric(uid, M.RECEIVE_WIDTH, 640, V, DOWN)
    return call_builder


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([(S, M.RECEIVE_BITRATE, V, 190)], True),
        ([(S, M.RECEIVE_BITRATE, V, 210)], False),  # more than a third of 600 kbps
        ([(S, M.RECEIVE_BITRATE, V, 0)], False),  # nothing is another fault
        ([(S, M.RECEIVE_BITRATE, V, 190), (T, M.SEND_BITRATE, V, 190)], False),  # all of it
        ([(S, M.RECEIVE_BITRATE, V, 190), (S, M.END_TO_END_LOSS, V, 9)], False),  # it is loss
        ([(S, M.RECEIVE_BITRATE, V, 190), (S, M.END_TO_END_LOSS, V, 2)], True),
    ],
)
def test_a_narrow_downlink(build_call: Any, changes: list[Any], *, found: bool) -> None:
    """Less than a third of what is sent arrives, and what is missing is not lost."""
    call_builder = build_call()
    for change in changes:
        call_builder.set_values(*change)
    assert find(call_builder) == [("network.bandwidth", DOWN, S)] * found
    assert all(one.confidence <= 0.5 for one in candidates(call_builder))


def test_a_smaller_picture_is_surer(build_call: Any) -> None:
    """The small stream may have been chosen, also with a smaller picture that never froze."""
    call_builder = with_sizes(build_call).set_values(S, M.RECEIVE_BITRATE, V, 110)
    assert [one.confidence for one in candidates(call_builder)] == [0.5]
    call_builder.set_values(S, M.RECEIVE_WIDTH, V, 160)
    assert [one.confidence for one in candidates(call_builder)] == [0.5]
    call_builder.set_values(S, M.END_TO_END_LOSS, V, 2)
    assert [one.confidence for one in candidates(call_builder)] == [0.8]


def test_what_was_sent_may_be_unknown(build_call: Any) -> None:
    """Then the usual bitrate counts."""
    call_builder = build_call().set_values(S, M.RECEIVE_BITRATE, V, 110)
    del call_builder.curves[T, M.SEND_BITRATE, V, UP]
    assert find(call_builder) == [("network.bandwidth", DOWN, S)]


@pytest.mark.parametrize(
    ("kbps", "width_px", "cpu", "found"),
    [
        (110, 320, 45, True),
        (110, 330, 45, False),  # a still picture has a low bitrate too
        (210, 320, 45, False),
        (0, 320, 45, False),
        (110, 320, 95, False),  # the encoder is too slow
    ],
)
def test_a_narrow_uplink(
    build_call: Any, kbps: float, width_px: float, cpu: float, *, found: bool
) -> None:
    """The encoder sends a smaller picture at a third of its usual bitrate."""
    call_builder = with_sizes(build_call).set_values(T, M.SEND_BITRATE, V, kbps)
    call_builder.set_values(S, M.RECEIVE_BITRATE, V, kbps)
    call_builder.set_values(T, M.SEND_WIDTH, V, width_px).set_values(T, M.SYSTEM_CPU, None, cpu)
    assert find(call_builder) == [("network.bandwidth", UP, T)] * found
    assert find(call_builder.without_metrics(M.SEND_WIDTH, M.RECEIVE_WIDTH)) == []


@pytest.mark.parametrize(
    ("small_kbps", "sent_px", "received_px"), [(100, 320, 640), (None, 320, 640), (None, None, 320)]
)
def test_a_narrow_uplink_of_each_cloud(
    build_call: Any, small_kbps: int | None, sent_px: int | None, received_px: int
) -> None:
    """With a small stream, which stays as it is, or only the width that is received."""
    call_builder = with_sizes(build_call).set_values(T, M.SEND_BITRATE, V, 150)
    call_builder.set_values(S, M.RECEIVE_BITRATE, V, 150)
    call_builder.set_values(S, M.RECEIVE_WIDTH, V, received_px)
    if small_kbps is not None:
        call_builder.add_metric(T, M.SEND_BITRATE_LOW, small_kbps, V, UP)
    if sent_px is None:
        call_builder.without_metrics(M.SEND_WIDTH)
    else:
        call_builder.set_values(T, M.SEND_WIDTH, V, sent_px)
    assert find(call_builder) == [("network.bandwidth", UP, T)]


NARROW_UP = [
    (T, "send_bitrate", 150, 200),
    (T, "send_bitrate", 600, None),
    (T, "send_width", 160, 320),
    (S, "freeze_rate", 7.6, 5),
    (S, "end_to_end_loss", 2, 1),
]
NARROW_DOWN = [
    (S, "receive_bitrate", 150, 200),
    (S, "receive_bitrate", 600, None),
    (T, "send_bitrate", 600, None),
    (S, "receive_width", 160, 320),
    (S, "freeze_rate", 7.6, 5),
    (S, "end_to_end_loss", 2, 1),
]


@pytest.mark.parametrize(("direction", "expected"), [(UP, NARROW_UP), (DOWN, NARROW_DOWN)])
def test_the_evidence_of_a_narrow_link(
    build_call: Any, direction: Direction, expected: list[Any]
) -> None:
    """The bitrate, what it was before or was sent, the smaller picture, freezes and loss."""
    call_builder = with_sizes(build_call).set_values(S, M.RECEIVE_BITRATE, V, 150)
    call_builder.set_values(S, M.RECEIVE_WIDTH, V, 160).set_values(S, M.FREEZE_TIME, V, 300)
    call_builder.set_values(S, M.END_TO_END_LOSS, V, 2)
    if direction is UP:
        call_builder.set_values(T, M.SEND_BITRATE, V, 150).set_values(T, M.SEND_WIDTH, V, 160)
    (found,) = candidates(call_builder)
    numbers = [(one.uid, one.metric, one.value, one.threshold) for one in found.evidence]
    assert numbers == expected


def test_a_narrow_link_is_diagnosed(build_call: Any) -> None:
    """At the end that has it."""
    narrow = with_sizes(build_call).set_values(S, M.RECEIVE_BITRATE, V, 100)
    narrow.set_values(S, M.RECEIVE_WIDTH, V, 160).set_values(S, M.FREEZE_TIME, V, 300)
    verdict = narrow.diagnose()
    assert (verdict.cause, verdict.side, verdict.direction) == (
        "network.bandwidth",
        Side.STUDENT,
        DOWN,
    )
