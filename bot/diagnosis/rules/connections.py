"""Lost connections: times at which nothing arrives at either end, and whose network failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Media, Metric
from bot.causes import Cause
from bot.diagnosis.candidates import (
    Candidate,
    Span,
    after,
    before,
    build_candidate,
    to_datetime,
)
from bot.diagnosis.context import CallContext
from bot.diagnosis.observations import MetricSeries, Observation, observe
from bot.diagnosis.rules.streams import arriving, received_bitrate, sent_bitrate
from bot.diagnosis.thresholds import HEAVY_LOSS, NOTHING_SENT, SPEECH
from bot.diagnosis.verdict import NETWORK, Evidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.call import FloatArray

_LOCATED: Final = 0.8
_NOT_LOCATED: Final = 0.5
_SETTLED_S: Final = 20.0  # loss this long after the connection is back is part of it
_OTHER_ROUTE_RATIO: Final = 1.5
_OTHER_ROUTE_MS: Final = 20.0
_OF_OWN_LINK: Final = frozenset({Metric.UPLINK_LOSS, Metric.UPLINK_LATENCY})
_OWN_LATENCY: Final = frozenset({Metric.UPLINK_LATENCY, Metric.DOWNLINK_LATENCY})


def nothing_arrives(context: CallContext, times: FloatArray) -> NDArray[np.bool_]:
    """Mark the times at which neither end receives anything although one of them sends."""
    sending = np.zeros(len(times), dtype=np.bool_)
    silent = np.ones(len(times), dtype=np.bool_)
    for uid in context.ends:
        received = [one for media in Media if (one := received_bitrate(context, uid, media))]
        if max((one.overall_max for one in received), default=0) < SPEECH.bound:
            return np.zeros(len(times), dtype=np.bool_)
        silent &= ~arriving(received, times)
        sent = (sent_bitrate(context, uid, media) for media in Media)
        for one in filter(None, sent):
            sending |= np.nan_to_num(one.nearest(times)) >= SPEECH.bound
    return silent & sending


def find_lost_connection(context: CallContext) -> Candidate | None:
    """Find a connection that was lost in both directions, which is nobody's choice."""
    for uid in reversed(context.ends):
        observations = _observe(context, uid)
        if observations:
            break
    else:
        return None
    span = observations[0].since, observations[0].until
    located = _located(context, span)
    at = located or context.report.abnormal_uid
    base = _LOCATED if located else _NOT_LOCATED
    cause = reconnect_cause(context, at, span)
    found = build_candidate(cause, _observe(context, at) or observations, base, context.source)
    found = found.with_evidence(*signs_of_change(context, cause, at, span))
    return found if located else replace(found, at_most=_NOT_LOCATED)


def reconnect_cause(context: CallContext, uid: str, span: Span) -> Cause:
    """Return why a connection was lost in this span: another network afterwards, or none."""
    changed = len(context.networks.get(uid, ())) > 1 or _changed_route(context, uid, span)
    return Cause("reconnect", "ip_changed" if changed else "network_down")


def _observe(context: CallContext, uid: str) -> tuple[Observation, ...]:
    """Observe what one end did not receive while nothing arrived anywhere, the longest first."""
    received = (received_bitrate(context, uid, media) for media in Media)
    observed = (
        observe(one, NOTHING_SENT, context.moment, nothing_arrives(context, one.times))
        for one in received
        if one is not None
    )
    return tuple(sorted(filter(None, observed), key=lambda one: -one.run_s))


def _located(context: CallContext, span: Span) -> str | None:
    """Return the end whose link failed, None if both or neither has a sign of it."""
    for sign in (_changed_route, _unmeasured, _lossy):
        found = [uid for uid in context.ends if sign(context, uid, span)]
        if len(found) == 1:
            return found[0]
    return None


def _own_series(
    context: CallContext, uid: str, metrics: frozenset[Metric]
) -> tuple[MetricSeries, ...]:
    by_key = context.metric_series_by_key.items()
    return tuple(one for key, one in by_key if key[0] == uid and key[1] in metrics)


def _unmeasured(context: CallContext, uid: str, span: Span) -> bool:
    """Return whether the cloud's reports did not reach this end, so its link has no metrics."""
    own = _own_series(context, uid, _OF_OWN_LINK)
    return bool(own) and not any(len(_within(one, span)) for one in own)


def _lossy(context: CallContext, uid: str, span: Span) -> bool:
    """Return whether this end's uplink lost heavily when the connection broke off or came back."""
    around = span[0] - _SETTLED_S, span[1] + _SETTLED_S
    own = _own_series(context, uid, frozenset({Metric.UPLINK_LOSS}))
    return any((_within(one, around) > HEAVY_LOSS.bound).any() for one in own)


def signs_of_change(context: CallContext, cause: Cause, uid: str, span: Span) -> Iterator[Evidence]:
    """Yield what shows that an end changed networks: their names, the latency before and after."""
    if cause.name != "ip_changed":
        return
    names = list(network_names(context, uid))
    if len(names) > 1:  # one alone shows no change
        yield from names
    if _changed_route(context, uid, span):
        for one in _own_series(context, uid, _OWN_LATENCY)[:1]:
            yield from before(one, span[0], context.source)
            yield from after(one, span[1], context.source)


def network_names(context: CallContext, uid: str) -> Iterator[Evidence]:
    """Yield the networks that the cloud says somebody was connected with, one after the other."""
    own = [one for one in context.sessions if one.uid == uid and one.network]
    for name, sessions in groupby(own, key=lambda one: one.network):
        at = to_datetime(next(sessions).joined_at)
        yield Evidence(context.source, at, uid, metric=NETWORK, text=name)


def _changed_route(context: CallContext, uid: str, span: Span) -> bool:
    """Return whether all of this end's latencies clearly differ from before: another network."""
    changes = []
    for one in _own_series(context, uid, _OWN_LATENCY):
        before, after = one.values[one.times < span[0]], one.values[one.times > span[1]]
        if len(before) and len(after):
            low, high = sorted((float(np.median(before)), float(np.median(after))))
            changes.append(high >= _OTHER_ROUTE_RATIO * low and high - low >= _OTHER_ROUTE_MS)
    return bool(changes) and all(changes)


def _within(metric_series: MetricSeries, span: Span) -> FloatArray:
    inside = (metric_series.times > span[0]) & (metric_series.times < span[1])
    return metric_series.values[inside]
