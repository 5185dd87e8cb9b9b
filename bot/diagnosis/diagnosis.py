"""The examination: is there enough to judge, what do rules and cloud say, which comes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.call import (
    AbnormalEvent,
    Call,
    Lack,
    LackReason,
    Metric,
    Missing,
    Participant,
    Report,
    Series,
    Side,
)
from bot.diagnosis.candidates import Suspect, moment_of
from bot.diagnosis.cloud_findings import OTHER, Claim, alone, read_claims
from bot.diagnosis.context import AROUND_S, Scene, set_scene
from bot.diagnosis.ranking import weigh
from bot.diagnosis.rules import RULES
from bot.diagnosis.symptoms import freezes
from bot.diagnosis.verdict import HEALTHY, NEEDED, UNKNOWN, Verdict

ENOUGH_S: Final = 60.0  # an end with less than a minute of samples cannot be judged
_EDGE_S: Final = 15.0
_COARSE: Final = 45
_JUST_JOINED_S: Final = 180.0
_OF_SIDE: Final = {Side.TEACHER: Lack.TEACHER_METRICS, Side.STUDENT: Lack.STUDENT_METRICS}
_TIMED: Final = frozenset(
    {Metric.UPLINK_LATENCY, Metric.DOWNLINK_LATENCY, Metric.LATENCY, Metric.JITTER}
)


def diagnose(
    report: Report,
    calls: Sequence[Call],
    series: Sequence[Series],
    events: Sequence[AbnormalEvent],
    *,
    missing: Sequence[Missing] = (),
    participants: Sequence[Participant] = (),
) -> Verdict:
    """Work out why the call was bad within two minutes around `report.occurred_at`.

    `missing` is what the caller could not learn; it comes back with what we found lacking.
    `participants` sharpen it (network type, rejoins) and may be left out. Never raises for
    codes or metrics it does not know. Rules: design.md section 2 and Agora's order of looking.
    """
    scene = set_scene(report, calls, series, participants)
    claims = read_claims(scene, events)
    lacking = (*missing, *_find_lacking(scene, calls, missing))
    lacking = tuple(sorted(lacking, key=lambda lack: lack.what not in NEEDED))
    if _cannot_judge(scene, lacking):
        return _unknown(scene, claims, lacking)
    suspects = [suspect for rule in RULES for suspect in rule(scene)]
    ranked = weigh(scene, suspects, claims) or _unexplained(scene)
    if not ranked:
        return _healthy(scene, lacking)
    first, *others = (_verdict(scene, suspect) for suspect in ranked)
    return _with(first, lacking, others)


def _find_lacking(
    scene: Scene, calls: Sequence[Call], missing: Sequence[Missing]
) -> Iterator[Missing]:
    """Say which end is missing or has too little, unless the caller said so already."""
    known = {lack.what for lack in missing}
    if not calls and Lack.CALL not in known and not any(map(len, scene.samples.values())):
        yield Missing(Lack.CALL, LackReason.NOT_FOUND, detail=scene.report.cname)
    for side, what in _OF_SIDE.items():
        uid = scene.report.uid_of(side)
        seconds = scene.covered_s(uid)
        if seconds >= ENOUGH_S or what in known:
            continue
        yield _lack(what, uid, missing, some=seconds > 0)


def _lack(what: Lack, uid: str, missing: Sequence[Missing], *, some: bool) -> Missing:
    """Say why an end has too little: for the reason its call is lacking, if the caller knows."""
    reasons = {LackReason.NOT_OUT_YET} if some else set(LackReason)
    for lack in missing:
        about_call = lack.what is Lack.CALL and lack.why in reasons
        if about_call and (lack.why is not LackReason.CUT_OFF or lack.detail == uid):
            return Missing(what, lack.why, lack.retry_at, uid)
    return Missing(what, LackReason.TOO_FEW_SAMPLES if some else LackReason.NOT_FOUND, detail=uid)


def _cannot_judge(scene: Scene, lacking: Sequence[Missing]) -> bool:
    """Tell whether an end has less than a minute of samples, or the data is not out yet."""
    too_little = any(scene.covered_s(uid) < ENOUGH_S for uid in scene.ends)
    early = any(lack.what in NEEDED and lack.why is LackReason.NOT_OUT_YET for lack in lacking)
    return too_little or (early and not _is_out(scene))


def _is_out(scene: Scene) -> bool:
    """Tell whether both ends were measured to the end of the time judged.

    What the caller asked for beyond that may be out later, and changes nothing.
    """
    until = scene.moment + AROUND_S - _EDGE_S
    return all(scene.samples[uid][-1] >= until for uid in scene.ends)


def _unknown(scene: Scene, claims: Sequence[Claim], lacking: Sequence[Missing]) -> Verdict:
    """Say nothing for certain, but pass on what the cloud itself named."""
    told = sorted((alone(scene, claim) for claim in claims), key=lambda one: -one.confidence)
    since, until = scene.judged
    return Verdict(
        UNKNOWN,
        moment_of(since),
        moment_of(until),
        missing=tuple(lacking),
        others=tuple(_verdict(scene, suspect) for suspect in told),
    )


def _unexplained(scene: Scene) -> list[Suspect]:
    """Name a freeze nothing explains as what it is: some other cause."""
    evidence = freezes(scene, scene.report.abnormal_uid) or freezes(scene, scene.ends[0])
    if not evidence:
        return []
    return [Suspect(OTHER, None, 0.3, *scene.judged, evidence)]


def _healthy(scene: Scene, lacking: Sequence[Missing]) -> Verdict:
    """Nothing out of bounds and nothing told: healthy, as far as samples speak for it."""
    since, until = scene.judged
    return Verdict(
        HEALTHY,
        moment_of(since),
        moment_of(until),
        confidence=round(_health(scene, lacking), 2),
        missing=tuple(lacking),
    )


def _health(scene: Scene, lacking: Sequence[Missing]) -> float:
    """Return how sure it is that nothing was wrong: what we cannot see may have been."""
    covered = min(scene.covered_s(uid) for uid in scene.ends) / (2 * AROUND_S)
    samples = min(len(scene.samples[uid]) for uid in scene.ends)
    health = 0.6 + 0.35 * min(1.0, covered)
    health -= 0.1 if samples < _COARSE else 0.0  # a short fault may lie between two samples
    if not any(key[1] in _TIMED for key in scene.tracks):
        health -= 0.26  # this cloud measures neither latency nor jitter
    if any(lack.what in {Lack.EVENTS, Lack.MINUTES} for lack in lacking):
        health -= 0.1  # and its own diagnosis is not complete
    if any(0 <= scene.moment - joined_at <= _JUST_JOINED_S for joined_at in _joins(scene)):
        health = min(health, 0.55)  # it may have been the joining that went badly
    return health


def _joins(scene: Scene) -> Iterator[float]:
    """Return when stays listed by the cloud began."""
    return (stay.joined_at for stay in scene.presences if stay.listed)


def _verdict(scene: Scene, suspect: Suspect) -> Verdict:
    cause = suspect.cause
    return Verdict(
        cause=cause.key,
        since=moment_of(suspect.since),
        until=moment_of(suspect.until),
        media=cause.media,
        direction=cause.direction,
        side=scene.report.side_of(suspect.uid),
        uid=suspect.uid,
        confidence=round(suspect.confidence, 2),
        evidence=suspect.evidence,
    )


def _with(first: Verdict, lacking: Sequence[Missing], others: Sequence[Verdict]) -> Verdict:
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
        missing=tuple(lacking),
        others=tuple(others),
    )
