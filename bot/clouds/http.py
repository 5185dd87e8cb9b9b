"""HTTP requests to a cloud: quota, timeouts, retries, and network failures as CloudError."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote, urlencode

from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import NotYetPublishedError, unreachable
from bot.clouds.quota import Quota
from bot.errors import (
    CloudError,
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudServerError,
    CloudUnreachableError,
)
from bot.ports import Priority, RemainingQuota
from bot.process_metrics import CLOUD_CALLS

if TYPE_CHECKING:  # the first request imports them: they take a tenth of a second
    import httpx
    import stamina

    from bot.clouds.connection import Auth, Connection

Result = TypeVar("Result")
log = logging.getLogger(__name__)

TOTAL_TIMEOUT_S: Final = 10.0  # for all attempts of one request together
_THREAD_FROM_BYTES: Final = 256 * 1024  # decoding more than this would block the event loop
_MIN_TIMEOUT_S: Final = 1.0
_MAX_ATTEMPTS: Final = 3
_RETRY_AFTER_DIGITS: Final = 5  # about a day

for _verbose in ("httpx", "httpcore"):  # they log URLs with ids, and headers with keys
    logging.getLogger(_verbose).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """Parameters, body and headers of a request. They may contain ids, so repr() omits them."""

    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """An HTTP response before it is parsed."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)  # names in any case


OnResponse = Callable[[Endpoint, ApiResponse], None]


class CloudHttp:
    """Sends requests to one cloud. Every failure is a CloudError."""

    def __init__(
        self,
        cloud: str,
        base_url: str,
        quota: Quota,
        *,
        auth: Auth | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        on_response: OnResponse | None = None,
    ) -> None:
        self._cloud = cloud
        self._quota = quota
        self._base_url = base_url
        self._auth = auth
        self._transport = transport
        self._on_response = on_response
        self._connection: Connection | None = None

    def __repr__(self) -> str:
        return f"CloudHttp({self._cloud})"

    async def request(
        self,
        endpoint: Endpoint,
        app_id: str,
        api_request: ApiRequest,
        read: Callable[[ApiResponse], Result],
        *,
        priority: Priority = Priority.INTERACTIVE,
    ) -> Result:
        """Take one call of the quota, send the request, and return what `read` parses.

        A GET that did not arrive or got a 5xx is retried a few times, and each attempt counts
        against the quota; a POST is sent once. `read` raises CloudError for an error response; it
        may run in a thread. Raises CloudError only.
        """
        deadline = asyncio.get_running_loop().time() + TOTAL_TIMEOUT_S
        last: CloudError | None = None
        async for attempt in _attempts(endpoint):
            with attempt:
                try:
                    await self._quota.acquire(endpoint, app_id, priority)
                    result = await self._attempt(endpoint, app_id, api_request, read, deadline)
                    CLOUD_CALLS[endpoint.cloud, endpoint.name, "ok"] += 1
                except CloudQuotaExceededError as error:
                    CLOUD_CALLS[endpoint.cloud, endpoint.name, _outcome_of(error)] += 1
                    if last is None or error.status:
                        raise
                    raise last from None
                except CloudError as error:
                    CLOUD_CALLS[endpoint.cloud, endpoint.name, _outcome_of(error)] += 1
                    last = error
                    raise
                return result
        raise AssertionError  # pragma: no cover - stamina returns or raises

    async def remaining_today(self, endpoint: Endpoint, app_id: str) -> int | None:
        """Return how many calls background work may still make this UTC day, None: no limit."""
        return await self._quota.remaining_today(endpoint, app_id, Priority.BACKGROUND)

    async def remaining_quotas(
        self, endpoints: Iterable[Endpoint], app_id: str
    ) -> tuple[RemainingQuota, ...]:
        """Return what is left of these endpoints' quotas of a minute or longer."""
        return await self._quota.remaining(endpoints, app_id)

    async def close(self) -> None:
        """Close all connections."""
        if self._connection is not None:
            await self._connection.close()

    async def _attempt(
        self,
        endpoint: Endpoint,
        app_id: str,
        api_request: ApiRequest,
        read: Callable[[ApiResponse], Result],
        deadline: float,
    ) -> Result:
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout(max(_MIN_TIMEOUT_S, deadline - began)):
                response = await self._send(endpoint, api_request)
        except TimeoutError:
            raise unreachable(endpoint, "timeout", maybe_arrived=True) from None
        log.debug(
            "%s %s: HTTP %d, %d bytes, %.2f s",
            endpoint.cloud,
            endpoint.name,
            response.status,
            len(response.body),
            clock() - began,
        )
        if self._on_response is not None:
            self._on_response(endpoint, response)
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
        url = _url(endpoint.path, api_request.params)
        connection = self._connect()
        return ApiResponse(
            *await connection.send(endpoint, url, api_request.body, api_request.headers)
        )

    def _connect(self) -> Connection:
        """Return the connections; the first request opens them."""
        if self._connection is None:
            from bot.clouds.connection import Connection  # noqa: PLC0415 - httpx is slow to import

            self._connection = Connection(self._base_url, self._auth, self._transport)
        return self._connection


def _url(path: str, params: Mapping[str, str]) -> str:
    """Join path and query. A space becomes %20, because not every server decodes +."""
    query = urlencode(params, quote_via=quote, safe=",")
    return f"{path}?{query}" if query else path


def _attempts(endpoint: Endpoint) -> AsyncIterable[stamina.Attempt]:
    """Several attempts for a GET, one for anything else."""
    import stamina  # noqa: PLC0415 - see above

    return stamina.retry_context(
        on=_is_retryable,
        attempts=_MAX_ATTEMPTS if endpoint.method == "GET" else 1,
        timeout=TOTAL_TIMEOUT_S,
        wait_initial=0.2,
        wait_jitter=0.3,
        wait_max=1.0,
    )


def retry_after_s(response: ApiResponse) -> int | None:
    """Return the seconds of the Retry-After header, None when it is absent or no number."""
    value = response.headers.get("retry-after", "").strip()
    is_number = value.isascii() and value.isdigit() and len(value) <= _RETRY_AFTER_DIGITS
    return int(value) if is_number else None


def _outcome_of(error: CloudError) -> str:
    """Name what became of a call; our own quota refuses one without a status of the cloud."""
    if isinstance(error, CloudQuotaExceededError):
        return "over_quota" if error.status else "not_sent"
    names = {
        NotYetPublishedError: "not_published",
        CloudUnreachableError: "unreachable",
        CloudServerError: "server_error",
        CloudInvalidResponseError: "invalid_response",
    }
    return next((name for kind, name in names.items() if isinstance(error, kind)), "refused")


def _is_retryable(error: Exception) -> bool:
    return isinstance(error, CloudUnreachableError | CloudServerError)
