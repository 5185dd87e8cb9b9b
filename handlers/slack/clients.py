"""Slack Web API clients: shared connections, one client for each workspace."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Self
from urllib.parse import urlsplit

import aiohttp
import msgspec
from cachetools import LRUCache
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import SlackNotInstalledError
from bot.i18n.messages import message
from bot.process_metrics import SLACK_CALLS
from handlers.slack.connections import Connections, NotConnectedError
from handlers.slack.rate_limits import RateLimits

TokenLookup = Callable[[str], Awaitable[str | None]]

NOT_INSTALLED: Final = message("Lagdesk is not installed in this workspace.")
TIMEOUT_S: Final = 10
_KEEPALIVE_S: Final = 60
_RETRIES: Final = 1
_MAX_CLIENTS: Final = 1000  # a token is replaced at each installation
_RETRY_PAUSE_S: Final = 0.5
_TOO_MANY_REQUESTS: Final = 429
_RATE_LIMITED_CODES: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_DEFAULT_RETRY_AFTER_S: Final = 5.0
_DIGEST_LENGTH: Final = 16  # tells workspaces apart without their token


class _PatientClient(AsyncWebClient):
    """A client that sends nothing which Slack has blocked, and fails as Slack would."""

    def __init__(self, limits: RateLimits, connections: Connections, **settings: Any) -> None:
        super().__init__(**settings)
        self._limits = limits
        self._connections = connections
        self._path = urlsplit(self.base_url).path
        self._json_headers = {
            **self.headers,
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json;charset=utf-8",
        }
        digest = hashlib.sha256(str(self.token).encode()).hexdigest()
        self._workspace = digest[:_DIGEST_LENGTH]

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        """Call a method of the Web API; every method of the base class does so here."""
        outcome = "unreachable"
        try:
            response = await self._call_unless_blocked(api_method, arguments)
            outcome = "ok"
        except SlackApiError as error:
            outcome = "rate_limited" if is_rate_limited(error) else "error"
            raise
        finally:
            SLACK_CALLS[api_method, outcome] += 1
        return response

    async def _call_unless_blocked(
        self, api_method: str, arguments: Mapping[str, Any]
    ) -> AsyncSlackResponse:
        limit = (self._workspace, api_method, _channel_of(arguments))
        remaining_s = await self._limits.remaining_s(*limit)
        if remaining_s:
            raise self._blocked(api_method, remaining_s)
        try:
            if arguments.keys() == {"json"} and not self.proxy:
                return await self._post(api_method, msgspec.json.encode(arguments["json"]))
            return await super().api_call(api_method, **arguments)
        except SlackApiError as error:
            if is_rate_limited(error):
                await self._limits.block(*limit, retry_after_s(error))
            raise

    async def _post(self, method: str, body: bytes) -> AsyncSlackResponse:
        """Post JSON, on a form's way: slack-sdk needs several times the CPU for that."""
        try:
            answer = await self._post_once(method, body)
        except NotConnectedError:
            await asyncio.sleep(_RETRY_PAUSE_S)
            answer = await self._post_once(method, body)
        answer.validate()  # type: ignore[no-untyped-call]
        return answer

    async def _post_once(self, method: str, body: bytes) -> AsyncSlackResponse:
        path = f"{self._path}{method}"
        answer = await self._connections.post(path, self._json_headers, body)
        return self._response(method, answer.status, answer.headers, _read_object(answer.body))

    def _blocked(self, method: str, remaining_s: float) -> SlackApiError:
        headers = {"Retry-After": str(math.ceil(remaining_s))}  # slack-sdk reads an integer
        data = {"ok": False, "error": "ratelimited"}
        why = "not sent: Slack asked for a pause"
        response = self._response(method, _TOO_MANY_REQUESTS, headers, data)
        return SlackApiError(why, response)  # type: ignore[no-untyped-call]

    def _response(
        self, method: str, status: int, headers: Mapping[str, str], data: dict[str, Any]
    ) -> AsyncSlackResponse:
        return AsyncSlackResponse(
            client=self,
            http_verb="POST",
            api_url=f"{self.base_url}{method}",
            req_args={},
            data=data,
            headers=dict(headers),
            status_code=status,
        )


def _read_object(content: bytes) -> dict[str, Any]:
    """Parse a JSON object; empty when it is none, which slack-sdk takes for a failure."""
    try:
        data = json.loads(content)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _channel_of(arguments: Mapping[str, Any]) -> str:
    """Return the channel a call is about; "" for a limit of the whole workspace."""
    values = arguments.get("json") or arguments.get("params") or arguments.get("data")
    if not isinstance(values, Mapping):
        return ""
    return str(values.get("channel") or values.get("channel_id") or "")


def is_rate_limited(error: SlackApiError) -> bool:
    """Return whether Slack wants a pause."""
    return (
        error.response.status_code == _TOO_MANY_REQUESTS or error_code(error) in _RATE_LIMITED_CODES
    )


def retry_after_s(error: SlackApiError) -> float:
    """Return the seconds for which Slack wants a pause."""
    return read_retry_after_s(error.response.headers or {})


def read_retry_after_s(headers: Mapping[str, Any]) -> float:
    """Return the seconds of Retry-After, five without them."""
    lower_headers = {str(name).lower(): value for name, value in headers.items()}
    value = lower_headers.get("retry-after", _DEFAULT_RETRY_AFTER_S)
    try:
        return float(value[0] if isinstance(value, list) else value)
    except ValueError:
        return _DEFAULT_RETRY_AFTER_S


class SlackClients:
    """Clients that share one session. Open it inside the running event loop."""

    def __init__(
        self,
        base_url: str,
        token: str,
        token_for: TokenLookup | None = None,
        *,
        limits: RateLimits | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._limits = limits or RateLimits()
        self._timeout_s = timeout_s
        self._base_url = base_url
        self._token = token
        self._token_for = token_for
        self._connections = Connections(base_url, timeout_s)
        self._session: aiohttp.ClientSession | None = None
        self._by_token: LRUCache[str, AsyncWebClient] = LRUCache(_MAX_CLIENTS)

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(keepalive_timeout=_KEEPALIVE_S)
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._connections.close()
        if self._session is not None:
            await self._session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        """The shared session."""
        if self._session is None:
            msg = "the clients are not open"
            raise RuntimeError(msg)
        return self._session

    @property
    def default(self) -> AsyncWebClient:
        """The client of the configured token."""
        return self.with_token(self._token)

    @property
    def anonymous(self) -> AsyncWebClient:
        """A client without a token, for calls that pass their own."""
        return self.with_token("")

    async def of(self, team: str) -> AsyncWebClient:
        """Return a workspace's client. Raises SlackNotInstalledError without an installation."""
        if self._token_for is None or not team:
            return self.default
        token = await self._token_for(team)
        if token is None:
            raise SlackNotInstalledError(NOT_INSTALLED, code="not_installed")
        return self.with_token(token)

    def with_token(self, token: str) -> AsyncWebClient:
        """Return the client of a token."""
        client = self._by_token.get(token)
        if client is None:
            client = self._by_token[token] = _PatientClient(
                self._limits,
                self._connections,
                session=self.session,
                token=token or None,
                base_url=self._base_url,
                retry_handlers=[
                    AsyncConnectionErrorRetryHandler(
                        max_retry_count=_RETRIES,
                        # only these prove that a post did not arrive
                        error_types=[aiohttp.ClientConnectorError],
                    ),
                ],
            )
        return client


def error_code(error: SlackApiError) -> str:
    """Return Slack's error code; "" when the body is not JSON."""
    data = error.response.data
    return str(data.get("error") or "") if isinstance(data, dict) else ""
