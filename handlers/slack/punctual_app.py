"""A Bolt app that answers within Slack's three seconds, whatever the database or Slack does."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.logs import REQUEST_ID, new_request_id
from bot.process_metrics import ACKNOWLEDGEMENTS, REQUESTS
from bot.services.context import explain_cancellation
from handlers.slack.clients import SlackClients
from handlers.slack.errors import ErrorHandler, LateAnswerError, outcome_of
from handlers.slack.flood_limit import FloodLimit
from handlers.slack.oauth import Authorization
from handlers.slack.open_requests import OpenRequests
from handlers.slack.request import Requester
from handlers.slack.routes import Listener, Routes, kind_of

log = logging.getLogger(__name__)

Function = Callable[..., Awaitable[None]]
Registration = Callable[[Function], Function]
Name = Any  # a text; Bolt also takes what Lagdesk does not use


class PunctualApp(AsyncApp):
    """Cancels a handler that is late, which rolls its transaction back, and says so.

    Commands, forms, shortcuts, buttons and menus are looked up in a table. They pass none of Bolt's
    middleware, which they do not need: the transport has checked the signature, the workspace's
    token is looked up here, `ssl_check` and URL verification are no such requests, and only
    events can be our own or come twice. Bolt has the events, the requests of workspaces that
    have not installed Lagdesk, and those that nobody listens to.
    """

    def __init__(
        self,
        error_handler: ErrorHandler,
        answer_timeout_s: float,
        requests: OpenRequests,
        authorization: Authorization,
        clients: SlackClients,
        *,
        flood_limit: FloodLimit,
        **bolt: Any,
    ) -> None:
        super().__init__(**bolt, authorize=authorization)  # type: ignore[arg-type]  # it may be None
        self._requests = requests
        self._late_after_s = answer_timeout_s
        self._error_handler = error_handler
        self._authorization = authorization
        self._clients = clients
        self._flood_limit = flood_limit
        self.routes: Final = Routes()
        self.error(error_handler.handle)

    def command(self, command: Name, *_: Any, **__: Any) -> Registration:
        """Register the listener of a slash command."""
        return self._route("command", command)

    def view(self, constraints: Name, *_: Any, **__: Any) -> Registration:
        """Register the listener of a form."""
        return self._route("view", constraints)

    def shortcut(self, constraints: Name, *_: Any, **__: Any) -> Registration:
        """Register the listener of a shortcut."""
        return self._route("shortcut", constraints)

    def action(self, constraints: Name, *_: Any, **__: Any) -> Registration:
        """Register the listener of a button or a select."""
        return self._route("action", constraints)

    def options(self, constraints: Name, *_: Any, **__: Any) -> Registration:
        """Register the listener that returns the options of a form's field, by its block id."""
        return self._route("options", constraints)

    def _route(self, kind: str, name: Name) -> Registration:
        def add(function: Function) -> Function:
            self.routes.add(kind, name, Listener(function))
            return function

        return add

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """Dispatch a request of either transport, and count it."""
        began, kind = time.perf_counter(), kind_of(req.body)
        request_id = REQUEST_ID.set(new_request_id())
        response = await self._dispatch_in_time(req)
        seconds, outcome = time.perf_counter() - began, outcome_of(req.context)
        REQUESTS[kind, outcome] += 1
        ACKNOWLEDGEMENTS.observe(seconds)
        log.debug("%s: %s after %.3f s", kind, outcome, seconds)
        REQUEST_ID.reset(request_id)
        return response

    async def _dispatch_in_time(self, req: AsyncBoltRequest) -> BoltResponse:
        try:
            async with asyncio.timeout(self._late_after_s):
                with self._requests.count():
                    return await self._dispatch(req)
        except TimeoutError as error:
            late = explain_cancellation(error.__cause__) or LateAnswerError()
            return await self._error_handler.handle(late, req.body, req.context)

    async def _dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        listener = self.routes.find(req.body)
        if listener is None:
            return await super().async_dispatch(req)
        context = req.context
        try:
            team = Requester.of(req.body).team or context.team_id or ""
            token = await self._authorization.token_of(team, context.enterprise_id or "")
            if token is None:
                return await super().async_dispatch(req)  # which answers that it is not installed
            context["client"] = self._clients.with_token(token)
            self._flood_limit.check(req.body)
            await listener.run(req)
        except Exception as error:  # noqa: BLE001 - every error becomes an answer
            return await self._error_handler.handle(error, req.body, context)
        if context.ack.response is not None:
            return context.ack.response
        unanswered = BoltUnhandledRequestError(request=req, current_response=None)
        return await self._error_handler.handle(unanswered, req.body, context)
