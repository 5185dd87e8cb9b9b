"""HTTP responses as servers write them, and connections that break."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from handlers.slack.connections import Connections, NotConnectedError

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_CHUNKED = (
    b"HTTP/1.1 429 Too Many\r\ntransfer-encoding: chunked\r\n\r\n"
    b"3;x=1\r\nabc\r\na\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n"
)


@asynccontextmanager
async def _open(*answers: Sequence[bytes]) -> AsyncIterator[tuple[Connections, list[bytes]]]:
    """Serve these answers, those of each connection in turn; also yields the requests."""
    requests: list[bytes] = []
    connections = iter(answers)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for response in next(connections):
            requests.append(await reader.readuntil(b"{}"))
            writer.write(response)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        opened = Connections(f"http://127.0.0.1:{port}/api/", 5)
        yield opened, requests
        await opened.close()


@pytest.mark.parametrize(
    ("response", "status", "body"),
    [
        (_OK, 200, b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (_CHUNKED, 429, b"abc0123456789"),
    ],
)
async def test_response_is_read_to_its_end(response: bytes, status: int, body: bytes) -> None:
    """The next response on the same connection is the next request's."""
    async with _open([response, _OK]) as (connections, requests):
        first = await connections.post("/api/a", {"Authorization": "Bearer x"}, b"{}")
        second = await connections.post("/api/b", {}, b"{}")
    assert (first.status, first.body, second.body) == (status, body, b"ok")
    assert requests[0].startswith(b"POST /api/a HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nContent-Length: 2\r\n" in requests[0]
    assert b"\r\nAuthorization: Bearer x\r\n" in requests[0]


async def test_closed_connection_is_not_used_again() -> None:
    """A request on one could get lost, and posts must not be sent twice."""
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    async with _open([closing, _OK], [_OK], [_OK]) as (connections, requests):
        await connections.post("/", {}, b"{}")
        await connections.post("/", {}, b"{}")
        for _ in range(3):  # the server closes the second, and the client reads that
            await asyncio.sleep(0)
        await connections.post("/", {}, b"{}")
    assert len(requests) == 3


@pytest.mark.parametrize(
    "response", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", b"nonsense\r\n\r\n"]
)
async def test_broken_response_is_an_error(response: bytes) -> None:
    """The request may have arrived; the connection is not used again."""
    async with _open([response], [_OK]) as (connections, _):
        with pytest.raises(ConnectionResetError):
            await connections.post("/", {}, b"{}")
        assert (await connections.post("/", {}, b"{}")).body == b"ok"


async def test_late_response_is_not_read_as_the_next_one() -> None:
    """Whoever stops waiting closes the connection."""
    async with _open([b"", _OK], [_OK]) as (connections, requests):
        waiting = asyncio.create_task(connections.post("/", {}, b"{}"))
        while not requests:  # noqa: ASYNC110 - until the server has it
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert (await connections.post("/", {}, b"{}")).body == b"ok"


async def test_request_without_connection_was_not_sent() -> None:
    """It may be sent again, unlike one whose response got lost."""
    with pytest.raises(NotConnectedError):
        await Connections("http://127.0.0.1:1/api/", 5).post("/", {}, b"{}")
