"""Bandwidth rules: video that became small because the link is too narrow, hardly losing any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Direction, Media, Metric, Unit
from bot.causes import Cause
from bot.diagnosis.candidates import Candidate, before, build_candidate, meanwhile
from bot.diagnosis.context import CallContext
from bot.diagnosis.observations import MetricSeries, observe
from bot.diagnosis.rules.streams import lost, measured_loss, received_bitrate
from bot.diagnosis.symptoms import freezes
from bot.diagnosis.thresholds import LOSS, NOTHING_SENT, OWN, SYSTEM_CPU, Limit
from bot.diagnosis.verdict import Evidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UP, _DOWN = Direction.UP, Direction.DOWN
_V: Final = Media.VIDEO
_SMALL_SHARE: Final = 1 / 3  # of the bitrate that was sent, or that was usual
_SMALLER: Final = 0.5  # of the usual width: WebRTC halves it first when bandwidth runs out
_SMALLER_PICTURE: Final = 0.8
_LOWER_BITRATE: Final = 0.5  # the small stream may have been chosen
_LITTLE_LOSS: Final = 1.0  # percent; a link that is too narrow drops some of what is sent
_USUAL: Final = 90.0  # percentile


def find_bandwidth_faults(context: CallContext) -> Iterator[Candidate]:
    """Find each end's narrow links, the sender's before the receiver's."""
    for uid in context.ends:
        yield from _narrow_uplink(context, uid)
        yield from _narrow_downlink(context, uid)


def _narrow_uplink(context: CallContext, uid: str) -> Iterator[Candidate]:
    """Find video that is sent at a fraction of its bitrate and smaller than before.

    A busy CPU makes the encoder send less too (W3C webrtc-stats, qualityLimitationReason). Only
    the main stream counts, as the small one stays as it is. Where the sent width is not measured,
    the received one counts.
    """
    sent = context.metric_series(uid, Metric.SEND_BITRATE, _V)
    width = _width(context, uid, _UP) or _width(context, context.other(uid), _DOWN)
    busy = observe(context.metric_series(uid, Metric.SYSTEM_CPU), SYSTEM_CPU, context.moment)
    if sent is None or width is None or busy is not None:
        return
    where = (sent.values >= NOTHING_SENT.bound) & _smaller(width, sent)
    bound = _SMALL_SHARE * float(np.percentile(sent.values, _USUAL))
    yield from _candidate(context, sent, where, bound, _UP)


def _narrow_downlink(context: CallContext, uid: str) -> Iterator[Candidate]:
    """Find video that arrives at a fraction of the bitrate that is sent: the small stream.

    Or of what is usual, where it is not known what was sent.
    """
    received = received_bitrate(context, uid, _V)
    sent = context.metric_series(context.other(uid), Metric.SEND_BITRATE, _V)  # the main stream
    if received is None:
        return
    if sent is None:
        rate = np.full(len(received.times), np.percentile(received.values, _USUAL))
    else:
        rate = np.nan_to_num(sent.nearest(received.times))
    where = (received.values >= NOTHING_SENT.bound) & (received.values < _SMALL_SHARE * rate)
    where &= lost(context, uid, _V, received) <= LOSS.bound
    if where.any():
        bound = _SMALL_SHARE * float(np.median(rate[where]))
        yield from _candidate(context, received, where, bound, _DOWN)


def _candidate(
    context: CallContext,
    rate: MetricSeries,
    where: NDArray[np.bool_],
    bound: float,
    direction: Direction,
) -> Iterator[Candidate]:
    limit = Limit(round(bound), Unit.KBPS, OWN, below=True)
    observation = observe(rate, limit, context.moment, where)
    if observation is None:
        return
    width = _width(context, rate.uid, _DOWN)
    smaller = direction is _UP or (
        width is not None and bool((_smaller(width, rate) & where).any())
    )
    base = _SMALLER_PICTURE if smaller and _is_strained(context, rate, where) else _LOWER_BITRATE
    cause = Cause("network", "bandwidth", None, direction)
    found = build_candidate(cause, (observation,), base, context.source)
    yield found.with_evidence(*_comparisons(context, rate, found))


def _comparisons(context: CallContext, rate: MetricSeries, found: Candidate) -> Iterator[Evidence]:
    """Yield what the bitrate was before, the pictures' size, the loss and the freezes."""
    span, receiver = (found.since, found.until), _receiver(context, rate)
    yield from before(rate, found.since, context.source)
    sent = context.metric_series(context.other(receiver), Metric.SEND_BITRATE, _V)
    if rate.direction is _DOWN and sent is not None:
        yield from meanwhile(sent, span, context.source)
    width = _width(context, rate.uid, found.cause.direction or _DOWN) or _width(
        context, receiver, _DOWN
    )
    if width is not None and _smaller(width, rate).any():
        usual = float(np.percentile(width.values, _USUAL))
        yield from meanwhile(width, span, context.source, round(_SMALLER * usual))
    yield from (one for one in freezes(context, receiver) if one.media is _V)
    for way in measured_loss(context, receiver, _V):
        loss = next(meanwhile(way, span, context.source, _LITTLE_LOSS), None)
        if loss is not None and (loss.value or 0) > _LITTLE_LOSS:
            yield loss


def _is_strained(context: CallContext, rate: MetricSeries, where: NDArray[np.bool_]) -> bool:
    """Return whether the link lost a little or the video froze meanwhile: nobody's choice."""
    receiver = _receiver(context, rate)
    some = float(lost(context, receiver, _V, rate)[where].mean()) > _LITTLE_LOSS
    return some or any(one.media is _V for one in freezes(context, receiver))


def _receiver(context: CallContext, rate: MetricSeries) -> str:
    return rate.uid if rate.direction is _DOWN else context.other(rate.uid)


def _width(context: CallContext, uid: str, direction: Direction) -> MetricSeries | None:
    metric = Metric.SEND_WIDTH if direction is _UP else Metric.RECEIVE_WIDTH
    return context.metric_series(uid, metric, _V)


def _smaller(width: MetricSeries, rate: MetricSeries) -> NDArray[np.bool_]:
    """Mark the samples of a bitrate at which the picture was at most half as wide as usual."""
    usual = float(np.percentile(width.values, _USUAL))
    return np.nan_to_num(width.nearest(rate.times), nan=np.inf) <= _SMALLER * usual
