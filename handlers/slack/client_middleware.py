"""The Web API client that handlers get."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncBoltContext
from slack_bolt.response import BoltResponse

from handlers.slack.clients import SlackClients


class ClientMiddleware:
    """Bolt middleware: handlers send with our clients too, not with Bolt's own for each request."""

    def __init__(self, clients: SlackClients) -> None:
        self._clients = clients

    async def __call__(
        self,
        context: AsyncBoltContext,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse:
        """Replace the request's client."""
        context["client"] = self._clients.with_token(context.bot_token or "")
        return await next()
