"""What stands behind a ticket's verdict: kept when it is final, recalled when the cloud forgot."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from bot.call import AbnormalEvent, Call, Code, Factor, Participant
from bot.charts import pack, unpack
from bot.diagnosis import HEALTHY, UNKNOWN, Verdict, read_time, write_time
from bot.i18n.serialization import dump_message, load_message
from bot.ports import Crowd, Diagnosis, Window
from bot.services.diagnosis.service import REACH
from bot.store import Session
from bot.store.diagnosis import evidence
from bot.ticket import Ticket

_TIDY_EVERY: Final = 64
_CROWD: Final = "crowd"


def remember(
    session: Session, ticket: Ticket, diagnosis: Diagnosis, *, now: dt.datetime, kept_s: float
) -> bool:
    """Keep what was measured with the ticket; returns whether there was anything to keep."""
    verdict = diagnosis.verdict
    ticket.cause = "" if verdict.cause in (HEALTHY, UNKNOWN) else verdict.cause
    ticket.fault_uid = verdict.uid or ""
    if ticket.id % _TIDY_EVERY == 0:
        evidence.delete_older(session, now - dt.timedelta(seconds=kept_s))
    if not diagnosis.series:
        return False
    packed = pack(diagnosis.series, Window.around(diagnosis.report.occurred_at, REACH))
    before = evidence.find(session, ticket.id)
    facts = {_CROWD: before.facts.get(_CROWD) if before else None, **_facts_to_json(diagnosis)}
    evidence.keep(session, ticket.id, packed, facts, now)
    return True


def add_crowd(session: Session, ticket: Ticket, crowd: Crowd) -> None:
    """Keep how everybody fared beside the evidence; without any there is nothing to add to."""
    kept = evidence.find(session, ticket.id)
    if kept is not None:
        facts = {**kept.facts, _CROWD: msgspec.to_builtins(crowd)}
        evidence.keep(session, ticket.id, kept.packed, facts, kept.at)


def recall(session: Session, ticket: Ticket) -> Diagnosis | None:
    """Find what was kept with a ticket, as the diagnosis it was; None when nothing was."""
    kept = evidence.find(session, ticket.id)
    if kept is None or ticket.verdict is None:
        return None
    facts = kept.facts
    return Diagnosis(
        report=ticket.report,
        cloud=ticket.cloud,
        verdict=Verdict.from_json(ticket.verdict),
        asked_at=ticket.diagnosed_at or kept.at,
        calls=tuple(_call_from_json(ticket, call) for call in facts["calls"]),
        participants=tuple(_person_from_json(person) for person in facts["participants"]),
        events=tuple(_event_from_json(event) for event in facts["events"]),
        failures=tuple(load_message(failure) for failure in facts["failures"]),
        series=unpack(kept.packed),
        crowd=_crowd_from_json(facts.get(_CROWD)),
    )


def _crowd_from_json(data: object) -> Crowd | None:
    """Read what was kept; older evidence has none, and another version's form is left out."""
    try:
        return msgspec.convert(data, Crowd | None)
    except msgspec.ValidationError:
        return None


def recall_verdict(session: Session, ticket: Ticket) -> Diagnosis | None:
    """Find what was kept, or the bare verdict when nothing is; None while there is no verdict."""
    kept = recall(session, ticket)
    if kept is not None or ticket.verdict is None:
        return kept
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
    times = {"from": write_time(call.started_at), "to": _write_maybe(call.ended_at)}
    return {"id": call.id, "cname": call.cname, **times}


def _call_from_json(ticket: Ticket, data: dict[str, Any]) -> Call:
    return Call(
        cloud=ticket.cloud,
        app=ticket.app,
        id=data["id"],
        cname=data["cname"],
        started_at=read_time(data["from"]),
        ended_at=_read_maybe(data["to"]),
    )


def _person_to_json(person: Participant) -> dict[str, Any]:
    times = {"from": write_time(person.joined_at), "to": _write_maybe(person.left_at)}
    names = ("uid", "sid", "network", "platform", "device", "sdk", "sends")
    return {name: getattr(person, name) for name in names} | times


def _person_from_json(data: dict[str, Any]) -> Participant:
    rest = {name: value for name, value in data.items() if name not in ("from", "to")}
    joined_at, left_at = read_time(data["from"]), _read_maybe(data["to"])
    return Participant(joined_at=joined_at, left_at=left_at, **rest)


def _write_maybe(moment: dt.datetime | None) -> str | None:
    return write_time(moment) if moment else None


def _read_maybe(text: str | None) -> dt.datetime | None:
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
