"""The HTTP server: aiohttp's, with limits on time and on open connections."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, cast
from weakref import WeakSet

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.errors import LagdeskError
from bot.i18n.messages import message

log = logging.getLogger(__name__)

_MAX_HEADER_BYTES: Final = 64 * 1024
_MAX_HEADERS: Final = 64
_BACKLOG: Final = 128
_BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Length: 0\r\n\r\n"
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How long what may take, in seconds, and how many connections may be open."""

    step_s: float = 10.0  # the headers; after them the body and the response
    idle_s: float = 75.0  # longer than a reverse proxy keeps idle connections
    stop_s: float = 2.5  # for requests under way when the server stops
    connections: int = 500


@asynccontextmanager
async def serve_http(
    app: web.Application, host: str, port: int, limits: HttpLimits | None = None
) -> AsyncIterator[str]:
    """Serve an application while the block is open; yields the server's URL."""
    limits = limits or HttpLimits()
    app.middlewares.append(_restart_timer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=limits.stop_s)
    await runner.setup()
    try:
        server = cast("web.Server", runner.server)  # setup has made it
        listener = await _listen(_Connections(server, limits), host, port)
        try:
            yield f"http://{host}:{listener.sockets[0].getsockname()[1]}"
        finally:
            listener.close()
    finally:
        await runner.cleanup()


async def read_body(request: web.Request) -> bytes | None:
    """Read a body; None when it is too long, no valid HTTP, or the client went away."""
    try:
        return await request.read()
    except (
        web.HTTPRequestEntityTooLarge,
        web.RequestPayloadError,
        HttpProcessingError,
        ConnectionError,
    ):
        return None


async def _listen(connections: _Connections, host: str, port: int) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(connections.accept, host, port, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:  # UnicodeError: no name that DNS could encode
        address = f"{host}:{port}"
        raise LagdeskError(
            message("Cannot listen on %(address)s. Choose another HOST or PORT.", address=address)
        ) from error


class _Connections:
    """Makes a protocol for each connection; refuses those that are too many."""

    def __init__(self, server: web.Server, limits: HttpLimits) -> None:
        self._server = server
        self._limits = limits
        self._open: WeakSet[asyncio.Protocol] = WeakSet()

    def accept(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        if len(self._open) >= self._limits.connections:
            return _Refusal()
        connection = _Connection(self._server, self._limits, self._open.discard)
        self._open.add(connection)
        return connection


class _Refusal(asyncio.Protocol):
    """Answers 503 and closes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Answer and close."""
        accepted = cast("asyncio.Transport", transport)
        accepted.write(_BUSY)
        accepted.close()


class _Connection(web.RequestHandler):
    """A connection that is aborted when a request takes too long.

    aiohttp itself waits for ever for a body, and for a client that does not read its response.
    """

    def __init__(
        self,
        server: web.Server,
        limits: HttpLimits,
        on_lost: Callable[[asyncio.Protocol], None],
    ) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=limits.idle_s,
            lingering_time=limits.stop_s,
            auto_decompress=False,  # Slack signs the bytes as sent
            max_field_size=_MAX_HEADER_BYTES,
            max_headers=_MAX_HEADERS,
            access_log=None,  # type: ignore[arg-type]
            logger=cast("logging.Logger", _HttpLog(log, {})),
        )
        self._limits = limits
        self._on_lost = on_lost
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Expect a request."""
        super().connection_made(transport)
        self.restart_timer()

    def data_received(self, data: bytes) -> None:
        """Begin to read a request, or read on."""
        if self._timer is None:
            self.restart_timer()
        super().data_received(data)

    async def finish_response(self, *arguments: Any) -> tuple[web.StreamResponse, bool]:
        """Send a response; the connection may be idle after it."""
        finished = await super().finish_response(*arguments)
        self._stop_timer()
        return finished

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a failure; aiohttp itself fails to quote an Expect header that is no text."""
        if isinstance(exc, UnicodeEncodeError) and "Expect" in request.headers:
            return web.Response(status=417)
        return super().handle_error(request, status, exc, message)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        self._stop_timer()
        self._on_lost(self)
        super().connection_lost(exc)

    def restart_timer(self) -> None:
        """Give the next step its time: the headers, or the body and the response."""
        self._stop_timer()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._limits.step_s, self._abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _abort(self) -> None:
        log.debug("closed a connection whose request took longer than %d s", self._limits.step_s)
        if self.transport is not None:
            self.transport.abort()


@web.middleware
async def _restart_timer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Start the time for body and response, also of a request that was sent before the last."""
    if isinstance(request.protocol, _Connection):
        request.protocol.restart_timer()
    return await handler(request)


class _HttpLog(logging.LoggerAdapter[logging.Logger]):
    """aiohttp's log, without tracebacks and addresses for requests that are not HTTP."""

    def exception(self, msg: object, *args: object, **kwargs: Any) -> None:
        error = kwargs.get("exc_info")
        if isinstance(error, HttpProcessingError):
            self.info("received a malformed HTTP request: %s", type(error).__name__)
        else:
            super().exception(msg, *args, **kwargs)

    def debug(self, msg: object, *args: object, **kwargs: Any) -> None:
        error = kwargs.get("exc_info")
        if isinstance(error, HttpProcessingError):
            super().debug("received what is not HTTP: %s", type(error).__name__)
        else:
            super().debug(msg, *args, **kwargs)
