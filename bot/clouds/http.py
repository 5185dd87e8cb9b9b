"""One kept HTTP client per cloud: timeouts, retries, error mapping. Knows no cloud's answers."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections.abc import AsyncIterable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx
import stamina

from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import NotYetPublishedError, invalid_response, unreachable
from bot.clouds.quota import MAX_WAIT_S, Quota
from bot.errors import (
    CloudError,
    CloudQuotaExceededError,
    CloudServerError,
    CloudUnreachableError,
)

Result = TypeVar("Result")
log = logging.getLogger(__name__)

TOTAL_TIMEOUT_S: Final = 10.0  # for all tries of one question together
MAX_BODY_BYTES: Final = 64 * 1024 * 1024
_THREAD_FROM_BYTES: Final = 256 * 1024  # decoding more than this would hold up the event loop
_TIMEOUT: Final = httpx.Timeout(connect=3.0, read=8.0, write=5.0, pool=3.0)
_MIN_TIMEOUT_S: Final = 1.0
_MAX_ATTEMPTS: Final = 3
_NOT_SENT_ERRORS: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)

for _chatty in ("httpx", "httpcore"):  # they log addresses with ids, and headers with keys
    logging.getLogger(_chatty).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """What is asked of an endpoint. Its parts may name people, so it shows none of them."""

    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """What came back, not yet understood."""

    status: int
    body: bytes = field(repr=False)
    headers: httpx.Headers = field(repr=False)


class CloudHttp:
    """Asks one cloud. Every way it can fail is a CloudError."""

    def __init__(
        self,
        cloud: str,
        base_url: str,
        quota: Quota,
        *,
        auth: httpx.Auth | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._cloud = cloud
        self._quota = quota
        self._client = httpx.AsyncClient(
            base_url=base_url,
            auth=auth,
            transport=transport,
            timeout=_TIMEOUT,
            trust_env=not _is_loopback(base_url),
            headers={"Accept": "application/json", "User-Agent": "lagdesk"},
        )

    def __repr__(self) -> str:
        return f"CloudHttp({self._cloud})"

    async def request(
        self,
        endpoint: Endpoint,
        app_id: str,
        api_request: ApiRequest,
        read: Callable[[ApiResponse], Result],
        *,
        wait_s: float = MAX_WAIT_S,
        background: bool = False,
    ) -> Result:
        """Spend one call of the budget, ask, and let `read` understand the answer.

        A GET that never arrived or met a 5xx is asked again a few times, each try out of the
        budget; a POST never is. `read` raises CloudError for what it refuses; it may run in a
        thread. Raises CloudError only.
        """
        deadline = time.monotonic() + TOTAL_TIMEOUT_S
        last: CloudError | None = None
        async for attempt in _attempts(endpoint):
            with attempt:
                try:
                    await self._quota.acquire(
                        endpoint, app_id, wait_s=wait_s, background=background
                    )
                    return await self._attempt(endpoint, app_id, api_request, read, deadline)
                except CloudQuotaExceededError as error:
                    if last is None or error.status:
                        raise
                    raise last from None
                except CloudError as error:
                    last = error
                    raise
        raise AssertionError  # pragma: no cover - stamina returns or raises

    async def remaining_today(self, endpoint: Endpoint, app_id: str) -> int | None:
        """Return how many calls the background may still make this UTC day, None: no limit."""
        return await self._quota.remaining_today(endpoint, app_id, background=True)

    async def close(self) -> None:
        """Give connections back."""
        await self._client.aclose()

    async def _attempt(
        self,
        endpoint: Endpoint,
        app_id: str,
        api_request: ApiRequest,
        read: Callable[[ApiResponse], Result],
        deadline: float,
    ) -> Result:
        began = time.monotonic()
        try:
            async with asyncio.timeout(max(_MIN_TIMEOUT_S, deadline - began)):
                response = await self._send(endpoint, api_request)
        except TimeoutError:
            raise unreachable(endpoint, "timeout", maybe_arrived=True) from None
        log.debug(
            "%s %s answered %d, %d bytes, %.2f s",
            endpoint.cloud,
            endpoint.name,
            response.status,
            len(response.body),
            time.monotonic() - began,
        )
        return await self._parse(endpoint, app_id, response, read)

    async def _parse(
        self,
        endpoint: Endpoint,
        app_id: str,
        response: ApiResponse,
        read: Callable[[ApiResponse], Result],
    ) -> Result:
        try:
            if len(response.body) < _THREAD_FROM_BYTES:
                return read(response)
            return await asyncio.to_thread(read, response)
        except NotYetPublishedError:
            raise
        except CloudQuotaExceededError as error:
            await self._quota.block_until(endpoint, app_id, error.retry_at)
            raise

    async def _send(self, endpoint: Endpoint, api_request: ApiRequest) -> ApiResponse:
        request = self._client.build_request(
            endpoint.method,
            _url(endpoint.path, api_request.params),
            content=api_request.body,
            headers=dict(api_request.headers),
        )
        try:
            response = await self._client.send(request, stream=True)
        except _NOT_SENT_ERRORS as error:
            raise unreachable(endpoint, type(error).__name__, maybe_arrived=False) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable(endpoint, type(error).__name__, maybe_arrived=True) from None
        try:
            return ApiResponse(
                response.status_code, await _read(response, endpoint), response.headers
            )
        finally:
            await response.aclose()


def _is_loopback(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _url(path: str, params: Mapping[str, str]) -> str:
    """Join path and query. A blank becomes %20: not every server reads + as one."""
    query = urlencode(params, quote_via=quote, safe=",")
    return f"{path}?{query}" if query else path


def _attempts(endpoint: Endpoint) -> AsyncIterable[stamina.Attempt]:
    """Several tries for a GET, one for anything else."""
    return stamina.retry_context(
        on=_is_retryable,
        attempts=_MAX_ATTEMPTS if endpoint.method == "GET" else 1,
        timeout=TOTAL_TIMEOUT_S,
        wait_initial=0.2,
        wait_jitter=0.3,
        wait_max=1.0,
    )


def _is_retryable(error: Exception) -> bool:
    return isinstance(error, CloudUnreachableError | CloudServerError)


async def _read(response: httpx.Response, endpoint: Endpoint) -> bytes:
    """Read the whole body, refusing one that is cut short or larger than we take."""
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise invalid_response(endpoint, "too large")
    except httpx.TimeoutException as error:
        raise unreachable(endpoint, type(error).__name__, maybe_arrived=True) from None
    except httpx.HTTPError as error:
        raise invalid_response(endpoint, f"cut short, {type(error).__name__}") from None
    return bytes(body)
