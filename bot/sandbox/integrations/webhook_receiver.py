"""A receiver of webhooks: records each, and answers as it was set to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from bot.sandbox.http_server import close_server

SECRET: Final = "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldC0xMjM0NTY="
PATH: Final = "/webhooks"
OK: Final = 200
HANGS: Final = 0  # in place of a status


@dataclass(frozen=True, slots=True)
class ReceivedWebhook:
    """One request, as it came in."""

    headers: Mapping[str, str]
    body: bytes
    at: float  # epoch seconds


@dataclass(slots=True)
class WebhookReceiver:
    """`statuses` are those of its next answers, with `headers`; afterwards it answers 200.

    A request that is to hang is answered by `answer_all`, or when the receiver is closed.
    """

    clock: Callable[[], float]
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    received: list[ReceivedWebhook] = field(default_factory=list)
    url: str = ""
    _answers: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Serve until the block ends; yields the address of webhooks."""
        app = web.Application()
        app.router.add_post(PATH, self._receive)
        app.router.add_get(PATH, self._list)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
            yield self.url
        finally:
            self.answer_all()
            await close_server(runner)

    @property
    def environment(self) -> dict[str, str]:
        """The settings that send webhooks here, while it is being served."""
        return {
            "WEBHOOKS": self.url,
            "WEBHOOK_SECRET": SECRET,
            "ALLOW_PRIVATE_ADDRESSES": "true",
        }

    def answer_all(self) -> None:
        """Answer the requests that hang, and hang no more."""
        self._answers.set()

    async def _list(self, _: web.Request) -> web.Response:
        """Show what was received, the newest first."""
        received = [
            {name: value for name, value in each.headers.items() if name.startswith("webhook-")}
            | {"body": json.loads(each.body)}
            for each in reversed(self.received)
        ]
        return web.Response(
            text=json.dumps(received, ensure_ascii=False, indent=2), content_type="application/json"
        )

    async def _receive(self, request: web.Request) -> web.Response:
        received = ReceivedWebhook(dict(request.headers), await request.read(), self.clock())
        self.received.append(received)
        status = self.statuses.pop(0) if self.statuses else OK
        if status == HANGS:
            await self._answers.wait()
        return web.Response(status=status or 503, headers=None if status == OK else self.headers)
