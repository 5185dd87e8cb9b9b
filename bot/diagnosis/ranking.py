"""Ranking of candidates: what explains the complaint first, a sender before a receiver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from bot.call import Direction
from bot.diagnosis.calibration import MOST_UNSURE, Steps, calibrate
from bot.diagnosis.candidates import Candidate
from bot.diagnosis.cloud_findings import (
    OTHER,
    CloudFinding,
    candidate_from_finding,
    confirm,
    is_same_fault,
)
from bot.diagnosis.context import CallContext
from bot.diagnosis.observations import REMEMBERED_S
from bot.diagnosis.symptoms import freeze_measured, freezes

_MIN_CONFIDENCE: Final = 0.2  # candidates below it are dropped
_MAX_CONFIDENCE: Final = 0.97
_MAX_CONFIDENCE_UNNOTICED: Final = 0.68
_EXPLAINED: Final = 0.45  # so likely, a noticeable fault precedes any other
_CLOSE: Final = 0.15  # candidates this close are ordered sender first
_UNEXPLAINED_FACTOR: Final = 0.75
_OTHER_MEDIUM_FACTOR: Final = 0.88
_UNNOTICED_FACTOR: Final = 0.93
_RIVAL_FACTOR: Final = 0.9
_MAX_CONFIDENCE_RIVAL: Final = 0.69
_TWICE: Final = 1.8  # about twice
_WHILE_S: Final = 10.0  # somebody notices a bad network before doing something about it
_CONTRADICTED_FACTOR: Final = 0.85
_BOTH_ENDS: Final = frozenset({"device", "reconnect", "session", "connection", "join", "server"})


def rank(
    context: CallContext,
    candidates: Iterable[Candidate],
    findings: Sequence[CloudFinding],
    steps: Steps = (),
) -> list[Candidate]:
    """Return the candidates, best first; the confidence of the first is fitted (`steps`)."""
    by_rules = [_discount_unexplained(context, candidate) for candidate in candidates]
    confirmed_candidates, unmatched = _apply_findings(by_rules, findings)
    if any(one.confidence >= _EXPLAINED and explains(context, one) for one in by_rules):
        unmatched = [finding for finding in unmatched if not finding.is_vague]
    by_cloud_only = [
        _discount_unexplained(context, candidate_from_finding(context, finding))
        for finding in unmatched
    ]
    all_candidates = [
        _cap_confidence(context, one)
        for one in (*_discount_contradicted(confirmed_candidates, unmatched), *by_cloud_only)
    ]
    remaining = [one for one in all_candidates if one.confidence >= _MIN_CONFIDENCE]
    ranked = _discount_rivals(_order(context, remaining))
    return [*(calibrate(first, steps) for first in ranked[:1]), *ranked[1:]]


def _apply_findings(
    candidates: Sequence[Candidate], findings: Sequence[CloudFinding]
) -> tuple[list[Candidate], list[CloudFinding]]:
    """Confirm matching candidates; return all of them, and the findings without a match."""
    confirmed_candidates = list(candidates)
    unmatched = []
    for finding in findings:
        matches = [
            number for number, one in enumerate(confirmed_candidates) if is_same_fault(finding, one)
        ]
        for number in matches:
            confirmed_candidates[number] = confirm(confirmed_candidates[number], finding)
        if not matches:
            unmatched.append(finding)
    return confirmed_candidates, unmatched


def _discount_contradicted(
    confirmed_candidates: Sequence[Candidate], unmatched: Sequence[CloudFinding]
) -> list[Candidate]:
    """Lower candidates the cloud does not name while it names something else."""
    is_contradicted = any(finding.cause != OTHER for finding in unmatched)
    if not is_contradicted:
        return list(confirmed_candidates)
    return [
        one if one.by_cloud else replace(one, confidence=one.confidence * _CONTRADICTED_FACTOR)
        for one in confirmed_candidates
    ]


def _discount_unexplained(context: CallContext, candidate: Candidate) -> Candidate:
    """Lower a candidate that does not explain the abnormal side's problem."""
    if candidate.uid not in context.ends:
        return candidate
    factor = 1.0
    if not explains(context, candidate):
        factor *= _UNEXPLAINED_FACTOR
    elif candidate.by_rules and candidate.cause.group == "network":
        factor *= _freeze_factor(context, candidate)
    return replace(candidate, confidence=candidate.confidence * factor)


def explains(context: CallContext, candidate: Candidate) -> bool:
    """Return whether the abnormal side would notice this fault."""
    cause = candidate.cause
    if cause.group in _BOTH_ENDS or cause.name == "wifi_weak":
        return True
    own = candidate.uid == context.report.abnormal_uid
    if cause.direction is None:
        return own or cause.group in {"user_action", "media", "network"}
    return own == (cause.direction is Direction.DOWN)


def _freeze_factor(context: CallContext, candidate: Candidate) -> float:
    """Return 1 when the abnormal side froze in this medium, less when it did not."""
    uid, media = context.report.abnormal_uid, candidate.cause.media
    frozen = {one.media for one in freezes(context, uid)}
    if not frozen:
        measured = media is not None and freeze_measured(context, uid, media)
        return _UNNOTICED_FACTOR if measured else 1.0
    return 1.0 if media is None or media in frozen else _OTHER_MEDIUM_FACTOR


def _cap_confidence(context: CallContext, candidate: Candidate) -> Candidate:
    """Cap the confidence; nothing is sure that the abnormal side would not notice.

    Nor what was over more than a minute before the complaint.
    """
    noticed = candidate.uid not in context.ends or explains(context, candidate)
    most = _MAX_CONFIDENCE if noticed else _MAX_CONFIDENCE_UNNOTICED
    at_most = candidate.at_most if noticed else min(most, candidate.at_most)
    if candidate.by_rules and _was_over(context, candidate):
        at_most = min(at_most, MOST_UNSURE)
    return replace(candidate, confidence=min(most, candidate.confidence), at_most=at_most)


def _was_over(context: CallContext, candidate: Candidate) -> bool:
    is_complaint = np.isfinite(context.begun_by)
    return bool(is_complaint and candidate.until < context.moment - REMEMBERED_S)


def _order(context: CallContext, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Order by confidence; among those close to the best, the sender's fault first.

    The receiver's is first where it is about twice as bad. A fault the abnormal side would not
    notice comes after one that explains the complaint, and so does a stream that somebody may
    have chosen not to send.
    """
    if not candidates:
        return []
    noticed = [one for one in candidates if explains(context, one)]
    explained = any(one.confidence >= _EXPLAINED for one in noticed)
    best = max(one.confidence for one in (noticed if explained else candidates))

    def sort_key(candidate: Candidate) -> tuple[bool, bool, bool, bool, float]:
        own = explains(context, candidate)
        close = candidate.confidence >= best - _CLOSE
        first = close and own and _precedes(context, candidate, noticed)
        chosen = _may_be_chosen(candidate, noticed)
        return (explained and not own, not close, chosen, not first, -candidate.confidence)

    return sorted(candidates, key=sort_key)


def _may_be_chosen(candidate: Candidate, rivals: Sequence[Candidate]) -> bool:
    """Return whether somebody may not have wanted to send.

    Always so, or as their own network was bad already, or another's fault is surer.
    """
    if candidate.cause.group != "user_action":
        return False
    sure = candidate.confidence
    surer = any(one.confidence > sure for one in rivals if one.uid != candidate.uid)
    return surer or sure < _MAX_CONFIDENCE_RIVAL or any(_led_to(one, candidate) for one in rivals)


def _led_to(fault: Candidate, action: Candidate) -> bool:
    """Return whether somebody's network was bad before and when they did something about it."""
    is_own_network = fault.cause.group == "network" and fault.uid == action.uid
    return is_own_network and fault.since < action.since - _WHILE_S and fault.until > action.since


def _precedes(context: CallContext, candidate: Candidate, rivals: Sequence[Candidate]) -> bool:
    """Return whether a fault is the sender's, or the same at the receiver and clearly worse."""
    same = [one for one in rivals if one.cause.key == candidate.cause.key]
    if candidate.uid == context.ends[0]:
        return not any(
            one.uid != candidate.uid and one.own >= _TWICE * candidate.own > 0 for one in same
        )
    sent = [one.own for one in same if one.uid == context.ends[0]]
    return bool(sent) and candidate.own >= _TWICE * max(sent) > 0


def _discount_rivals(ranked: Sequence[Candidate]) -> list[Candidate]:
    """Lower the first when another is as likely: either of two faults may be the reason.

    Two people are never both likely to be the reason.
    """
    if not ranked:
        return []
    first, *others = ranked
    if others and others[0].confidence >= first.confidence - _CLOSE:
        first = replace(first, confidence=first.confidence * _RIVAL_FACTOR)
        limit = min(others[0].confidence, first.confidence)
        others = [replace(others[0], confidence=limit), *others[1:]]
    return [first, *(_at_most_likely(one, first) for one in others)]


def _at_most_likely(candidate: Candidate, first: Candidate) -> Candidate:
    if candidate.uid == first.uid:
        return candidate
    return replace(candidate, confidence=min(candidate.confidence, _MAX_CONFIDENCE_RIVAL))
