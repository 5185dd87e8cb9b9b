"""Workspaces that installed Lagdesk by OAuth, and the states of installations under way."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any, Final

from cachetools import LRUCache, TTLCache

from bot.ports import Clock
from bot.store import DatabaseError, Store
from bot.store.admin import installations

STATE_TTL: Final = dt.timedelta(minutes=10)
_TTL_S: Final = 60.0  # another process may have changed an installation
_MAX_TEAMS: Final = 10_000


@dataclass(frozen=True, slots=True)
class WorkspaceToken:
    """The bot token of one workspace and the bot it belongs to."""

    bot_token: str
    bot_id: str | None
    bot_user_id: str | None
    scopes: tuple[str, ...] = ()


class InstallationService:
    """Stores, returns and deletes installations."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._fresh: TTLCache[str, WorkspaceToken] = TTLCache(_MAX_TEAMS, _TTL_S)
        self._last: LRUCache[str, WorkspaceToken] = LRUCache(_MAX_TEAMS)

    async def save(self, team: str, token: WorkspaceToken) -> None:
        """Store a workspace's token in place of an earlier one."""
        now = self._clock.now()
        data: dict[str, Any] = {
            "bot_token": token.bot_token,
            "bot_id": token.bot_id,
            "bot_user_id": token.bot_user_id,
            "scopes": list(token.scopes),
        }
        await self._store.transact(lambda session: installations.save(session, team, data, now))
        self._forget(team)

    async def find(self, team: str) -> WorkspaceToken | None:
        """Return a workspace's token, None when it has not installed Lagdesk."""
        if team in self._fresh:
            return self._fresh[team]
        try:
            data = await self._store.read(lambda session: installations.find(session, team))
        except DatabaseError:  # people are answered nevertheless
            if team in self._last:
                return self._last[team]
            raise
        if data is None:
            return None
        scopes = tuple(data.get("scopes") or ())
        token = WorkspaceToken(data["bot_token"], data["bot_id"], data["bot_user_id"], scopes)
        self._fresh[team] = self._last[team] = token
        return token

    async def teams(self) -> list[str]:
        """List the workspaces that installed Lagdesk."""
        return await self._store.read(installations.list_teams)

    async def token_for(self, team: str) -> str | None:
        """Return a workspace's bot token, None when it has not installed Lagdesk."""
        token = await self.find(team)
        return token.bot_token if token else None

    async def delete(self, team: str) -> None:
        """Delete a workspace's installation."""
        await self._store.transact(lambda session: installations.delete(session, team))
        self._forget(team)

    def _forget(self, team: str) -> None:
        self._fresh.pop(team, None)
        self._last.pop(team, None)

    async def issue_state(self) -> str:
        """Begin an installation; returns a state that is valid once, for ten minutes."""
        state, now = secrets.token_urlsafe(24), self._clock.now()
        await self._store.transact(lambda session: installations.issue_state(session, state, now))
        return state

    async def consume_state(self, state: str) -> bool:
        """Delete a state; return whether it was valid."""
        not_before = self._clock.now() - STATE_TTL
        return await self._store.transact(
            lambda session: installations.consume_state(session, state, not_before)
        )
