"""Erasing a person from the database, with what follows for their tickets."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.call import ERASED, Series
from bot.cloud_report import ReportState
from bot.ports import Window
from bot.services.context import Context
from bot.services.escalation.schedule import schedule_escalation
from bot.services.tickets.enqueue import CARD, enqueue
from bot.store import Session
from bot.store.admin import erasure
from bot.store.admin.erasure import Identity
from bot.store.diagnosis.evidence import StoredEvidence
from bot.store.maintenance import remove_deleted_bytes, transact_unlimited
from bot.store.tickets import search_index, tickets
from bot.ticket import Status

_BATCH: Final = 500
_MARGIN: Final = dt.timedelta(seconds=1)  # times are stored to the millisecond


class ErasureService:
    """Erases people. It takes as long as reading every table once, in the calling thread."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def erase(self, identity: Identity) -> Mapping[str, int]:
        """Erase a person; return how many rows of each table were changed or deleted.

        Rows that are deleted or overwritten leave nothing in the database's files. Raises
        ConflictError while a recording of the person runs, or another process reads for long.
        """
        store = self._context.store
        counts = transact_unlimited(store, lambda s: self._erase(s, identity))
        if counts or store.is_sqlite:  # an earlier run may have been interrupted here
            remove_deleted_bytes(store, [*counts, *search_index.POSTGRES_TABLES])
        return counts

    def _erase(self, session: Session, identity: Identity) -> Counter[str]:
        connection = session.connection()
        erasure.require_no_pending_control(connection, identity)
        pruned = _prune_evidence(session, identity) if identity.is_uid else 0
        replies = erasure.erase_texts(connection, identity)
        counts, numbers = erasure.erase_ids(connection, identity)
        counts += Counter(evidence=pruned, thread_reply=replies)
        now = self._context.clock.now()
        for number in sorted(numbers):
            self._update_ticket(session, number, now)
        session.flush()
        changed = sorted(numbers)
        for start in range(0, len(changed), _BATCH):
            search_index.reindex(connection, changed[start : start + _BATCH])
        return counts

    def _update_ticket(self, session: Session, number: int, now: dt.datetime) -> None:
        """Redraw the card; open the ticket again if nobody has it any more."""
        ticket = tickets.lock(session, number)
        if ticket.status is Status.CLAIMED and ticket.assignee == ERASED:
            ticket.unclaim(ERASED, now)
            policy = self._context.workspaces.policy_of(ticket.team)
            schedule_escalation(session, ticket, policy, now)
        if ticket.has_erased_participant and ticket.cloud_report.is_unsent:
            ticket.cloud_report.set_state(ReportState.OFF)
        ticket.mark_changed()
        if ticket.thread.card_ts:
            enqueue(session, ticket, CARD, now)
        session.add(ticket)


def _prune_evidence(session: Session, identity: Identity) -> int:
    """Remove what was measured at, or of, the person; return the number of calls."""
    rows = erasure.list_evidence(session, identity)
    return sum(_prune(session, row, identity) for row in rows)


def _prune(session: Session, row: StoredEvidence, identity: Identity) -> bool:
    """Return whether the person was in this evidence."""
    from bot.charts.serialization import (  # noqa: PLC0415 - numpy is slow to import
        deserialize_series,
        serialize_series,
    )

    series = deserialize_series(row.packed_series)
    others = [one for one in series if identity.value not in (one.uid, one.peer_uid)]
    facts = {name: _without(value, identity) for name, value in row.facts.items()}
    is_changed = len(others) < len(series) or facts != row.facts
    if is_changed:
        row.packed_series, row.facts = serialize_series(others, _span(others, row.at)), facts
        session.add(row)
        session.flush()
    return is_changed


def _span(series: Sequence[Series], default: dt.datetime) -> Window:
    """Return the window that all samples are in."""
    edges = [time for one in series if len(one.times) for time in one.times[[0, -1]]]
    times = [dt.datetime.fromtimestamp(time, dt.UTC) for time in edges] or [default]
    return Window(min(times) - _MARGIN, max(times) + _MARGIN)


def _without(value: Any, identity: Identity) -> Any:
    """Return a list without the items that name the person."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return value
    return [item for item in value if identity.erase_from(item) == item]
