"""Findings: causes the cloud itself named, and whether they match a candidate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.call import AbnormalEvent, Direction, Factor, Metric
from bot.cause_codes import cause_of
from bot.causes import Cause
from bot.diagnosis.candidates import Candidate, proximity_factor
from bot.diagnosis.context import WINDOW_S, CallContext
from bot.diagnosis.verdict import Evidence

_TIMESTAMP_SLACK_S: Final = 60.0  # clouds round event times to minutes
OTHER: Final = Cause("unknown", "other")

_SAME_FAULT: Final = (
    {"user_action.stopped_sending", "user_action.module_off"}
    | {"media.peer_no_stream", "media.peer_no_frames"},
    {"user_action.peer_stopped_receiving", "user_action.module_off"}
    | {"server.no_downlink_stream", "server.no_downlink_frames"},
    {"media.no_sound", "media.peer_no_stream", "user_action.stopped_sending"},
    {"device.cpu_high", "device.app_cpu_high"},
    {"reconnect.network_down", "reconnect.proxy_set", "reconnect.token_renewed"}
    | {"reconnect.ip_changed", "reconnect.timeout", "connection.failed"}
    | {"session.removed", "session.peer_offline", "session.duplicate_uid"},
)
# What somebody lacked, not why: the metrics say more.
_VAGUE: Final = frozenset(
    {"media.no_sound", "media.peer_no_stream", "media.peer_no_frames", "session.peer_offline"}
)
_WIFI: Final = "network.wifi_weak"
_WIFI_PARTS: Final = frozenset({"network.loss", "network.jitter", "network.latency", _WIFI})


@dataclass(frozen=True, slots=True)
class CloudFinding:
    """One cause a cloud named at one participant's end, with its events as evidence.

    `weight` (0-1) is its confidence where our metrics neither confirm nor deny it.
    """

    cause: Cause
    uid: str
    weight: float
    since: float
    until: float
    evidence: tuple[Evidence, ...]

    @property
    def is_vague(self) -> bool:
        """Whether it names what somebody lacked, not why."""
        return self.cause.key in _VAGUE


def read_findings(context: CallContext, events: Sequence[AbnormalEvent]) -> list[CloudFinding]:
    """Read the events around the complaint; one finding for each cause and participant."""
    findings: dict[tuple[Cause, str], CloudFinding] = {}
    for event in events:
        if not _is_relevant(context, event):
            continue
        for finding in _findings_of(context, event):
            key = (finding.cause, finding.uid)
            findings[key] = _merge(findings[key], finding) if key in findings else finding
    return list(findings.values())


def _is_relevant(context: CallContext, event: AbnormalEvent) -> bool:
    """Return whether an event is in this channel, near the complaint, and about either end."""
    report = context.report
    near = abs(event.at.timestamp() - context.moment) <= WINDOW_S + _TIMESTAMP_SLACK_S
    uids = {event.uid, event.peer_uid, *(factor.peer_uid for factor in event.factors)}
    return near and event.cname in {"", report.cname} and not uids.isdisjoint(context.ends)


def _findings_of(context: CallContext, event: AbnormalEvent) -> Iterator[CloudFinding]:
    named = False
    for factor in event.factors:
        cause = cause_of(factor.code)
        uid = _faulty_uid(context, event, factor, cause)
        if (
            cause is None
            or cause == OTHER
            or (uid not in context.ends and event.uid not in context.ends)
        ):
            continue
        named = True
        yield _finding(context, event, factor, cause, uid)
    if not named and event.uid in context.ends:
        yield _unnamed_finding(context, event)


def _faulty_uid(
    context: CallContext, event: AbnormalEvent, factor: Factor, cause: Cause | None
) -> str:
    """Return the uid at fault; a cause named after the peer is never at the event's own uid."""
    if factor.peer_uid is not None:
        return factor.peer_uid
    if cause is not None and cause.name.startswith("peer_"):
        if event.peer_uid is not None:
            return event.peer_uid
        return context.other(event.uid) if event.uid in context.ends else event.uid
    return event.uid


def _finding(
    context: CallContext, event: AbnormalEvent, factor: Factor, cause: Cause, uid: str
) -> CloudFinding:
    at = event.at.timestamp()
    weight = 0.82 if event.uid == context.report.abnormal_uid else 0.72
    if uid not in context.ends or event.uid not in context.ends:
        weight = 0.5
    distance = max(0.0, abs(at - context.moment) - _TIMESTAMP_SLACK_S)
    evidence = Evidence(
        source=context.source or factor.code.kind.partition(".")[0],
        at=event.at,
        uid=event.uid,
        media=cause.media,
        direction=cause.direction,
        code=factor.code,
        peer=factor.peer_uid or event.peer_uid,
    )
    return CloudFinding(cause, uid, weight * proximity_factor(distance), at, at, (evidence,))


def _unnamed_finding(context: CallContext, event: AbnormalEvent) -> CloudFinding:
    """Turn an event without known factors into a finding without a specific cause."""
    at = event.at.timestamp()
    source = context.source or event.kind.kind.partition(".")[0]
    factors = event.factors or (Factor(event.kind, event.peer_uid),)
    evidence = tuple(
        Evidence(source, event.at, event.uid, code=factor.code, peer=factor.peer_uid)
        for factor in factors
    )
    return CloudFinding(OTHER, event.uid, 0.4, at, at, evidence)


def _merge(first: CloudFinding, second: CloudFinding) -> CloudFinding:
    return replace(
        first,
        weight=max(first.weight, second.weight),
        since=min(first.since, second.since),
        until=max(first.until, second.until),
        evidence=first.evidence + second.evidence,
    )


def is_same_fault(finding: CloudFinding, candidate: Candidate) -> bool:
    """Return whether a finding and a candidate are the same fault."""
    if finding.uid != candidate.uid:
        return False
    one, other = finding.cause, candidate.cause
    keys = {one.key, other.key}
    if _WIFI in keys:
        return keys <= _WIFI_PARTS
    if not _compatible(one.media, other.media) or not _compatible(one.direction, other.direction):
        return False
    return len(keys) == 1 or any(keys <= family for family in _SAME_FAULT)


def _compatible(one: object, other: object) -> bool:
    return one is None or other is None or one == other


def confirm(candidate: Candidate, finding: CloudFinding) -> Candidate:
    """Return the candidate confirmed by the cloud: surer, and with the cloud's cause.

    A vague finding keeps the measured cause.
    """
    if candidate.cause.key == _WIFI != finding.cause.key:
        # The cloud names one of the symptoms of weak Wi-Fi.
        return replace(candidate, by_cloud=True, evidence=candidate.evidence + finding.evidence)
    found = candidate.cause
    named = found if finding.is_vague else finding.cause
    media, direction = named.media or found.media, named.direction or found.direction
    cause = replace(named, media=media, direction=direction) if named.key != found.key else found
    return replace(
        candidate,
        cause=cause,
        confidence=1 - (1 - candidate.confidence) * 0.45,
        evidence=candidate.evidence + finding.evidence,
        by_cloud=True,
    )


def candidate_from_finding(context: CallContext, finding: CloudFinding) -> Candidate:
    """Turn a finding without a matching candidate into one; weaker where our metrics deny it."""
    denied = _is_measured(context, finding) and finding.uid in context.ends
    confidence = finding.weight * (0.65 if denied else 1)
    return Candidate(
        finding.cause,
        finding.uid,
        confidence,
        finding.since,
        finding.until,
        finding.evidence,
        by_rules=False,
        by_cloud=True,
    )


_METRICS_BY_CAUSE: Final[dict[tuple[str, Direction | None], tuple[Metric, ...]]] = {
    ("network.loss", Direction.UP): (Metric.UPLINK_LOSS,),
    ("network.loss", Direction.DOWN): (Metric.DOWNLINK_LOSS, Metric.END_TO_END_LOSS),
    ("network.latency", Direction.UP): (Metric.UPLINK_LATENCY, Metric.LATENCY),
    ("network.latency", Direction.DOWN): (Metric.DOWNLINK_LATENCY, Metric.LATENCY),
    ("network.jitter", Direction.UP): (Metric.JITTER,),
    ("network.jitter", Direction.DOWN): (Metric.JITTER,),
    ("device.cpu_high", None): (Metric.SYSTEM_CPU,),
    ("device.app_cpu_high", None): (Metric.APP_CPU,),
    ("user_action.stopped_sending", Direction.UP): (Metric.SEND_BITRATE,),
    (_WIFI, None): (Metric.ROUTER_LATENCY,),
}


def _is_measured(context: CallContext, finding: CloudFinding) -> bool:
    """Return whether we have a metric that would have confirmed the finding."""
    cause = finding.cause
    metrics = _METRICS_BY_CAUSE.get((cause.key, cause.direction), ())
    return any(
        key[0] == finding.uid
        and key[1] in metrics
        and _compatible(cause.media, key[2])
        and _compatible(cause.direction, key[3])
        for key in context.metric_series_by_key
    )
