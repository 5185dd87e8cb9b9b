"""The settings of all workspaces in memory: reading them needs neither the database nor a wait."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.errors import NotSetUpError
from bot.escalation import Policy
from bot.i18n.messages import message
from bot.services.workspaces.settings import WorkspaceSettings
from bot.settings import Settings
from bot.store import DatabaseError, Store
from bot.store.workspaces import workspaces

REFRESH_S: Final = 2.0  # another process may have changed them
_NOT_SET_UP: Final = message(
    "Lagdesk is not set up in this workspace yet. Ask one of its admins to type /lagdesk setup."
)


class Workspaces:
    """Resolves the settings of a workspace: what was chosen there, else its default.

    The default is the environment in the first workspace that installed Lagdesk, or, without
    OAuth, in the only one. `load` reads them; `keep_fresh` does so again and again.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._has_oauth = settings.has_oauth
        self._policy = Policy.of(settings)
        self._of_first = WorkspaceSettings.of_environment(settings)
        self._of_others = WorkspaceSettings.of_another(settings)
        self._first = ""
        self._settings: Mapping[str, WorkspaceSettings] = {}

    async def load(self) -> None:
        """Read all workspaces. Raises DatabaseError."""
        rows = await self._store.read(workspaces.list_all)
        self._first = next((row.team for row in rows if row.installed_at), "")
        self._settings = {row.team: self._resolve(row.team, row.chosen) for row in rows}

    async def keep_fresh(self) -> None:
        """Read them every two seconds until cancelled; while that fails, the last ones count."""
        while True:
            await asyncio.sleep(REFRESH_S)
            try:
                await self.load()
            except DatabaseError:  # the store has logged it
                continue

    @property
    def first(self) -> str:
        """The workspace that installed Lagdesk first, "" without OAuth and before that."""
        return self._first

    @property
    def teams(self) -> Sequence[str]:
        """The known workspaces."""
        return tuple(self._settings)

    @property
    def summary_channels(self) -> Mapping[str, str]:
        """The channels of weekly summaries with their workspaces; "" stands for the only one."""
        teams = self.teams if self._has_oauth or self.teams else ("",)
        channels = {self.of(team).summary_channel: team for team in teams}
        return {channel: team for channel, team in channels.items() if channel}

    def of(self, team: str) -> WorkspaceSettings:
        """Return a workspace's settings; those of the environment for "", the terminal."""
        return self._settings.get(team) or self._default(team)

    def grantable_apps(self, team: str) -> tuple[str, ...]:
        """Return the apps that a workspace may choose from."""
        _ = team
        return self._of_first.apps

    def without_defaults(self, team: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Return what differs from a workspace's default, which the rest keeps following."""
        default = self._default(team).chosen
        return {name: value for name, value in chosen.items() if value != default[name]}

    def require_set_up(self, team: str) -> None:
        """Raise NotSetUpError where no call can be reported yet, because nothing is chosen."""
        if self._has_oauth and not self.of(team).is_set_up:
            raise NotSetUpError(_NOT_SET_UP)

    def policy_of(self, team: str) -> Policy:
        """Return a workspace's escalation policy."""
        return replace(self._policy, leads=self.of(team).escalate_to)

    def _default(self, team: str) -> WorkspaceSettings:
        is_first = not self._has_oauth or team in ("", self._first)
        return self._of_first if is_first else self._of_others

    def _resolve(self, team: str, chosen: Mapping[str, Any]) -> WorkspaceSettings:
        return self._default(team).with_chosen(chosen)
