"""The job that answers who asked for the trend of the last weeks."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final, Protocol

from bot.errors import SlackError
from bot.jobs.run import Queue, Run, job
from bot.ports import Inquiry
from bot.services.context import Context
from bot.services.inquiry_rows import clear_response_url, find_open_inquiry
from bot.services.summary.trend import KIND, QualityTrend, TrendService

log = logging.getLogger(__name__)

ANSWER_TIMEOUT: Final = dt.timedelta(minutes=29)  # a response URL is valid for 30


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
        _, since = run, self._context.clock.now() - ANSWER_TIMEOUT
        inquiry = await self._context.store.read(
            lambda session: find_open_inquiry(session, origin, since)
        )
        if inquiry is None or inquiry.app not in ("", *self._context.clouds_of(inquiry.team)):
            return
        trend = await self._service.load(inquiry.team, inquiry.app)
        try:
            await self._responder.respond(inquiry, trend)
        except SlackError as error:
            if error.retryable:
                raise
            log.info("the answer to an inquiry was refused: %s", error)
        await self._context.store.transact(lambda session: clear_response_url(session, origin))
