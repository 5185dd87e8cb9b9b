"""Gaps in an end's samples: connections that broke, one end's or both ends' at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bot.call import Direction, Media, Metric
from bot.diagnosis.candidates import Candidate
from bot.diagnosis.rules.sessions import find_session_faults
from tests.bot.diagnosis.conftest import STUDENT as S
from tests.bot.diagnosis.conftest import T0
from tests.bot.diagnosis.conftest import TEACHER as T


def find(call_builder: Any) -> list[Candidate]:
    """The session faults of a call, in the order they are found."""
    return list(find_session_faults(call_builder.context()))


def test_the_shortest_gap_that_is_a_reconnect(build_call: Any) -> None:
    """A gap below eight seconds is none."""
    for length_s, is_reconnect in ((6, False), (10, True)):
        call_builder = build_call()
        for key, (times, values) in list(call_builder.curves.items()):
            if key[0] == S:
                after_s = times - T0.timestamp()
                outside = (after_s <= -10) | (after_s >= -10 + length_s)
                call_builder.curves[key] = times[outside], values[outside]
        for media in Media:
            call_builder.set_values(T, Metric.RECEIVE_BITRATE, media, 0, (-10, length_s - 10))
        verdict = call_builder.diagnose()
        assert (verdict.cause == "reconnect.network_down") is is_reconnect


def with_gap(build_call: Any, since_s: float, until_s: float, uid: str = S) -> Any:
    """A call without samples of one end between two seconds; the other one receives nothing."""
    call_builder = build_call().drop_samples(uid, since_s, until_s)
    for media in Media:
        other = T if uid == S else S
        call_builder.set_values(other, Metric.RECEIVE_BITRATE, media, 0, (since_s, until_s))
    return call_builder


@pytest.mark.parametrize(
    ("span", "is_gap"),
    [((-10, -3), False), ((-10, -2), True), ((-10, 50), True), ((-100, 6), True)],
)
def test_a_gap_in_the_samples(build_call: Any, span: tuple[float, float], *, is_gap: bool) -> None:
    """From eight seconds on it is a broken connection of this end."""
    call_builder = with_gap(build_call, *span)
    times, values = call_builder.curves[S, Metric.SYSTEM_CPU, None, None]
    with_end = np.unique(np.append(times, T0.timestamp() + span[1]))
    call_builder.curves[S, Metric.SYSTEM_CPU, None, None] = (
        with_end,
        np.full(len(with_end), values[0]),
    )
    found = find(call_builder)
    assert [(one.cause.key, one.uid) for one in found] == [("reconnect.network_down", S)] * is_gap
    assert all(one.since == T0.timestamp() + span[0] for one in found)
    assert all(one.until == T0.timestamp() + span[1] for one in found)
    assert all(0.55 < one.confidence < 0.75 for one in found)


def test_the_longest_gap_is_named(build_call: Any) -> None:
    """Of several before the complaint."""
    call_builder = with_gap(build_call, -80, -60).drop_samples(S, -30, 0)
    call_builder.drop_samples(S, 10, 50)  # after the complaint
    for media in Media:
        call_builder.set_values(T, Metric.RECEIVE_BITRATE, media, 0, (-30, 50))
    (found,) = find(call_builder)
    assert found.since == T0.timestamp() - 30


@pytest.mark.parametrize(("count", "is_broken"), [(2, False), (3, True), (5, True)])
def test_short_gaps_that_repeat(build_call: Any, count: int, *, is_broken: bool) -> None:
    """Three of six seconds are a broken connection too; the evidence is how long they were."""
    call_builder = build_call()
    for key, (times, values) in call_builder.curves.items():
        if key[0] == T:  # measured a second after the other end
            call_builder.curves[key] = times + 1, values
    for since_s in range(-100, 20 * count - 100, 20):
        call_builder.drop_samples(S, since_s, since_s + 6)
        for media in Media:
            span = (since_s, since_s + 6)
            call_builder.set_values(T, Metric.RECEIVE_BITRATE, media, 0, span)
    found = find(call_builder)
    assert [(one.cause.key, one.uid) for one in found] == [
        ("reconnect.network_down", S)
    ] * is_broken
    assert [one.evidence[0].value for one in found] == [6 * count] * is_broken
    assert [one.since - T0.timestamp() for one in found] == [-100] * is_broken


def test_gaps_of_five_seconds(build_call: Any) -> None:
    """The other end has a sample or two within; its clock may differ by a second."""
    call_builder = build_call()
    for key, (times, values) in call_builder.curves.items():
        if key[0] == T:
            call_builder.curves[key] = times - 0.5, values
    for since_s in (-100, -60, -20):
        for key, (times, values) in call_builder.curves.items():
            if key[0] == S:
                moved = times + np.where(times == T0.timestamp() + since_s + 6, -1, 0)
                call_builder.curves[key] = moved, values
        call_builder.drop_samples(S, since_s, since_s + 5)
        for media in Media:
            span = (since_s + 1.4, since_s + 4)
            call_builder.set_values(T, Metric.RECEIVE_BITRATE, media, 0, span)
    assert [one.cause.key for one in find(call_builder)] == ["reconnect.network_down"]


@pytest.mark.parametrize(
    ("own", "other", "is_cut_off"),
    [
        ((-20, -8), (-20, -8), True),
        ((-20, -8), (-24, -4), True),
        ((-20, -8), (-26, -8), False),  # one of them longer
        ((-20, -14), (-20, -14), False),  # too short
        ((-80, -10), (-80, -10), False),  # a break
        ((10, 30), (10, 30), False),  # after the complaint
    ],
)
def test_both_cut_off_at_once(
    build_call: Any, own: tuple[float, float], other: tuple[float, float], *, is_cut_off: bool
) -> None:
    """It is nobody's own link; unsure, as the samples alone may be lost."""
    call_builder = build_call().drop_samples(S, *own).drop_samples(T, *other)
    found = [one for one in find(call_builder) if one.cause.key == "server.route"]
    assert [(one.uid, one.at_most) for one in found] == [(None, 0.5)] * is_cut_off
    assert [[each.uid for each in one.evidence] for one in found] == [[T, S]] * is_cut_off


@pytest.mark.parametrize(
    ("audio", "video", "is_broken"),
    [
        (0, 0, True),
        (0.9, 0.9, True),
        (1, 0, False),
        (0, 1, False),
        (None, 0, True),
        (0, None, True),
        (None, None, False),
        (None, 30, False),
    ],
)
def test_a_gap_counts_only_when_nothing_arrived(
    build_call: Any, audio: float | None, video: float | None, *, is_broken: bool
) -> None:
    """Of either medium at the other end; else only the samples are missing."""
    call_builder = with_gap(build_call, -20, 20)
    for media, value in ((Media.AUDIO, audio), (Media.VIDEO, video)):
        if value is None:
            del call_builder.curves[T, Metric.RECEIVE_BITRATE, media, Direction.DOWN]
        else:
            call_builder.set_values(T, Metric.RECEIVE_BITRATE, media, value, (-20, 20))
    assert bool(find(call_builder)) is is_broken


def test_a_medium_that_never_arrived_says_nothing_about_a_gap(build_call: Any) -> None:
    """In a class without video only audio does."""
    call_builder = with_gap(build_call, -20, 20)
    call_builder.set_values(T, Metric.RECEIVE_BITRATE, Media.VIDEO, 0, (-300, 300))
    assert [one.uid for one in find(call_builder)] == [S]
    call_builder.set_values(T, Metric.RECEIVE_BITRATE, Media.AUDIO, 0, (-300, 300))
    assert find(call_builder) == []


def test_a_gap_needs_samples_of_the_other_end_within(build_call: Any) -> None:
    """Two seconds at both edges of the gap do not count: bitrates are means."""
    call_builder = with_gap(build_call, -20, 20)
    call_builder.set_values(T, Metric.RECEIVE_BITRATE, Media.VIDEO, 500, (-20, -18))
    call_builder.set_values(T, Metric.RECEIVE_BITRATE, Media.VIDEO, 500, (18, 20))
    assert len(find(call_builder)) == 1
    for media in Media:
        times, values = call_builder.curves[T, Metric.RECEIVE_BITRATE, media, Direction.DOWN]
        kept = abs(times - T0.timestamp()) >= 18
        key = (T, Metric.RECEIVE_BITRATE, media, Direction.DOWN)
        call_builder.curves[key] = times[kept], values[kept]
    assert find(call_builder) == []


def test_most_of_the_gap_decides(build_call: Any) -> None:
    """A single sample that arrived late changes nothing."""
    call_builder = with_gap(build_call, -20, 20)
    call_builder.set_values(T, Metric.RECEIVE_BITRATE, Media.VIDEO, 500, (0, 0))
    assert len(find(call_builder)) == 1


def test_a_rejoin_precedes_a_gap_and_a_gap_an_early_leave(build_call: Any) -> None:
    """One end's disconnect is one fault."""
    gap = with_gap(build_call, -20, 20)
    gap.keep_samples(S, -300, 40)
    for uid in (T, S):
        assert len([one for one in find(gap) if one.uid == uid]) == (uid == S)
    (found,) = find(gap)
    assert (found.cause.key, found.since) == ("reconnect.network_down", T0.timestamp() - 20)
    gap.add_session(S, "a", -300, -18)
    gap.add_session(S, "b", 12, None)
    (found,) = find(gap)
    assert found.since == T0.timestamp() - 18
