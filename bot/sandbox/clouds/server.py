"""What all simulated clouds share: endpoints, HTTP, quotas, faults. No cloud's paths."""

from __future__ import annotations

import abc
import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec
from aiohttp import web

from bot.sandbox import http_server
from bot.sandbox.clouds.faults import FaultPlan, PlannedFault, break_answer
from bot.sandbox.clouds.request_log import Arrival, Ledger, Limits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from bot.sandbox.scenario import Lesson

    Clock = Callable[[], float]

_MAX_BODY_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What a cloud says: an HTTP status and a body that becomes JSON (None: no body)."""

    body: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        """Turn the answer into HTTP."""
        body = b"" if self.body is None else msgspec.json.encode(self.body)
        return web.Response(
            body=body,
            status=self.status,
            headers=dict(self.headers),
            content_type="application/json",
        )


class RefusalError(Exception):
    """The cloud says no; `answer` is how."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Ask:
    """One call as it arrived; header names are in lower case. `now` is the cloud's clock.

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
        """Return how late data is whose documented delay this is, in seconds."""
        return documented_s * self.delay_scale


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call a cloud offers; `bucket` is shared by endpoints that are counted together."""

    name: str
    handle: Callable[[Ask], Answer]
    limits: Limits = field(default_factory=Limits)
    bucket: str = ""


class Twin(abc.ABC):
    """One simulated cloud. Subclasses say what it offers, whom it lets in and how it says no."""

    name: str

    def __init__(self, lessons: list[Lesson], clock: Clock, delay_scale: float = 1.0) -> None:
        self.lessons = lessons
        self.clock = clock
        self.delay_scale = delay_scale
        self.ledger = Ledger()
        self.faults = FaultPlan()
        self.url = ""

    @property
    @abc.abstractmethod
    def endpoint_names(self) -> frozenset[str]:
        """The names of everything the cloud ever offered, whichever generation it plays."""

    @abc.abstractmethod
    def find(self, ask: Ask) -> Endpoint:
        """Return the endpoint that is called. Raises RefusalError when there is none."""

    @abc.abstractmethod
    def admit(self, ask: Ask, endpoint: Endpoint) -> str:
        """Return the app the caller may act for. Raises RefusalError."""

    @abc.abstractmethod
    def refuse_quota(self, limit: str) -> Answer:
        """Say that there were too many calls; `limit` names which."""

    def answer(self, ask: Ask, endpoint: Endpoint) -> Answer:
        """Let in, count and carry out one call."""
        limit = self.count(ask, endpoint)
        return self.refuse_quota(limit) if limit else endpoint.handle(ask)

    def count(self, ask: Ask, endpoint: Endpoint) -> str:
        """Let in and count one call; return the limit it breaks, "" for none."""
        app = self.admit(ask, endpoint)
        bucket = endpoint.bucket or endpoint.name
        limit = self.ledger.exceeded(ask.now, app, bucket, endpoint.limits)
        self.ledger.enter(
            Arrival(ask.now, app, endpoint.name, bucket, dict(ask.query), within_quota=not limit)
        )
        return limit

    def answer_or_refuse(self, ask: Ask, endpoint: Endpoint) -> Answer:
        """Carry out one call; a refusal is an answer too."""
        try:
            return self.answer(ask, endpoint)
        except RefusalError as refusal:
            return refusal.answer


class Door:
    """A twin's HTTP server on 127.0.0.1."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
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
            self._twin.url = f"http://{host}:{bound}"
            yield self._twin.url
        finally:
            self._closing.set()
            await asyncio.sleep(0)  # waiting answers go out before their connections are closed
            await http_server.close_server(runner)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        ask = await self._read(request)
        try:
            endpoint = self._twin.find(ask)
        except RefusalError as refusal:
            return refusal.answer.response()
        fault = self._twin.faults.take(endpoint.name)
        if fault is None:
            return self._twin.answer_or_refuse(ask, endpoint).response()
        return await self._break(request, fault, ask, endpoint)

    async def _break(
        self, request: web.Request, fault: PlannedFault, ask: Ask, endpoint: Endpoint
    ) -> web.StreamResponse:
        """Answer with a fault: before the call has an effect, or after it."""
        if fault.after_effect:
            answer = self._twin.answer_or_refuse(ask, endpoint)
        else:
            answer = Answer({})
            with contextlib.suppress(RefusalError):
                self._twin.count(ask, endpoint)
        if fault.kind == "code_300":
            return self._twin.refuse_quota(fault.limit).response()
        return await break_answer(request, fault, answer.response(), self._closing)

    async def _read(self, request: web.Request) -> Ask:
        headers = {key.lower(): value for key, value in request.headers.items()}
        return Ask(
            method=request.method,
            path=request.path,
            raw_path=request.raw_path,
            query=dict(request.query),
            headers=headers,
            body=await request.read(),
            now=self._twin.clock(),
            delay_scale=self._twin.delay_scale,
        )
