"""What is bad on each way: the receiver's without the part that the sender explains."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import Direction, Media, Metric
from bot.diagnosis.rules.links import observe_downlink, observe_uplink
from bot.diagnosis.thresholds import (
    JITTER,
    JITTER_NOTICEABLE,
    LATENCY,
    LATENCY_NOTICEABLE,
    Limit,
)
from tests.bot.diagnosis.conftest import STUDENT as S
from tests.bot.diagnosis.conftest import TEACHER as T

A, V = Media.AUDIO, Media.VIDEO
UP, DOWN = Direction.UP, Direction.DOWN
M = Metric


@pytest.mark.parametrize(
    ("metric", "value"), [(M.UPLINK_LOSS, 6), (M.UPLINK_LATENCY, 401), (M.JITTER, 501)]
)
def test_the_uplink(build_call: Any, metric: Metric, value: float) -> None:
    """Loss, latency and jitter of each medium, each beyond its documented limit."""
    for media in Media:
        context = build_call().set_values(T, metric, media, value).context()
        link = observe_uplink(context, T)
        (observation,) = link.all
        assert (link.direction, observation.metric_series.metric) == (UP, metric)
        assert observation.metric_series.media is media
        assert observe_uplink(context, S).all == ()
    both = build_call().set_values(T, metric, A, value).set_values(T, metric, V, value)
    observed = observe_uplink(both.context(), T).all
    assert [one.metric_series.media for one in observed] == [A, V]


def test_the_kinds_of_a_link_in_order(build_call: Any) -> None:
    """Loss is surer than jitter, jitter than latency."""
    call_builder = build_call().set_values(T, M.UPLINK_LOSS, V, 9).set_values(T, M.JITTER, V, 600)
    call_builder.set_values(T, M.UPLINK_LATENCY, V, 600)
    link = observe_uplink(call_builder.context(), T)
    kinds = [one.metric_series.metric for one in link.all]
    assert kinds == [M.UPLINK_LOSS, M.JITTER, M.UPLINK_LATENCY]
    assert (len(link.loss), len(link.jitter), len(link.latency)) == (1, 1, 1)


def test_uplink_latency_may_be_measured_as_latency(build_call: Any) -> None:
    """Upwards; the uplink's own metric is preferred."""
    call_builder = build_call().add_metric(T, M.LATENCY, 900, V, UP)
    assert observe_uplink(call_builder.context(), T).latency == ()
    call_builder.without_metrics(M.UPLINK_LATENCY)
    (observation,) = observe_uplink(call_builder.context(), T).latency
    assert observation.metric_series.metric is M.LATENCY


@pytest.mark.parametrize(
    ("sent", "end_to_end", "own"),
    [
        (0, 4.9, None),
        (0, 6, 6),
        (20, 20, None),
        (20, 23, None),
        (20, 25, 6.25),
        (50, 60, 20),
        (98, 99, 50),
        (100, 100, None),  # nothing is left to lose
    ],
)
def test_the_receivers_loss_is_what_the_sender_did_not_lose(
    build_call: Any, sent: float, end_to_end: float, own: float | None
) -> None:
    """Of 80 % that arrive at the cloud, 60 % at the receiver are a loss of a quarter."""
    call_builder = build_call().set_values(T, M.UPLINK_LOSS, V, sent, (-300, 300))
    call_builder.set_values(S, M.END_TO_END_LOSS, V, end_to_end)
    observed = observe_downlink(call_builder.context(), S).loss
    assert [one.own for one in observed] == ([pytest.approx(own, abs=0.01)] if own else [])
    assert all(one.median == end_to_end and not one.blind for one in observed)


def test_loss_from_end_to_end_without_the_senders_part(build_call: Any) -> None:
    """It is marked: it may be either's."""
    call_builder = build_call().without_metrics(M.UPLINK_LOSS)
    context = call_builder.set_values(S, M.END_TO_END_LOSS, V, 20).context()
    (observation,) = observe_downlink(context, S).loss
    assert observation.blind
    assert observe_downlink(context, T).loss == ()


@pytest.mark.parametrize(
    ("sent", "received", "is_own"), [(20, 25, False), (20, 25.1, True), (5, 6, True), (6, 6, False)]
)
def test_measured_downlink_loss_may_be_the_senders(
    build_call: Any, sent: float, received: float, *, is_own: bool
) -> None:
    """Up to a quarter more than the sender lost, where the sender's is bad at all."""
    call_builder = build_call().set_values(T, M.UPLINK_LOSS, V, sent, (-300, 300))
    call_builder.add_metric(S, M.DOWNLINK_LOSS, received, V, DOWN)
    call_builder.set_values(S, M.END_TO_END_LOSS, V, 90)  # the downlink's own is preferred
    observed = observe_downlink(call_builder.context(), S).loss
    assert [one.own for one in observed] == [received] * is_own
    assert all(one.metric_series.metric is M.DOWNLINK_LOSS for one in observed)


@pytest.mark.parametrize("span", [(-20, -8), (-60, 60)])
def test_passed_on_loss_is_judged_where_it_is(build_call: Any, span: tuple[float, float]) -> None:
    """However short the fault is: the sender's loss in the good time says nothing."""
    call_builder = build_call().set_values(T, M.UPLINK_LOSS, V, 30, span)
    call_builder.add_metric(S, M.DOWNLINK_LOSS, 0, V, DOWN)
    call_builder.set_values(S, M.DOWNLINK_LOSS, V, 24, span)
    assert observe_downlink(call_builder.context(), S).loss == ()


@pytest.mark.parametrize(
    ("arrived", "frozen_ms", "own"), [(1, 0, 5), (4.9, 0, 5), (9, 0, 9), (1, 900, 9)]
)
def test_repaired_loss_is_hardly_any(
    build_call: Any, arrived: float, frozen_ms: float, own: float
) -> None:
    """What is sent again in time is not lost, unless the receiver froze."""
    call_builder = build_call().set_values(T, M.UPLINK_LOSS, V, 9)
    call_builder.set_values(S, M.END_TO_END_LOSS, V, arrived)
    call_builder.set_values(S, M.FREEZE_TIME, V, frozen_ms)
    (observation,) = observe_uplink(call_builder.context(), T).loss
    assert observation.own == own


@pytest.mark.parametrize(("frozen_ms", "own"), [(0, 5), (900, 9)])
def test_what_froze_tells_of_a_medium_whose_freezes_are_not_measured(
    build_call: Any, frozen_ms: float, own: float
) -> None:
    """Sound is lost like the picture, and clean downlinks say nothing about uplinks."""
    call_builder = build_call().without_metrics(M.END_TO_END_LOSS)
    call_builder.set_values(T, M.UPLINK_LOSS, A, 9).add_metric(S, M.DOWNLINK_LOSS, 0, A, DOWN)
    del call_builder.curves[S, M.FREEZE_TIME, A, DOWN]
    call_builder.set_values(S, M.FREEZE_TIME, V, frozen_ms)
    (observation,) = observe_uplink(call_builder.context(), T).loss
    assert observation.own == own


@pytest.mark.parametrize(
    ("latency_ms", "span", "limit"),
    [
        (401, (-60, 60), LATENCY),
        (401, (-30, -18), LATENCY),
        (400, (-60, 60), LATENCY_NOTICEABLE),
        (251, (-60, 60), LATENCY_NOTICEABLE),
        (400, (-30, 0), None),  # not most of the time
        (250, (-60, 60), None),
    ],
)
def test_noticeable_latency_counts_most_of_the_time(
    build_call: Any, latency_ms: float, span: tuple[float, float], limit: Limit | None
) -> None:
    """On one way; beyond the higher limit a few seconds count."""
    call_builder = build_call().set_values(T, M.UPLINK_LATENCY, V, latency_ms, span)
    observed = observe_uplink(call_builder.context(), T).latency
    assert [one.limit for one in observed] == ([limit] if limit else [])


def test_measured_downlink_loss_without_an_uplink(build_call: Any) -> None:
    """It is the receiver's own."""
    call_builder = build_call().without_metrics(M.UPLINK_LOSS)
    context = call_builder.add_metric(S, M.DOWNLINK_LOSS, 9, V, DOWN).context()
    (observation,) = observe_downlink(context, S).loss
    assert (observation.own, observation.blind) == (9, False)


@pytest.mark.parametrize(
    ("sent_ms", "end_to_end_ms", "own_ms"),
    [
        (40, 401, 361),
        (40, 250, None),
        (900, 1000, None),
        (900, 1220, None),
        (900, 1221, 321),
        (100, 421, 321),
    ],
)
def test_the_receivers_latency_is_what_the_sender_did_not_add(
    build_call: Any, sent_ms: float, end_to_end_ms: float, own_ms: float | None
) -> None:
    """A downlink is slow itself when it adds most of the limit."""
    call_builder = build_call().set_values(T, M.UPLINK_LATENCY, V, sent_ms, (-300, 300))
    call_builder.set_values(S, M.LATENCY, V, end_to_end_ms, direction=DOWN)
    observed = observe_downlink(call_builder.context(), S).latency
    assert [one.own for one in observed] == ([own_ms] if own_ms else [])


def test_latency_without_the_senders_part(build_call: Any) -> None:
    """It is marked; a measured downlink latency needs no sender's part."""
    call_builder = build_call().without_metrics(M.UPLINK_LATENCY)
    context = call_builder.set_values(S, M.LATENCY, V, 600).context()
    (observation,) = observe_downlink(context, S).latency
    assert observation.blind
    context = call_builder.add_metric(S, M.DOWNLINK_LATENCY, 700, V, DOWN).context()
    (observation,) = observe_downlink(context, S).latency
    assert (observation.median, observation.blind) == (700, False)


@pytest.mark.parametrize(("sent_ms", "is_own"), [(419, True), (420, False), (600, False)])
def test_the_receivers_jitter_may_be_the_senders(
    build_call: Any, sent_ms: float, *, is_own: bool
) -> None:
    """Unless the sender's is clearly less, here of 600 ms at the receiver."""
    call_builder = build_call()
    call_builder.set_values(S, M.JITTER, V, 600, direction=DOWN)
    call_builder.curves[T, M.JITTER, V, UP][1][:] = sent_ms
    observed = observe_downlink(call_builder.context(), S).jitter
    assert [one.median for one in observed] == [600] * is_own
    assert not any(one.blind for one in observed)


def test_jitter_without_the_senders_part(build_call: Any) -> None:
    """It is marked."""
    call_builder = build_call()
    call_builder.set_values(S, M.JITTER, V, 600, direction=DOWN)
    del call_builder.curves[T, M.JITTER, V, UP]
    (observation,) = observe_downlink(call_builder.context(), S).jitter
    assert observation.blind
    del call_builder.curves[S, M.JITTER, V, DOWN]
    assert observe_downlink(call_builder.context(), S).jitter == ()


@pytest.mark.parametrize(
    ("jitter_ms", "limit"), [(100, None), (101, JITTER_NOTICEABLE), (501, JITTER)]
)
def test_noticeable_jitter(build_call: Any, jitter_ms: float, limit: Limit | None) -> None:
    """It counts below the documented limit too, whether the receiver froze or not."""
    call_builder = build_call().set_values(T, M.JITTER, V, jitter_ms, direction=UP)
    observed = observe_uplink(call_builder.context(), T).jitter
    assert [one.limit for one in observed] == ([limit] if limit else [])


def test_jitter_of_an_unknown_medium_does_not_count(build_call: Any) -> None:
    """Every cloud measures it for each medium."""
    call_builder = build_call().without_metrics(M.JITTER, M.FREEZE_TIME)
    context = call_builder.add_metric(T, M.JITTER, 300, None, UP).context()
    assert observe_uplink(context, T).jitter == ()
