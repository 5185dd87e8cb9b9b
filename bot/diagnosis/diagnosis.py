"""The examination: is there enough to judge, what do rules and cloud say, which comes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.call import (
    AbnormalEvent,
    Call,
    Metric,
    MissingItem,
    MissingKind,
    MissingReason,
    Participant,
    Report,
    Series,
    Side,
)
from bot.diagnosis.candidates import Candidate, to_datetime
from bot.diagnosis.cloud_findings import OTHER, CloudFinding, candidate_from_finding, read_findings
from bot.diagnosis.context import WINDOW_S, CallContext, build_context
from bot.diagnosis.ranking import rank
from bot.diagnosis.rules import RULES
from bot.diagnosis.symptoms import freezes
from bot.diagnosis.verdict import HEALTHY, REQUIRED_KINDS, UNKNOWN, Verdict

MIN_SAMPLED_S: Final = 60.0  # an end with less than a minute of samples cannot be judged
_EDGE_S: Final = 15.0
_MIN_DENSE_SAMPLES: Final = 45
_JUST_JOINED_S: Final = 180.0
_METRICS_OF_SIDE: Final = {
    Side.TEACHER: MissingKind.TEACHER_METRICS,
    Side.STUDENT: MissingKind.STUDENT_METRICS,
}
_DELAY_METRICS: Final = frozenset(
    {Metric.UPLINK_LATENCY, Metric.DOWNLINK_LATENCY, Metric.LATENCY, Metric.JITTER}
)


def diagnose(
    report: Report,
    calls: Sequence[Call],
    series: Sequence[Series],
    events: Sequence[AbnormalEvent],
    *,
    missing: Sequence[MissingItem] = (),
    participants: Sequence[Participant] = (),
) -> Verdict:
    """Work out why the call was bad within two minutes around `report.occurred_at`.

    `missing` is what the caller could not learn; it comes back with what we found lacking.
    `participants` sharpen it (network type, rejoins) and may be left out. Never raises for
    codes or metrics it does not know. Rules: design.md section 2 and Agora's order of looking.
    """
    context = build_context(report, calls, series, participants)
    findings = read_findings(context, events)
    missing_items = (*missing, *_find_missing(context, calls, missing))
    missing_items = tuple(
        sorted(missing_items, key=lambda missing_item: missing_item.what not in REQUIRED_KINDS)
    )
    if _cannot_judge(context, missing_items):
        return _unknown(context, findings, missing_items)
    candidates = [candidate for rule in RULES for candidate in rule(context)]
    ranked = rank(context, candidates, findings) or _unexplained(context)
    if not ranked:
        return _healthy(context, missing_items)
    first, *others = (_verdict(context, candidate) for candidate in ranked)
    return _complete(first, missing_items, others)


def _find_missing(
    context: CallContext, calls: Sequence[Call], missing: Sequence[MissingItem]
) -> Iterator[MissingItem]:
    """Say which end is missing or has too little, unless the caller said so already."""
    known = {missing_item.what for missing_item in missing}
    if not calls and MissingKind.CALL not in known and not any(map(len, context.samples.values())):
        yield MissingItem(MissingKind.CALL, MissingReason.NOT_FOUND, detail=context.report.cname)
    for side, what in _METRICS_OF_SIDE.items():
        uid = context.report.uid_of(side)
        seconds = context.covered_s(uid)
        if seconds >= MIN_SAMPLED_S or what in known:
            continue
        yield _missing_item(what, uid, missing, some=seconds > 0)


def _missing_item(
    what: MissingKind, uid: str, missing: Sequence[MissingItem], *, some: bool
) -> MissingItem:
    """Say why an end has too little: for the reason its call is lacking, if the caller knows."""
    reasons = {MissingReason.NOT_OUT_YET} if some else set(MissingReason)
    for missing_item in missing:
        about_call = missing_item.what is MissingKind.CALL and missing_item.why in reasons
        if about_call and (
            missing_item.why is not MissingReason.CUT_OFF or missing_item.detail == uid
        ):
            return MissingItem(what, missing_item.why, missing_item.retry_at, uid)
    return MissingItem(
        what, MissingReason.TOO_FEW_SAMPLES if some else MissingReason.NOT_FOUND, detail=uid
    )


def _cannot_judge(context: CallContext, missing_items: Sequence[MissingItem]) -> bool:
    """Tell whether an end has less than a minute of samples, or the data is not out yet."""
    too_little = any(context.covered_s(uid) < MIN_SAMPLED_S for uid in context.ends)
    early = any(
        missing_item.what in REQUIRED_KINDS and missing_item.why is MissingReason.NOT_OUT_YET
        for missing_item in missing_items
    )
    return too_little or (early and not _is_out(context))


def _is_out(context: CallContext) -> bool:
    """Tell whether both ends were measured to the end of the time judged.

    What the caller asked for beyond that may be out later, and changes nothing.
    """
    until = context.moment + WINDOW_S - _EDGE_S
    return all(context.samples[uid][-1] >= until for uid in context.ends)


def _unknown(
    context: CallContext, findings: Sequence[CloudFinding], missing_items: Sequence[MissingItem]
) -> Verdict:
    """Say nothing for certain, but pass on what the cloud itself named."""
    unconfirmed = sorted(
        (candidate_from_finding(context, finding) for finding in findings),
        key=lambda one: -one.confidence,
    )
    since, until = context.judged_span
    return Verdict(
        UNKNOWN,
        to_datetime(since),
        to_datetime(until),
        missing=tuple(missing_items),
        others=tuple(_verdict(context, candidate) for candidate in unconfirmed),
    )


def _unexplained(context: CallContext) -> list[Candidate]:
    """Name a freeze nothing explains as what it is: some other cause."""
    evidence = freezes(context, context.report.abnormal_uid) or freezes(context, context.ends[0])
    if not evidence:
        return []
    return [Candidate(OTHER, None, 0.3, *context.judged_span, evidence)]


def _healthy(context: CallContext, missing_items: Sequence[MissingItem]) -> Verdict:
    """Nothing out of bounds and nothing told: healthy, as far as samples speak for it."""
    since, until = context.judged_span
    return Verdict(
        HEALTHY,
        to_datetime(since),
        to_datetime(until),
        confidence=round(_health(context, missing_items), 2),
        missing=tuple(missing_items),
    )


def _health(context: CallContext, missing_items: Sequence[MissingItem]) -> float:
    """Return how sure it is that nothing was wrong: what we cannot see may have been."""
    covered = min(context.covered_s(uid) for uid in context.ends) / (2 * WINDOW_S)
    samples = min(len(context.samples[uid]) for uid in context.ends)
    health = 0.6 + 0.35 * min(1.0, covered)
    health -= (
        0.1 if samples < _MIN_DENSE_SAMPLES else 0.0
    )  # a short fault may lie between two samples
    if not any(key[1] in _DELAY_METRICS for key in context.metric_series_by_key):
        health -= 0.26  # this cloud measures neither latency nor jitter
    if any(
        missing_item.what in {MissingKind.EVENTS, MissingKind.MINUTES}
        for missing_item in missing_items
    ):
        health -= 0.1  # and its own diagnosis is not complete
    if any(0 <= context.moment - joined_at <= _JUST_JOINED_S for joined_at in _join_times(context)):
        health = min(health, 0.55)  # it may have been the joining that went badly
    return health


def _join_times(context: CallContext) -> Iterator[float]:
    """Return when stays listed by the cloud began."""
    return (session.joined_at for session in context.sessions if session.listed)


def _verdict(context: CallContext, candidate: Candidate) -> Verdict:
    cause = candidate.cause
    return Verdict(
        cause=cause.key,
        since=to_datetime(candidate.since),
        until=to_datetime(candidate.until),
        media=cause.media,
        direction=cause.direction,
        side=context.report.side_of(candidate.uid),
        uid=candidate.uid,
        confidence=round(candidate.confidence, 2),
        evidence=candidate.evidence,
    )


def _complete(
    first: Verdict, missing_items: Sequence[MissingItem], others: Sequence[Verdict]
) -> Verdict:
    return Verdict(
        cause=first.cause,
        since=first.since,
        until=first.until,
        media=first.media,
        direction=first.direction,
        side=first.side,
        uid=first.uid,
        confidence=first.confidence,
        evidence=first.evidence,
        missing=tuple(missing_items),
        others=tuple(others),
    )
