"""Block elements: element type -> the blocks and surfaces it is allowed in, and its schema.

Allowed positions and limits are from the elements page of the Block Kit reference.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from bot.sandbox.slack.block_kit.objects import (
    CONFIRM,
    CONVERSATION_FILTER,
    DISPATCH,
    ID,
    LINK_OPTION,
    OPTION_GROUP,
    PICTURE_URL,
    PLAIN_OPTION,
    RICH_OPTION,
    SLACK_FILE,
    TEXT_TYPES,
    URL,
    WORKFLOW,
    plain_text,
)
from bot.sandbox.slack.block_kit.rich_text import RICH_TEXT
from bot.sandbox.slack.block_kit.rules import chosen_among_options, exactly_one_of, needs, ordered
from bot.sandbox.slack.block_kit.schema import (
    Array,
    Boolean,
    Number,
    Object,
    Rule,
    Schema,
    String,
    Typed,
)

Surface = Literal["message", "modal", "home"]
Container = Literal["section", "actions", "input", "context", "context_actions"]
ALL_SURFACES: Final[tuple[Surface, ...]] = ("message", "modal", "home")


@dataclass(frozen=True, slots=True)
class Element:
    """An element's schema and where it is allowed."""

    schema: Object
    containers: tuple[Container, ...]
    surfaces: tuple[Surface, ...] = ALL_SURFACES


def is_date(value: str) -> bool:
    """Return whether a string is a calendar date, YYYY-MM-DD."""
    try:
        return dt.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


_TYPE: Final = String()
_PLACEHOLDER: Final = plain_text(150)
_IDS: Final = Array(ID)
_STYLE: Final = String(enum=("primary", "danger"))
_LABEL: Final = String(75)
_BASE_FIELDS: Final = {"type": _TYPE, "action_id": ID}
_CONFIRMABLE_FIELDS: Final[dict[str, Schema]] = {
    **_BASE_FIELDS,
    "confirm": CONFIRM,
    "focus_on_load": Boolean(),
}
_PICKER_FIELDS: Final[dict[str, Schema]] = {**_CONFIRMABLE_FIELDS, "placeholder": _PLACEHOLDER}
_TEXT_INPUT_FIELDS: Final[dict[str, Schema]] = {
    **_BASE_FIELDS,
    "placeholder": _PLACEHOLDER,
    "focus_on_load": Boolean(),
    "dispatch_action_config": DISPATCH,
}
_OPTION_LIST_FIELDS: Final[dict[str, Schema]] = {
    "options": Array(PLAIN_OPTION, 100, 1),
    "option_groups": Array(OPTION_GROUP, 100, 1),
}
_MULTI_SELECT_FIELDS: Final[dict[str, Schema]] = {"max_selected_items": Number(1, whole=True)}
_QUERY_FIELDS: Final[dict[str, Schema]] = {"min_query_length": Number(0, whole=True)}
_OPTIONS_OR_GROUPS: Final = exactly_one_of("options", "option_groups")


def _element(fields: Mapping[str, Schema], *required: str, rules: tuple[Rule, ...] = ()) -> Object:
    return Object(fields, ("type", *required), rules)


IMAGE: Final = _element(
    {
        "type": String(enum=("image",)),
        "image_url": PICTURE_URL,
        "slack_file": SLACK_FILE,
        "alt_text": String(2000, 1),
    },
    "alt_text",
    rules=(exactly_one_of("image_url", "slack_file"),),
)
BUTTON: Final = _element(
    {
        **_BASE_FIELDS,
        "text": plain_text(75),
        "url": URL,
        "value": String(2000, 1),
        "style": _STYLE,
        "confirm": CONFIRM,
        "accessibility_label": _LABEL,
        "agent_prompt": String(4000, 1),
        "agent_prompt_display": String(min_length=1),
        "visible_to_user_ids": Array(ID, 10),
    },
    "text",
    rules=(needs("agent_prompt_display", "agent_prompt"),),
)
_WORKFLOW_BUTTON: Final = _element(
    {
        **_BASE_FIELDS,
        "text": plain_text(75),
        "workflow": WORKFLOW,
        "style": _STYLE,
        "confirm": CONFIRM,
        "accessibility_label": _LABEL,
    },
    "text",
    "workflow",
)
_OVERFLOW: Final = _element(
    {**_BASE_FIELDS, "confirm": CONFIRM, "options": Array(LINK_OPTION, 5, 1)}, "options"
)
_CHECKBOXES: Final = _element(
    {
        **_CONFIRMABLE_FIELDS,
        "options": Array(RICH_OPTION, 10, 1),
        "initial_options": Array(RICH_OPTION, 10),
    },
    "options",
    rules=(chosen_among_options("initial_options"),),
)
_RADIO_BUTTONS: Final = _element(
    {**_CONFIRMABLE_FIELDS, "options": Array(RICH_OPTION, 10, 1), "initial_option": RICH_OPTION},
    "options",
    rules=(chosen_among_options("initial_option"),),
)
_DATE: Final = _element({**_PICKER_FIELDS, "initial_date": String(valid=("date", is_date))})
_TIME: Final = _element(
    {
        **_PICKER_FIELDS,
        "initial_time": String(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$"),
        "timezone": String(min_length=1),
    }
)
_DATETIME: Final = _element(
    {**_CONFIRMABLE_FIELDS, "initial_date_time": Number(1_000_000_000, 9_999_999_999, whole=True)}
)
_STATIC: Final = _element(
    {**_PICKER_FIELDS, **_OPTION_LIST_FIELDS, "initial_option": PLAIN_OPTION},
    rules=(_OPTIONS_OR_GROUPS, chosen_among_options("initial_option")),
)
_MULTI_STATIC: Final = _element(
    {
        **_PICKER_FIELDS,
        **_OPTION_LIST_FIELDS,
        **_MULTI_SELECT_FIELDS,
        "initial_options": Array(PLAIN_OPTION, 100),
    },
    rules=(_OPTIONS_OR_GROUPS, chosen_among_options("initial_options")),
)
_EXTERNAL: Final = _element({**_PICKER_FIELDS, **_QUERY_FIELDS, "initial_option": PLAIN_OPTION})
_MULTI_EXTERNAL: Final = _element(
    {
        **_PICKER_FIELDS,
        **_QUERY_FIELDS,
        **_MULTI_SELECT_FIELDS,
        "initial_options": Array(PLAIN_OPTION, 100),
    }
)
_USERS: Final = _element({**_PICKER_FIELDS, "initial_user": ID})
_MULTI_USERS: Final = _element({**_PICKER_FIELDS, **_MULTI_SELECT_FIELDS, "initial_users": _IDS})
_CHANNELS: Final = _element(
    {**_PICKER_FIELDS, "initial_channel": ID, "response_url_enabled": Boolean()}
)
_MULTI_CHANNELS: Final = _element(
    {**_PICKER_FIELDS, **_MULTI_SELECT_FIELDS, "initial_channels": _IDS}
)
_CONVERSATIONS_SHARED: Final[dict[str, Schema]] = {
    "default_to_current_conversation": Boolean(),
    "filter": CONVERSATION_FILTER,
}
_CONVERSATIONS: Final = _element(
    {
        **_PICKER_FIELDS,
        **_CONVERSATIONS_SHARED,
        "initial_conversation": ID,
        "response_url_enabled": Boolean(),
    }
)
_MULTI_CONVERSATIONS: Final = _element(
    {
        **_PICKER_FIELDS,
        **_CONVERSATIONS_SHARED,
        **_MULTI_SELECT_FIELDS,
        "initial_conversations": _IDS,
    }
)
_PLAIN_TEXT_INPUT: Final = _element(
    {
        **_TEXT_INPUT_FIELDS,
        "initial_value": String(3000),
        "multiline": Boolean(),
        "min_length": Number(0, 3000, whole=True),
        "max_length": Number(1, 3000, whole=True),
    },
    rules=(ordered("min_length", "max_length"),),
)
_DECIMAL: Final = String(pattern=r"^[+-]?(\d+\.?\d*|\.\d+)$")
_NUMBER_INPUT: Final = _element(
    {
        **_TEXT_INPUT_FIELDS,
        "is_decimal_allowed": Boolean(),
        "initial_value": _DECIMAL,
        "min_value": _DECIMAL,
        "max_value": _DECIMAL,
    },
    "is_decimal_allowed",
    rules=(ordered("min_value", "max_value"),),
)
_ADDRESS_INPUT: Final = _element({**_TEXT_INPUT_FIELDS, "initial_value": String(min_length=1)})
_LINES: Final = Number(1, 100, whole=True)
_RICH_TEXT_INPUT: Final = _element(
    {**_TEXT_INPUT_FIELDS, "initial_value": RICH_TEXT, "min_lines": _LINES, "max_lines": _LINES},
    "action_id",
    rules=(ordered("min_lines", "max_lines"),),
)
_FILE_INPUT: Final = _element(
    {
        **_BASE_FIELDS,
        "filetypes": Array(String(min_length=1), minimum=1),
        "max_files": Number(1, 10, whole=True),
    }
)
_FEEDBACK_BUTTON: Final = Object(
    {"text": plain_text(75), "value": String(2000, 1), "accessibility_label": _LABEL},
    ("text", "value"),
)
_FEEDBACK_BUTTONS: Final = _element(
    {**_BASE_FIELDS, "positive_button": _FEEDBACK_BUTTON, "negative_button": _FEEDBACK_BUTTON},
    "positive_button",
    "negative_button",
)
_ICON_BUTTON: Final = _element(
    {
        **_BASE_FIELDS,
        "icon": String(enum=("trash",)),
        "text": plain_text(),
        "value": String(2000, 1),
        "confirm": CONFIRM,
        "accessibility_label": _LABEL,
        "visible_to_user_ids": Array(ID, 10),
    },
    "icon",
    "text",
)

_BUTTON_CONTAINERS: Final[tuple[Container, ...]] = ("section", "actions")
_SELECT_CONTAINERS: Final[tuple[Container, ...]] = ("section", "actions", "input")
_INPUT_CONTAINERS: Final[tuple[Container, ...]] = ("input",)
_MODAL: Final[tuple[Surface, ...]] = ("modal",)

ELEMENTS: Final[Mapping[str, Element]] = {
    "button": Element(BUTTON, _BUTTON_CONTAINERS),
    "workflow_button": Element(_WORKFLOW_BUTTON, _BUTTON_CONTAINERS, ("message",)),
    "overflow": Element(_OVERFLOW, _BUTTON_CONTAINERS),
    "image": Element(IMAGE, ("section", "context")),
    "checkboxes": Element(_CHECKBOXES, _SELECT_CONTAINERS),
    "radio_buttons": Element(_RADIO_BUTTONS, _SELECT_CONTAINERS),
    "datepicker": Element(_DATE, _SELECT_CONTAINERS),
    "timepicker": Element(_TIME, _SELECT_CONTAINERS),
    "datetimepicker": Element(_DATETIME, ("actions", "input"), ("message", "modal")),
    "static_select": Element(_STATIC, _SELECT_CONTAINERS),
    "external_select": Element(_EXTERNAL, _SELECT_CONTAINERS),
    "users_select": Element(_USERS, _SELECT_CONTAINERS),
    "channels_select": Element(_CHANNELS, _SELECT_CONTAINERS),
    "conversations_select": Element(_CONVERSATIONS, _SELECT_CONTAINERS),
    "multi_static_select": Element(_MULTI_STATIC, _SELECT_CONTAINERS),
    "multi_external_select": Element(_MULTI_EXTERNAL, _SELECT_CONTAINERS),
    "multi_users_select": Element(_MULTI_USERS, _SELECT_CONTAINERS),
    "multi_channels_select": Element(_MULTI_CHANNELS, _SELECT_CONTAINERS),
    "multi_conversations_select": Element(_MULTI_CONVERSATIONS, _SELECT_CONTAINERS),
    "plain_text_input": Element(_PLAIN_TEXT_INPUT, _INPUT_CONTAINERS),
    "number_input": Element(_NUMBER_INPUT, _INPUT_CONTAINERS, _MODAL),
    "email_text_input": Element(_ADDRESS_INPUT, _INPUT_CONTAINERS, _MODAL),
    "url_text_input": Element(_ADDRESS_INPUT, _INPUT_CONTAINERS, _MODAL),
    "rich_text_input": Element(_RICH_TEXT_INPUT, _INPUT_CONTAINERS, ("modal", "home")),
    "file_input": Element(_FILE_INPUT, _INPUT_CONTAINERS, _MODAL),
    "feedback_buttons": Element(_FEEDBACK_BUTTONS, ("context_actions",), ("message",)),
    "icon_button": Element(_ICON_BUTTON, ("context_actions",), ("message",)),
}


def elements_in(container: Container, surface: Surface) -> Typed:
    """Build the schema of the elements allowed in that block on that surface."""
    return Typed(
        {
            name: element.schema
            for name, element in ELEMENTS.items()
            if container in element.containers and surface in element.surfaces
        }
    )


def context_elements(surface: Surface) -> Typed:
    """Describe what a context block holds: images and text objects."""
    return Typed({**elements_in("context", surface).variants, **TEXT_TYPES})
