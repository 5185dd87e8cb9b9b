"""Connections to one cloud, with httpx, and network failures as CloudError.

Import it only to send a request: httpx takes a tenth of a second to import.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final
from urllib.parse import urlsplit

import httpx

from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import invalid_response, unreachable

# Name and password, or a function that signs a request.
Auth = tuple[str, str] | Callable[[httpx.Request], httpx.Request]
MAX_BODY_BYTES: Final = 64 * 1024 * 1024
_TIMEOUT: Final = httpx.Timeout(connect=3.0, read=8.0, write=5.0, pool=3.0)
_NOT_SENT_ERRORS: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


@cache
def _ssl_context() -> ssl.SSLContext:
    """Return one context for all clouds: reading the certificates takes 30 ms."""
    return httpx.create_ssl_context()


class Connection:
    """Sends requests to the host of a base URL. `transport` replaces the network."""

    def __init__(
        self, base_url: str, auth: Auth | None, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self._client = httpx.AsyncClient(
            base_url=base_url,
            auth=auth,
            transport=transport,
            verify=_ssl_context(),
            timeout=_TIMEOUT,
            trust_env=not _is_loopback(base_url),
            headers={"Accept": "application/json", "User-Agent": "lagdesk"},
        )

    async def send(
        self, endpoint: Endpoint, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes, httpx.Headers]:
        """Send one request; return the status, body and headers. Raises CloudError."""
        request = self._client.build_request(
            endpoint.method, url, content=body, headers=dict(headers)
        )
        try:
            response = await self._client.send(request, stream=True)
        except _NOT_SENT_ERRORS as error:
            raise unreachable(endpoint, type(error).__name__, maybe_arrived=False) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable(endpoint, type(error).__name__, maybe_arrived=True) from None
        try:
            return response.status_code, await _read(response, endpoint), response.headers
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


def _is_loopback(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _read(response: httpx.Response, endpoint: Endpoint) -> bytes:
    """Read the whole body. Raises CloudError when it is truncated or larger than MAX_BODY_BYTES."""
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
