"""A Bolt app that answers within Slack's three seconds, whatever the database or Slack does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.listener.async_listener import AsyncListener
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.jobs.requests import OpenRequests
from bot.services.context import DatabaseUnavailableError, waited_for_database
from handlers.slack.clients import SlackClients
from handlers.slack.errors import ErrorHandler, LateAnswerError
from handlers.slack.oauth import Authorization
from handlers.slack.routes import Routes

Registration = Callable[..., Any]
Name = Any  # a text or a pattern; Bolt also takes what Lagdesk does not use


class PunctualApp(AsyncApp):
    """Cancels a handler that is late, which rolls its transaction back, and says so.

    Commands, forms, shortcuts and buttons are looked up in a table. They pass none of Bolt's
    middleware: the transport has checked the signature, `Authorization` is called here, and URL
    verification, `ssl_check`, our own events and repeated events are no such requests.
    """

    def __init__(
        self,
        error_handler: ErrorHandler,
        answer_timeout_s: float,
        requests: OpenRequests,
        authorization: Authorization,
        clients: SlackClients,
        **bolt: Any,
    ) -> None:
        super().__init__(**bolt, authorize=authorization)  # type: ignore[arg-type]  # it may be None
        self._requests = requests
        self._late_after_s = answer_timeout_s
        self._error_handler = error_handler
        self._authorization = authorization
        self._clients = clients
        self._routes = Routes()
        self.error(error_handler.handle)

    def command(self, command: Name, *rest: Any, **more: Any) -> Registration:
        """Register the listener of a slash command."""
        return self._routed("command", command, super().command(command, *rest, **more))

    def view(self, constraints: Name, *rest: Any, **more: Any) -> Registration:
        """Register the listener of a form."""
        return self._routed("view", constraints, super().view(constraints, *rest, **more))

    def shortcut(self, constraints: Name, *rest: Any, **more: Any) -> Registration:
        """Register the listener of a shortcut."""
        return self._routed("shortcut", constraints, super().shortcut(constraints, *rest, **more))

    def action(self, constraints: Name, *rest: Any, **more: Any) -> Registration:
        """Register the listener of a button or a select."""
        return self._routed("action", constraints, super().action(constraints, *rest, **more))

    def _routed(self, kind: str, name: Name, register: Registration) -> Registration:
        def add(function: Callable[..., Any]) -> Any:
            registered = register(function)
            self._routes.add(kind, name, self._async_listeners[-1])
            return registered

        return add

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """Dispatch a request of either transport."""
        try:
            async with asyncio.timeout(self._late_after_s):
                with self._requests.count():
                    return await self._dispatch(req)
        except TimeoutError as error:
            late: Exception = LateAnswerError()
            if waited_for_database(error.__cause__):
                late = DatabaseUnavailableError("no answer in time")
            return await self._error_handler.handle(late, req.body, req.context)

    async def _dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        listener = self._routes.find(req.body)
        if listener is None:
            return await super().async_dispatch(req)
        try:
            is_authorized = await self._authorize(req)
        except Exception as error:  # noqa: BLE001 - every error becomes an answer
            return await self._error_handler.handle(error, req.body, req.context)
        if not is_authorized:
            return await super().async_dispatch(req)  # Bolt answers that it is not installed
        return await self._run(listener, req)

    async def _authorize(self, req: AsyncBoltRequest) -> bool:
        """Put the workspace's bot and client into the request's context."""
        context = req.context
        result = await self._authorization(
            context=context,
            enterprise_id=context.enterprise_id,
            team_id=context.team_id,
            user_id=context.user_id,
        )
        if result is None:
            return False
        context.set_authorize_result(result)
        context["token"] = result.bot_token
        context["client"] = self._clients.with_token(result.bot_token or "")
        return True

    async def _run(self, listener: AsyncListener, req: AsyncBoltRequest) -> BoltResponse:
        """Return what the listener acknowledged with."""
        response = await self.listener_runner.run(
            request=req,
            response=None,  # type: ignore[arg-type]  # else it is returned in place of the answer
            listener_name="",
            listener=listener,
        )
        if response is not None:
            return response
        unanswered = BoltUnhandledRequestError(request=req, current_response=None)
        return await self._error_handler.handle(unanswered, req.body, req.context)
