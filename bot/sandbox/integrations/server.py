"""The HTTP server of a simulated service: requests, faults."""

from __future__ import annotations

import abc
import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from aiohttp import web

from bot.sandbox import http_server
from bot.sandbox.clouds.faults import ANY, FaultKind, FaultPlan, break_response, plan

_MAX_BODY_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


def json_response(body: object, status: int = 200) -> web.Response:
    """Build a response of JSON."""
    content = msgspec.json.encode(body)
    return web.Response(body=content, status=status, content_type="application/json")


class FakeService(abc.ABC):
    """One simulated service. `requests` are those it got, `url` its address while it is served."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self._faults = FaultPlan()
        self._requested = asyncio.Event()

    @abc.abstractmethod
    def respond(self, request: Request) -> web.Response:
        """Handle one request."""

    def fail_next(self, kind: FaultKind, times: int = 1, *, after_effect: bool = False) -> None:
        """Break the next requests; `after_effect`: they are carried out all the same."""
        self._faults.add(ANY, plan(kind, times, seconds=1.0, limit="", after_effect=after_effect))

    async def wait_for_request(self) -> None:
        """Wait until the service has had a request."""
        await self._requested.wait()

    @contextlib.asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[str]:
        """Serve until the block ends; yields the address, which has no slash at its end."""
        closing = asyncio.Event()

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handle(request, closing)

        app = web.Application(client_max_size=_MAX_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            host, bound = runner.addresses[0][:2]
            self.url = f"http://{host}:{bound}"
            yield self.url
        finally:
            closing.set()
            await asyncio.sleep(0)  # pending responses are sent before connections are closed
            await http_server.close_server(runner)

    async def _handle(
        self, http_request: web.Request, closing: asyncio.Event
    ) -> web.StreamResponse:
        request = Request(
            http_request.method,
            http_request.path,
            dict(http_request.query),
            {name.lower(): value for name, value in http_request.headers.items()},
            await http_request.read(),
        )
        self.requests.append(request)
        self._requested.set()
        fault = self._faults.take(ANY)
        if fault is None:
            return self.respond(request)
        response = self.respond(request) if fault.after_effect else web.Response(body=b"{}")
        return await break_response(http_request, fault, response, closing)
