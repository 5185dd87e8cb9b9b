"""`GET /metrics`: with a token on the public port, without one on a port of its own."""

from __future__ import annotations

import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from aiohttp import web

from bot.errors import LagdeskError
from bot.services.admin.metrics import MetricsService
from handlers.http_server import serve_http

log = logging.getLogger(__name__)

PATH: Final = "/metrics"
_LOCAL: Final = "127.0.0.1"


class MetricsPage:
    """The page on the public port, which does not exist without a token."""

    def __init__(self, metrics: MetricsService, token: str) -> None:
        self._metrics = metrics
        self._token = token

    async def get(self, request: web.Request) -> web.Response:
        """Return the metrics to whoever sends the token."""
        if not self._token:
            return web.Response(status=404)
        sent = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(sent, f"Bearer {self._token}".encode()):
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        return await respond(self._metrics)


async def respond(metrics: MetricsService) -> web.Response:
    """Return the metrics."""
    body, content_type = await metrics.render()
    return web.Response(body=body, headers={"Content-Type": content_type})


@asynccontextmanager
async def serve_metrics(metrics: MetricsService, port: int) -> AsyncIterator[str]:
    """Serve the metrics on this machine while the block is open; yields the URL, "" without one.

    A port that is taken costs the metrics, not the start: it may be the process being replaced.
    """

    async def get(_request: web.Request) -> web.Response:
        return await respond(metrics)

    app = web.Application()
    app.router.add_get(PATH, get)
    async with AsyncExitStack() as stack:
        url = ""
        if port:
            try:
                url = await stack.enter_async_context(serve_http(app, _LOCAL, port))
            except LagdeskError:
                log.warning("port %d of METRICS_PORT is taken: no metrics of this process", port)
        yield url
