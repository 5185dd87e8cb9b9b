"""`diagnose`: checks the data, runs the rules, applies the cloud's findings, ranks causes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from bot.call import (
    AbnormalEvent,
    Call,
    Direction,
    Media,
    Metric,
    MissingItem,
    MissingKind,
    MissingReason,
    Participant,
    Report,
    Series,
    Side,
)
from bot.causes import HEALTHY, UNKNOWN, Cause
from bot.diagnosis.calibration import FITTED, Steps
from bot.diagnosis.candidates import Candidate, to_datetime
from bot.diagnosis.cloud_findings import OTHER, CloudFinding, candidate_from_finding, read_findings
from bot.diagnosis.context import WINDOW_S, CallContext, build_context
from bot.diagnosis.ranking import rank
from bot.diagnosis.rules import RULES
from bot.diagnosis.symptoms import freezes, nearly_bad
from bot.diagnosis.thresholds import CONCEALED
from bot.diagnosis.verdict import REQUIRED_KINDS, Verdict

MIN_SAMPLED_S: Final = 60.0  # an end with less than a minute of samples cannot be judged
_EDGE_S: Final = 15.0
_MIN_DENSE_SAMPLES: Final = 45
_JUST_JOINED_S: Final = 180.0
_METRICS_OF_SIDE: Final = {
    Side.TEACHER: MissingKind.TEACHER_METRICS,
    Side.STUDENT: MissingKind.STUDENT_METRICS,
}
_CONCEALED: Final = Cause("media", "concealed", Media.AUDIO, Direction.DOWN)
MOST_WHEN_BLIND: Final = 0.6  # near a limit, or where the cloud does not measure everything
_NEEDED: Final = (
    frozenset({Metric.UPLINK_LATENCY, Metric.DOWNLINK_LATENCY, Metric.LATENCY}),
    frozenset({Metric.JITTER}),
    frozenset({Metric.SEND_VOLUME, Metric.PLAY_VOLUME}),
)


def diagnose(
    report: Report,
    calls: Sequence[Call],
    series: Sequence[Series],
    events: Sequence[AbnormalEvent],
    *,
    missing: Sequence[MissingItem] = (),
    participants: Sequence[Participant] = (),
    witnesses: Sequence[Series] = (),
    complained: bool = True,
    steps: Steps = FITTED,
) -> Verdict:
    """Work out why the call was bad within two minutes around `report.occurred_at`.

    `missing` is what the caller could not fetch; the verdict has it too, with what is missing
    besides. `participants` (network type, rejoins) are optional. Unknown codes and metrics are
    ignored. `witnesses` are the series of other participants, who are never at fault: they tell a
    receiver's network from the route. With `complained`, what began after that moment is not the
    cause. `steps` turn the score of the first cause into its confidence; without any it stays a
    score.

    Order of the rules: Agora's troubleshooting guide.
    """
    context = build_context(
        report, calls, series, participants, complained=complained, witnesses=witnesses
    )
    findings = read_findings(context, events)
    missing_items = (*missing, *_find_missing(context, calls, missing))
    missing_items = tuple(sorted(missing_items, key=lambda item: item.what not in REQUIRED_KINDS))
    if _cannot_judge(context, missing_items):
        return _unknown(context, findings, missing_items)
    candidates = [candidate for rule in RULES for candidate in rule(context)]
    ranked = rank(context, candidates, findings, steps) or _unexplained(context)
    if not ranked:
        return _healthy(context, missing_items)
    first, *others = (_verdict(context, candidate) for candidate in ranked)
    return replace(first, missing=missing_items, others=tuple(others))


def _find_missing(
    context: CallContext, calls: Sequence[Call], missing: Sequence[MissingItem]
) -> Iterator[MissingItem]:
    """Find the ends with no or too little data, unless `missing` has them already."""
    known = {item.what for item in missing}
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
    """Return an end's missing item, with the reason its call is missing if there is one."""
    reasons = {MissingReason.NOT_OUT_YET} if some else set(MissingReason)
    for item in missing:
        about_call = item.what is MissingKind.CALL and item.why in reasons
        if about_call and (item.why is not MissingReason.CUT_OFF or item.detail == uid):
            return MissingItem(what, item.why, item.retry_at, uid)
    return MissingItem(
        what, MissingReason.TOO_FEW_SAMPLES if some else MissingReason.NOT_FOUND, detail=uid
    )


def _cannot_judge(context: CallContext, missing_items: Sequence[MissingItem]) -> bool:
    """Return whether an end has less than a minute of samples, or the data is not out yet."""
    too_little = any(context.covered_s(uid) < MIN_SAMPLED_S for uid in context.ends)
    early = any(
        item.what in REQUIRED_KINDS and item.why is MissingReason.NOT_OUT_YET
        for item in missing_items
    )
    return too_little or (early and not _is_out(context))


def _is_out(context: CallContext) -> bool:
    """Return whether both ends have samples up to the end of the judged window.

    Data after it may be published later, and changes nothing.
    """
    until = context.moment + WINDOW_S - _EDGE_S
    return all(context.samples[uid][-1] >= until for uid in context.ends)


def _unknown(
    context: CallContext, findings: Sequence[CloudFinding], missing_items: Sequence[MissingItem]
) -> Verdict:
    """Return an unknown verdict, with the cloud's findings as other causes."""
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
    """Return a freeze without a known cause: much of the sound alone, or `unknown.other`."""
    uid = context.report.abnormal_uid
    evidence = freezes(context, uid) or freezes(context, context.ends[0])
    if not evidence:
        return []
    (first, *more) = evidence
    only_sound = first.media is Media.AUDIO and first.uid == uid and not more
    if only_sound and (first.value or 0) > CONCEALED.bound:
        return [Candidate(_CONCEALED, uid, 0.4, *context.judged_span, evidence)]
    return [Candidate(OTHER, None, 0.3, *context.judged_span, evidence)]


def _healthy(context: CallContext, missing_items: Sequence[MissingItem]) -> Verdict:
    """Return a healthy verdict, as sure as the samples allow."""
    since, until = context.judged_span
    return Verdict(
        HEALTHY,
        to_datetime(since),
        to_datetime(until),
        confidence=round(_health(context, missing_items), 2),
        missing=tuple(missing_items),
    )


def _health(context: CallContext, missing_items: Sequence[MissingItem]) -> float:
    """Return the confidence that nothing was wrong, lower for each gap in the data."""
    covered = min(context.covered_s(uid) for uid in context.ends) / (2 * WINDOW_S)
    samples = min(len(context.samples[uid]) for uid in context.ends)
    health = 0.6 + 0.35 * min(1.0, covered)
    if samples < _MIN_DENSE_SAMPLES:
        health -= 0.1  # a short fault may be between two samples
    if any(item.what in {MissingKind.EVENTS, MissingKind.MINUTES} for item in missing_items):
        health -= 0.1  # the cloud's own diagnosis is incomplete
    if any(0 <= context.moment - joined_at <= _JUST_JOINED_S for joined_at in _join_times(context)):
        health = min(health, 0.55)  # the problem may have been joining
    if nearly_bad(context) or not _measures_all(context):
        health = min(health, MOST_WHEN_BLIND)
    return health


def _measures_all(context: CallContext) -> bool:
    """Return whether the cloud measures latency, jitter and volume, each of which may be why."""
    measured = {key[1] for key in context.metric_series_by_key}
    return all(not measured.isdisjoint(metrics) for metrics in _NEEDED)


def _join_times(context: CallContext) -> Iterator[float]:
    """Return when sessions listed by the cloud began."""
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
