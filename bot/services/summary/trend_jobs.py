"""The job that answers who asked for the trend of the last weeks."""

from __future__ import annotations

from typing import Protocol

from bot.jobs.run import Queue, Run, job
from bot.ports import Inquiry
from bot.services.context import Context
from bot.services.inquiry_rows import answer_inquiry
from bot.services.summary.trend import KIND, QualityTrend, TrendService


class TrendResponder(Protocol):
    """Sends trends to Slack."""

    async def respond(self, inquiry: Inquiry, trend: QualityTrend) -> None:
        """Answer privately. Raises SlackError."""


class TrendJobs:
    """Answers inquiries about the last weeks."""

    def __init__(self, context: Context, service: TrendService, responder: TrendResponder) -> None:
        self._context = context
        self._service = service
        self._responder = responder

    @job(KIND, Queue.DIAGNOSES)
    async def answer(self, run: Run, origin: str) -> None:
        """Answer an inquiry, once."""
        _ = run
        await answer_inquiry(self._context, origin, self._respond)

    async def _respond(self, inquiry: Inquiry) -> None:
        trend = await self._service.load(inquiry.team, inquiry.app)
        await self._responder.respond(inquiry, trend)
