"""OAuth for several workspaces: installations and authorization."""

from __future__ import annotations

import asyncio
from logging import Logger, getLogger
from typing import Any, Final

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackClientError
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.ports import Clock
from bot.services.admin.installations import InstallationService
from bot.services.cache import FallbackCache
from bot.settings import Settings
from handlers.slack.clients import SlackClients
from handlers.slack.token_rotation import WorkspaceTokens, from_bot, to_bot

log = getLogger(__name__)

IDENTITY_TTL_S: Final = 3600.0
_TIMEOUT_S: Final = 1.0


class InstallationStore(AsyncInstallationStore, AsyncOAuthStateStore):
    """slack-sdk's stores of installations and OAuth states, on Lagdesk's database.

    slack-sdk's own SQLAlchemy stores open transactions and tables of their own beside ours: on
    SQLite they would wait for our writer, and their tokens are not encrypted.
    """

    def __init__(self, installations: InstallationService, clock: Clock) -> None:
        self._installations = installations
        self._clock = clock

    @property
    def logger(self) -> Logger:
        """The logger for slack-sdk."""
        return log

    async def async_save(self, installation: Installation) -> None:
        """Store an installation. Raises NotAllowedError."""
        await self.async_save_bot(installation.to_bot())

    async def async_save_bot(self, bot: Bot) -> None:
        """Store an installation of a workspace, or of an organization for all its workspaces."""
        name = bot.enterprise_id if bot.is_enterprise_install else bot.team_id
        await self._installations.save(name or "", from_bot(bot, self._clock))

    async def async_find_bot(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """Return the installation that serves a workspace."""
        team = "" if is_enterprise_install else team_id or ""
        found = await self._installations.find(team, enterprise_id or "")
        if found is None:
            return None
        bot = to_bot(found[1])
        bot.team_id, bot.enterprise_id = team_id, enterprise_id
        return bot

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Delete the installation of a workspace; of an organization without a workspace."""
        await self._installations.delete(team_id or enterprise_id or "")

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Do nothing: tokens of people are not stored."""

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        """Begin an installation; returns its state."""
        _ = args, kwargs
        return await self._installations.issue_state()

    async def async_consume(self, state: str) -> bool:
        """Delete a state; return whether it was valid."""
        return await self._installations.consume_state(state)

    def register(self, app: AsyncApp) -> None:
        """Register the events of workspaces that remove Lagdesk."""
        app.event("app_uninstalled")(self.handle_app_uninstalled)
        app.event("tokens_revoked")(self.handle_tokens_revoked)

    async def handle_app_uninstalled(self, body: dict[str, Any]) -> None:
        """Delete the installation of a workspace or an organization that removed Lagdesk."""
        await self._delete(body)

    async def handle_tokens_revoked(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        """Delete an installation whose bot token was revoked."""
        if (event.get("tokens") or {}).get("bot"):
            await self._delete(body)

    async def _delete(self, body: dict[str, Any]) -> None:
        is_org_wide = any(each.get("is_enterprise_install") for each in _authorizations(body))
        enterprise = str(body.get("enterprise_id") or "")
        await self.async_delete_bot(
            enterprise_id=enterprise,
            team_id=None if is_org_wide and enterprise else str(body.get("team_id") or ""),
        )


class Authorization(AsyncAuthorize):
    """Bolt's authorization, without a call to Slack for each request.

    With a single workspace `auth.test` is cached for an hour. When it fails, requests are handled
    without the bot's identity, which only serves to recognise our own messages.
    """

    def __init__(self, settings: Settings, clients: SlackClients, tokens: WorkspaceTokens) -> None:
        self._token = settings.slack_bot_token
        self._has_oauth = settings.has_oauth
        self._clients = clients
        self._tokens = tokens
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
        _ = user_id, actor_enterprise_id, actor_team_id, actor_user_id
        if not self._has_oauth:
            return await self._authorize_single_workspace(team_id)
        result = await self._authorize(team_id or "", enterprise_id or "")
        if result is None:
            context["response_url"] = None  # Bolt then answers in the response itself
        return result

    async def token_of(self, team: str, enterprise: str) -> str | None:
        """Return the bot token of a workspace; None when it has not installed Lagdesk."""
        return await self._tokens.token_for(team, enterprise) if self._has_oauth else self._token

    async def _authorize(self, team: str, enterprise: str) -> AuthorizeResult | None:
        """Return Bolt's authorization for a workspace without a call to Slack."""
        token = await self._tokens.find(team, enterprise)
        if token is None:
            log.info("request from a workspace that has not installed Lagdesk")
            return None
        return AuthorizeResult(
            enterprise_id=enterprise or None,
            team_id=team,
            bot_token=token.bot_token,
            bot_id=token.bot_id,
            bot_user_id=token.bot_user_id,
        )

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


def _authorizations(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return for which installations an event was sent."""
    listed = body.get("authorizations")
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
