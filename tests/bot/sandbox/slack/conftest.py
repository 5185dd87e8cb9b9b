"""What the workspace's tests share: a served workspace, a caller of its API, a scripted app."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web

from bot.sandbox.slack import Workspace

Json = dict[str, Any]


@dataclass
class Clock:
    """A clock that stops until a test moves it."""

    now: float = 1_795_000_000.0

    def __call__(self) -> float:
        """Return the time, epoch seconds."""
        return self.now


@dataclass
class Call:
    """One recorded request to the scripted app."""

    headers: Json
    raw: bytes
    payload: Json


@dataclass
class ScriptedApp:
    """An app that records every delivery and sends scripted responses, by delivery kind.

    `answers` maps `/command`, an interaction's or an event's type to (status, body) or to a
    function from the payload to that.
    """

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    blocked: asyncio.Event = field(default_factory=asyncio.Event)
    slow: set[str] = field(default_factory=set)

    async def receive(self, request: web.Request) -> web.Response:
        """Record a delivery and respond to it."""
        raw = await request.read()
        if request.content_type == "application/json":
            payload = json.loads(raw)
            kind = payload["event"]["type"]
        else:
            form = dict(parse_qsl(raw.decode(), keep_blank_values=True))
            payload = json.loads(form["payload"]) if "payload" in form else form
            kind = payload.get("command") or payload["type"]
        self.calls.append(Call(dict(request.headers), raw, payload))
        if kind in self.slow:
            await self.blocked.wait()
        response = self.answers.get(kind, (200, ""))
        status, body = response(payload) if callable(response) else response
        if isinstance(body, dict):
            return web.json_response(body, status=status)
        return web.Response(status=status, text=body)

    def of_type(self, kind: str) -> list[Json]:
        """List the payloads of one kind; events are listed by the event itself."""
        events = [c.payload["event"] for c in self.calls if "event" in c.payload]
        rest = [c.payload for c in self.calls if "event" not in c.payload]
        return [p for p in (*events, *rest) if kind in (p.get("type"), p.get("command"))]


@pytest.fixture
def clock() -> Clock:
    """A clock the test moves."""
    return Clock()


@pytest.fixture
def ack_limit_s() -> float:
    """How long Slack waits for the app: long for a busy machine, short in tests of silence."""
    return 20.0


@pytest.fixture
async def workspace(clock: Clock, ack_limit_s: float) -> AsyncIterator[Workspace]:
    """A workspace without rate limits, with immediate retries."""
    made = Workspace(
        clock=clock, message_rate_s=0, retry_delays_s=(0, 0, 0), ack_limit_s=ack_limit_s
    )
    async with made.serve():
        yield made


@pytest.fixture
async def app(workspace: Workspace) -> AsyncIterator[ScriptedApp]:
    """A scripted app the workspace delivers to over HTTP."""
    scripted = ScriptedApp()
    served = web.Application()
    served.router.add_post("/slack/events", scripted.receive)
    runner = web.AppRunner(served, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scripted.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    workspace.connect_http(scripted.url)
    yield scripted
    scripted.blocked.set()
    await runner.cleanup()


@dataclass
class ApiResponse:
    """A response of the Web API."""

    status: int
    headers: Json
    body: Json

    @property
    def error(self) -> str:
        """The error code, "" when ok."""
        return "" if self.body["ok"] else str(self.body["error"])


Caller = Callable[..., Any]


@pytest.fixture
async def call(workspace: Workspace) -> AsyncIterator[Caller]:
    """A function that calls the Web API: as JSON, or as a form with `form=True`."""
    async with aiohttp.ClientSession() as session:

        async def run(
            method: str, *, token: str | None = "", form: bool = False, **arguments: object
        ) -> ApiResponse:
            token = workspace.bot_token if token == "" else token
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            sent: Json = {"data": arguments} if form else {"json": arguments}
            url = workspace.api_url + method
            async with session.post(url, headers=headers, **sent) as response:
                return ApiResponse(response.status, dict(response.headers), await response.json())

        yield run


def make_modal(*blocks: Json, **more: object) -> Json:
    """Build a modal with these blocks and a submit button."""
    return {
        "type": "modal",
        "callback_id": "report",
        "title": {"type": "plain_text", "text": "Report"},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": list(blocks) or [make_input("cname")],
        **more,
    }


def make_input(block_id: str, element: Json | None = None, **more: object) -> Json:
    """Build an input block whose element's action_id is `value`."""
    given = {"type": "plain_text_input"} if element is None else element
    return {
        "type": "input",
        "block_id": block_id,
        "label": {"type": "plain_text", "text": block_id},
        "element": {"action_id": "value", **given},
        **more,
    }


@pytest.fixture
def modal() -> Callable[..., Json]:
    """The builder of modals."""
    return make_modal


@pytest.fixture
def make_input_block() -> Callable[..., Json]:
    """The builder of input blocks."""
    return make_input
