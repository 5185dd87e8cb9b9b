"""Answering inquiries about whole apps."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Final, Protocol

from bot.errors import SlackError
from bot.jobs.run import Queue, Run, job
from bot.ports import AppMetrics, Inquiry, Topic
from bot.services.app_metrics.service import KIND, AppMetricsService
from bot.services.context import Context
from bot.services.inquiry_rows import clear_response_url, find_open_inquiry

log = logging.getLogger(__name__)

ANSWER_TIMEOUT: Final = dt.timedelta(minutes=29)  # a response URL is valid for 30


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
        _, since = run, self._context.clock.now() - ANSWER_TIMEOUT
        inquiry = await self._context.store.read(
            lambda session: find_open_inquiry(session, origin, since)
        )
        if inquiry is None or inquiry.app not in self._context.clouds_of(inquiry.team):
            return
        app_metrics = await self._service.fetch(inquiry.app, Topic(inquiry.topic))
        try:
            others = self._service.others(inquiry.team, inquiry.app)
            await self._responder.respond(inquiry, app_metrics, others)
        except SlackError as error:
            if error.retryable:
                raise
            log.info("the answer to an inquiry was refused: %s", error)
        await self._context.store.transact(lambda session: clear_response_url(session, origin))
