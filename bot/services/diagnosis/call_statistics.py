"""Statistics of everybody in a ticket's call, fetched after the verdict and stored with it.

The verdict is posted without waiting for it; it is optional.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final

from bot.call import Call
from bot.errors import CloudError, CloudQuotaExceededError
from bot.jobs.run import Run, job
from bot.ports import Cloud, Diagnosis, SupportsCallStatistics, Window
from bot.services.context import Context
from bot.services.diagnosis.evidence import add_call_statistics, load_evidence
from bot.services.diagnosis.service import WINDOW_MARGIN
from bot.services.tickets.enqueue import TicketJob, enqueue
from bot.store import Session
from bot.store.tickets import tickets
from bot.ticket import Ticket

log = logging.getLogger(__name__)

CALL_STATISTICS: Final = TicketJob("call_statistics")
_RETRY_DELAY: Final = dt.timedelta(minutes=5)
_TIMEOUT: Final = dt.timedelta(hours=3)  # after the verdict; later they are of no use


def enqueue_call_statistics(
    session: Session, ticket: Ticket, cloud: Cloud, now: dt.datetime
) -> None:
    """Enqueue fetching the call's statistics when they are published, if the cloud has them."""
    if cloud.capabilities.call_statistics:
        published_at = ticket.occurred_at + WINDOW_MARGIN + cloud.capabilities.metrics_delay
        enqueue(session, ticket, CALL_STATISTICS, max(now, published_at))


class CallStatisticsJob:
    """Fetches the statistics once per ticket and saves them with its evidence."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @job(CALL_STATISTICS.kind, CALL_STATISTICS.queue)
    async def fetch(self, run: Run, number: int) -> dt.datetime | None:
        """Fetch a call's statistics once; returns when to try again after a retryable error."""
        _ = run
        ticket, diagnosis = await self._context.store.read(lambda session: _find(session, number))
        cloud = self._context.clouds.get(ticket.app)
        if (
            diagnosis is None
            or diagnosis.call_statistics is not None
            or not isinstance(cloud, SupportsCallStatistics)
        ):
            return None
        call = _affected_call(diagnosis)
        if call is None:
            return None
        try:
            call_statistics = await cloud.fetch_call_statistics(call, _window(diagnosis, call))
        except CloudError as error:
            return self._retry_at(diagnosis, error)
        if not call_statistics.is_empty:
            await self._context.store.transact(
                lambda session: add_call_statistics(session, ticket, call_statistics)
            )
        return None

    def _retry_at(self, diagnosis: Diagnosis, error: CloudError) -> dt.datetime | None:
        now = self._context.clock.now()
        if not error.retryable:
            log.info("call statistics are not available: %s", error)
            return None
        at = now + _RETRY_DELAY
        if isinstance(error, CloudQuotaExceededError):
            at = max(error.retry_at, now)
        return at if at <= diagnosis.requested_at + _TIMEOUT else None


def _find(session: Session, number: int) -> tuple[Ticket, Diagnosis | None]:
    ticket = tickets.find(session, number)
    return ticket, load_evidence(session, ticket)


def _affected_call(diagnosis: Diagnosis) -> Call | None:
    """Return the call that ran at the time of the complaint, else the newest."""
    at = diagnosis.report.occurred_at
    return next((call for call in diagnosis.calls if call.covers(at)), diagnosis.call)


def _window(diagnosis: Diagnosis, call: Call) -> Window:
    """Return the window of the verdict, clipped to the call."""
    around = Window.around(diagnosis.report.occurred_at, WINDOW_MARGIN)
    until = around.until if call.ended_at is None else min(around.until, call.ended_at)
    since = max(around.since, call.started_at)
    return Window(min(since, until), until)
