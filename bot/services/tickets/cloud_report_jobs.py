"""The job that reports a ticket's call to its cloud."""

from __future__ import annotations

import datetime as dt

from bot.errors import CloudError
from bot.i18n.messages import Message
from bot.i18n.serialization import dump_message
from bot.jobs.run import Queue, Run, job
from bot.services.cloud_errors import classify_report_failure
from bot.services.context import Context
from bot.services.tickets.updates import find_ticket, update_ticket
from bot.ticket import MAYBE_SENT_STATES, ReportState, Ticket


class CloudReportJobs:
    """Reports calls to their clouds."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @job("report", Queue.DIAGNOSES)
    async def send_report(self, run: Run, number: int) -> dt.datetime | None:
        """Report the call to its cloud, at most once as far as can be known."""
        ticket = await find_ticket(self._context, number)
        if ticket.cloud_report.state in MAYBE_SENT_STATES:
            return None
        if ticket.cloud_report.attempted_at is not None:  # a worker died while it was sending
            await self._save_state(run, ticket, ReportState.UNCONFIRMED, None)
            return None
        await update_ticket(run, self._context, ticket, self._count_attempt)
        cloud = self._context.clouds[ticket.app]
        try:
            await cloud.send_report(ticket.report)
        except CloudError as error:
            reportable_until = ticket.occurred_at + cloud.capabilities.lookback
            now = self._context.clock.now()
            state, retry_at = classify_report_failure(error, now, reportable_until)
            await self._save_state(run, ticket, state, error.user_message)
            if state is ReportState.PENDING:
                raise
            return retry_at
        await self._save_state(run, ticket, ReportState.ACCEPTED, None)
        return None

    def _count_attempt(self, ticket: Ticket) -> None:
        ticket.cloud_report.attempted_at = self._context.clock.now()
        ticket.cloud_report.attempts += 1

    async def _save_state(
        self, run: Run, ticket: Ticket, state: ReportState, reason: Message | None
    ) -> None:
        def change(stored: Ticket) -> None:
            stored.cloud_report.attempted_at = None
            stored.cloud_report.state = state
            stored.cloud_report.reason = dump_message(reason) if reason else None

        await update_ticket(run, self._context, ticket, change, "card")
