"""Uplinks and downlinks: what is bad on each, without the sender's part on the receiver's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Direction, Media, Metric
from bot.causes import Cause
from bot.diagnosis.context import CallContext
from bot.diagnosis.observations import MetricSeries, Observation, mask, observe
from bot.diagnosis.symptoms import freeze_measured, freezes
from bot.diagnosis.thresholds import (
    JITTER,
    JITTER_NOTICEABLE,
    LATENCY,
    LATENCY_NOTICEABLE,
    LOSS,
    Limit,
)

if TYPE_CHECKING:
    from bot.call import FloatArray

_UP, _DOWN = Direction.UP, Direction.DOWN
_OWN_LATENCY_SHARE: Final = 0.8  # of the limit: a downlink that adds this much is slow itself
_OWN_JITTER_RATIO: Final = 0.7  # a receiver's jitter up to 1/0.7 of the sender's is the sender's
_LEAST_PASSED: Final = 0.01  # with less from the sender nothing is known of the downlink
_MOST_OF_THE_TIME: Final = 0.5
_SAME_LOSS_RATIO: Final = 1.25  # downlink loss up to this multiple of the uplink's may be the same


@dataclass(frozen=True, slots=True)
class Link:
    """What is bad on one participant's uplink or downlink."""

    direction: Direction
    loss: tuple[Observation, ...]
    latency: tuple[Observation, ...]
    jitter: tuple[Observation, ...]

    @property
    def all(self) -> tuple[Observation, ...]:
        """All observations, the surest kind first."""
        return self.loss + self.jitter + self.latency

    def of(self, cause: Cause) -> tuple[Observation, ...]:
        """The observations of one of the three causes."""
        observed = {"loss": self.loss, "latency": self.latency, "jitter": self.jitter}
        return observed[cause.name]


def observe_uplink(context: CallContext, uid: str) -> Link:
    """Observe one participant's uplink."""
    loss = (_loss_up(context, uid, media) for media in Media)
    late = (_late(context, _latency_up(context, uid, media)) for media in Media)
    jitter = (
        _jitter(context, context.metric_series(uid, Metric.JITTER, media, _UP)) for media in Media
    )
    return Link(_UP, _present(loss), _present(late), _present(jitter))


def observe_downlink(context: CallContext, uid: str) -> Link:
    """Observe one participant's downlink: only what the sender's uplink does not explain."""
    return Link(
        _DOWN,
        _present(_loss_down(context, uid, media) for media in Media),
        _present(_latency_down(context, uid, media) for media in Media),
        _present(_jitter_down(context, uid, media) for media in Media),
    )


def _present(observation: Iterable[Observation | None]) -> tuple[Observation, ...]:
    return tuple(one for one in observation if one is not None)


def _loss_up(context: CallContext, uid: str, media: Media) -> Observation | None:
    """Observe uplink loss; what is repaired on the way, and froze nothing, is hardly any.

    Where the cloud does not measure whether this medium froze, the other one tells.
    """
    observation = observe(
        context.metric_series(uid, Metric.UPLINK_LOSS, media), LOSS, context.moment
    )
    receiver = context.other(uid)
    arrived = context.metric_series(
        receiver, Metric.END_TO_END_LOSS, media
    ) or context.metric_series(receiver, Metric.DOWNLINK_LOSS, media)
    if observation is None or arrived is None:
        return observation
    left = float(np.nanmedian(arrived.nearest(_bad_times(observation))))
    any_medium = not freeze_measured(context, receiver, media)
    frozen = any(any_medium or one.media is media for one in freezes(context, receiver))
    repaired = left < LOSS.bound and not frozen
    return replace(observation, own=min(observation.own, LOSS.bound)) if repaired else observation


def _bad_times(observation: Observation) -> FloatArray:
    """Return the times of the bad samples."""
    metric_series = observation.metric_series
    times = metric_series.times[mask(metric_series, observation.limit)]
    return times[(times >= observation.since) & (times <= observation.until)]


def _late(context: CallContext, metric_series: MetricSeries | None) -> Observation | None:
    """Observe latency beyond the limit, or a noticeable one most of the time."""
    observation = observe(metric_series, LATENCY, context.moment)
    if observation is not None:
        return observation
    steady = observe(metric_series, LATENCY_NOTICEABLE, context.moment)
    return steady if steady is not None and steady.share >= _MOST_OF_THE_TIME else None


def _latency_up(context: CallContext, uid: str, media: Media) -> MetricSeries | None:
    own = context.metric_series(uid, Metric.UPLINK_LATENCY, media)
    return own or context.metric_series(uid, Metric.LATENCY, media, _UP)


def _loss_down(context: CallContext, uid: str, media: Media) -> Observation | None:
    up = context.metric_series(context.other(uid), Metric.UPLINK_LOSS, media)
    own = context.metric_series(uid, Metric.DOWNLINK_LOSS, media)
    if own is not None:
        return _unless_passed_on(observe(own, LOSS, context.moment), up)
    end_to_end = context.metric_series(uid, Metric.END_TO_END_LOSS, media)
    if end_to_end is None or up is None:
        return _blind(observe(end_to_end, LOSS, context.moment))
    passed = 1 - up.highest_around(end_to_end.times) / 100
    share = (1 - end_to_end.values / 100) / passed.clip(_LEAST_PASSED)
    excess = np.where(passed > _LEAST_PASSED, 100 * (1 - share.clip(0, 1)), 0)
    return _on_top(context, end_to_end, excess, LOSS)


def _unless_passed_on(
    observation: Observation | None, up: MetricSeries | None
) -> Observation | None:
    """Return downlink loss unless the sender's uplink lost as much at the same time."""
    if observation is None or up is None:
        return observation
    sent = float(np.median(up.highest_around(_bad_times(observation))))
    same = sent > LOSS.bound and observation.median <= _SAME_LOSS_RATIO * sent
    return None if same else observation


def _blind(observation: Observation | None) -> Observation | None:
    return None if observation is None else replace(observation, blind=True)


def _on_top(
    context: CallContext,
    end_to_end: MetricSeries,
    excess: FloatArray,
    limit: Limit,
    part: float = 1.0,
) -> Observation | None:
    """Observe an end-to-end metric where it is beyond the limit without the sender's part."""
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
        return _late(context, own)
    end_to_end = context.metric_series(uid, Metric.LATENCY, media, _DOWN)
    up = _latency_up(context, context.other(uid), media)
    if end_to_end is None or up is None:
        return _blind(observe(end_to_end, LATENCY, context.moment))
    excess = end_to_end.values - up.highest_around(end_to_end.times)
    return _on_top(context, end_to_end, excess, LATENCY, _OWN_LATENCY_SHARE)


def _jitter_down(context: CallContext, uid: str, media: Media) -> Observation | None:
    metric_series = context.metric_series(uid, Metric.JITTER, media, _DOWN)
    up = context.metric_series(context.other(uid), Metric.JITTER, media, _UP)
    if metric_series is None or up is None:
        return _blind(_jitter(context, metric_series))
    own = up.highest_around(metric_series.times) < _OWN_JITTER_RATIO * metric_series.values
    return _jitter(context, metric_series.with_values(np.where(own, metric_series.values, 0)))


def _jitter(context: CallContext, metric_series: MetricSeries | None) -> Observation | None:
    """Return jitter beyond the documented limit, or else a noticeable one."""
    moment = context.moment
    return observe(metric_series, JITTER, moment) or observe(
        metric_series, JITTER_NOTICEABLE, moment
    )
