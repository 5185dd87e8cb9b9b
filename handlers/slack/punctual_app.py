"""A Bolt app that answers within Slack's three seconds, whatever the database or Slack does."""

from __future__ import annotations

import asyncio
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.jobs.requests import OpenRequests
from bot.services.context import DatabaseUnavailableError, waited_for_database
from handlers.slack.errors import ErrorHandler, LateAnswerError


class PunctualApp(AsyncApp):
    """Cancels a handler that is late, which rolls its transaction back, and says so."""

    def __init__(
        self,
        error_handler: ErrorHandler,
        answer_timeout_s: float,
        requests: OpenRequests,
        **bolt: Any,
    ) -> None:
        super().__init__(**bolt)
        self._requests = requests
        self._late_after_s = answer_timeout_s
        self._error_handler = error_handler
        self.error(error_handler.handle)

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """Dispatch a request of either transport."""
        try:
            async with asyncio.timeout(self._late_after_s):
                with self._requests.count():
                    return await super().async_dispatch(req)
        except TimeoutError as error:
            late: Exception = LateAnswerError()
            if waited_for_database(error.__cause__):
                late = DatabaseUnavailableError("no answer in time")
            return await self._error_handler.handle(late, req.body, req.context)
