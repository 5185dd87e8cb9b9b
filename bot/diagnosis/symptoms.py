"""Symptoms: audio or video that froze for too much of the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bot.call import Direction, Media, Metric, Unit
from bot.diagnosis.candidates import to_datetime
from bot.diagnosis.context import CallContext
from bot.diagnosis.observations import MetricSeries, without_later
from bot.diagnosis.thresholds import FREEZE_SHARE, NEAR
from bot.diagnosis.verdict import Evidence

if TYPE_CHECKING:
    from bot.call import FloatArray


def freezes(context: CallContext, uid: str) -> tuple[Evidence, ...]:
    """Return the media that froze for too much of the time at this end, as evidence.

    Only if they did so by the time of the complaint.
    """
    evidence = (_freeze(context, uid, media) for media in Media)
    return tuple(one for one in evidence if one is not None)


def freeze_measured(context: CallContext, uid: str, media: Media) -> bool:
    """Return whether freezes of this medium were measured at this end at all."""
    return _frozen(context, uid, media) is not None


def frozen_share(context: CallContext, uid: str, media: Media) -> float:
    """Return the percentage of the judged window that this medium was frozen at this end."""
    frozen = _frozen(context, uid, media)
    return 0.0 if frozen is None else float(frozen[1].mean())


def nearly_bad(context: CallContext) -> bool:
    """Return whether anything at either end was near its limit, though not beyond it.

    Beyond a limit of `NEAR` in two samples, or received video at less than a third of its usual
    bitrate for a tenth of the time.
    """
    by_metric = context.metric_series_by_key.values()
    near = any(
        (one.values > NEAR[one.metric].bound).sum() > 1 for one in by_metric if one.metric in NEAR
    )
    received = (
        context.metric_series(uid, Metric.RECEIVE_BITRATE, Media.VIDEO) for uid in context.ends
    )
    return near or any(_is_reduced(one) for one in received if one is not None)


def _is_reduced(rate: MetricSeries) -> bool:
    usual = float(np.percentile(rate.values, 90))
    return bool(np.mean(rate.values < usual / 3) >= 0.1)  # noqa: PLR2004 - a tenth of the time


def _freeze(context: CallContext, uid: str, media: Media) -> Evidence | None:
    frozen = _frozen(context, uid, media)
    if frozen is None:
        return None
    metric_series, percent = frozen
    limit = FREEZE_SHARE[media]
    share = float(percent.mean())
    counted = without_later(metric_series, percent > 0, context.moment)
    before = np.where(counted, percent, 0)[metric_series.times <= metric_series.judged_until]
    if share <= limit.bound or not len(before) or before.mean() <= limit.bound:
        return None
    bad = metric_series.times[percent > 0]
    nearest = float(bad[np.argmin(np.abs(bad - context.moment))])
    return Evidence(
        source=context.source,
        at=to_datetime(nearest),
        uid=uid,
        metric=Metric.FREEZE_RATE,
        value=round(share, 1),
        unit=Unit.PERCENT,
        threshold=limit.bound,
        media=media,
        direction=Direction.DOWN,
    )


def _frozen(context: CallContext, uid: str, media: Media) -> tuple[MetricSeries, FloatArray] | None:
    """Return how much of each sampling interval was frozen, in percent."""
    metric_series = context.metric_series(uid, Metric.FREEZE_TIME, media)
    if metric_series is not None:
        return metric_series, (100 * metric_series.values / (1000 * metric_series.step_s)).clip(
            0, 100
        )
    metric_series = context.metric_series(uid, Metric.FREEZE_RATE, media)
    return None if metric_series is None else (metric_series, metric_series.values)
