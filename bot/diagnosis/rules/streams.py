"""What an end sends and receives of each medium, the small video stream included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bot.call import Media, Metric
from bot.diagnosis.context import CallContext
from bot.diagnosis.observations import MetricSeries
from bot.diagnosis.thresholds import NOTHING_SENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.call import FloatArray


def sent_bitrate(context: CallContext, uid: str, media: Media) -> MetricSeries | None:
    """Return the bitrate of what one end sends of a medium."""
    return _with_small_stream(
        context.metric_series(uid, Metric.SEND_BITRATE, media),
        context.metric_series(uid, Metric.SEND_BITRATE_LOW, media),
    )


def received_bitrate(context: CallContext, uid: str, media: Media) -> MetricSeries | None:
    """Return the bitrate of what one end receives of a medium."""
    return _with_small_stream(
        context.metric_series(uid, Metric.RECEIVE_BITRATE, media),
        context.metric_series(uid, Metric.RECEIVE_BITRATE_LOW, media),
    )


def _with_small_stream(
    main: MetricSeries | None, small: MetricSeries | None
) -> MetricSeries | None:
    if main is None or small is None:
        return main or small
    both = main.with_values(main.values + np.nan_to_num(small.nearest(main.times)))
    return replace(both, overall_max=max(main.overall_max, small.overall_max))


def arriving(received: Iterable[MetricSeries], times: FloatArray) -> NDArray[np.bool_]:
    """Mark the times at which any of these streams arrives, or is not measured at all."""
    rates = [one.nearest(times) for one in received]
    bits = np.zeros(len(times), dtype=np.bool_)
    measured = np.zeros(len(times), dtype=np.bool_)
    for rate in rates:
        bits |= np.nan_to_num(rate) >= NOTHING_SENT.bound
        measured |= np.isfinite(rate)
    return bits | ~measured


def lost(context: CallContext, uid: str, media: Media, received: MetricSeries) -> FloatArray:
    """Return how much of a medium was lost on its way to this end, in percent, at each sample."""
    worst = np.zeros(len(received.times))
    for way in measured_loss(context, uid, media):
        worst = np.maximum(worst, np.nan_to_num(way.nearest(received.times)))
    return worst


def measured_loss(context: CallContext, uid: str, media: Media) -> Iterator[MetricSeries]:
    """Yield what was measured of the loss of a medium on its way to this end."""
    ways = (
        context.metric_series(uid, Metric.END_TO_END_LOSS, media),
        context.metric_series(uid, Metric.DOWNLINK_LOSS, media),
        context.metric_series(context.other(uid), Metric.UPLINK_LOSS, media),
    )
    yield from filter(None, ways)
