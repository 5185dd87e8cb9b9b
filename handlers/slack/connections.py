"""Kept-alive connections for posts to one server, with a fraction of the work of aiohttp's client.

People wait while their forms open. On Python 3.11 aiohttp's client also sends a request's body
only after everything else that is ready has run.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_KEEPALIVE_S: Final = 60.0
_HEX: Final = 16


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NotConnectedError(ConnectionError):
    """There is no connection, so the request has not been sent."""


class Connections:
    """Connections to the server of a URL; each carries one request at a time."""

    def __init__(self, base_url: str, timeout_s: float) -> None:
        url = urlsplit(base_url)
        self._host, self._authority = url.hostname or "", url.netloc.rpartition("@")[2]
        self._tls = ssl.create_default_context() if url.scheme == "https" else None
        self._port = url.port or (443 if self._tls else 80)
        self._timeout_s = timeout_s
        self._idle: list[_Connection] = []

    async def post(self, path: str, headers: Mapping[str, str], body: bytes) -> HttpResponse:
        """Post a body. Raises NotConnectedError before it is sent, then OSError, TimeoutError."""
        lines = [
            f"POST {path} HTTP/1.1",
            f"Host: {self._authority}",
            f"Content-Length: {len(body)}",
            "Accept-Encoding: identity",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        request = "\r\n".join([*lines, "", ""]).encode() + body
        async with asyncio.timeout(self._timeout_s):
            connection = self._take_idle() or await self._connect()
            response = await connection.exchange(request)
        if response.headers.get("connection", "").lower() == "close":
            connection.close()
        else:
            connection.close_later()
            self._idle.append(connection)
        return response

    async def close(self) -> None:
        """Close the connections that are idle."""
        while self._idle:
            self._idle.pop().close()
        await asyncio.sleep(0)  # transports close in the next step of the loop

    def _take_idle(self) -> _Connection | None:
        """Return the connection that was used last; None when all were closed meanwhile."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable():
                return connection
            connection.close()
        return None

    async def _connect(self) -> _Connection:
        try:
            reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        except OSError as error:
            raise NotConnectedError(*error.args) from error
        return _Connection(reader, writer)


class _Connection:
    """An open connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._closing: asyncio.TimerHandle | None = None

    def is_usable(self) -> bool:
        """Return whether neither side has closed it; keep it open from now on."""
        if self._closing is not None:
            self._closing.cancel()
        return not (self._reader.at_eof() or self._writer.is_closing())

    def close_later(self) -> None:
        """Close it unless it is used soon."""
        loop = asyncio.get_running_loop()
        self._closing = loop.call_later(_KEEPALIVE_S, self._writer.close)

    def close(self) -> None:
        """Close it now."""
        self._writer.close()

    async def exchange(self, request: bytes) -> HttpResponse:
        """Send a request and read its response. Raises ConnectionError when that breaks off."""
        try:
            self._writer.write(request)
            return await self._read_response()
        except (EOFError, ValueError, asyncio.LimitOverrunError) as error:
            self.close()
            raise ConnectionResetError(str(error)) from error
        except BaseException:
            self.close()  # or the response would be read as that to the next request
            raise

    async def _read_response(self) -> HttpResponse:
        head = await self._reader.readuntil(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in lines if line)
        headers = {name.lower(): value.strip() for name, _, value in fields}
        return HttpResponse(int(status_line[9:12]), headers, await self._read_body(headers))

    async def _read_body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return await self._reader.readexactly(int(headers.get("content-length", "0")))
        chunks: list[bytes] = []
        while size := int((await self._reader.readuntil(b"\r\n")).partition(b";")[0], _HEX):
            chunks.append((await self._reader.readexactly(size + 2))[:-2])
        while await self._reader.readuntil(b"\r\n") != b"\r\n":
            pass  # trailers
        return b"".join(chunks)
