"""The settings of all workspaces in memory: reading them needs neither the database nor a wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.errors import NotAllowedError, NotSetUpError
from bot.escalation import Policy
from bot.i18n.messages import message
from bot.services.workspaces.settings import WorkspaceSettings
from bot.settings import Settings
from bot.store import Session, Store
from bot.store.admin import installations
from bot.store.workspaces import workspaces
from bot.store.workspaces.workspaces import Workspace

_NOT_SET_UP: Final = message(
    "Lagdesk is not set up in this workspace yet. Ask one of its admins to type /lagdesk setup."
)
_NOT_ALLOWED: Final = message(
    "This Lagdesk may not be installed in the workspace %(team)s. Whoever runs it can allow that: "
    "this id has to be in ALLOWED_TEAMS."
)


class Workspaces:
    """Which workspaces are served, and their settings: what they chose, else the default.

    The default is the environment in the first workspace that installed Lagdesk, or, without
    OAuth, in the only one. The workspaces of an organization have no such default: a channel is
    in one of them. `load` reads all workspaces.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._has_oauth = settings.has_oauth
        self._allowed = settings.allowed_teams
        self._policy = Policy.of(settings)
        self._of_first = WorkspaceSettings.of_environment(settings)
        self._of_others = WorkspaceSettings.of_another(settings)
        self._first = ""
        self._enterprises: Mapping[str, str] = {}
        self._installed: frozenset[str] = frozenset()
        self._settings: Mapping[str, WorkspaceSettings] = {}
        self._unchosen: dict[str, WorkspaceSettings] = {}  # of workspaces that are not stored

    async def load(self) -> None:
        """Read all workspaces. Raises DatabaseError."""
        rows, installed = await self._store.read(_read)
        self._first = _first_of(rows)
        self._installed = frozenset(installed)
        self._enterprises = {row.team: row.enterprise for row in rows}
        self._settings = {row.team: self._resolve(row.team, row.chosen) for row in rows}
        self._unchosen = {}

    @property
    def first(self) -> str:
        """What installed Lagdesk first: a workspace, or an organization; "" before that."""
        return self._first

    @property
    def summary_channels(self) -> Mapping[str, str]:
        """The channel of weekly summaries by workspace; "" stands for the only one."""
        channels = {team: self.of(team).summary_channel for team in self.served}
        return {team: channel for team, channel in channels.items() if channel}

    @property
    def served(self) -> Sequence[str]:
        """The workspaces that are served; "" stands for the only one."""
        teams = [team for team in self._settings if self.is_served(team)]
        return teams if teams or self._has_oauth else [""]

    def enterprise_of(self, team: str) -> str:
        """Return the organization by whose installation a workspace is served, "" for none."""
        return self._enterprises.get(team, "")

    @property
    def installed(self) -> Sequence[str]:
        """The workspaces with a token, and the organizations whose workspaces are not known yet."""
        known = set(self._enterprises.values())
        return [
            name
            for name in self._settings
            if name not in known and {name, self.enterprise_of(name)} & self._installed
        ]

    def is_known(self, team: str) -> bool:
        """Return whether a workspace is stored."""
        return team in self._settings

    def is_allowed(self, team: str, enterprise: str = "") -> bool:
        """Return whether the operator allows a workspace, by itself or by its organization."""
        names = {team, enterprise or self.enterprise_of(team)} - {""}
        return bool(names & (self._allowed.keys() or {self._first}))

    def is_served(self, team: str) -> bool:
        """Return whether Lagdesk is installed in a workspace and allowed there."""
        if not self._has_oauth:
            return True
        is_installed = bool({team, self.enterprise_of(team)} & self._installed)
        return is_installed and self.is_allowed(team)

    def register(self, session: Session, name: str, now: dt.datetime) -> None:
        """Store that a workspace or organization installs Lagdesk. Raises NotAllowedError."""
        first = _first_of(workspaces.list_all(session))
        if name not in (self._allowed or (first or name,)):
            raise NotAllowedError(message(_NOT_ALLOWED.id, team=name))
        workspaces.register(session, name, now)

    def of(self, team: str) -> WorkspaceSettings:
        """Return a workspace's settings; those of the environment for "", the terminal."""
        settings = self._settings.get(team) or self._unchosen.get(team)
        if settings is None:
            settings = self._unchosen[team] = self._resolve(team, {})
        return settings

    def grantable_apps(self, team: str) -> tuple[str, ...]:
        """Return the apps that a workspace may choose from: all, or those of ALLOWED_TEAMS."""
        granted = self._allowed.get(team) or self._allowed.get(self.enterprise_of(team))
        return tuple(app for app in self._of_first.apps if not granted or app in granted)

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
        settings, granted = self._default(team).with_chosen(chosen), self.grantable_apps(team)
        return replace(settings, apps=tuple(app for app in settings.apps if app in granted))


def _read(session: Session) -> tuple[Sequence[Workspace], Sequence[str]]:
    return workspaces.list_all(session), installations.list_teams(session)


def _first_of(rows: Sequence[Workspace]) -> str:
    return next((row.team for row in rows if row.installed_at), "")
