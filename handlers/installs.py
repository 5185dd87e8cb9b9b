"""Several workspaces by OAuth: whose token, and the two pages of an installation."""

from __future__ import annotations

import datetime as dt
import secrets
from logging import Logger, getLogger
from typing import Any, Final

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.desk import Desk
from bot.settings import Settings
from bot.store import installs
from handlers.clients import Clients
from handlers.manifest import SCOPES

STATE_TTL: Final = dt.timedelta(minutes=10)


class Installs(AsyncInstallationStore, AsyncOAuthStateStore):
    """Keeps installations and the states of those under way in Lagdesk's own database."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def logger(self) -> Logger:
        """Where slack-sdk logs on our behalf."""
        return getLogger(__name__)

    async def async_save(self, installation: Installation) -> None:
        """Remember an installation."""
        bot = installation.to_bot()
        data = {
            "bot_token": bot.bot_token,
            "bot_id": bot.bot_id,
            "bot_user_id": bot.bot_user_id,
            "scopes": list(bot.bot_scopes or []),
        }
        now, team = self._desk.clock.now(), installation.team_id or ""
        await self._desk.store.transact(lambda session: installs.save(session, team, data, now))

    async def async_save_bot(self, bot: Bot) -> None:
        """Nothing: the installation itself was saved."""

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        """Begin an installation; its state is good for ten minutes, once."""
        _ = args, kwargs
        state, now = secrets.token_urlsafe(24), self._desk.clock.now()
        await self._desk.store.transact(lambda session: installs.issue_state(session, state, now))
        return state

    async def async_consume(self, state: str) -> bool:
        """Tell whether we began this installation."""
        not_before = self._desk.clock.now() - STATE_TTL
        return await self._desk.store.transact(
            lambda session: installs.consume_state(session, state, not_before)
        )

    async def token_of(self, team: str) -> str | None:
        """A workspace's token, None when it has not installed Lagdesk."""
        found = await self._desk.store.read(lambda session: installs.find(session, team))
        return str(found["bot_token"]) if found else None

    async def authorize(self, team_id: str | None, logger: Logger) -> AuthorizeResult | None:
        """Say to Bolt who we are in a workspace, without asking Slack each time."""
        team = team_id or ""
        found = await self._desk.store.read(lambda session: installs.find(session, team))
        if found is None:
            logger.info("a request came from a workspace that has not installed Lagdesk")
            return None
        return AuthorizeResult(
            enterprise_id=None,
            team_id=team,
            bot_token=found["bot_token"],
            bot_id=found["bot_id"],
            bot_user_id=found["bot_user_id"],
        )

    async def forget(self, team: str) -> None:
        """Forget a workspace that removed Lagdesk."""
        await self._desk.store.transact(lambda session: installs.forget(session, team))


def build_flow(settings: Settings, store: Installs, clients: Clients) -> AsyncOAuthFlow:
    """Build the two pages of an installation."""
    return AsyncOAuthFlow(
        client=clients.default,
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
