"""Session rules: disconnects, rejoins, early leaves, duplicate logins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from bot.call import Media, Metric
from bot.causes import Cause
from bot.diagnosis.candidates import Candidate, proximity_factor, to_datetime
from bot.diagnosis.context import WINDOW_S, CallContext, ParticipantSession, consecutive_sessions
from bot.diagnosis.observations import step_of
from bot.diagnosis.rules.connections import (
    find_lost_connection,
    reconnect_cause,
    signs_of_change,
)
from bot.diagnosis.rules.witnesses import ROUTE
from bot.diagnosis.verdict import Evidence

_OVERLAP_S: Final = 8.0
_OVERLAPS_S: Final = (_OVERLAP_S, 20.0, 45.0)  # clouds notice a disconnect late
_OVERLAP_CONFIDENCES: Final = (0.55, 0.65, 0.85)
_QUICK_S: Final = 60.0  # a rejoin within it is a reconnect
_GAP_S: Final = 8.0  # SDKs send a sample every two seconds
_GAP_STEPS: Final = 2.5  # clouds may keep a sample of every ten seconds only
_TOGETHER_S: Final = 4.0
_CUT_OFF: Final = 0.5
_SHORT_GAP_S: Final = 5.0  # if it repeats
_MARGIN_S: Final = 2.0  # at the ends of a gap: clocks differ a little
_JUST_AFTER_S: Final = 15.0
_LEFT_S: Final = 30.0
_TOO_OFTEN: Final = 3
_NEAR_END_S: Final = 120.0


def find_session_faults(context: CallContext) -> Iterator[Candidate]:
    """Find each end's broken sessions, the sender's before the receiver's."""
    lost = find_lost_connection(context)
    cut_off = _both_cut_off(context)
    if cut_off is not None:
        yield cut_off
    for uid in context.ends:
        duplicate = _duplicate_session(context, uid)
        if duplicate is not None:
            yield duplicate
            continue
        disconnect = (
            _reconnected(context, uid)
            or (lost if lost is not None and lost.uid == uid else None)
            or _silent_gap(context, uid)
            or _left_early(context, uid)
        )
        if disconnect is not None:
            yield disconnect


def _candidate(  # noqa: PLR0917 - what a session fault is
    context: CallContext,
    uid: str,
    cause: Cause,
    confidence: float,
    span: tuple[float, float],
    lasted_s: float | None = None,
) -> Candidate:
    """Build a candidate with the duration of the absence or overlap as evidence.

    By default it lasted the whole span.
    """
    since, until = span
    distance = max(0.0, since - context.moment, context.moment - until)
    duplicate = cause.name == "duplicate_uid"
    evidence = Evidence(
        source=context.source,
        at=to_datetime(since),
        uid=uid,
        metric="overlap" if duplicate else "absence",
        value=round(until - since if lasted_s is None else lasted_s, 1),
        unit="s",
        threshold=_OVERLAP_S if duplicate else _GAP_S,
    )
    found = Candidate(
        cause, uid, confidence * proximity_factor(distance), since, until, (evidence,)
    )
    return found.with_evidence(*signs_of_change(context, cause, uid, span))


def _near(context: CallContext, since: float, until: float) -> bool:
    """Return whether something began before the complaint and was still so shortly before it."""
    latest = min(context.begun_by, context.moment + WINDOW_S)
    return since <= latest and until >= context.moment - WINDOW_S


def _duplicate_session(context: CallContext, uid: str) -> Candidate | None:
    """Find two simultaneous sessions of one uid, which disconnect each other."""
    cause = Cause("session", "duplicate_uid")
    pairs = consecutive_sessions(context.sessions, uid)
    for first, second in pairs:
        until = min(first.left_at, second.left_at, context.moment + WINDOW_S)
        if until - second.joined_at >= _OVERLAP_S and _near(context, second.joined_at, until):
            confidence = float(
                np.interp(until - second.joined_at, _OVERLAPS_S, _OVERLAP_CONFIDENCES)
            )
            return _candidate(context, uid, cause, confidence, (second.joined_at, until))
    near = [pair for pair in pairs if _near(context, pair[0].left_at, pair[1].joined_at)]
    if len(near) >= _TOO_OFTEN:
        return _candidate(context, uid, cause, 0.6, (near[0][0].left_at, near[-1][1].joined_at))
    return None


def _reconnected(context: CallContext, uid: str) -> Candidate | None:
    """Find a rejoin within a minute, with a new session."""

    def quick(pair: tuple[ParticipantSession, ParticipantSession]) -> bool:
        gone_at, back_at = pair[0].left_at, pair[1].joined_at
        return back_at - gone_at <= _QUICK_S and _near(context, gone_at, back_at)

    pairs = [pair for pair in consecutive_sessions(context.sessions, uid) if quick(pair)]
    if not pairs:
        return None
    first, second = min(pairs, key=lambda pair: abs(pair[0].left_at - context.moment))
    span = (first.left_at, max(first.left_at, second.joined_at))
    return _candidate(context, uid, reconnect_cause(context, uid, span), 0.75, span)


def _silent_gap(context: CallContext, uid: str) -> Candidate | None:
    """Find gaps in one end's samples in which the other end received nothing.

    One of at least eight seconds, the longest; or several shorter ones.
    """
    times = context.samples[uid]
    lengths = np.diff(times)[times[:-1] <= context.begun_by]
    if not len(lengths) or lengths.max() < _SHORT_GAP_S:
        return None
    single = bool(lengths.max() >= _GAP_S)
    which = [int(np.argmax(lengths))] if single else np.flatnonzero(lengths >= _SHORT_GAP_S)
    spans = [(float(times[one]), float(times[one + 1])) for one in which]
    silent = [span for span in spans if _nothing_arrived(context, uid, *span)]
    if len(silent) < (1 if single else _TOO_OFTEN):
        return None
    span = (silent[0][0], silent[-1][1])
    absent_s = sum(until - since for since, until in silent)
    return _candidate(context, uid, reconnect_cause(context, uid, span), 0.65, span, absent_s)


def _both_cut_off(context: CallContext) -> Candidate | None:
    """Find a gap in the samples of both ends at the same time, which is nobody's own link.

    Unsure, as the cloud may have lost the samples.
    """
    first, second = (_gaps(context, uid) for uid in context.ends)
    common = [(one, other) for one in first for other in second if _together(one, other)]
    if not common:
        return None
    found = [
        _candidate(context, uid, ROUTE, _CUT_OFF, span)
        for uid, span in zip(context.ends, common[-1], strict=True)
    ]
    evidence = tuple(one for each in found for one in each.evidence)
    return replace(found[0], uid=None, evidence=evidence, at_most=_CUT_OFF)


def _gaps(context: CallContext, uid: str) -> list[tuple[float, float]]:
    """Return the gaps of 8 to 60 seconds in one end's samples that began before the complaint."""
    times = context.samples[uid]
    least = max(_GAP_S, _GAP_STEPS * step_of(times))
    return [
        (since, until)
        for since, until in pairwise(times.tolist())
        if least <= until - since <= _QUICK_S and since <= context.begun_by
    ]


def _together(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1])) <= _TOGETHER_S


def _nothing_arrived(context: CallContext, uid: str, since: float, until: float) -> bool:
    """Return whether the other end has samples in the gap and received nothing of either medium."""
    has_samples = False
    margin_s = min(_MARGIN_S, (until - since) / 4)
    for media in Media:
        metric_series = context.metric_series(context.other(uid), Metric.RECEIVE_BITRATE, media)
        if metric_series is None or metric_series.overall_max < 1:
            continue
        inside = (metric_series.times > since + margin_s) & (metric_series.times < until - margin_s)
        if not inside.any():
            continue
        has_samples = True
        if np.median(metric_series.values[inside]) >= 1:
            return False
    return has_samples


def _left_early(context: CallContext, uid: str) -> Candidate | None:
    """Find an end that left shortly before the complaint while the other one stayed."""
    own, peer = context.samples[uid], context.samples[context.other(uid)]
    if not len(own) or not len(peer):
        return None
    left_at = float(own[-1])
    stayed_s = float(peer[-1]) - left_at
    latest = min(context.begun_by, context.moment + _JUST_AFTER_S)
    if stayed_s < _LEFT_S or not context.moment - WINDOW_S / 2 <= left_at <= latest:
        return None
    if context.ended_at is not None and context.ended_at - left_at < _NEAR_END_S:
        return None  # the lesson was over
    cause = Cause("session", "peer_offline")
    return _candidate(context, uid, cause, 0.5, (left_at, float(peer[-1])))
