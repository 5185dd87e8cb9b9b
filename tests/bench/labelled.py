"""Labelled simulated classes, and what each cloud's API returns of them.

Agora's classes go through the twin's JSON and the client's reading of it, the others are cut
from the same curves to what those clouds measure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from bot.call import (
    AbnormalEvent,
    Call,
    Code,
    Factor,
    IssueType,
    Metric,
    MissingItem,
    MissingKind,
    MissingReason,
    Participant,
    Report,
    Series,
    Unit,
)
from bot.clouds.agora.client import Generation
from bot.clouds.agora.schemas import Details
from bot.clouds.agora.series import build_participants, build_series
from bot.clouds.endpoints import find_endpoint
from bot.diagnosis import Verdict
from bot.diagnosis.diagnosis import diagnose
from bot.ports import Window
from bot.sandbox.clouds.agora.call_views import CallView
from bot.sandbox.clouds.agora.codes import CURRENT_MIDS, SEED_MIDS
from bot.sandbox.clouds.agora.events import get_diagnosis
from bot.sandbox.clouds.agora.params import Window as TwinWindow
from bot.sandbox.clouds.server import Request
from bot.sandbox.scenario import (
    KINDS,
    TEACHER_UID,
    Curve,
    SimulatedCall,
    curves_of,
    random_simulated_call,
)
from tests.bench.perturbations import PERTURBATIONS

_HELD_SEED: Final = 5_000_001
_LONG_AFTER_S: Final = 3000.0  # the class is over and all data is published; diagnoses are stored
_FETCHED: Final = dt.timedelta(minutes=2)
_MIDS: Final = {"seed": SEED_MIDS, "current": CURRENT_MIDS}
_SILENT: Final = MissingItem(MissingKind.EVENTS, MissingReason.UNSUPPORTED)

_JOINS: Final = frozenset({"slow_join", "removed"})
_TIMES: Final = frozenset(kind for kind in KINDS if kind.startswith(("latency", "jitter")))


@dataclass(frozen=True, slots=True)
class CloudVariant:
    """What one cloud's API returns. `unseen`: kinds whose fault is in none of its metrics."""

    name: str
    unseen: frozenset[str]
    generation: Generation | None = None
    has_events: bool = False
    metrics: frozenset[Metric] = frozenset()


_COMMON: Final = frozenset(
    {
        Metric.APP_CPU,
        Metric.SYSTEM_CPU,
        Metric.SEND_BITRATE,
        Metric.RECEIVE_BITRATE,
        Metric.SEND_FPS,
        Metric.RECEIVE_FPS,
        Metric.UPLINK_LOSS,
        Metric.DOWNLINK_LOSS,
    }
)
_VOLCENGINE: Final = _COMMON | {
    Metric.CAPTURE_FPS,
    Metric.SEND_BITRATE_LOW,
    Metric.UPLINK_LATENCY,
    Metric.DOWNLINK_LATENCY,
    Metric.FREEZE_TIME,
    Metric.SEND_VOLUME,
    Metric.PLAY_VOLUME,
}
_JITTER: Final = frozenset(kind for kind in KINDS if kind.startswith("jitter"))
VARIANTS: Final = (
    CloudVariant("agora 2020", _TIMES | _JOINS, "seed"),
    CloudVariant("agora 2020 + diagnosis", frozenset(), "seed", has_events=True),
    CloudVariant("agora today", _TIMES | _JOINS, "current"),
    CloudVariant("volcengine", _JITTER | _JOINS, metrics=_VOLCENGINE),
    CloudVariant(
        "huawei",
        _JOINS,
        metrics=_COMMON
        | {Metric.LATENCY, Metric.UPLINK_LATENCY, Metric.JITTER}
        | {Metric.FREEZE_TIME},
    ),
)


def report_of(sim_call: SimulatedCall) -> Report:
    """Return the complaint as a ticket would hold it."""
    return Report(
        app=sim_call.app,
        cname=sim_call.cname,
        teacher_uid=str(TEACHER_UID),
        student_uid="20002",
        abnormal_side=sim_call.complaint.abnormal_side,
        issue_type=IssueType.COMPLAINT,
        occurred_at=moment(sim_call.complaint.at),
    )


def moment(epoch_s: float) -> dt.datetime:
    """Turn epoch seconds into an aware moment."""
    return dt.datetime.fromtimestamp(epoch_s, dt.UTC)


def diagnose_class(sim_call: SimulatedCall, variant: CloudVariant) -> Verdict:
    """Diagnose a class from the data of one cloud."""
    report = report_of(sim_call)
    cloud = variant.name.split()[0]
    began, ended = moment(sim_call.started_at), moment(sim_call.ended_at)
    call = Call(cloud, sim_call.app, "1", sim_call.cname, began, ended)
    if variant.generation:
        participants, series = by_agora(sim_call, variant.generation)
    else:
        participants, series = by_curves(sim_call, variant.metrics)
    events = events_from_agora(sim_call) if variant.has_events else ()
    missing = () if variant.has_events else (_SILENT,)
    return diagnose(report, [call], series, events, missing=missing, participants=participants)


def by_agora(
    sim_call: SimulatedCall, generation: Generation
) -> tuple[Sequence[Participant], Sequence[Series]]:
    """Send a class through the fake's JSON and the client's parser."""
    window = Window.around(moment(sim_call.complaint.at), _FETCHED)
    fake_window = TwinWindow(int(window.since.timestamp()), int(window.until.timestamp()) + 1)
    sessions = CallView(sim_call, sim_call.ended_at + _LONG_AFTER_S, 0).sessions(
        fake_window, exclude_servers=True
    )
    body = {
        "code": 200,
        "call_info": [session.row() for session in sessions],
        "metrics": [session.metrics(fake_window, _MIDS[generation]) for session in sessions],
    }
    details = msgspec.json.decode(msgspec.json.encode(body), type=Details)
    row = find_endpoint("agora", "details", generation="seed")
    participants = build_participants(row, details.call_info or (), ())
    return participants, build_series(row, details.metrics or (), participants, window, generation)


def by_curves(
    sim_call: SimulatedCall, metrics: frozenset[Metric]
) -> tuple[Sequence[Participant], Sequence[Series]]:
    """Reduce the series of a class to what a cloud measures."""
    since, until = sim_call.complaint.at - 120, sim_call.complaint.at + 120
    series = [
        _series(curve, since, until) for curve in curves_of(sim_call) if curve.metric in metrics
    ]
    participants = [
        Participant(
            str(person.uid),
            f"{person.uid}-{number}",
            moment(session.joined_at),
            moment(session.left_at),
            person.device.network,
        )
        for person in sim_call.people
        for number, session in enumerate(person.sessions)
    ]
    return participants, [one for one in series if one.times.size]


def _series(curve: Curve, since: float, until: float) -> Series:
    seen = (curve.times >= since) & (curve.times <= until)
    return Series(
        uid=str(curve.uid),
        sid=f"{curve.uid}-{curve.session}",
        metric=curve.metric,
        unit=Unit.NUMBER,
        times=curve.times[seen],
        values=curve.values[seen],
        code=Code("sandbox", curve.metric),
        media=curve.media,
        direction=curve.direction,
        peer_uid=None if curve.peer_uid is None else str(curve.peer_uid),
    )


def events_from_agora(sim_call: SimulatedCall) -> tuple[AbnormalEvent, ...]:
    """Return the fake's own findings of a class, requested minute by minute."""
    at = sim_call.complaint.at
    events: dict[tuple[float, str, str, str], AbnormalEvent] = {}
    for start in range(int(at) - 120, int(at) + 120, 60):
        query = {"appid": "1", "start_ts": str(start), "end_ts": str(start + 60)}
        answer = get_diagnosis(Request("GET", "", query, {}, b"", at + 600), [sim_call])
        body = msgspec.convert(answer.body, dict[str, object])
        for row in msgspec.convert(body["data"], list[dict[str, object]]):
            event = _event(row)
            events[event.key] = event
    return tuple(events.values())


def _event(row: dict[str, object]) -> AbnormalEvent:
    tags = msgspec.convert(row["cause_tags"], list[dict[str, object]])
    factors = tuple(
        Factor(Code("agora.factor_id", str(tag["factor_id"])), str(tag["host_user"]) or None)
        for tag in tags
    )
    kind = Code("agora.exp_id", str(row["exp_id"]))
    at = moment(msgspec.convert(row["ts"], float))
    return AbnormalEvent(str(row["user"]), str(row["cname"]), kind, at, factors)


def sim_calls(half: str, each: int) -> Iterator[tuple[str, str, SimulatedCall]]:
    """Generate `each` classes of every kind with each twist: kind, twist, class.

    Rules are tuned on the small even seeds; the seeds of the other half were never looked at.
    """
    perturbations = list(PERTURBATIONS)
    for kind in sorted(KINDS):
        for number in range(each):
            seed = 2 * number + (_HELD_SEED if half == "held" else 0)
            perturbation = perturbations[number % len(perturbations)]
            sim_call = PERTURBATIONS[perturbation](random_simulated_call(seed, kind))
            if number % 4 == 3 and kind == "healthy":
                side = sim_call.complaint.abnormal_side.other
                sim_call = replace(
                    sim_call, complaint=replace(sim_call.complaint, abnormal_side=side)
                )
            yield kind, perturbation, sim_call
