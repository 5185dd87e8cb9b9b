"""What the cloud itself says of the two people, and whether it fits what our rules saw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.call import AbnormalEvent, Direction, Factor, Metric
from bot.causes import Cause, cause_of
from bot.diagnosis.candidates import Suspect, nearness
from bot.diagnosis.context import AROUND_S, Scene
from bot.diagnosis.verdict import Evidence

_LATE_S: Final = 60.0  # clouds stamp events by the minute
OTHER: Final = Cause("unknown", "other")

_FAMILIES: Final = (
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
_WIFI: Final = "network.wifi_weak"
_WIFI_PARTS: Final = frozenset({"network.loss", "network.jitter", "network.latency", _WIFI})


@dataclass(frozen=True, slots=True)
class Claim:
    """One cause a cloud named, at one person's end, with the events it named it in.

    `weight` (0-1) is what the claim is worth where our metrics cannot tell.
    """

    cause: Cause
    uid: str
    weight: float
    since: float
    until: float
    evidence: tuple[Evidence, ...]


def read_claims(scene: Scene, events: Sequence[AbnormalEvent]) -> list[Claim]:
    """Read the events around the complaint; one claim for each cause and person."""
    claims: dict[tuple[Cause, str], Claim] = {}
    for event in events:
        if not _counts(scene, event):
            continue
        for claim in _claims_of(scene, event):
            key = (claim.cause, claim.uid)
            claims[key] = _joined(claims[key], claim) if key in claims else claim
    return list(claims.values())


def _counts(scene: Scene, event: AbnormalEvent) -> bool:
    """Tell whether an event is of this channel, near the complaint, and about the two."""
    report = scene.report
    near = abs(event.at.timestamp() - scene.moment) <= AROUND_S + _LATE_S
    told_of = {event.uid, event.peer_uid, *(factor.peer_uid for factor in event.factors)}
    return near and event.cname in {"", report.cname} and not told_of.isdisjoint(scene.ends)


def _claims_of(scene: Scene, event: AbnormalEvent) -> Iterator[Claim]:
    named = False
    for factor in event.factors:
        cause = cause_of(factor.code)
        uid = _culprit(scene, event, factor, cause)
        if (
            cause is None
            or cause == OTHER
            or (uid not in scene.ends and event.uid not in scene.ends)
        ):
            continue
        named = True
        yield _claim(scene, event, factor, cause, uid)
    if not named and event.uid in scene.ends:
        yield _nameless(scene, event)


def _culprit(scene: Scene, event: AbnormalEvent, factor: Factor, cause: Cause | None) -> str:
    """Return whose fault a factor speaks of; a cause about the peer is never one's own."""
    if factor.peer_uid is not None:
        return factor.peer_uid
    if cause is not None and cause.name.startswith("peer_"):
        if event.peer_uid is not None:
            return event.peer_uid
        return scene.other(event.uid) if event.uid in scene.ends else event.uid
    return event.uid


def _claim(scene: Scene, event: AbnormalEvent, factor: Factor, cause: Cause, uid: str) -> Claim:
    at = event.at.timestamp()
    weight = 0.82 if event.uid == scene.report.abnormal_uid else 0.72
    if uid not in scene.ends or event.uid not in scene.ends:
        weight = 0.5
    distance = max(0.0, abs(at - scene.moment) - _LATE_S)
    evidence = Evidence(
        source=scene.source or factor.code.kind.partition(".")[0],
        at=event.at,
        uid=event.uid,
        media=cause.media,
        direction=cause.direction,
        code=factor.code,
        peer=factor.peer_uid or event.peer_uid,
    )
    return Claim(cause, uid, weight * nearness(distance), at, at, (evidence,))


def _nameless(scene: Scene, event: AbnormalEvent) -> Claim:
    """Keep an event whose factors nobody knows: it happened, and we cannot say why."""
    at = event.at.timestamp()
    source = scene.source or event.kind.kind.partition(".")[0]
    told = list(event.factors) or [Factor(event.kind, event.peer_uid)]
    evidence = tuple(
        Evidence(source, event.at, event.uid, code=factor.code, peer=factor.peer_uid)
        for factor in told
    )
    return Claim(OTHER, event.uid, 0.4, at, at, evidence)


def _joined(first: Claim, second: Claim) -> Claim:
    return replace(
        first,
        weight=max(first.weight, second.weight),
        since=min(first.since, second.since),
        until=max(first.until, second.until),
        evidence=first.evidence + second.evidence,
    )


def fits(claim: Claim, suspect: Suspect) -> bool:
    """Tell whether a cloud's claim and a suspect of ours are the same fault."""
    if claim.uid != suspect.uid:
        return False
    told, seen = claim.cause, suspect.cause
    if _WIFI in {told.key, seen.key}:
        return {told.key, seen.key} <= _WIFI_PARTS
    if not _agree(told.media, seen.media) or not _agree(told.direction, seen.direction):
        return False
    return told.key == seen.key or any({told.key, seen.key} <= family for family in _FAMILIES)


def _agree(one: object, other: object) -> bool:
    return one is None or other is None or one == other


def confirmed(suspect: Suspect, claim: Claim) -> Suspect:
    """Return the suspect after the cloud said the same: surer, and under the cloud's name."""
    if suspect.cause.key == _WIFI != claim.cause.key:
        # The cloud names one of the things weak Wi-Fi does.
        return replace(suspect, told=True, evidence=suspect.evidence + claim.evidence)
    told, seen = claim.cause, suspect.cause
    cause = Cause(told.group, told.name, told.media or seen.media, told.direction or seen.direction)
    if told.key == seen.key:
        cause = seen
    return replace(
        suspect,
        cause=cause,
        confidence=1 - (1 - suspect.confidence) * 0.45,
        evidence=suspect.evidence + claim.evidence,
        told=True,
    )


def alone(scene: Scene, claim: Claim) -> Suspect:
    """Turn a claim our rules did not see into a suspect; weaker where our metrics deny it."""
    denied = _measured(scene, claim) and claim.uid in scene.ends
    confidence = claim.weight * (0.65 if denied else 1)
    return Suspect(
        claim.cause,
        claim.uid,
        confidence,
        claim.since,
        claim.until,
        claim.evidence,
        seen=False,
        told=True,
    )


_WITNESSES: Final[dict[tuple[str, Direction | None], tuple[Metric, ...]]] = {
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


def _measured(scene: Scene, claim: Claim) -> bool:
    """Tell whether we have the metric that would have shown what the cloud claims."""
    cause = claim.cause
    metrics = _WITNESSES.get((cause.key, cause.direction), ())
    return any(
        key[0] == claim.uid
        and key[1] in metrics
        and _agree(cause.media, key[2])
        and _agree(cause.direction, key[3])
        for key in scene.tracks
    )
