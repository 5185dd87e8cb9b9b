"""How somebody who may not do something is refused: told who may. Who that is Slack knows."""

from __future__ import annotations

from typing import Final

from bot.errors import NotAllowedError
from bot.i18n.messages import Message, message
from bot.settings import Settings

ONLY_SUPPORT: Final = message("Only support can do this. Ask in the ticket's thread.")


def not_allowed(settings: Settings, reason: Message = ONLY_SUPPORT) -> NotAllowedError:
    """Make the error that refuses, and says who support are."""
    if settings.support_group:
        return NotAllowedError(
            message(
                "%(refusal)s Support are the members of the support user group.", refusal=reason
            )
        )
    return NotAllowedError(
        message("%(refusal)s Support are the members of the escalation channel.", refusal=reason)
    )
