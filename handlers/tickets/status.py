"""A ticket's status in words and as an emoji; a withdrawn ticket is a resolved one."""

from __future__ import annotations

from typing import Final

from bot.causes import WITHDRAWN, resolution_title
from bot.i18n.messages import Message, message
from bot.ticket import Status, Ticket

_NAMES: Final = {
    Status.OPEN: message("Open"),
    Status.CLAIMED: message("Claimed"),
    Status.RESOLVED: message("Resolved"),
}
_EMOJI: Final = {
    Status.OPEN: ":red_circle:",
    Status.CLAIMED: ":large_yellow_circle:",
    Status.RESOLVED: ":large_green_circle:",
}


def status_name(ticket: Ticket) -> Message:
    """Return a ticket's status, or that it is withdrawn."""
    if ticket.was_resolved_as(WITHDRAWN):
        return resolution_title(WITHDRAWN)
    return _NAMES[ticket.status]


def status_emoji(ticket: Ticket) -> str:
    """Return the emoji of a ticket's status; a withdrawn one has none of the three colours."""
    return ":white_circle:" if ticket.was_resolved_as(WITHDRAWN) else _EMOJI[ticket.status]
