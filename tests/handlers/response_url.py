"""A response URL of Slack's that gives the responses of a test, and keeps what it received."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from bot.ports import Inquiry


class ResponseUrl:
    """Answers each response with the next status and body; the last one from then on."""

    def __init__(self, *answers: tuple[int, str], headers: Mapping[str, str] | None = None) -> None:
        self._answers = list(answers)
        self._headers = headers
        self.received: list[dict[str, Any]] = []

    async def receive(self, request: web.Request) -> web.Response:
        """Answer a response."""
        self.received.append(await request.json())
        is_last = len(self._answers) == 1
        status, body = self._answers[0] if is_last else self._answers.pop(0)
        return web.Response(status=status, text=body, headers=self._headers)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[Inquiry]:
        """Serve it; yields an inquiry that is answered there."""
        app = web.Application()
        app.router.add_post("/r", self.receive)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/r"
            yield Inquiry("T1", "U1", "C1", url, "en", "UTC", "kids", "class_77_1")
        finally:
            await runner.cleanup()
