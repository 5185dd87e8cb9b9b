"""Workspaces that installed Lagdesk by OAuth, and the states of installations under way."""

from __future__ import annotations

import datetime as dt
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bot.ports import Clock
from bot.services.cache import FallbackCache
from bot.services.workspaces.directory import Workspaces
from bot.store import DatabaseError, Session, Store
from bot.store.admin import installations
from bot.store.workspaces import workspaces as store_workspaces

STATE_TTL: Final = dt.timedelta(minutes=10)
TTL_S: Final = 3.0  # another process may have changed an installation


@dataclass(frozen=True, slots=True)
class WorkspaceToken:
    """The bot token of one workspace and the bot it belongs to."""

    bot_token: str
    bot_id: str | None
    bot_user_id: str | None
    scopes: tuple[str, ...] = ()


class InstallationService:
    """Stores, returns and deletes installations."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        workspaces: Workspaces,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._clock = clock
        self._workspaces = workspaces
        self._tokens: FallbackCache[WorkspaceToken | None] = FallbackCache(TTL_S, timer)

    async def save(self, team: str, token: WorkspaceToken) -> None:
        """Store a workspace's token in place of an earlier one."""
        now = self._clock.now()
        data: dict[str, Any] = {
            "bot_token": token.bot_token,
            "bot_id": token.bot_id,
            "bot_user_id": token.bot_user_id,
            "scopes": list(token.scopes),
        }

        def work(session: Session) -> None:
            installations.save(session, team, data, now)
            store_workspaces.register(session, team, now)

        await self._store.transact(work)
        self._tokens.invalidate((team,))
        await self._workspaces.load()

    async def find(self, team: str) -> WorkspaceToken | None:
        """Return a workspace's token, None when it has not installed Lagdesk."""
        key = (team,)
        try:
            token = await self._tokens.get(key, lambda: self._read(team))
        except DatabaseError:  # people are answered nevertheless
            if last := self._tokens.last(key):
                return last
            raise
        if token is None:  # it may be installing just now
            self._tokens.invalidate(key)
        return token

    async def _read(self, team: str) -> WorkspaceToken | None:
        data = await self._store.read(lambda session: installations.find(session, team))
        if data is None:
            return None
        scopes = tuple(data.get("scopes") or ())
        return WorkspaceToken(data["bot_token"], data["bot_id"], data["bot_user_id"], scopes)

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
        self._tokens.invalidate((team,))

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
