"""The two doors Slack comes in by: HTTP and Socket Mode. They share everything behind them."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

import handlers
from bot.desk import Desk
from bot.settings import Settings
from handlers.clients import Clients
from handlers.installs import Installs, build_flow
from handlers.manifest import EVENTS_PATH
from handlers.payloads import read_payload
from handlers.people import People

log = logging.getLogger(__name__)

LARGEST_BODY: Final = 1024 * 1024
_TIMESTAMP = "X-Slack-Request-Timestamp"
_SIGNATURE = "X-Slack-Signature"


def build_app(
    desk: Desk, people: People, settings: Settings, clients: Clients, installs: Installs
) -> AsyncApp:
    """Build the Bolt app with every story. The doors check signatures before it does."""
    several = settings.has_oauth
    app = AsyncApp(
        client=clients.default,
        authorize=installs.authorize if several else None,  # type: ignore[arg-type]
        process_before_response=True,
        request_verification_enabled=False,
        raise_error_for_unhandled_request=True,
        ssl_check_enabled=True,
    )
    handlers.register(app, desk, people)
    return app


class HttpDoor:
    """The HTTP routes."""

    def __init__(
        self, app: AsyncApp, desk: Desk, settings: Settings, flow: AsyncOAuthFlow | None
    ) -> None:
        self._app = app
        self._desk = desk
        self._flow = flow
        self._verifier = SignatureVerifier(settings.slack_signing_secret)

    def web_app(self) -> web.Application:
        """The routes as an aiohttp application."""
        routes = web.Application(client_max_size=LARGEST_BODY)
        routes.router.add_route("*", EVENTS_PATH, self.hear)
        routes.router.add_get("/healthz", self.tell_health)
        routes.router.add_get("/metrics", self.tell_metrics)
        routes.router.add_get("/slack/install", self.begin_install)
        routes.router.add_get("/slack/oauth_redirect", self.end_install)
        return routes

    async def hear(self, request: web.Request) -> web.Response:
        """Hand a signed request to Bolt; anything else is turned away without effect."""
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=401)
        if not self._is_signed(request, body):
            return web.Response(status=401)
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return web.Response(status=400)
        if read_payload(text, request.content_type) is None:
            return web.Response(status=400)
        bolt_request = AsyncBoltRequest(
            body=text,
            query=request.query_string,
            headers={name: str(value) for name, value in request.headers.items()},
        )
        return await to_aiohttp_response(await self._app.async_dispatch(bolt_request))

    def _is_signed(self, request: web.Request, body: bytes) -> bool:
        timestamp = request.headers.get(_TIMESTAMP, "")
        signature = request.headers.get(_SIGNATURE, "")
        if not (timestamp.isascii() and timestamp.isdigit() and signature.isascii()):
            return False
        if len(timestamp) > len(str(int(time.time()))):
            return False
        return self._verifier.is_valid(body, timestamp, signature)

    async def tell_health(self, request: web.Request) -> web.Response:
        """200 while the process and its database answer."""
        _ = request
        if await self._desk.store.is_up():
            return web.json_response({"database": "up"})
        return web.json_response({"database": "down"}, status=503)

    async def tell_metrics(self, request: web.Request) -> web.Response:
        """Prometheus."""
        _ = request
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def begin_install(self, request: web.Request) -> web.Response:
        """The page with the button that installs Lagdesk in a workspace."""
        return await self._install(request, lambda flow: flow.handle_installation)

    async def end_install(self, request: web.Request) -> web.Response:
        """Where Slack sends people back to."""
        return await self._install(request, lambda flow: flow.handle_callback)

    async def _install(
        self,
        request: web.Request,
        page: Callable[[AsyncOAuthFlow], Callable[[AsyncBoltRequest], Awaitable[object]]],
    ) -> web.Response:
        if self._flow is None:
            return web.Response(status=404, text="SLACK_CLIENT_ID is not set")
        answer = await page(self._flow)(await to_bolt_request(request))
        return await to_aiohttp_response(answer)  # type: ignore[arg-type]


def build_http_door(
    app: AsyncApp, desk: Desk, settings: Settings, clients: Clients, installs: Installs
) -> HttpDoor:
    """Build the HTTP door, with installation pages when several workspaces may install."""
    flow = build_flow(settings, installs, clients) if settings.has_oauth else None
    return HttpDoor(app, desk, settings, flow)


def build_socket_door(app: AsyncApp, settings: Settings) -> AsyncSocketModeHandler:
    """Build the Socket Mode door; inside the running loop."""
    return AsyncSocketModeHandler(app, settings.slack_app_token)
