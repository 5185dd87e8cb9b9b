"""Composition objects: text, options, confirmation, filters, files. Blocks and elements elsewhere.

Limits are those of the Block Kit reference, as of November 2026.
"""

from __future__ import annotations

import re
from typing import Final

from bot.sandbox.slack.block_kit.rules import at_least_one_of, exactly_one_of
from bot.sandbox.slack.block_kit.schema import AllOf, Array, Boolean, Object, Schema, String, Typed

MAX_TEXT: Final = 3000
ID: Final = String(255, 1)
URL: Final = String(3000, 1)
FILE_ID: Final = "^[F][A-Z0-9]{8,}$"


def is_web_address(value: str) -> bool:
    """Return whether a string is a URL that Slack fetches images from."""
    return re.match(r"https?://[^\s/]", value) is not None


PICTURE_URL: Final = String(3000, 1, valid=("url", is_web_address))

_PLAIN: Final = Object(
    {
        "type": String(enum=("plain_text",)),
        "text": String(MAX_TEXT, 1),
        "emoji": Boolean(),
    },
    required=("type", "text"),
)
_MRKDWN: Final = Object(
    {
        "type": String(enum=("mrkdwn",)),
        "text": String(MAX_TEXT, 1),
        "verbatim": Boolean(),
    },
    required=("type", "text"),
)
TEXT_TYPES: Final = {"plain_text": _PLAIN, "mrkdwn": _MRKDWN}


def _shorter(max_length: int) -> Object:
    return Object({"text": String(max_length)}, open=True)


def plain_text(max_length: int = MAX_TEXT) -> Schema:
    """Describe a text object that must be `plain_text`, of `max_length` code points at most."""
    return AllOf((_PLAIN, _shorter(max_length)))


def any_text(max_length: int = MAX_TEXT) -> Schema:
    """Describe a text object of either type, of `max_length` code points at most."""
    return AllOf((Typed(TEXT_TYPES), _shorter(max_length)))


CONFIRM: Final = Object(
    {
        "title": plain_text(100),
        "text": any_text(300),
        "confirm": plain_text(30),
        "deny": plain_text(30),
        "style": String(enum=("primary", "danger")),
    },
    required=("title", "text", "confirm", "deny"),
)


def option(text: Schema, *, link: bool = False) -> Object:
    """Describe an option whose text and description are `text`; only overflow menus `link`."""
    fields: dict[str, Schema] = {"text": text, "value": String(150, 1), "description": text}
    if link:
        fields["url"] = URL
    return Object(fields, required=("text", "value"))


PLAIN_OPTION: Final = option(plain_text(75))
RICH_OPTION: Final = option(any_text(75))
LINK_OPTION: Final = option(plain_text(75), link=True)
OPTION_GROUP: Final = Object(
    {"label": plain_text(75), "options": Array(PLAIN_OPTION, 100, 1)},
    required=("label", "options"),
)

DISPATCH: Final = Object(
    {"trigger_actions_on": Array(String(enum=("on_enter_pressed", "on_character_entered")), 2, 1)},
    required=("trigger_actions_on",),
)
CONVERSATION_FILTER: Final = Object(
    {
        "include": Array(String(enum=("im", "mpim", "private", "public")), 4, 1),
        "exclude_external_shared_channels": Boolean(),
        "exclude_bot_users": Boolean(),
    },
    rules=(at_least_one_of("include", "exclude_external_shared_channels", "exclude_bot_users"),),
)
SLACK_FILE: Final = Object(
    {"id": String(pattern=FILE_ID), "url": URL}, rules=(exactly_one_of("id", "url"),)
)
WORKFLOW: Final = Object(
    {
        "trigger": Object(
            {
                "url": URL,
                "customizable_input_parameters": Array(
                    Object({"name": String(), "value": String()}, required=("name", "value"))
                ),
            },
            required=("url",),
        )
    },
    required=("trigger",),
)
