"""Answering inquiries about whole apps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.jobs.run import Queue, Run, job
from bot.ports import AppMetrics, Inquiry, Topic
from bot.services.app_metrics.service import KIND, AppMetricsService
from bot.services.context import Context
from bot.services.inquiry_rows import answer_inquiry


class MetricsResponder(Protocol):
    """Sends overviews to Slack."""

    async def respond(
        self, stored_inquiry: Inquiry, app_metrics: AppMetrics, others: Sequence[str]
    ) -> None:
        """Answer privately. Raises SlackError. `others`: further apps."""


class AppMetricsJobs:
    """Answers inquiries about whole apps."""

    def __init__(
        self, context: Context, service: AppMetricsService, responder: MetricsResponder
    ) -> None:
        self._context = context
        self._service = service
        self._responder = responder

    @job(KIND, Queue.DIAGNOSES)
    async def answer(self, run: Run, origin: str) -> None:
        """Answer an inquiry, once."""
        _ = run
        await answer_inquiry(self._context, origin, self._respond)

    async def _respond(self, inquiry: Inquiry) -> None:
        app_metrics = await self._service.fetch(inquiry.app, Topic(inquiry.topic))
        others = self._service.others(inquiry.team, inquiry.app)
        await self._responder.respond(inquiry, app_metrics, others)
