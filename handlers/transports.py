"""The transports of Slack requests: HTTP and Socket Mode, with the same Bolt app behind both."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import ClientError, web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackClientError

from bot.i18n.translator import Translator
from bot.process_metrics import REQUESTS
from bot.services.assembly import Services
from bot.services.context import Context, DatabaseError
from bot.settings import Settings
from handlers.metrics import PATH as METRICS_PATH
from handlers.metrics import MetricsPage
from handlers.registry import register
from handlers.slack.client_middleware import ClientMiddleware
from handlers.slack.clients import NOT_INSTALLED, SlackClients
from handlers.slack.deduplication import EventDeduplicator
from handlers.slack.errors import ErrorHandler
from handlers.slack.flood_limit import FloodLimit
from handlers.slack.install_pages import build_oauth_flow
from handlers.slack.manifest import EVENTS_PATH
from handlers.slack.oauth import Authorization, InstallationStore
from handlers.slack.open_requests import OpenRequests
from handlers.slack.punctual_app import PunctualApp
from handlers.slack.request_validation import Payload, read_payload
from handlers.slack.signature import SlackSignature
from handlers.slack.socket_mode import SocketModeTransport
from handlers.slack.token_rotation import WorkspaceTokens
from handlers.slack.user_directory import UserDirectory
from handlers.slack.webhooks import add_webhooks
from handlers.work_objects.links import PAGE as TICKET_PAGE
from handlers.work_objects.page import TicketPage

log = logging.getLogger(__name__)

MAX_BODY_BYTES: Final = 1024 * 1024
_INSTALL_TIMEOUT_S: Final = 8.0  # the server closes the connection after ten


def build_app(
    services: Services,
    users: UserDirectory,
    context: Context,
    clients: SlackClients,
    installations: InstallationStore,
    *,
    tokens: WorkspaceTokens,
    answer_timeout_s: float,
    requests: OpenRequests,
    flood_limit: FloodLimit,
) -> AsyncApp:
    """Build the Bolt app with every handler. The transports check signatures themselves."""
    settings = context.settings
    app = PunctualApp(
        ErrorHandler(users),
        answer_timeout_s,
        requests,
        Authorization(settings, clients, tokens),
        clients,
        flood_limit=flood_limit,
        name="lagdesk",  # else Bolt reads the source of every caller to find one
        client=clients.anonymous,  # with a token Bolt would not call `authorize`
        process_before_response=True,
        request_verification_enabled=False,
        raise_error_for_unhandled_request=True,
        ssl_check_enabled=True,
        user_facing_authorize_error_message=Translator(settings.default_locale).translate(
            NOT_INSTALLED
        ),
    )
    app.middleware(EventDeduplicator())
    app.middleware(ClientMiddleware(clients))
    register(app, services, users, context, clients)
    installations.register(app)
    return app


def _to_bolt_request(payload: Payload) -> AsyncBoltRequest:
    """Pass the parsed payload to Bolt, which would parse a text again, by laxer rules.

    Nobody reads the headers: the signature is checked by now.
    """
    return AsyncBoltRequest(mode="socket_mode", body=payload)


async def _answer_expect_header(request: web.Request) -> None:
    """Answer `Expect: 100-continue`; ignore other expectations."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


class HttpTransport:
    """The HTTP routes."""

    def __init__(
        self,
        app: AsyncApp,
        services: Services,
        settings: Settings,
        flow: AsyncOAuthFlow | None,
    ) -> None:
        self._app = app
        self._services = services
        self._flow = flow
        self._metrics_token = settings.metrics_token
        self._public_url = settings.public_url
        self._signature = SlackSignature(settings.slack_signing_secret, services.wrong_signatures)

    def web_app(self) -> web.Application:
        """The routes as an aiohttp application."""
        routes = web.Application(client_max_size=MAX_BODY_BYTES)
        routes.router.add_route("*", EVENTS_PATH, self.handle, expect_handler=_answer_expect_header)
        routes.router.add_get("/healthz", self.get_health)
        page = MetricsPage(self._services.metrics, self._metrics_token)
        routes.router.add_get(METRICS_PATH, page.get)
        routes.router.add_get("/slack/install", self.start_install)
        routes.router.add_get("/slack/oauth_redirect", self.finish_install)
        routes.router.add_get(TICKET_PAGE, TicketPage(self._public_url).get)
        add_webhooks(routes, self._services.recording_webhooks, self._services.alerts)
        return routes

    async def handle(self, request: web.Request) -> web.Response:
        """Pass a signed request to Bolt; reject anything else."""
        body = await self._signature.read_body(request)
        if body is None:
            REQUESTS["invalid", "unsigned"] += 1
            return web.Response(status=401)
        try:
            payload = read_payload(body.decode(), request.content_type)
        except UnicodeDecodeError:
            payload = None
        if payload is None or request.method != "POST":
            REQUESTS["invalid", "malformed"] += 1
            return web.Response(status=400)
        return await to_aiohttp_response(await self._app.async_dispatch(_to_bolt_request(payload)))

    async def get_health(self, request: web.Request) -> web.Response:
        """200 while the database can be read and written, else 503."""
        _ = request
        if await self._services.health_checks.is_database_healthy():
            return web.json_response({"database": "up"})
        return web.json_response({"database": "down"}, status=503)

    async def start_install(self, request: web.Request) -> web.Response:
        """The page with the button that installs Lagdesk in a workspace."""
        return await self._install(request, lambda flow: flow.handle_installation)

    async def finish_install(self, request: web.Request) -> web.Response:
        """The page Slack redirects to after an installation."""
        return await self._install(request, lambda flow: flow.handle_callback)

    async def _install(
        self,
        request: web.Request,
        page: Callable[[AsyncOAuthFlow], Callable[[AsyncBoltRequest], Awaitable[object]]],
    ) -> web.Response:
        if self._flow is None:
            return web.Response(status=404, text="SLACK_CLIENT_ID is not set")
        try:
            async with asyncio.timeout(_INSTALL_TIMEOUT_S):
                answer = await page(self._flow)(await to_bolt_request(request))
        except (SlackClientError, ClientError, TimeoutError, OSError) as error:
            log.warning("Slack is unreachable: %s", type(error).__name__)
            return web.Response(status=503, text="Slack does not answer. Try again.")
        except DatabaseError as error:
            log.warning("an installation could not be saved: %s", error)
            return web.Response(status=503, text="The database is unavailable. Try again.")
        return await to_aiohttp_response(answer)  # type: ignore[arg-type]


def build_http_transport(
    app: AsyncApp,
    services: Services,
    settings: Settings,
    clients: SlackClients,
    installations: InstallationStore,
) -> HttpTransport:
    """Build the HTTP transport, with installation pages when OAuth is configured."""
    flow = build_oauth_flow(settings, installations, clients) if settings.has_oauth else None
    return HttpTransport(app, services, settings, flow)


def build_socket_mode_transport(app: AsyncApp, settings: Settings) -> SocketModeTransport:
    """Build the Socket Mode transport; call it inside the running event loop."""
    return SocketModeTransport(app, settings.slack_app_token)
