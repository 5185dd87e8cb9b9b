"""Slack's Web API clients: one shared session, one client a workspace. No story in here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, Self

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

TokenOf = Callable[[str], Awaitable[str | None]]

TIMEOUT_S: Final = 10
_KEEPALIVE_S: Final = 60
_RETRIES: Final = 1


class Clients:
    """Hands out clients that share one session. Open it inside the running loop."""

    def __init__(self, base_url: str, token: str, token_of: TokenOf | None = None) -> None:
        self._base_url = base_url
        self._token = token
        self._token_of = token_of
        self._session: aiohttp.ClientSession | None = None
        self._by_token: dict[str, AsyncWebClient] = {}

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(keepalive_timeout=_KEEPALIVE_S)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout)
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def default(self) -> AsyncWebClient:
        """The client of the configured token."""
        return self._client(self._token)

    async def of(self, team: str) -> AsyncWebClient:
        """The client of one workspace."""
        token = await self._token_of(team) if self._token_of and team else None
        return self._client(token or self._token)

    def _client(self, token: str) -> AsyncWebClient:
        if token not in self._by_token:
            self._by_token[token] = AsyncWebClient(
                token=token or None,
                base_url=self._base_url,
                session=self._session,
                retry_handlers=[
                    AsyncConnectionErrorRetryHandler(
                        max_retry_count=_RETRIES,
                        # nothing else proves that a post did not arrive
                        error_types=[aiohttp.ClientConnectorError],
                    ),
                    AsyncRateLimitErrorRetryHandler(max_retry_count=_RETRIES),
                ],
            )
        return self._by_token[token]
