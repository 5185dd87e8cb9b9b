"""The evidence of a ticket's verdict: saved with the ticket, loaded when it is displayed."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from bot.call import AbnormalEvent, Call, Participant, Report
from bot.decoding import convert_object
from bot.diagnosis import HEALTHY, Verdict
from bot.i18n.serialization import dump_message, load_message
from bot.ports import CallStatistics, Diagnosis, Window
from bot.services.diagnosis.service import WINDOW_MARGIN
from bot.services.diagnosis.witnesses import is_witness, without_names
from bot.store import Session
from bot.store.diagnosis import evidence
from bot.ticket import Ticket

_CALL_STATISTICS: Final = "call_statistics"


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is stored beside the series; `failures` as `dump_message` returns them."""

    calls: tuple[Call, ...]
    participants: tuple[Participant, ...]
    events: tuple[AbnormalEvent, ...]
    failures: tuple[dict[str, Any], ...]
    call_statistics: Any = None  # parsed separately: one of an older version is dropped


async def pack_series(diagnosis: Diagnosis) -> bytes | None:
    """Pack the series to save, before the transaction: it takes milliseconds. None without any.

    What others measured is saved without their uids.
    """
    if not diagnosis.series:
        return None
    from bot.charts.serialization import serialize_series  # noqa: PLC0415 - numpy is slow to import

    window = explained_window(diagnosis.report, diagnosis.verdict)
    series = (*diagnosis.series, *without_names(diagnosis))
    return await asyncio.to_thread(serialize_series, series, window)


def save_evidence(
    session: Session,
    ticket: Ticket,
    diagnosis: Diagnosis,
    packed_series: bytes | None,
    *,
    now: dt.datetime,
) -> bool:
    """Save what was measured with the ticket; return whether there was anything to save."""
    verdict = diagnosis.verdict
    ticket.cause = verdict.result(ticket.cname)
    ticket.at_fault_uid = verdict.uid or ""
    if packed_series is None:
        return False
    before = evidence.find(session, ticket.id)
    facts = _Facts(
        calls=diagnosis.calls,
        participants=diagnosis.participants,
        events=diagnosis.events,
        failures=tuple(dump_message(failure) for failure in diagnosis.failures),
        call_statistics=before.facts[_CALL_STATISTICS] if before else None,
    )
    evidence.save(session, ticket.id, packed_series, msgspec.to_builtins(facts), now)
    return True


def explained_window(report: Report, verdict: Verdict) -> Window:
    """Return the minutes around the reported moment, and around bad ones beside healthy ones."""
    others = verdict.others if verdict.cause == HEALTHY else ()
    moments = [report.occurred_at, *(other.moment for other in others)]
    return Window(min(moments) - WINDOW_MARGIN, max(moments) + WINDOW_MARGIN)


def add_call_statistics(session: Session, ticket: Ticket, call_statistics: CallStatistics) -> None:
    """Save the call's statistics beside the evidence, if there is any."""
    stored = evidence.find(session, ticket.id)
    if stored is not None:
        facts = {**stored.facts, _CALL_STATISTICS: msgspec.to_builtins(call_statistics)}
        evidence.save(session, ticket.id, stored.packed_series, facts, stored.at)


def load_evidence(session: Session, ticket: Ticket) -> Diagnosis | None:
    """Load a ticket's evidence as the diagnosis it was; None when none was saved."""
    from bot.charts.serialization import deserialize_series  # noqa: PLC0415 - likewise

    stored = evidence.find(session, ticket.id)
    without_data = stored_verdict(ticket) if stored else None
    if stored is None or without_data is None:
        return None
    facts = convert_object(stored.facts, _Facts)
    series = deserialize_series(stored.packed_series)
    return replace(
        without_data,
        calls=facts.calls,
        participants=facts.participants,
        events=facts.events,
        failures=tuple(load_message(failure) for failure in facts.failures),
        series=tuple(one for one in series if not is_witness(one)),
        witnesses=tuple(filter(is_witness, series)),
        call_statistics=_call_statistics_from_json(facts.call_statistics),
    )


def _call_statistics_from_json(data: object) -> CallStatistics | None:
    """Read saved statistics; None when there are none or another version wrote them."""
    try:
        return convert_object(data, CallStatistics | None)
    except msgspec.ValidationError:
        return None


def load_diagnosis(session: Session, ticket: Ticket) -> Diagnosis | None:
    """Load the evidence, or else the verdict alone; None while there is no verdict."""
    return load_evidence(session, ticket) or stored_verdict(ticket)


def stored_verdict(ticket: Ticket) -> Diagnosis | None:
    """Return a ticket's verdict without what was measured; None while there is none."""
    if ticket.verdict is None:
        return None
    verdict = Verdict.from_json(ticket.verdict)
    report = replace(ticket.report, occurred_at=verdict.judged_at or ticket.occurred_at)
    return Diagnosis(report, ticket.cloud, verdict, ticket.diagnosed_at or ticket.created_at)
