"""Bot tokens by workspace; those that expire are exchanged in time, once for all processes."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import Final

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports import Clock
from bot.services.admin.installations import InstallationService, WorkspaceToken
from bot.services.context import DatabaseError
from bot.settings import Settings

log = logging.getLogger(__name__)

MARGIN_S: Final = 2 * 3600.0  # of the twelve hours that a token is valid
_TIMEOUT_S: Final = 1.0  # a form has to open within three seconds
_FAILURES: Final = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError, DatabaseError)


class WorkspaceTokens:
    """Finds the token of a workspace. slack-sdk exchanges it, two hours before it expires.

    A request waits for that, once in ten hours: the old one may end as soon as there is a new one.
    """

    def __init__(
        self,
        installations: InstallationService,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._installations = installations
        self._settings = settings
        self._clock = clock
        self._rotations: dict[str, asyncio.Task[None]] = {}

    async def token_for(self, team: str, enterprise: str = "") -> str | None:
        """Return a workspace's bot token, None when it has not installed Lagdesk."""
        token = await self.find(team, enterprise)
        return token.bot_token if token else None

    async def find(self, team: str, enterprise: str = "") -> WorkspaceToken | None:
        """Return a workspace's token and bot, None when it has not installed Lagdesk."""
        found = await self._installations.find(team, enterprise)
        if found is None:
            return None
        name, token = found
        now_s = self._clock.now().timestamp()
        if token.expires_at is not None and token.expires_at - now_s < MARGIN_S:
            with suppress(TimeoutError):  # then with the old one, which may still be valid
                await asyncio.wait_for(asyncio.shield(self._rotate(name, token)), _TIMEOUT_S)
            found = await self._installations.find(team, enterprise)
        return found[1] if found else None

    def _rotate(self, name: str, token: WorkspaceToken) -> asyncio.Task[None]:
        """Exchange a token in a task of its own, one for all requests of this process."""
        task = self._rotations.get(name)
        if task is None:
            task = self._rotations[name] = asyncio.create_task(self._exchange(name, token))
            task.add_done_callback(lambda _: self._rotations.pop(name))
        return task

    async def _exchange(self, name: str, token: WorkspaceToken) -> None:
        try:
            if not await self._installations.claim_rotation(name):
                await self._installations.load()  # another process has exchanged it, or will
                return
            expired = to_bot(token)
            expired.bot_token_expires_at = 0  # when it is exchanged is decided here
            rotated = await self._rotator().perform_bot_token_rotation(bot=expired)
            if rotated is not None:
                await self._installations.replace_token(name, from_bot(rotated, self._clock))
        except _FAILURES as error:  # tried again with the next request
            log.warning("the token of %s could not be exchanged: %s", name, type(error).__name__)

    def _rotator(self) -> AsyncTokenRotator:
        return AsyncTokenRotator(
            client_id=self._settings.slack_client_id,
            client_secret=self._settings.slack_client_secret,
            client=AsyncWebClient(base_url=self._settings.slack_api_url),
        )


def to_bot(token: WorkspaceToken) -> Bot:
    """Return a stored token as slack-sdk describes a bot."""
    return Bot(
        bot_token=token.bot_token,
        bot_id=token.bot_id or "",
        bot_user_id=token.bot_user_id or "",
        bot_scopes=list(token.scopes),
        bot_refresh_token=token.refresh_token,
        bot_token_expires_at=token.expires_at,
        installed_at=0.0,
    )


def from_bot(bot: Bot, clock: Clock) -> WorkspaceToken:
    """Return what is stored of slack-sdk's description of a bot, which has the machine's time."""
    expires_at = bot.bot_token_expires_at
    if expires_at is not None:
        expires_at = int(clock.now().timestamp() + expires_at - time.time())
    return WorkspaceToken(
        bot_token=bot.bot_token,
        bot_id=bot.bot_id,
        bot_user_id=bot.bot_user_id,
        scopes=tuple(bot.bot_scopes or ()),
        refresh_token=bot.bot_refresh_token or "",
        expires_at=expires_at,
    )
