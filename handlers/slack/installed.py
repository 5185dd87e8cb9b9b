"""Whether Lagdesk is installed in a workspace."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
from slack_sdk.errors import SlackClientError

from bot.services.cache import FallbackCache
from bot.services.permissions import membership_unknown
from bot.settings import Settings
from handlers.slack.clients import SlackClients
from handlers.slack.oauth import InstallationStore

_TEAM_TTL_S: Final = 3600.0
_TIMEOUT_S: Final = 1.0


class InstalledWorkspaces:
    """The workspaces that installed Lagdesk by OAuth, or the one of the only token."""

    def __init__(
        self, settings: Settings, installations: InstallationStore, clients: SlackClients
    ) -> None:
        self._has_oauth = settings.has_oauth
        self._installations = installations
        self._clients = clients
        self._own: FallbackCache[frozenset[str]] = FallbackCache(_TEAM_TTL_S)

    async def has(self, team: str, enterprise: str) -> bool:
        """Return whether it is. Raises SlackUnreachableError when Slack cannot be asked."""
        if self._has_oauth:
            found = await self._installations.async_find_bot(enterprise_id=enterprise, team_id=team)
            return found is not None
        return bool({team, enterprise} & await self._own_workspace())

    async def _own_workspace(self) -> frozenset[str]:
        """Return the ids of the token's workspace, or of its organization."""
        key = ("own",)
        try:
            return await self._own.get(key, self._fetch_own)
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError):
            last = self._own.last(key)
            if last is None:
                raise membership_unknown() from None
            return last

    async def _fetch_own(self) -> frozenset[str]:
        answer = await asyncio.wait_for(self._clients.default.auth_test(), _TIMEOUT_S)
        is_organization = bool(answer.get("is_enterprise_install"))
        owner = answer.get("enterprise_id") if is_organization else answer.get("team_id")
        return frozenset({str(owner)})
