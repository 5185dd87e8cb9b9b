"""HTTP requests to services outside Slack and the clouds; network failures as IntegrationError.

Import it only to send a request: httpx takes a tenth of a second to import.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx

from bot.errors import IntegrationInvalidResponseError, IntegrationUnreachableError
from bot.i18n.messages import message

MAX_BODY_BYTES: Final = 4 * 1024 * 1024
TOTAL_TIMEOUT_S: Final = 10.0
_NOT_SENT_ERRORS: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response before it is parsed. Names in `headers` may have any case."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


class IntegrationHttp:
    """Sends requests to one service, whose `name` errors carry. Redirects are not followed.

    Without `allow_private` only addresses of the public internet are connected to, whatever a
    name resolves to. `timeout_s` is for a whole request. `transport` replaces the network.
    """

    def __init__(
        self,
        name: str,
        *,
        allow_private: bool = False,
        auth: tuple[str, str] | None = None,
        timeout_s: float = TOTAL_TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._name = name
        self._timeout_s = timeout_s
        if transport is None and not allow_private:
            transport = _PublicTransport(httpx.AsyncHTTPTransport())
        self._client = httpx.AsyncClient(
            auth=auth,
            transport=transport,
            headers={"User-Agent": "lagdesk"},
            timeout=timeout_s,
        )

    async def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        reads_body: bool = True,
    ) -> Response:
        """Send one request; return the response, whatever its status.

        Its body is empty without `reads_body`. Raises IntegrationUnreachableError without a
        response in time, and IntegrationInvalidResponseError when it is longer than
        MAX_BODY_BYTES.
        """
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._client.stream(method, url, content=body, headers=headers) as response,
            ):
                content = await self._read(response) if reads_body else b""
                return Response(response.status_code, content, response.headers)
        except _NOT_SENT_ERRORS as error:
            raise self._unreachable(error, maybe_arrived=False) from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._unreachable(error, maybe_arrived=True) from None

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _read(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise IntegrationInvalidResponseError(
                    message("%(service)s sent too much.", service=self._name), service=self._name
                )
        return bytes(body)

    def _unreachable(self, error: Exception, *, maybe_arrived: bool) -> IntegrationUnreachableError:
        text = message(
            "%(service)s did not respond (%(reason)s). Try again in a minute.",
            service=self._name,
            reason=type(error).__name__,
        )
        return IntegrationUnreachableError(text, service=self._name, maybe_arrived=maybe_arrived)


class _PublicTransport(httpx.AsyncBaseTransport):
    """Connects to the address that was checked, so that a second resolution cannot differ."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to a public address of its host. Raises ConnectError without one."""
        host = request.url.host
        request.extensions["sni_hostname"] = host  # the certificate is checked against the name
        request.url = request.url.copy_with(host=await _resolve_public(host))
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()


async def _resolve_public(host: str) -> str:
    """Return the first address of a host. Raises ConnectError when any of them is not public."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(f"cannot resolve: {type(error).__name__}") from None
    addresses = [str(each[4][0]) for each in found]
    if not addresses or not all(is_public(each) for each in addresses):
        raise httpx.ConnectError("not an address of the public internet")
    return addresses[0]


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet, multicast excluded."""
    parsed = ipaddress.ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return mapped.is_global and not mapped.is_multicast
