"""Who may act on tickets, and the error for those who may not."""

from __future__ import annotations

from typing import Final, Protocol

from bot.errors import LagdeskError, NotAllowedError, SlackUnreachableError
from bot.i18n.messages import Message, message
from bot.services.workspaces.settings import WorkspaceSettings

ONLY_SUPPORT: Final = message("Only support can do this. Ask in the ticket's thread.")

_MEMBERSHIP_UNKNOWN: Final = message(
    "Slack could not be asked whether you are still in the workspace. Try again in a moment."
)
_SUPPORT_UNKNOWN: Final = message(
    "Slack could not be asked who is support, so nothing was done. Please try again in a moment."
)


class Permissions(Protocol):
    """Support membership in a workspace."""

    async def is_support(self, team: str, person: str) -> bool | None:
        """Return whether this person may act on tickets; None while Slack cannot be asked."""

    async def is_admin(self, team: str, person: str) -> bool | None:
        """Return whether this person is an admin or owner; None while Slack cannot be asked."""

    async def is_member(self, team: str, person: str) -> bool | None:
        """Return whether this person can still use the workspace; None as above."""


class NoPermissions:
    """Permissions of the terminal: without Slack there is no support membership."""

    async def is_support(self, team: str, person: str) -> bool:
        """Return False."""
        _ = team, person
        return False

    async def is_admin(self, team: str, person: str) -> bool:
        """Return False."""
        _ = team, person
        return False

    async def is_member(self, team: str, person: str) -> bool:
        """Return False."""
        _ = team, person
        return False


def membership_unknown() -> LagdeskError:
    """Build the error for a request of somebody whom Slack could not be asked about."""
    return SlackUnreachableError(_MEMBERSHIP_UNKNOWN, code="no_profile", maybe_arrived=False)


def not_allowed(
    settings: WorkspaceSettings, reason: Message = ONLY_SUPPORT, *, is_support: bool | None = False
) -> LagdeskError:
    """Build the error with the reason and a description of who support is.

    With `is_support` None, which nobody could find out, the error is that Slack did not answer.
    """
    if is_support is None:
        return SlackUnreachableError(_SUPPORT_UNKNOWN, code="no_members", maybe_arrived=False)
    if not settings.support:
        return NotAllowedError(
            message(
                "%(refusal)s Nobody is support in this workspace yet: one of its admins chooses who"
                " is, with /lagdesk setup.",
                refusal=reason,
            )
        )
    if settings.support_group:
        return NotAllowedError(
            message(
                "%(refusal)s Support are the members of the support user group.", refusal=reason
            )
        )
    return NotAllowedError(
        message("%(refusal)s Support are the members of the escalation channel.", refusal=reason)
    )
