"""The context of every service: store, clouds, clock, settings, workspaces, permissions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bot.errors import LagdeskError
from bot.i18n.messages import Message
from bot.ports import Clock, Cloud, IssueTracker, PeopleFinder, Rota
from bot.services.permissions import ONLY_SUPPORT, Permissions, not_allowed
from bot.services.preferences.languages import Languages
from bot.services.workspaces.directory import Workspaces
from bot.settings import Settings
from bot.store import (
    DatabaseError,
    DatabaseUnavailableError,
    Session,
    Store,
    explain_cancellation,
)

__all__ = ["Context", "DatabaseError", "DatabaseUnavailableError", "explain_cancellation"]

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Context:
    """The shared parts of the application. `clouds` maps our name of an app to its cloud.

    `rotas` does so for the apps that have one; `people` finds those whom a rota names. `trackers`
    are by their keys in `bot.tracker_issue`.

    `settings` are those of the process; what a workspace may choose is in `workspaces`.
    """

    store: Store
    clouds: Mapping[str, Cloud]
    rotas: Mapping[str, Rota]
    trackers: Mapping[str, IssueTracker]
    clock: Clock
    settings: Settings
    workspaces: Workspaces
    languages: Languages
    permissions: Permissions
    people: PeopleFinder

    def clouds_of(self, team: str) -> Mapping[str, Cloud]:
        """Return the clouds of a workspace's apps, by the app's name; of all apps for ""."""
        apps = self.workspaces.of(team).apps
        return {app: cloud for app, cloud in self.clouds.items() if app in apps}

    def refusal(
        self, team: str, reason: Message = ONLY_SUPPORT, *, is_support: bool | None = False
    ) -> LagdeskError:
        """Return the error for somebody who is not support in a workspace, or may be."""
        return not_allowed(self.workspaces.of(team), reason, is_support=is_support)

    async def commit(self, work: Callable[[Session], Result]) -> Result:
        """Run work in one transaction, with the jobs it enqueues."""
        return await self.store.transact(work)

    async def require_support(
        self, team: str, person: str, refusal: Message = ONLY_SUPPORT
    ) -> None:
        """Raise NotAllowedError, with `refusal` as its reason, for non-support.

        Raises SlackUnreachableError when Slack cannot be asked.
        """
        is_support = await self.permissions.is_support(team, person)
        if not is_support:
            raise self.refusal(team, refusal, is_support=is_support)
