"""Several workspaces by OAuth: whose token, and the two pages of an installation."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from logging import Logger, getLogger
from typing import Any, Final

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackClientError
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.i18n.messages import message
from bot.services.tickets.service import TicketService
from bot.settings import Settings
from bot.store.admin import installations
from handlers.slack.cache import FallbackCache
from handlers.slack.clients import SlackClients
from handlers.slack.manifest import SCOPES

log = getLogger(__name__)

NOT_INSTALLED: Final = message("Lagdesk is not installed in this workspace.")
IDENTITY_TTL_S: Final = 3600.0
_TIMEOUT_S: Final = 1.0
STATE_TTL: Final = dt.timedelta(minutes=10)


class InstallationStore(AsyncInstallationStore, AsyncOAuthStateStore):
    """Keeps installations and the states of those under way in Lagdesk's own database."""

    def __init__(self, ticket_service: TicketService) -> None:
        self._ticket_service = ticket_service

    @property
    def logger(self) -> Logger:
        """Where slack-sdk logs on our behalf."""
        return log

    async def async_save(self, installation: Installation) -> None:
        """Remember an installation."""
        bot = installation.to_bot()
        data = {
            "bot_token": bot.bot_token,
            "bot_id": bot.bot_id,
            "bot_user_id": bot.bot_user_id,
            "scopes": list(bot.bot_scopes or []),
        }
        now, team = self._ticket_service.clock.now(), installation.team_id or ""
        await self._ticket_service.store.transact(
            lambda session: installations.save(session, team, data, now)
        )

    async def async_save_bot(self, bot: Bot) -> None:
        """Nothing: the installation itself was saved."""

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        """Begin an installation; its state is good for ten minutes, once."""
        _ = args, kwargs
        state, now = secrets.token_urlsafe(24), self._ticket_service.clock.now()
        await self._ticket_service.store.transact(
            lambda session: installations.issue_state(session, state, now)
        )
        return state

    async def async_consume(self, state: str) -> bool:
        """Tell whether we began this installation."""
        not_before = self._ticket_service.clock.now() - STATE_TTL
        return await self._ticket_service.store.transact(
            lambda session: installations.consume_state(session, state, not_before)
        )

    async def token_for(self, team: str) -> str | None:
        """A workspace's token, None when it has not installed Lagdesk."""
        installation = await self._ticket_service.store.read(
            lambda session: installations.find(session, team)
        )
        return str(installation["bot_token"]) if installation else None

    async def authorize(self, team: str) -> AuthorizeResult | None:
        """Say to Bolt who we are in a workspace, without asking Slack."""
        installation = await self._ticket_service.store.read(
            lambda session: installations.find(session, team)
        )
        if installation is None:
            log.info("a request came from a workspace that has not installed Lagdesk")
            return None
        return AuthorizeResult(
            enterprise_id=None,
            team_id=team,
            bot_token=installation["bot_token"],
            bot_id=installation["bot_id"],
            bot_user_id=installation["bot_user_id"],
        )

    def register(self, app: AsyncApp) -> None:
        """Listen for workspaces that remove Lagdesk."""
        app.event("app_uninstalled")(self.handle_app_uninstalled)
        app.event("tokens_revoked")(self.handle_tokens_revoked)

    async def handle_app_uninstalled(self, body: dict[str, Any]) -> None:
        """Forget a workspace that removed Lagdesk."""
        await self.forget(str(body["team_id"]))

    async def handle_tokens_revoked(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        """Forget a workspace that took our own token back; people's tokens we never had."""
        if (event.get("tokens") or {}).get("bot"):
            await self.forget(str(body["team_id"]))

    async def forget(self, team: str) -> None:
        """Forget a workspace that removed Lagdesk."""
        await self._ticket_service.store.transact(
            lambda session: installations.delete(session, team)
        )


class Authorization(AsyncAuthorize):
    """Says to Bolt who we are, without asking Slack each time.

    One workspace: `auth.test` is remembered for an hour. Without its answer we go on: only our own
    messages would be told apart by it, and a report must not wait for Slack.
    """

    def __init__(self, settings: Settings, clients: SlackClients, store: InstallationStore) -> None:
        self._token = settings.slack_bot_token
        self._has_oauth = settings.has_oauth
        self._clients = clients
        self._store = store
        self._identity: FallbackCache[tuple[str | None, str | None]] = FallbackCache(IDENTITY_TTL_S)

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,
        actor_team_id: str | None = None,
        actor_user_id: str | None = None,
    ) -> AuthorizeResult | None:
        """Return who we are in this workspace, None when it has not installed Lagdesk."""
        _ = enterprise_id, user_id, actor_enterprise_id, actor_team_id, actor_user_id
        if not self._has_oauth:
            return await self._authorize_single_workspace(team_id)
        result = await self._store.authorize(team_id or "")
        if result is None:
            context["response_url"] = None  # the answer itself says it, and cannot fail
        return result

    async def _authorize_single_workspace(self, team: str | None) -> AuthorizeResult:
        try:
            bot_id, bot_user_id = await self._identity.get(("self",), self._fetch_identity)
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("auth.test did not say who we are: %s", type(error).__name__)
            bot_id, bot_user_id = self._identity.last(("self",)) or (None, None)
        return AuthorizeResult(
            enterprise_id=None,
            team_id=team,
            bot_token=self._token,
            bot_id=bot_id,
            bot_user_id=bot_user_id,
        )

    async def _fetch_identity(self) -> tuple[str | None, str | None]:
        answer = await asyncio.wait_for(self._clients.default.auth_test(), _TIMEOUT_S)
        return answer.get("bot_id"), answer.get("user_id")


def build_oauth_flow(
    settings: Settings, store: InstallationStore, clients: SlackClients
) -> AsyncOAuthFlow:
    """Build the two pages of an installation."""
    return AsyncOAuthFlow(
        client=clients.anonymous,
        settings=AsyncOAuthSettings(
            client_id=settings.slack_client_id,
            client_secret=settings.slack_client_secret,
            scopes=list(SCOPES),
            installation_store=store,
            state_store=store,
            authorization_url=_authorization_url(settings),
        ),
    )


def _authorization_url(settings: Settings) -> str | None:
    """Slack's own page, unless the API lives elsewhere (the sandbox)."""
    own = "https://slack.com/api/"
    if settings.slack_api_url == own:
        return None
    return settings.slack_api_url.removesuffix("/").removesuffix("/api") + "/oauth/v2/authorize"
