"""What is bad on each person's way up and down, the sender's part taken off the receiver's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Direction, Media, Metric
from bot.diagnosis.context import CallContext
from bot.diagnosis.observations import MetricSeries, Observation, observe
from bot.diagnosis.symptoms import freeze_measured, freezes
from bot.diagnosis.thresholds import JITTER, JITTER_NOTICEABLE, LATENCY, LOSS, Limit

if TYPE_CHECKING:
    from bot.call import FloatArray

_UP, _DOWN = Direction.UP, Direction.DOWN
_LATE_ON_TOP: Final = 0.8  # of the limit: a path is late by its own when it adds this much
_STEADY_PART: Final = 0.7  # a receiver's jitter is the sender's up to 1/0.7 of that
_PASSED_ON: Final = 1.25  # loss on the way down up to this part of the way up may be the same


@dataclass(frozen=True, slots=True)
class Link:
    """What is bad on one person's way up or down."""

    direction: Direction
    loss: tuple[Observation, ...]
    latency: tuple[Observation, ...]
    jitter: tuple[Observation, ...]

    @property
    def all(self) -> tuple[Observation, ...]:
        """Everything bad on this link, the surest kind first."""
        return self.loss + self.jitter + self.latency


def observe_uplink(context: CallContext, uid: str) -> Link:
    """Look at one person's way up."""
    moment, receiver = context.moment, context.other(uid)
    loss = (
        observe(context.metric_series(uid, Metric.UPLINK_LOSS, one), LOSS, moment) for one in Media
    )
    late = (observe(_latency_up(context, uid, one), LATENCY, moment) for one in Media)
    jitter = (
        _jitter(context, context.metric_series(uid, Metric.JITTER, one, _UP), receiver)
        for one in Media
    )
    return Link(_UP, _present(loss), _present(late), _present(jitter))


def observe_downlink(context: CallContext, uid: str) -> Link:
    """Look at one person's way down: only what the sender's way up does not explain."""
    return Link(
        _DOWN,
        _present(_loss_down(context, uid, media) for media in Media),
        _present(_latency_down(context, uid, media) for media in Media),
        _present(_jitter_down(context, uid, media) for media in Media),
    )


def _present(observation: Iterable[Observation | None]) -> tuple[Observation, ...]:
    return tuple(one for one in observation if one is not None)


def _latency_up(context: CallContext, uid: str, media: Media) -> MetricSeries | None:
    own = context.metric_series(uid, Metric.UPLINK_LATENCY, media)
    return own or context.metric_series(uid, Metric.LATENCY, media, _UP)


def _loss_down(context: CallContext, uid: str, media: Media) -> Observation | None:
    up = context.metric_series(context.other(uid), Metric.UPLINK_LOSS, media)
    own = context.metric_series(uid, Metric.DOWNLINK_LOSS, media)
    if own is not None:
        return _maybe_passed_on(observe(own, LOSS, context.moment), up)
    end_to_end = context.metric_series(uid, Metric.END_TO_END_LOSS, media)
    if end_to_end is None or up is None:
        return _blind(observe(end_to_end, LOSS, context.moment))
    passed = (1 - up.highest_around(end_to_end.times) / 100).clip(0.01)
    excess = 100 * (1 - ((1 - end_to_end.values / 100) / passed).clip(0, 1))
    return _on_top(context, end_to_end, excess, LOSS)


def _maybe_passed_on(
    observation: Observation | None, up: MetricSeries | None
) -> Observation | None:
    """Take loss on the way down for the sender's when it is no more than that."""
    if observation is None or up is None:
        return observation
    sent = float(np.median(up.highest_around(observation.metric_series.times)))
    same = sent > LOSS.bound and observation.median <= _PASSED_ON * sent
    return replace(observation, own=min(observation.own, LOSS.bound)) if same else observation


def _blind(observation: Observation | None) -> Observation | None:
    return None if observation is None else replace(observation, blind=True)


def _on_top(
    context: CallContext,
    end_to_end: MetricSeries,
    excess: FloatArray,
    limit: Limit,
    part: float = 1.0,
) -> Observation | None:
    """Observe a whole way where what is left without the sender's part is out of bounds."""
    is_out_of_bounds = excess > part * limit.bound
    observation = observe(end_to_end, limit, context.moment, is_out_of_bounds)
    return (
        None
        if observation is None
        else replace(observation, own=float(np.median(excess[is_out_of_bounds])))
    )


def _latency_down(context: CallContext, uid: str, media: Media) -> Observation | None:
    own = context.metric_series(uid, Metric.DOWNLINK_LATENCY, media)
    if own is not None:
        return observe(own, LATENCY, context.moment)
    end_to_end = context.metric_series(uid, Metric.LATENCY, media, _DOWN)
    up = _latency_up(context, context.other(uid), media)
    if end_to_end is None or up is None:
        return _blind(observe(end_to_end, LATENCY, context.moment))
    excess = end_to_end.values - up.highest_around(end_to_end.times)
    return _on_top(context, end_to_end, excess, LATENCY, _LATE_ON_TOP)


def _jitter_down(context: CallContext, uid: str, media: Media) -> Observation | None:
    metric_series = context.metric_series(uid, Metric.JITTER, media, _DOWN)
    up = context.metric_series(context.other(uid), Metric.JITTER, media, _UP)
    if metric_series is None or up is None:
        return _blind(_jitter(context, metric_series, uid))
    own = up.highest_around(metric_series.times) < _STEADY_PART * metric_series.values
    return _jitter(context, metric_series.with_values(np.where(own, metric_series.values, 0)), uid)


def _jitter(
    context: CallContext, metric_series: MetricSeries | None, receiver: str
) -> Observation | None:
    """Return jitter past the document's limit, or past what is felt when the receiver freezes."""
    observation = observe(metric_series, JITTER, context.moment)
    if observation is not None or metric_series is None or metric_series.media is None:
        return observation
    frozen = any(one.media is metric_series.media for one in freezes(context, receiver))
    felt = frozen or not freeze_measured(context, receiver, metric_series.media)
    return observe(metric_series, JITTER_NOTICEABLE, context.moment) if felt else None
