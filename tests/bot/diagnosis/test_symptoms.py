"""Freezes: how much of the time audio or video was frozen, and from when on that is too much."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bot.call import Direction, Media, Metric, Unit
from bot.diagnosis.candidates import to_datetime
from bot.diagnosis.symptoms import freeze_measured, freezes, frozen_share
from tests.bot.diagnosis.conftest import STUDENT as S
from tests.bot.diagnosis.conftest import T0
from tests.bot.diagnosis.conftest import TEACHER as T

A, V = Media.AUDIO, Media.VIDEO
ALWAYS = (-300, 300)


@pytest.mark.parametrize(
    ("media", "frozen_ms", "counts"),
    [(A, 60, False), (A, 61, True), (V, 100, False), (V, 101, True)],
)
def test_from_when_on_it_froze(
    build_call: Any, media: Media, frozen_ms: int, *, counts: bool
) -> None:
    """More than 3 % of the time for audio, 5 % for video; a sample is of two seconds."""
    context = build_call().set_values(S, Metric.FREEZE_TIME, media, frozen_ms, ALWAYS).context()
    assert [one.media for one in freezes(context, S)] == [media] * counts
    assert frozen_share(context, S, media) == pytest.approx(frozen_ms / 20)
    assert freezes(context, T) == ()


def test_a_freeze_as_evidence(build_call: Any) -> None:
    """The share of the judged window, at the frozen sample nearest to the complaint."""
    call_builder = build_call().set_values(S, Metric.FREEZE_TIME, V, 2000, (-40, -8))
    (evidence,) = freezes(call_builder.context(), S)
    assert (evidence.metric, evidence.value, evidence.unit) == ("freeze_rate", 14.0, Unit.PERCENT)
    assert (evidence.threshold, evidence.media, evidence.direction) == (5, V, Direction.DOWN)
    assert evidence.at == to_datetime(T0.timestamp() - 8)
    assert (evidence.uid, evidence.source) == (S, "agora")


def test_nobody_freezes_for_longer_than_the_time(build_call: Any) -> None:
    """A longer freeze within one sample counts as the whole sample; less than none as none."""
    too_long = build_call().set_values(S, Metric.FREEZE_TIME, V, 9000, ALWAYS).context()
    assert frozen_share(too_long, S, V) == 100
    negative = build_call().set_values(S, Metric.FREEZE_TIME, V, -50, ALWAYS).context()
    assert frozen_share(negative, S, V) == 0


def test_freezes_may_not_be_measured(build_call: Any) -> None:
    """That is no freeze, and no proof of none."""
    call_builder = build_call()
    assert freeze_measured(call_builder.context(), S, V)
    call_builder.without_metrics(Metric.FREEZE_TIME)
    context = call_builder.context()
    assert not freeze_measured(context, S, V)
    assert (freezes(context, S), frozen_share(context, S, V)) == ((), 0)
    times = T0.timestamp() + np.arange(-120.0, 121.0, 2.0)
    rate = (times, np.full(len(times), 12.0))
    call_builder.curves[S, Metric.FREEZE_RATE, V, Direction.DOWN] = rate
    context = call_builder.context()
    assert freeze_measured(context, S, V)
    assert not freeze_measured(context, S, A)
    assert frozen_share(context, S, V) == 12


@pytest.mark.parametrize(("span", "counts"), [((-60, 60), True), ((36, 120), False)])
def test_freezes_after_the_complaint_do_not_count(
    build_call: Any, span: tuple[float, float], *, counts: bool
) -> None:
    """What begins half a minute after it is not what it is about."""
    context = build_call().set_values(S, Metric.FREEZE_TIME, V, 2000, span).context()
    assert bool(freezes(context, S)) is counts
