"""Limits of the HTTP server on time and on connections."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiohttp import web

from handlers.http_server import HttpLimits, read_body, serve_http

pytestmark = pytest.mark.usefixtures("no_traceback")

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n"
LIMITS = HttpLimits(step_s=0.2, idle_s=60, stop_s=0.1, connections=20)
LIMIT_S = 20.0


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def get(self) -> bytes:
        """Send a whole request; return the status of its response."""
        self.writer.write(GET)
        return await self.read_status()

    async def read_status(self) -> bytes:
        """Read a response without a body."""
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), LIMIT_S)
        return head.split()[1]

    async def read_to_end(self) -> bytes:
        """Read until the server closes the connection."""
        try:
            return await asyncio.wait_for(self._reader.read(), LIMIT_S)
        except ConnectionResetError:
            return b""

    async def drip(self, sent: bytes) -> None:
        """Send a byte now and then, for ever."""
        for byte in sent:
            self.writer.write(bytes([byte]))
            await asyncio.sleep(LIMITS.step_s / 10)


@asynccontextmanager
async def serve(limits: HttpLimits = LIMITS) -> AsyncIterator[str]:
    """A server that reads bodies; `/wait` reads none and never answers."""

    async def answer(request: web.Request) -> web.Response:
        body = await read_body(request)
        return web.Response(status=400 if body is None else 200)

    async def wait(_request: web.Request) -> web.Response:
        await asyncio.Future()
        raise AssertionError

    app = web.Application()
    app.router.add_get("/wait", wait)
    app.router.add_route("*", "/", answer)
    async with serve_http(app, "127.0.0.1", 0, limits) as url:
        yield url


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Client]:
    """Open a connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("at_once", "slowly"),
    [
        (b"", b""),
        (b"", b"x" * 999),
        (GET[:-2], b"A: b\r\n" * 99),
        (POST, b"x" * 999),
        (GET + POST, b"x" * 999),
        (GET + POST, b""),
        (GET + b"GET /", b"x" * 999),
        (GET.replace(b"/", b"/wait", 1), b""),
    ],
)
async def test_slow_clients_are_cut_off(at_once: bytes, slowly: bytes) -> None:
    """Whether they send nothing, a byte now and then, or too little of a second request."""
    async with serve() as url, connect(url) as client:
        client.writer.write(at_once)
        dripping = asyncio.create_task(client.drip(slowly))
        received = await client.read_to_end()
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)
        assert received.count(b"HTTP/1.1 200") == at_once.startswith(GET)


async def test_idle_connections_are_kept() -> None:
    """A proxy may send its next request long after the last."""
    async with serve() as url, connect(url) as client:
        assert await client.get() == b"200"
        for _ in range(2):
            async with connect(url) as silent:
                assert await silent.read_to_end() == b""
        assert await client.get() == b"200"


async def test_idle_connections_are_closed_in_the_end() -> None:
    """Nobody keeps one for ever."""
    async with serve(HttpLimits(idle_s=0.1)) as url, connect(url) as client:
        assert await client.get() == b"200"
        assert await client.read_to_end() == b""


async def test_open_connections_are_limited() -> None:
    """One too many gets 503 at once; the others go on, and leave their place to new ones."""
    async with serve(HttpLimits(connections=2)) as url, connect(url) as first:
        async with connect(url) as second:
            assert [await client.get() for client in (first, second)] == [b"200", b"200"]
            for _ in range(3):
                async with connect(url) as refused:
                    assert (await refused.read_to_end()).startswith(b"HTTP/1.1 503 ")
            assert [await client.get() for client in (first, second)] == [b"200", b"200"]
            second.writer.write(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
            await second.read_to_end()
        async with connect(url) as third:
            assert await third.get() == b"200"


async def test_stop_does_not_wait_for_clients() -> None:
    """Half a request, one that is never answered, and idle connections are closed."""
    async with (
        AsyncExitStack() as stack,
        asyncio.timeout(LIMIT_S),
        serve(HttpLimits(stop_s=0.1)) as url,
    ):
        for sent in (b"", POST, GET.replace(b"/", b"/wait", 1), GET):
            client = await stack.enter_async_context(connect(url))
            client.writer.write(sent)
        assert await client.read_status() == b"200"


async def test_client_that_goes_away_in_its_body() -> None:
    """It gets no response, and the log no traceback."""
    async with serve() as url:
        async with connect(url) as client:
            client.writer.write(POST + b"half")
        async with connect(url) as next_client:
            assert await next_client.get() == b"200"


@pytest.mark.parametrize("path", [b"/", b"/wait", b"/nowhere"])
async def test_expect_header_that_is_no_text(path: bytes) -> None:
    """It is refused; aiohttp would fail to quote it."""
    async with serve() as url, connect(url) as client:
        client.writer.write(b"GET %s HTTP/1.1\r\nHost: x\r\nExpect: \xda\r\n\r\n" % path)
        assert await client.read_status() == b"417"


async def test_log_of_what_is_not_http(caplog: pytest.LogCaptureFixture) -> None:
    """At most its kind, also while everything is logged: no address, and nothing that was sent."""
    caplog.set_level(logging.DEBUG)
    for sent in (b"FOO /secret HTTP/1.1\r\n\r\n", b"GET /secret HTTP/1.1\r\nsecret\r\n\r\n"):
        async with serve() as url, connect(url) as client:
            client.writer.write(sent)
            assert await client.read_status() == b"400"
    assert "BadHttpMethod" in caplog.text
    assert not any(word in caplog.text for word in ("secret", "127.0.0.1", "Traceback"))
