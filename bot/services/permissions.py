"""Who may act on tickets, and the error for those who may not."""

from __future__ import annotations

from typing import Final, Protocol

from bot.errors import NotAllowedError
from bot.i18n.messages import Message, message
from bot.settings import Settings

ONLY_SUPPORT: Final = message("Only support can do this. Ask in the ticket's thread.")


class Permissions(Protocol):
    """Support membership in a workspace."""

    async def is_support(self, team: str, person: str) -> bool:
        """Return whether this person may act on tickets."""


class NoPermissions:
    """Permissions of the terminal: without Slack there is no support membership."""

    async def is_support(self, team: str, person: str) -> bool:
        """Return False."""
        _ = team, person
        return False


def not_allowed(settings: Settings, reason: Message = ONLY_SUPPORT) -> NotAllowedError:
    """Build the error with the reason and a description of who support is."""
    if settings.support_group:
        return NotAllowedError(
            message(
                "%(refusal)s Support are the members of the support user group.", refusal=reason
            )
        )
    return NotAllowedError(
        message("%(refusal)s Support are the members of the escalation channel.", refusal=reason)
    )
