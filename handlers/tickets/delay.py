"""The message to a reporter whose ticket's thread cannot be opened yet."""

from __future__ import annotations

from typing import Final

from bot.i18n.messages import message
from bot.ticket import Ticket
from handlers.slack.api_errors import rejection_message
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer

_MAY_NOT_POST: Final = message("Lagdesk may not post in the escalation channel.")
_REASONS: Final = {
    "is_archived": message("The escalation channel is archived."),
    "channel_not_found": message("The escalation channel is gone, or Lagdesk was removed from it."),
    "not_in_channel": message("Lagdesk is not in the escalation channel."),
}
_RESTRICTED: Final = "restricted_action"


def delay_announcement(ticket: Ticket, code: str, renderer: Renderer) -> tuple[str, list[Block]]:
    """Build the message: top-level text and blocks. `code` is Slack's for the refused card."""
    reason = _REASONS.get(code) or (
        _MAY_NOT_POST if code.startswith(_RESTRICTED) else rejection_message(code)
    )
    saved = message(
        "%(ticket)s is saved: %(cname)s. Its thread cannot be opened yet.",
        ticket=ticket.label,
        cname=ticket.cname,
    )
    follow = message(
        "%(reason)s You need not report the call again: Lagdesk keeps trying, and you get the link "
        "as soon as it works. Until then support can see the ticket with /tickets and in the Home "
        "tab.",
        reason=reason,
    )
    text = f"{renderer.mrkdwn(saved)} {renderer.mrkdwn(follow)}"
    return renderer.fallback_text(saved), [block_kit.section("delayed", text)]
