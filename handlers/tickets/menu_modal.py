"""The modal of every form of a card's menu."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from bot.i18n.messages import Message, message
from bot.ticket import Ticket
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer

_CANCEL: Final = message("Cancel")


def menu_modal(
    callback_id: str,
    title: Message,
    fields: Sequence[dict[str, Any]],
    submit: Message,
    *,
    ticket: Ticket,
    renderer: Renderer,
) -> Block:
    """Build a modal about a ticket."""
    return block_kit.modal(
        callback_id,
        renderer.plain_text(title),
        fields,
        submit=renderer.plain_text(submit),
        close=renderer.plain_text(_CANCEL),
        private_metadata=json.dumps({"number": ticket.id}),
    )
