"""Reading a submitted form's state; values of the wrong shape are treated as missing."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from handlers.ui.block_kit import INPUT_ACTION_ID

State = Mapping[str, Mapping[str, Mapping[str, Any]]]


def read_value(state: State, field: str) -> str:
    """Read a text or the value of the selected option; "" when missing or malformed."""
    element = _element(state, field)
    option = element.get("selected_option")
    value = option.get("value") if isinstance(option, dict) else element.get("value")
    return value if isinstance(value, str) else ""


def read_values(state: State, field: str) -> tuple[str, ...]:
    """Read the values of all selected options."""
    options = _element(state, field).get("selected_options")
    selected = options if isinstance(options, list) else []
    values = (option.get("value") for option in selected if isinstance(option, dict))
    return tuple(value for value in values if isinstance(value, str))


def read_user(state: State, field: str) -> str:
    """Read the id of the selected user; "" when there is none."""
    user = _element(state, field).get("selected_user")
    return user if isinstance(user, str) else ""


def read_channel(state: State, field: str) -> str:
    """Read the id of the selected channel; "" when there is none."""
    channel = _element(state, field).get("selected_conversation")
    return channel if isinstance(channel, str) else ""


def read_metadata_number(private_metadata: str) -> int:
    """Read the ticket's number from private_metadata; 0, which no ticket has, when malformed."""
    number = read_metadata(private_metadata).get("number", 0)
    return number if isinstance(number, int) and not isinstance(number, bool) else 0


def read_moment(state: State, field: str) -> dt.datetime | None:
    """Read a date and time; None when missing, malformed or out of range."""
    return to_moment(_element(state, field).get("selected_date_time"))


def to_moment(epoch_s: object) -> dt.datetime | None:
    """Convert epoch seconds, also as text; None when malformed or out of range."""
    if isinstance(epoch_s, bool) or not isinstance(epoch_s, int | str):
        return None
    try:
        return dt.datetime.fromtimestamp(int(epoch_s), dt.UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _element(state: State, field: str) -> Mapping[str, Any]:
    block = state.get(field)
    element = block.get(INPUT_ACTION_ID) if isinstance(block, dict) else None
    return element if isinstance(element, dict) else {}


def read_metadata(text: str) -> dict[str, Any]:
    """Read private_metadata, a JSON object; empty when malformed."""
    try:
        data = json.loads(text or "{}")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
