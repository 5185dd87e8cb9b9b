"""Requests of aiohttp for an ASGI application that answers with one whole body."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

Event = MutableMapping[str, Any]
AsgiApplication = Callable[
    [Event, Callable[[], Awaitable[Event]], Callable[[Event], Awaitable[None]]], Awaitable[None]
]


async def respond(
    application: AsgiApplication, request: web.Request, body: bytes, **extra: object
) -> web.Response:
    """Return the application's response; `extra` is added to its scope."""
    exchange = _Exchange(body)
    await application({**_scope_of(request), **extra}, exchange.receive, exchange.send)
    return exchange.response()


def _scope_of(request: web.Request) -> dict[str, Any]:
    """Return a request as ASGI describes it (ASGI, "HTTP connection scope")."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "query_string": request.query_string.encode(),
        "headers": [(name.lower(), value) for name, value in request.raw_headers],
    }


class _Exchange:
    """The body that the application receives, and what it sends."""

    def __init__(self, body: bytes) -> None:
        self._unread: list[bytes] = [body]
        self._status = 500
        self._headers: CIMultiDict[str] = CIMultiDict()
        self._sent = bytearray()

    async def receive(self) -> Event:
        """Return the body once; then wait, as for a client that stays connected."""
        if not self._unread:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": self._unread.pop(), "more_body": False}

    async def send(self, event: Event) -> None:
        """Keep a part of the response."""
        if event["type"] == "http.response.start":
            self._status = event["status"]
            pairs = ((name.decode(), value.decode()) for name, value in event.get("headers", ()))
            self._headers.extend(pairs)
        else:
            self._sent += event.get("body", b"")

    def response(self) -> web.Response:
        """Return what was sent; aiohttp counts the length itself."""
        self._headers.popall("Content-Length", None)
        return web.Response(status=self._status, headers=self._headers, body=bytes(self._sent))
