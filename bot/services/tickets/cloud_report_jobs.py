"""The job that reports a ticket's call to its cloud."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Final

from bot.causes import WITHDRAWN
from bot.cloud_report import ReportState, previously_reported_cloud
from bot.errors import CloudError
from bot.i18n.messages import Message, message
from bot.i18n.serialization import dump_message
from bot.jobs.run import Run, job
from bot.ports import Cloud
from bot.services.cloud_errors import classify_report_failure
from bot.services.context import Context, DatabaseUnavailableError
from bot.services.tickets.enqueue import CARD, REPORT
from bot.services.tickets.updates import find_ticket, update_ticket
from bot.store.tickets import tickets
from bot.ticket import Ticket

_DATABASE_PAUSE_S: Final = 1.0
_WAIT_FOR_FIRST: Final = dt.timedelta(seconds=10)


class CloudReportJobs:
    """Reports calls to their clouds."""

    def __init__(self, context: Context, *, database_pause_s: float = _DATABASE_PAUSE_S) -> None:
        self._context = context
        self._database_pause_s = database_pause_s

    @job(REPORT.kind, REPORT.queue)
    async def send_report(self, run: Run, number: int) -> dt.datetime | None:
        """Report the call to its cloud, at most once as far as can be known.

        The attempt is stored before it is sent. An attempt without an outcome was interrupted
        and may have arrived: only a person can have it sent again. A call that another ticket
        has reported is not reported again; one that it is about to report has to wait.
        """
        ticket = await find_ticket(self._context, number)
        if not ticket.cloud_report.is_unsent or ticket.was_resolved_as(WITHDRAWN):
            return None
        if ticket.cloud_report.attempted_at is not None:
            await self._save_state(run, ticket, ReportState.UNCONFIRMED)
            return None
        cloud = self._context.clouds.get(ticket.app)
        if cloud is None:  # removed from the settings
            await self._save_state(run, ticket, ReportState.OFF)
            return None
        same = await self._context.store.read(lambda s: tickets.list_same_call(s, ticket))
        reported = [each for each in same if _is_reported(each)]
        sent = next((each for each in reported if not each.cloud_report.is_unsent), None)
        if sent is not None:
            reason = message("%(ticket)s is about the same call.", ticket=sent.label)
            await self._save_state(run, ticket, ReportState.OFF, reason)
            return None
        if any(each.id < ticket.id or each.cloud_report.attempted_at for each in reported):
            return self._context.clock.now() + _WAIT_FOR_FIRST
        await update_ticket(run, self._context, ticket, self._count_attempt)
        run.ensure_held()
        return await self._send(run, ticket, cloud)

    def _count_attempt(self, ticket: Ticket) -> None:
        ticket.cloud_report.attempted_at = self._context.clock.now()
        ticket.cloud_report.attempts += 1

    async def _send(self, run: Run, ticket: Ticket, cloud: Cloud) -> dt.datetime | None:
        """Send the report and store the outcome; return when to retry what an operator mends."""
        try:
            await cloud.send_report(ticket.report)
        except CloudError as error:
            reportable_until = ticket.occurred_at + cloud.capabilities.lookback
            now = self._context.clock.now()
            state, retry_at = classify_report_failure(error, now, reportable_until)
            await self._save_outcome(run, ticket, state, error.user_message, retry_at)
            if state is ReportState.PENDING:
                raise
            return retry_at
        await self._save_outcome(run, ticket, ReportState.ACCEPTED)
        return None

    async def _save_outcome(
        self,
        run: Run,
        ticket: Ticket,
        state: ReportState,
        reason: Message | None = None,
        retry_at: dt.datetime | None = None,
    ) -> None:
        """Store an outcome, waiting for a database that is away: nobody else knows it."""
        while True:
            try:
                return await self._save_state(run, ticket, state, reason, retry_at)
            except DatabaseUnavailableError:
                await asyncio.sleep(self._database_pause_s)

    async def _save_state(
        self,
        run: Run,
        ticket: Ticket,
        state: ReportState,
        reason: Message | None = None,
        retry_at: dt.datetime | None = None,
    ) -> None:
        def change(stored: Ticket) -> None:
            dumped = dump_message(reason) if reason else None
            stored.cloud_report.set_state(state, dumped, retry_at)

        is_last = state is ReportState.ACCEPTED
        await update_ticket(run, self._context, ticket, change, CARD, is_last=is_last)


def _is_reported(ticket: Ticket) -> bool:
    """Return whether a cloud has or gets a report of a ticket's call as it is now."""
    report = ticket.cloud_report
    if report.is_unsent:
        return not ticket.was_resolved_as(WITHDRAWN)
    return report.may_have_arrived and previously_reported_cloud(ticket.history) is None
