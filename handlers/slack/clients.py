"""Slack Web API clients: one shared session, one client for each workspace."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Final, Self

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient

TokenLookup = Callable[[str], Awaitable[str | None]]

TIMEOUT_S: Final = 10
_KEEPALIVE_S: Final = 60
_RETRIES: Final = 1
_MAX_RETRY_AFTER_S: Final = 1.0


class _ShortRateLimitRetryHandler(AsyncRateLimitErrorRetryHandler):
    """Retries after short rate limits; people cannot wait for long ones, and jobs retry later."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        limited = await super()._can_retry_async(
            state=state, request=request, response=response, error=error
        )
        return limited and _retry_after_s(response) <= _MAX_RETRY_AFTER_S


def _retry_after_s(response: HttpResponse | None) -> float:
    """Read Retry-After, in seconds; infinity without one."""
    headers = response.headers if response else {}
    header = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    text = header[0] if isinstance(header, list) and header else header
    return float(text) if isinstance(text, str) and text.isdecimal() else math.inf


class SlackClients:
    """Clients that share one session. Open it inside the running event loop."""

    def __init__(self, base_url: str, token: str, token_for: TokenLookup | None = None) -> None:
        self._base_url = base_url
        self._token = token
        self._token_for = token_for
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
    def session(self) -> aiohttp.ClientSession:
        """The shared session, for uploading bytes."""
        if self._session is None:
            msg = "the clients are not open"
            raise RuntimeError(msg)
        return self._session

    @property
    def default(self) -> AsyncWebClient:
        """The client of the configured token."""
        return self._client(self._token)

    @property
    def anonymous(self) -> AsyncWebClient:
        """A client without a token, for calls that pass their own."""
        return self._client("")

    async def of(self, team: str) -> AsyncWebClient:
        """Return a workspace's client; without a token when it has not installed Lagdesk."""
        if self._token_for is None or not team:
            return self.default
        return self._client(await self._token_for(team) or "")

    def _client(self, token: str) -> AsyncWebClient:
        if token not in self._by_token:
            self._by_token[token] = AsyncWebClient(
                token=token or None,
                base_url=self._base_url,
                session=self._session,
                retry_handlers=[
                    AsyncConnectionErrorRetryHandler(
                        max_retry_count=_RETRIES,
                        # only these prove that a post did not arrive
                        error_types=[aiohttp.ClientConnectorError],
                    ),
                    _ShortRateLimitRetryHandler(max_retry_count=_RETRIES),
                ],
            )
        return self._by_token[token]


def error_code(error: SlackApiError) -> str:
    """Return Slack's error code; "" when the body is not JSON."""
    data = error.response.data
    return str(data.get("error") or "") if isinstance(data, dict) else ""
