"""Network rules: loss, latency and jitter by direction, and weak Wi-Fi, which causes all three."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from bot.call import Direction, Media, Metric
from bot.causes import Cause
from bot.diagnosis.calibration import MOST_UNSURE
from bot.diagnosis.candidates import Candidate, build_candidate, to_datetime
from bot.diagnosis.context import CallContext
from bot.diagnosis.observations import Observation, observe
from bot.diagnosis.rules.connections import network_names
from bot.diagnosis.rules.links import Link, observe_downlink, observe_uplink
from bot.diagnosis.rules.witnesses import ROUTE, ask_witnesses
from bot.diagnosis.thresholds import (
    HEAVY_LOSS,
    JITTER,
    LATENCY,
    LATENCY_NOTICEABLE,
    LOSS,
    ROUTER_LATENCY_LIMIT,
    ROUTER_LATENCY_NOTICEABLE,
)
from bot.diagnosis.verdict import BURSTS, Evidence

_UP: Final = Direction.UP
_EVERYBODY: Final = 0.8
_TOGETHER_S: Final = 10.0
_UNSURE: Final = 0.5
_WIFI_GUESS: Final = {True: 0.8, False: 0.68}  # both directions bad, in bursts or steadily
_PERHAPS_WIFI: Final = 0.92  # the cloud does not return the network type
_PERHAPS_MOBILE: Final = 0.8  # nor the router's latency: mobile networks look the same
_CLEARLY: Final = 1.1  # of the limit: nothing is sure about a value that is only near it
_ALIKE: Final = 1.6  # audio and video are about as bad: it is the link, not one medium
_BURSTS: Final = 3
_BURSTY: Final = 0.9  # share of bad samples within the period; above it loss is steady


def find_network_faults(context: CallContext) -> Iterator[Candidate]:
    """Find each end's network faults, the sender's before the receiver's."""
    links = {
        uid: (observe_uplink(context, uid), observe_downlink(context, uid)) for uid in context.ends
    }
    route = _bad_route(context, list(links.values()))
    if route is not None:
        yield route
        return
    for uid, (up, down) in links.items():
        wifi = _weak_wifi(context, uid, up, down)
        if wifi is not None:
            yield wifi
            continue
        for link in (up, down):
            yield from ask_witnesses(context, (up, link), _link_candidates(context, link))


def _bad_route(context: CallContext, links: Sequence[tuple[Link, Link]]) -> Candidate | None:
    """Find loss of all media, together for everybody, while nobody's uplink loses any."""
    measured = all(
        any(context.metric_series(uid, Metric.UPLINK_LOSS, media) for media in Media)
        for uid in context.ends
    )
    if not measured or any(up.loss or len(down.loss) < len(Media) for up, down in links):
        return None
    observations = tuple(down.loss[0] for _, down in links)
    first, second = observations
    apart_s = max(abs(first.since - second.since), abs(first.until - second.until))
    if any(one.blind for one in observations) or apart_s > _TOGETHER_S:
        return None
    found = build_candidate(ROUTE, observations, _EVERYBODY, context.source)
    return replace(found, uid=None)


def _link_candidates(context: CallContext, link: Link) -> Iterator[Candidate]:
    for lead in _by_medium(link.loss):
        base = float(
            np.interp(lead[0].own, (LOSS.bound, 7, 12, HEAVY_LOSS.bound), (0.55, 0.7, 0.88, 0.92))
        )
        yield from _candidates(context, link, "loss", lead, base)
    for lead in _by_medium(link.latency):
        base = 0.86 if lead[0].limit is LATENCY else 0.68
        yield from _candidates(context, link, "latency", lead, base)
    for lead in _by_medium(link.jitter):
        base = 0.86 if lead[0].limit is JITTER else 0.8
        yield from _candidates(context, link, "jitter", lead, base)


def _candidates(
    context: CallContext, link: Link, name: str, lead: tuple[Observation, ...], base: float
) -> Iterator[Candidate]:
    media = lead[0].metric_series.media if len(lead) == 1 else None
    cause = Cause("network", name, media, link.direction)
    candidate = build_candidate(cause, lead, base, context.source)
    if name != "loss" and not _is_clear(lead[0]):
        candidate = replace(candidate, at_most=MOST_UNSURE)
    if not lead[0].blind:
        yield candidate
        return
    # It happened between the two ends, and the sender's part was not measured.
    sender = replace(cause, direction=_UP)
    unsure = replace(candidate, confidence=min(_UNSURE, candidate.confidence), at_most=_UNSURE)
    yield replace(unsure, cause=sender, uid=context.other(candidate.uid or ""))
    yield unsure


def _is_clear(observation: Observation) -> bool:
    """Return whether a value is clearly beyond its limit, and not only near it or noticeable."""
    limit = observation.limit
    return limit is not LATENCY_NOTICEABLE and observation.median >= _CLEARLY * limit.bound


def _by_medium(observed: tuple[Observation, ...]) -> Iterator[tuple[Observation, ...]]:
    """Group both media as one fault when they are about as bad, else each on its own."""
    worst = tuple(sorted(observed, key=lambda one: one.median * one.share, reverse=True))
    if len(worst) > 1 and worst[0].median <= _ALIKE * worst[1].median:
        alike = worst[0].share <= _ALIKE * worst[1].share
        if alike:
            yield worst
            return
    yield from ((one,) for one in worst)


def _weak_wifi(context: CallContext, uid: str, up: Link, down: Link) -> Candidate | None:
    """Find weak Wi-Fi: both directions bad at once, in bursts, and high router latency."""
    on_wifi = context.on_wifi(uid)
    if on_wifi is False:
        return None
    metric_series = context.metric_series(uid, Metric.ROUTER_LATENCY)
    router = observe(metric_series, ROUTER_LATENCY_LIMIT, context.moment) or observe(
        metric_series, ROUTER_LATENCY_NOTICEABLE, context.moment
    )
    both = bool(up.loss or up.jitter) and bool(down.loss or down.jitter)
    bad = up.all + down.all
    if router is None and (metric_series is not None or not both):
        return None  # the router's latency is good, or there is too little evidence
    if router is None and not (on_wifi or _bursty(bad)):
        return None
    if not bad and (router is None or router.limit is not ROUTER_LATENCY_LIMIT):
        return None
    base = _router_base(router, both=both) if router else _WIFI_GUESS[_bursty(bad)]
    if not on_wifi:
        base *= _PERHAPS_WIFI if router else _PERHAPS_MOBILE
    observations = (*bad[:1], *((router,) if router else ()), *bad[1:4])
    found = build_candidate(Cause("network", "wifi_weak"), observations, base, context.source)
    return found.with_evidence(*_bursts(context, uid, bad), *network_names(context, uid))


def _bursts(
    context: CallContext, uid: str, observed: tuple[Observation, ...]
) -> Iterator[Evidence]:
    """Yield in how many bursts the link was bad, which mobile networks and Wi-Fi have."""
    bursty = [one for one in observed if _is_bursty(one)]
    if bursty:
        most = max(bursty, key=lambda one: one.parts)
        at = to_datetime(most.since)
        yield Evidence(
            context.source, at, uid, metric=BURSTS, value=most.parts, threshold=_BURSTS - 1
        )


def _router_base(router: Observation, *, both: bool) -> float:
    """Return the confidence of high router latency, with both directions bad or only one."""
    if both:
        return 0.93
    return 0.78 if router.limit is ROUTER_LATENCY_LIMIT else 0.68


def _bursty(observed: tuple[Observation, ...]) -> bool:
    return any(map(_is_bursty, observed))


def _is_bursty(one: Observation) -> bool:
    return one.parts >= _BURSTS and one.density <= _BURSTY
