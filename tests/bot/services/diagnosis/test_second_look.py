"""A second diagnosis of a ticket: whether it replaces the first, and when the next one is."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pytest

from bot.call import MissingItem, MissingKind, MissingReason, Side
from bot.diagnosis import Verdict
from bot.ports import Diagnosis
from bot.services.diagnosis.jobs import DiagnosisJobs
from bot.store import Store
from bot.store.tickets import tickets
from bot.ticket import Ticket
from bot.ticket_thread import TicketThread
from tests.bot.services.contexts import make_context

NOON: Final = dt.datetime(2026, 11, 9, 12, tzinfo=dt.UTC)
MINUTE: Final = dt.timedelta(minutes=1)
LOSS: Final = Verdict("network.loss", NOON, NOON, confidence=0.9)


class FixedClock:
    """A clock that has stopped."""

    def now(self) -> dt.datetime:
        """A minute after noon."""
        return NOON + MINUTE


class GivenDiagnosis:
    """A diagnosis service with a given verdict."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict

    async def diagnose(self, report: Any, apps: Any) -> Diagnosis:
        """Return it."""
        assert report.app in apps
        return Diagnosis(report, "agora", self._verdict, NOON)


async def diagnose_again(store: Store, verdict: Verdict) -> tuple[dt.datetime | None, Ticket]:
    """Diagnose a ticket whose verdict is `LOSS` again; return the next time, and the ticket."""
    ticket = Ticket(
        origin="V1",
        app="kids",
        cloud="agora",
        cname="room",
        teacher_uid="1",
        student_uid="2",
        abnormal_side=Side.STUDENT,
        issue_type=3,
        occurred_at=NOON,
        created_at=NOON,
        reporter="U1",
        thread=TicketThread(card_ts="1.0", diagnosis_ts="2.0"),
        verdict=LOSS.to_json(),
    )
    await store.transact(lambda session: session.add(ticket))
    unused: Any = None  # nothing is posted or updated
    service: Any = GivenDiagnosis(verdict)
    jobs = DiagnosisJobs(
        make_context(store, FixedClock(), clouds={"kids": unused}), service, unused, unused
    )
    next_at = await jobs.diagnose(unused, 1)
    stored = await store.read(lambda session: tickets.find(session, number=1))
    assert stored is not None
    return next_at, stored


@pytest.mark.parametrize(
    ("retry_at", "next_at"), [(NOON + 5 * MINUTE, NOON + 5 * MINUTE), (None, None)]
)
async def test_a_worse_verdict_is_not_stored(
    store: Store, retry_at: dt.datetime | None, next_at: dt.datetime | None
) -> None:
    """The first verdict is kept, and the diagnosis is retried as long as data may come."""
    gap = MissingItem(MissingKind.CALL, MissingReason.OVER_QUOTA, retry_at)
    at, ticket = await diagnose_again(store, Verdict("unknown", NOON, NOON, missing=(gap,)))
    assert at == next_at
    assert ticket.verdict == LOSS.to_json()
