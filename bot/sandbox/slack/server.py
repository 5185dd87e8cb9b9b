"""The HTTP server and its routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.sandbox import http_server
from bot.sandbox.slack.api import apps, files
from bot.sandbox.slack.api import server as api_server
from bot.sandbox.slack.delivery.socket_mode import SocketModeTransport
from bot.sandbox.slack.interactions import responses
from bot.sandbox.slack.page import server as page_server
from bot.sandbox.slack.state.workspace_state import WorkspaceState

Route = Callable[[WorkspaceState, web.Request], Awaitable[web.StreamResponse]]


def make_app(workspace: WorkspaceState, socket_mode: SocketModeTransport) -> web.Application:
    """Build the application with all its routes."""
    app = web.Application(client_max_size=files.MAX_UPLOAD_BYTES)

    def bind(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await route(workspace, request)

        return handle

    app.router.add_route("*", "/api/{method}", bind(api_server.answer))
    app.router.add_post("/upload/v1/{ticket}", bind(files.receive))
    app.router.add_post("/response/{name}", bind(responses.receive))
    app.router.add_get("/oauth/v2/authorize", bind(apps.authorize))
    app.router.add_get("/link/", socket_mode.accept)
    for verb, path, route in page_server.ROUTES:
        app.router.add_route(verb, path, bind(route))
    return app


@asynccontextmanager
async def open_server(
    workspace: WorkspaceState, socket_mode: SocketModeTransport, host: str, port: int
) -> AsyncIterator[str]:
    """Serve until the block ends; yields the URL."""
    runner = web.AppRunner(make_app(workspace, socket_mode), shutdown_timeout=1.0, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound = runner.addresses[0][1]
        yield f"http://{host}:{bound}"
    finally:
        await http_server.close_server(runner)
