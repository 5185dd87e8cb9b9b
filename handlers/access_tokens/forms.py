"""Access tokens in the settings form: their list, the form of a new one, the new one itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.i18n.messages import Message, message
from bot.services.access_tokens.service import LABEL_LENGTH, NewToken, TokenInfo
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer

CALLBACK_ID: Final = "access_token"
CREATE: Final = "access_token.create"
REVOKE: Final = "access_token.revoke"
LABEL: Final = "label"
_TITLE: Final = message("Access tokens")
_PURPOSE: Final = message(
    "With an access token, a program reads as you, outside Slack: what it may see is what you may "
    "see here."
)


def token_blocks(tokens: Sequence[TokenInfo], renderer: Renderer) -> Iterator[Block]:
    """Yield the section of the settings form: each token, and a button for a new one."""
    yield block_kit.divider("access_tokens")
    title = renderer.mrkdwn(message("*%(title)s*", title=_TITLE))
    yield block_kit.section("access_tokens_title", f"{title}\n{renderer.mrkdwn(_PURPOSE)}")
    for token in tokens:
        button = _revoke_button(token, renderer)
        text = "\n".join(map(renderer.mrkdwn, _facts(token)))
        yield block_kit.section(f"access_token:{token.id}", text, accessory=button)
    create = block_kit.button(CREATE, renderer.plain_text(message("Create a token")), "new")
    yield block_kit.actions("access_token_buttons", create)


def _facts(token: TokenInfo) -> tuple[Message, Message]:
    label = message("*%(title)s*", title=token.label)
    if token.last_used_at is None:
        return label, message("Created: %(created)s. Never used.", created=token.created_at)
    return label, message(
        "Created: %(created)s. Last used: %(used)s.",
        created=token.created_at,
        used=token.last_used_at,
    )


def _revoke_button(token: TokenInfo, renderer: Renderer) -> block_kit.Element:
    text = renderer.plain_text
    question = message(
        "Whatever uses %(label)s can no longer read anything. This cannot be undone.",
        label=token.label,
    )
    confirmation = block_kit.confirmation(
        text(message("Revoke this token?")),
        text(question),
        yes=text(message("Revoke")),
        no=text(message("Cancel")),
    )
    return block_kit.button(
        REVOKE, text(message("Revoke")), token.id, style="danger", confirmation=confirmation
    )


def new_token_view(renderer: Renderer, private_metadata: str) -> Block:
    """Build the form of a new token."""
    text = renderer.plain_text
    label = block_kit.text_input(
        placeholder=text(message("such as Dashboard")), max_length=LABEL_LENGTH
    )
    hint = message("Its name here, so that you know later which token to revoke.")
    return block_kit.modal(
        CALLBACK_ID,
        text(message("New access token")),
        [block_kit.field(LABEL, text(message("What will use it?")), label, hint=text(hint))],
        submit=text(message("Create")),
        close=text(message("Cancel")),
        private_metadata=private_metadata,
    )


def created_view(token: NewToken, renderer: Renderer) -> Block:
    """Build what is shown once: the token, and what to do with it."""
    lines = (
        message(
            "Copy it now: it is never shown again. Keep it like a password. Revoke it in your "
            "settings if anybody else may have seen it."
        ),
        message(
            "A program sends it with each request, as the header `Authorization: Bearer lagdesk_…`."
        ),
    )
    return block_kit.modal(
        "access_token_created",
        renderer.plain_text(message("New access token")),
        [
            block_kit.section(
                "created", renderer.mrkdwn(message("*%(title)s*", title=token.label))
            ),
            block_kit.section("secret", f"```{token.secret}```"),
            block_kit.section("next", "\n".join(map(renderer.mrkdwn, lines))),
        ],
        submit="",
        close=renderer.plain_text(message("Close")),
    )
