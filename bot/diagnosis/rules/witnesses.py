"""Witnesses: others who received the same sender tell a receiver's own network from the route."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from typing import Final

from bot.call import Direction, Media, Metric, Unit
from bot.causes import Cause
from bot.diagnosis.calibration import MOST_UNSURE
from bot.diagnosis.candidates import Candidate, to_datetime
from bot.diagnosis.context import CallContext
from bot.diagnosis.rules.links import Link, observe_downlink
from bot.diagnosis.verdict import OTHERS_AFFECTED, Evidence

ROUTE: Final = Cause("server", "route", None, Direction.DOWN)
_LEAST_COVERED_S: Final = 60.0
_SAME_TIME: Final = 0.5  # of the time at which the receiver's network was bad
_SOME: Final = 1 / 3  # of the others: it may be more than one receiver's network
_MOST: Final = 0.5
_ENOUGH: Final = 2
_LESS_LIKELY: Final = 0.7
_MEASURED: Final = frozenset({Metric.DOWNLINK_LOSS, Metric.END_TO_END_LOSS})


def ask_witnesses(
    context: CallContext, links: tuple[Link, Link], candidates: Iterable[Candidate]
) -> Iterator[Candidate]:
    """Yield a link's faults, or a bad route where others received the sender as badly.

    Asked about the downlink of who complained, where the sender's uplink explains nothing. With
    the receiver's own uplink bad as well (`links` are that and the link) it is no route: others
    may share a network. Nobody else is accused.
    """
    up, link = links
    is_asked = link.direction is Direction.DOWN and not any(one.blind for one in link.all)
    others = _received_by_others(context) if is_asked else []
    routes = []
    for candidate in candidates:
        if not others or candidate.uid != context.report.abnormal_uid:
            yield candidate
            continue
        affected = [_is_affected(one, candidate) for one in others]
        for judged in _judge(candidate, affected, is_own=_is_affected(up, candidate)):
            if judged.uid is None:
                routes.append(judged)
            else:
                yield judged
    if routes:
        yield max(routes, key=lambda one: one.confidence)


def _judge(candidate: Candidate, affected: list[bool], *, is_own: bool) -> Iterator[Candidate]:
    share = sum(affected) / len(affected)
    candidate = replace(candidate, evidence=(*candidate.evidence, _evidence(candidate, share)))
    if share < _SOME:
        yield candidate
        return
    unsure = replace(candidate, at_most=min(candidate.at_most, MOST_UNSURE))
    if share <= _MOST or is_own:
        yield unsure
    elif share < 1 or len(affected) < _ENOUGH:
        yield replace(unsure, cause=ROUTE, uid=None)
        yield replace(unsure, confidence=unsure.confidence * _LESS_LIKELY)
    else:
        yield replace(candidate, cause=ROUTE, uid=None)


def _received_by_others(context: CallContext) -> list[Link]:
    """Observe the downlinks that were measured for a minute or longer."""
    seen_by = ((one, one.report.abnormal_uid) for one in context.witnesses)
    return [
        observe_downlink(one, uid)
        for one, uid in seen_by
        if one.covered_s(uid) >= _LEAST_COVERED_S
        and any(one.metric_series(uid, *key) for key in product(_MEASURED, Media))
    ]


def _is_affected(link: Link, candidate: Candidate) -> bool:
    """Return whether the same was bad on a downlink during half the time of a fault."""
    least_s = _SAME_TIME * (candidate.until - candidate.since)
    return any(
        min(one.until, candidate.until) - max(one.since, candidate.since) >= least_s
        for one in link.of(candidate.cause)
    )


def _evidence(candidate: Candidate, share: float) -> Evidence:
    main = candidate.evidence[0]
    return Evidence(
        main.source,
        to_datetime(candidate.since),
        main.uid,
        metric=OTHERS_AFFECTED,
        value=round(100 * share),
        unit=Unit.PERCENT,
        threshold=100 * _MOST,
        direction=Direction.DOWN,
    )
