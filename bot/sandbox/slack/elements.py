"""Finding blocks and interactive elements in a message or view, and naming them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from bot.sandbox.slack.errors import Json

INPUTS: Final = frozenset(
    {
        "channels_select",
        "checkboxes",
        "conversations_select",
        "datepicker",
        "datetimepicker",
        "email_text_input",
        "external_select",
        "file_input",
        "multi_channels_select",
        "multi_conversations_select",
        "multi_external_select",
        "multi_static_select",
        "multi_users_select",
        "number_input",
        "plain_text_input",
        "radio_buttons",
        "rich_text_input",
        "static_select",
        "timepicker",
        "url_text_input",
        "users_select",
    }
)
ACTORS: Final = frozenset({"button", "feedback_buttons", "icon_button", "overflow"})
INTERACTIVE: Final = INPUTS | ACTORS
_HOLDERS: Final = ("accessory", "element", "elements", "actions", "child_blocks", "blocks")
_NOT_BLOCKS: Final = INTERACTIVE | {"image", "mrkdwn", "plain_text"}


def iterate_elements(blocks: Sequence[Any]) -> Iterator[tuple[Json, Json]]:
    """Yield each interactive element with its block, nested blocks included."""
    for block in blocks:
        if isinstance(block, dict):
            yield from _in_block(block)


def _in_block(block: Json) -> Iterator[tuple[Json, Json]]:
    for key in _HOLDERS:
        children = block.get(key)
        for part in children if isinstance(children, list) else [children]:
            if not isinstance(part, dict):
                continue
            if part.get("type") in INTERACTIVE:
                yield block, part
            elif part.get("type") not in _NOT_BLOCKS:
                yield from _in_block(part)


def iterate_dicts(node: Any, pointer: str = "") -> Iterator[tuple[Json, str]]:
    """Yield every JSON object under a node with its JSON pointer."""
    children: Iterable[tuple[object, Any]] = ()
    if isinstance(node, Mapping):
        yield dict(node), pointer
        children = node.items()
    elif isinstance(node, list | tuple):
        children = enumerate(node)
    for key, value in children:
        if not isinstance(value, str | int | float):  # most are
            yield from iterate_dicts(value, f"{pointer}/{key}")


def name_blocks(blocks: Sequence[Any]) -> None:
    """Add the block_id and action_id that the app left out, as Slack does, in place."""
    for block in blocks:
        if isinstance(block, dict):
            _name(block, "block_id")
    for block, element in iterate_elements(blocks):
        _name(block, "block_id")
        _name(element, "action_id")


def _name(part: Json, key: str) -> None:
    if key not in part:
        part[key] = secrets.token_urlsafe(4)[:5]


def every_block(message: Json) -> list[Any]:
    """List a message's or view's blocks, those of its attachments included."""
    attached = (a.get("blocks") or [] for a in message.get("attachments") or [])
    return [*(message.get("blocks") or []), *(block for blocks in attached for block in blocks)]


def find_element(
    container: Json, action_id: str, block_id: str | None = None
) -> tuple[Json, Json] | None:
    """Find the first element with this action_id (in this block, when given)."""
    for block, element in iterate_elements(every_block(container)):
        if element["action_id"] == action_id and block_id in (None, block["block_id"]):
            return block, element
    return None
