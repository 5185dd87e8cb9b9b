"""OAuth for several workspaces: installations, authorization, the installation pages."""

from __future__ import annotations

import asyncio
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
from bot.services.admin.installations import InstallationService, WorkspaceToken
from bot.services.cache import FallbackCache
from bot.settings import Settings
from handlers.slack.clients import SlackClients
from handlers.slack.manifest import SCOPES

log = getLogger(__name__)

NOT_INSTALLED: Final = message("Lagdesk is not installed in this workspace.")
IDENTITY_TTL_S: Final = 3600.0
_TIMEOUT_S: Final = 1.0


class InstallationStore(AsyncInstallationStore, AsyncOAuthStateStore):
    """Stores installations and OAuth states in Lagdesk's database."""

    def __init__(self, installations: InstallationService) -> None:
        self._installations = installations

    @property
    def logger(self) -> Logger:
        """The logger for slack-sdk."""
        return log

    async def async_save(self, installation: Installation) -> None:
        """Store an installation."""
        bot = installation.to_bot()
        token = WorkspaceToken(
            bot_token=bot.bot_token,
            bot_id=bot.bot_id,
            bot_user_id=bot.bot_user_id,
            scopes=tuple(bot.bot_scopes or ()),
        )
        await self._installations.save(installation.team_id or "", token)

    async def async_save_bot(self, bot: Bot) -> None:
        """Do nothing: `async_save` has stored the installation."""

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        """Begin an installation; returns its state."""
        _ = args, kwargs
        return await self._installations.issue_state()

    async def async_consume(self, state: str) -> bool:
        """Delete a state; return whether it was valid."""
        return await self._installations.consume_state(state)

    async def token_of(self, team: str) -> str | None:
        """Return a workspace's bot token; None when it has not installed Lagdesk."""
        return await self._installations.token_for(team)

    async def authorize(self, team: str) -> AuthorizeResult | None:
        """Return Bolt's authorization for a workspace without a call to Slack."""
        token = await self._installations.find(team)
        if token is None:
            log.info("request from a workspace that has not installed Lagdesk")
            return None
        return AuthorizeResult(
            enterprise_id=None,
            team_id=team,
            bot_token=token.bot_token,
            bot_id=token.bot_id,
            bot_user_id=token.bot_user_id,
        )

    def register(self, app: AsyncApp) -> None:
        """Register the events of workspaces that remove Lagdesk."""
        app.event("app_uninstalled")(self.handle_app_uninstalled)
        app.event("tokens_revoked")(self.handle_tokens_revoked)

    async def handle_app_uninstalled(self, body: dict[str, Any]) -> None:
        """Delete the installation of a workspace that removed Lagdesk."""
        await self._installations.delete(str(body["team_id"]))

    async def handle_tokens_revoked(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        """Delete the installation of a workspace that revoked the bot token."""
        if (event.get("tokens") or {}).get("bot"):
            await self._installations.delete(str(body["team_id"]))


class Authorization(AsyncAuthorize):
    """Bolt's authorization, without a call to Slack for each request.

    With a single workspace `auth.test` is cached for an hour. When it fails, requests are handled
    without the bot's identity, which only serves to recognise our own messages.
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
        """Return the bot's identity; None when the workspace has not installed Lagdesk."""
        _ = enterprise_id, user_id, actor_enterprise_id, actor_team_id, actor_user_id
        if not self._has_oauth:
            return await self._authorize_single_workspace(team_id)
        result = await self._store.authorize(team_id or "")
        if result is None:
            context["response_url"] = None  # Bolt then answers in the response itself
        return result

    async def token_of(self, team: str) -> str | None:
        """Return the bot token of a workspace; None when it has not installed Lagdesk."""
        return await self._store.token_of(team) if self._has_oauth else self._token

    async def _authorize_single_workspace(self, team: str | None) -> AuthorizeResult:
        try:
            bot_id, bot_user_id = await self._identity.get(("self",), self._fetch_identity)
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("auth.test failed: %s", type(error).__name__)
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
    """Build the flow of the two installation pages."""
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
    """Return the authorization page of SLACK_API_URL; None for Slack's own."""
    own = "https://slack.com/api/"
    if settings.slack_api_url == own:
        return None
    return settings.slack_api_url.removesuffix("/").removesuffix("/api") + "/oauth/v2/authorize"
