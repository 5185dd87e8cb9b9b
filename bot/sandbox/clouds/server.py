"""The HTTP server of a simulated cloud: routing, rate limits, faults."""

from __future__ import annotations

import abc
import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
from aiohttp import web

from bot.sandbox import http_server
from bot.sandbox.clouds.faults import FaultPlan, PlannedFault, break_response
from bot.sandbox.clouds.request_log import JITTER_S, LoggedRequest, RateLimits, RequestLog
from bot.sandbox.scenario import SimulatedCall

Clock = Callable[[], float]

_MAX_BODY_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Response:
    """A response: an HTTP status and a body that becomes JSON (None: no body)."""

    body: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_http(self) -> web.Response:
        """Build the HTTP response."""
        body = b"" if self.body is None else msgspec.json.encode(self.body)
        return web.Response(
            body=body,
            status=self.status,
            headers=dict(self.headers),
            content_type="application/json",
        )


class ApiError(Exception):
    """An error response, raised."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.body)
        self.response = response


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are in lower case. `now` is the cloud's clock.

    `query` has the last value of each name; `raw_path` is path and query as they were sent, for
    signatures and repeated names.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: float
    raw_path: str = ""
    delay_scale: float = 1.0

    def delay(self, documented_s: float) -> float:
        """Return the delay of data with this documented delay, in seconds."""
        return documented_s * self.delay_scale


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint; endpoints with the same `bucket` share their rate limit."""

    name: str
    handle: Callable[[Request], Response]
    limits: RateLimits = field(default_factory=RateLimits)
    bucket: str = ""


class FakeCloud(abc.ABC):
    """One simulated cloud. Subclasses define endpoints, authorization and error responses."""

    name: str

    def __init__(
        self,
        sim_calls: list[SimulatedCall],
        clock: Clock,
        delay_scale: float = 1.0,
        jitter_s: float = JITTER_S,
    ) -> None:
        self.sim_calls = sim_calls
        self.clock = clock
        self.delay_scale = delay_scale
        self.request_log = RequestLog(jitter_s)
        self.faults = FaultPlan()
        self.url = ""

    @property
    @abc.abstractmethod
    def endpoint_names(self) -> frozenset[str]:
        """The names of all endpoints, of every API generation."""

    @abc.abstractmethod
    def find(self, request: Request) -> Endpoint:
        """Return the requested endpoint. Raises ApiError when there is none."""

    @abc.abstractmethod
    def authorize(self, request: Request, endpoint: Endpoint) -> str:
        """Return the app the caller is authorized for. Raises ApiError."""

    @abc.abstractmethod
    def rate_limited(self, limit: str) -> Response:
        """Return the rate limit response; `limit` is the one exceeded."""

    def response(self, request: Request, endpoint: Endpoint) -> Response:
        """Authorize, count and handle one request."""
        limit = self.count(request, endpoint)
        return self.rate_limited(limit) if limit else endpoint.handle(request)

    def count(self, request: Request, endpoint: Endpoint) -> str:
        """Authorize and count one request; return the limit it exceeds, "" for none."""
        app = self.authorize(request, endpoint)
        bucket = endpoint.bucket or endpoint.name
        limit = self.request_log.exceeded_limit(request.now, app, bucket, endpoint.limits)
        self.request_log.record(
            LoggedRequest(
                request.now, app, endpoint.name, bucket, dict(request.query), within_quota=not limit
            )
        )
        return limit

    def respond(self, request: Request, endpoint: Endpoint) -> Response:
        """Handle one request; an ApiError becomes its response."""
        try:
            return self.response(request, endpoint)
        except ApiError as api_error:
            return api_error.response


class FakeCloudServer:
    """A simulated cloud's HTTP server on 127.0.0.1."""

    def __init__(self, fake: FakeCloud) -> None:
        self._fake = fake
        self._closing = asyncio.Event()

    @contextlib.asynccontextmanager
    async def open(self, port: int = 0) -> AsyncIterator[str]:
        """Serve until the block ends; yields the base URL, which has no slash at its end."""
        app = web.Application(client_max_size=_MAX_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._serve)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            host, bound = runner.addresses[0][:2]
            self._fake.url = f"http://{host}:{bound}"
            yield self._fake.url
        finally:
            self._closing.set()
            await asyncio.sleep(0)  # pending responses are sent before their connections are closed
            await http_server.close_server(runner)

    async def _serve(self, http_request: web.Request) -> web.StreamResponse:
        request = await self._read(http_request)
        try:
            endpoint = self._fake.find(request)
        except ApiError as api_error:
            return api_error.response.to_http()
        fault = self._fake.faults.take(endpoint.name)
        if fault is None:
            return self._fake.respond(request, endpoint).to_http()
        return await self._break(http_request, fault, request, endpoint)

    async def _break(
        self, http_request: web.Request, fault: PlannedFault, request: Request, endpoint: Endpoint
    ) -> web.StreamResponse:
        """Respond with a fault, before or after the request takes effect."""
        if fault.after_effect:
            response = self._fake.respond(request, endpoint)
        else:
            response = Response({})
            with contextlib.suppress(ApiError):
                self._fake.count(request, endpoint)
        if fault.kind == "code_300":
            return self._fake.rate_limited(fault.limit).to_http()
        return await break_response(http_request, fault, response.to_http(), self._closing)

    async def _read(self, http_request: web.Request) -> Request:
        headers = {key.lower(): value for key, value in http_request.headers.items()}
        return Request(
            method=http_request.method,
            path=http_request.path,
            raw_path=http_request.raw_path,
            query=dict(http_request.query),
            headers=headers,
            body=await http_request.read(),
            now=self._fake.clock(),
            delay_scale=self._fake.delay_scale,
        )
