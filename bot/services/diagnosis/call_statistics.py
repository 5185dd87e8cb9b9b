"""How everybody in a ticket's call fared: fetched after the verdict, kept beside its evidence.

Nobody waits for it: the verdict is told first, and where no cloud tells it nothing is missed.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final

from bot.call import Call
from bot.errors import CloudError, CloudOverQuotaError
from bot.ports import Cloud, CrowdSource, Diagnosis, Window
from bot.services.diagnosis.evidence import add_crowd, recall
from bot.services.diagnosis.service import REACH
from bot.services.tickets.service import Desk, owe
from bot.store import Session, models
from bot.store.tickets import tickets
from bot.ticket import Ticket

log = logging.getLogger(__name__)

KIND: Final = "crowd"
_PAUSE: Final = dt.timedelta(minutes=5)
_WITHIN: Final = dt.timedelta(hours=3)  # after the verdict; later nobody looks for it any more


def owe_crowd(session: Session, ticket: Ticket, cloud: Cloud, now: dt.datetime) -> None:
    """Owe a look at everybody in the call, where the cloud can tell."""
    if cloud.capabilities.crowds:
        owe(session, ticket, KIND, now)


class CrowdDuty:
    """Fetches how everybody fared, once a ticket, and keeps it with the ticket's evidence."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def fetch(self, duty: models.Duty) -> dt.datetime | None:
        """Ask the cloud unless it was asked; come back while it is busy, give up what it refuses.

        Carried out by the job engine.
        """
        ticket, diagnosis = await self._desk.store.read(lambda session: _find(session, duty))
        cloud = self._desk.clouds.get(ticket.app)
        if diagnosis is None or diagnosis.crowd is not None or not isinstance(cloud, CrowdSource):
            return None
        call = _call_of(diagnosis)
        if call is None:
            return None
        try:
            crowd = await cloud.fetch_crowd(call, _window(diagnosis, call))
        except CloudError as error:
            return self._next_try(diagnosis, error)
        if not crowd.is_empty:
            await self._desk.store.transact(lambda session: add_crowd(session, ticket, crowd))
        return None

    def _next_try(self, diagnosis: Diagnosis, error: CloudError) -> dt.datetime | None:
        now = self._desk.clock.now()
        if not error.retryable:
            log.info("nobody tells how everybody fared: %s", error)
            return None
        at = now + _PAUSE
        if isinstance(error, CloudOverQuotaError):
            at = max(error.retry_at, now)
        return at if at <= diagnosis.asked_at + _WITHIN else None


def _find(session: Session, duty: models.Duty) -> tuple[Ticket, Diagnosis | None]:
    ticket = tickets.find(session, duty.ticket or 0)
    return ticket, recall(session, ticket)


def _call_of(diagnosis: Diagnosis) -> Call | None:
    """The call that ran when it was bad, else the newest."""
    at = diagnosis.report.occurred_at
    return next((call for call in diagnosis.calls if call.covers(at)), diagnosis.call)


def _window(diagnosis: Diagnosis, call: Call) -> Window:
    """The stretch the verdict rests on, as far as the call ran."""
    around = Window.around(diagnosis.report.occurred_at, REACH)
    until = around.until if call.ended_at is None else min(around.until, call.ended_at)
    since = max(around.since, call.started_at)
    return Window(min(since, until), until)
