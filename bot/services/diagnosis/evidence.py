"""What stands behind a ticket's verdict: kept when it is final, recalled when the cloud forgot."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from bot.call import AbnormalEvent, Call, Code, Factor, Participant
from bot.charts import deserialize_series, serialize_series
from bot.diagnosis import HEALTHY, UNKNOWN, Verdict, read_time, write_time
from bot.i18n.serialization import dump_message, load_message
from bot.ports import CallStatistics, Diagnosis, Window
from bot.services.diagnosis.service import WINDOW_MARGIN
from bot.store import Session
from bot.store.diagnosis import evidence
from bot.ticket import Ticket

_CLEANUP_EVERY: Final = 64
_CALL_STATISTICS: Final = "crowd"


def save_evidence(
    session: Session, ticket: Ticket, diagnosis: Diagnosis, *, now: dt.datetime, retention_s: float
) -> bool:
    """Keep what was measured with the ticket; returns whether there was anything to keep."""
    verdict = diagnosis.verdict
    ticket.cause = "" if verdict.cause in (HEALTHY, UNKNOWN) else verdict.cause
    ticket.at_fault_uid = verdict.uid or ""
    if ticket.id % _CLEANUP_EVERY == 0:
        evidence.delete_older(session, now - dt.timedelta(seconds=retention_s))
    if not diagnosis.series:
        return False
    packed_series = serialize_series(
        diagnosis.series, Window.around(diagnosis.report.occurred_at, WINDOW_MARGIN)
    )
    before = evidence.find(session, ticket.id)
    facts = {
        _CALL_STATISTICS: before.facts.get(_CALL_STATISTICS) if before else None,
        **_facts_to_json(diagnosis),
    }
    evidence.save(session, ticket.id, packed_series, facts, now)
    return True


def add_call_statistics(session: Session, ticket: Ticket, call_statistics: CallStatistics) -> None:
    """Keep how everybody fared beside the evidence; without any there is nothing to add to."""
    stored = evidence.find(session, ticket.id)
    if stored is not None:
        facts = {**stored.facts, _CALL_STATISTICS: msgspec.to_builtins(call_statistics)}
        evidence.save(session, ticket.id, stored.packed_series, facts, stored.at)


def load_evidence(session: Session, ticket: Ticket) -> Diagnosis | None:
    """Find what was kept with a ticket, as the diagnosis it was; None when nothing was."""
    stored = evidence.find(session, ticket.id)
    if stored is None or ticket.verdict is None:
        return None
    facts = stored.facts
    return Diagnosis(
        report=ticket.report,
        cloud=ticket.cloud,
        verdict=Verdict.from_json(ticket.verdict),
        asked_at=ticket.diagnosed_at or stored.at,
        calls=tuple(_call_from_json(ticket, call) for call in facts["calls"]),
        participants=tuple(_person_from_json(person) for person in facts["participants"]),
        events=tuple(_event_from_json(event) for event in facts["events"]),
        failures=tuple(load_message(failure) for failure in facts["failures"]),
        series=deserialize_series(stored.packed_series),
        call_statistics=_call_statistics_from_json(facts.get(_CALL_STATISTICS)),
    )


def _call_statistics_from_json(data: object) -> CallStatistics | None:
    """Read what was kept; older evidence has none, and another version's form is left out."""
    try:
        return msgspec.convert(data, CallStatistics | None)
    except msgspec.ValidationError:
        return None


def load_diagnosis(session: Session, ticket: Ticket) -> Diagnosis | None:
    """Find what was kept, or the bare verdict when nothing is; None while there is no verdict."""
    stored = load_evidence(session, ticket)
    if stored is not None or ticket.verdict is None:
        return stored
    verdict = Verdict.from_json(ticket.verdict)
    asked_at = ticket.diagnosed_at or ticket.created_at
    return Diagnosis(ticket.report, ticket.cloud, verdict, asked_at)


def _facts_to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "calls": [_call_to_json(call) for call in diagnosis.calls],
        "participants": [_person_to_json(person) for person in diagnosis.participants],
        "events": [_event_to_json(event) for event in diagnosis.events],
        "failures": [dump_message(failure) for failure in diagnosis.failures],
    }


def _call_to_json(call: Call) -> dict[str, Any]:
    times = {"from": write_time(call.started_at), "to": _format_optional(call.ended_at)}
    return {"id": call.id, "cname": call.cname, **times}


def _call_from_json(ticket: Ticket, data: dict[str, Any]) -> Call:
    return Call(
        cloud=ticket.cloud,
        app=ticket.app,
        id=data["id"],
        cname=data["cname"],
        started_at=read_time(data["from"]),
        ended_at=_parse_optional(data["to"]),
    )


def _person_to_json(person: Participant) -> dict[str, Any]:
    times = {"from": write_time(person.joined_at), "to": _format_optional(person.left_at)}
    names = ("uid", "sid", "network", "platform", "device", "sdk", "sends")
    return {name: getattr(person, name) for name in names} | times


def _person_from_json(data: dict[str, Any]) -> Participant:
    rest = {name: value for name, value in data.items() if name not in ("from", "to")}
    joined_at, left_at = read_time(data["from"]), _parse_optional(data["to"])
    return Participant(joined_at=joined_at, left_at=left_at, **rest)


def _format_optional(moment: dt.datetime | None) -> str | None:
    return write_time(moment) if moment else None


def _parse_optional(text: str | None) -> dt.datetime | None:
    return read_time(text) if text else None


def _event_to_json(event: AbnormalEvent) -> dict[str, Any]:
    factors = [[one.code.kind, one.code.value, one.peer_uid] for one in event.factors]
    return {
        "uid": event.uid,
        "cname": event.cname,
        "kind": [event.kind.kind, event.kind.value],
        "at": write_time(event.at),
        "factors": factors,
        "peer": event.peer_uid,
    }


def _event_from_json(data: dict[str, Any]) -> AbnormalEvent:
    factors = tuple(Factor(Code(kind, value), peer) for kind, value, peer in data["factors"])
    return AbnormalEvent(
        uid=data["uid"],
        cname=data["cname"],
        kind=Code(*data["kind"]),
        at=read_time(data["at"]),
        factors=factors,
        peer_uid=data["peer"],
    )
