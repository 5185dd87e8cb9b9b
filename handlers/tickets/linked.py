"""The tickets linked to one that was just resolved: which are open, and resolving them too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from bot.i18n.messages import Message, message
from bot.ticket import Ticket
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer, link_to

RESOLVE_LINKED: Final = "resolve_linked"
_MOST: Final = 10  # that are named


def still_open(linked: Sequence[Ticket]) -> list[Message]:
    """Return that these linked tickets are still open; [] for none."""
    names = [link_to(each.thread.permalink, each.label) for each in linked[:_MOST]]
    return [message("Linked to it and still open: %(tickets)s", tickets=names)] if names else []


def linked_view(ticket: Ticket, linked: Sequence[Ticket], renderer: Renderer) -> Block:
    """Build the modal that follows the resolve form; submitting it resolves these too."""
    plain_text = renderer.plain_text
    question = message("Is it the same problem? Then they are resolved in the same way.")
    lines = [*still_open(linked), question]
    return block_kit.modal(
        RESOLVE_LINKED,
        plain_text(message("%(ticket)s is resolved", ticket=ticket.label)),
        [block_kit.section("linked", "\n".join(map(renderer.mrkdwn, lines)))],
        submit=plain_text(message("Resolve these too")),
        close=plain_text(message("Leave them open")),
        private_metadata=json.dumps({"number": ticket.id}),
    )
