"""A form's values as Slack sends them, and the checks that Slack's client makes itself.

Given values may be whole (`{text, value}` options, lists) or bare (an option's value string).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.sandbox.slack.elements import INPUTS, every_block, iterate_elements
from bot.sandbox.slack.errors import Json

REQUIRED: Final = "Please complete this required field."
# Element type -> (the state's key, the key of its initial value, what an empty field sends).
FIELDS: Final[dict[str, tuple[str, str, object]]] = {
    "plain_text_input": ("value", "initial_value", None),
    "number_input": ("value", "initial_value", None),
    "email_text_input": ("value", "initial_value", None),
    "url_text_input": ("value", "initial_value", None),
    "rich_text_input": ("rich_text_value", "initial_value", None),
    "file_input": ("files", "initial_files", []),
    "static_select": ("selected_option", "initial_option", None),
    "external_select": ("selected_option", "initial_option", None),
    "radio_buttons": ("selected_option", "initial_option", None),
    "checkboxes": ("selected_options", "initial_options", []),
    "multi_static_select": ("selected_options", "initial_options", []),
    "multi_external_select": ("selected_options", "initial_options", []),
    "users_select": ("selected_user", "initial_user", None),
    "conversations_select": ("selected_conversation", "initial_conversation", None),
    "channels_select": ("selected_channel", "initial_channel", None),
    "multi_users_select": ("selected_users", "initial_users", []),
    "multi_conversations_select": ("selected_conversations", "initial_conversations", []),
    "multi_channels_select": ("selected_channels", "initial_channels", []),
    "datepicker": ("selected_date", "initial_date", None),
    "timepicker": ("selected_time", "initial_time", None),
    "datetimepicker": ("selected_date_time", "initial_date_time", None),
}
_ONE_OPTION: Final = frozenset({"static_select", "external_select", "radio_buttons", "overflow"})
_OPTIONS: Final = frozenset({"checkboxes", "multi_static_select", "multi_external_select"})
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PATTERNS: Final = {"datepicker": r"\d{4}-\d\d-\d\d", "timepicker": r"\d\d:\d\d"}


def collect_values(view: Json, given: Mapping[str, Mapping[str, Any]]) -> Json:
    """Collect `state.values`: block_id -> action_id -> the element's state.

    A field nobody touched sends its initial value. Buttons have no state.
    """
    values: Json = {}
    for block, element in iterate_elements(every_block(view)):
        if element["type"] in INPUTS:
            block_id, action_id = block["block_id"], element["action_id"]
            typed = given.get(block_id, {})
            state = (
                shape(element, typed[action_id]) if action_id in typed else initial_value(element)
            )
            values.setdefault(block_id, {})[action_id] = state
    return values


def keep_values(old: Json, new: Json, given: dict[str, Any]) -> None:
    """Add to the given values those of untouched fields that another view has too."""
    remaining = {
        (block["block_id"], element["action_id"], element["type"])
        for block, element in iterate_elements(every_block(new))
        if element["type"] in INPUTS
    }
    for block, element in iterate_elements(every_block(old)):
        field = (block["block_id"], element.get("action_id"), element["type"])
        if field in remaining:
            value = element.get(FIELDS[element["type"]][1])
            given.setdefault(field[0], {}).setdefault(field[1], value)


def initial_value(element: Json) -> Json:
    """Build the state of an element nobody touched."""
    key, initial, empty = FIELDS[element["type"]]
    value = element.get(initial)
    if value is None:
        value = copy.copy(empty)
    elif element["type"] in _ONE_OPTION | _OPTIONS:
        value = _with_emoji(value)
    return _state(element, key, value)


def shape(element: Json, value: Any) -> Json:
    """Build the state of an element with what somebody put into it."""
    kind = element["type"]
    key, _, empty = FIELDS[kind]
    if value in (None, "", []):
        return _state(element, key, copy.copy(empty))
    return _state(element, key, convert(element, value))


def _state(element: Json, key: str, value: object) -> Json:
    state: Json = {"type": element["type"], key: value}
    if element["type"] == "timepicker" and element.get("timezone"):
        state["timezone"] = element["timezone"]
    return state


def convert(element: Json, value: Any) -> Any:
    """Turn a given value into what Slack sends for this element."""
    kind = element["type"]
    if kind in _ONE_OPTION:
        return find_option(element, value)
    if kind in _OPTIONS:
        chosen = value if isinstance(value, list | tuple) else [value]
        return [find_option(element, one) for one in chosen]
    if kind == "datetimepicker":
        return int(value)
    if kind == "rich_text_input" and isinstance(value, str):
        section = {"type": "rich_text_section", "elements": [{"type": "text", "text": value}]}
        return {"type": "rich_text", "elements": [section]}
    if isinstance(FIELDS[kind][2], list):
        return list(value) if isinstance(value, list | tuple) else [value]
    return str(value)


def find_option(element: Json, value: Any) -> Json:
    """Find an option by its value; one that is not there is sent all the same (a forged one)."""
    wanted = value.get("value") if isinstance(value, Mapping) else str(value)
    for option in offered_options(element):
        if option.get("value") == wanted:
            return _option(option)
    if isinstance(value, Mapping):
        return _option(dict(value))
    return _option({"text": {"type": "plain_text", "text": str(value)}, "value": str(value)})


def _option(option: Json) -> Json:
    kept = ("text", "value", "description", "url")
    emojied: Json = _with_emoji({key: option[key] for key in kept if key in option})
    return emojied


def offered_options(element: Json) -> list[Json]:
    """List the options an element offers, those of its groups and its initial ones included."""
    groups = element.get("option_groups") or []
    grouped = [option for group in groups for option in group.get("options", [])]
    initial = [element["initial_option"]] if element.get("initial_option") else []
    own = element.get("options") or []
    return [*own, *grouped, *initial, *(element.get("initial_options") or [])]


def _with_emoji(node: Any) -> Any:
    """Copy JSON with `emoji: true` on plain text, as Slack sends it back."""
    if isinstance(node, list):
        return [_with_emoji(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    copied = {key: _with_emoji(item) for key, item in node.items()}
    return copied | {"emoji": True} if copied.get("type") == "plain_text" else copied


def find_input_errors(view: Json, values: Json) -> dict[str, str]:
    """List what Slack's client would not submit, by block_id: empty, too long, malformed."""
    input_errors: dict[str, str] = {}
    for block, element in iterate_elements(view["blocks"]):
        if block.get("type") != "input":
            continue
        key = FIELDS[element["type"]][0]
        value = values[block["block_id"]][element["action_id"]][key]
        if value in (None, "", []):
            if not block.get("optional"):
                input_errors[block["block_id"]] = REQUIRED
            continue
        input_error = _CHECKS.get(element["type"], _always_valid)(element, value)
        if input_error:
            input_errors[block["block_id"]] = input_error
    return input_errors


def _always_valid(_element: Json, _value: Any) -> str | None:
    return None


def _check_text(element: Json, value: Any) -> str | None:
    min_length, max_length = element.get("min_length") or 0, element.get("max_length") or 3000
    if not min_length <= len(value) <= max_length:
        return f"Between {min_length} and {max_length} characters, please."
    return None


def _check_number(element: Json, value: Any) -> str | None:
    decimal = r"-?\d+(\.\d+)?" if element.get("is_decimal_allowed") else r"-?\d+"
    if not re.fullmatch(decimal, value):
        return "Please enter a number."
    minimum, maximum = element.get("min_value"), element.get("max_value")
    if minimum is not None and float(value) < float(minimum):
        return f"The least is {minimum}."
    if maximum is not None and float(value) > float(maximum):
        return f"The most is {maximum}."
    return None


def _check_email(_element: Json, value: Any) -> str | None:
    return None if _EMAIL.fullmatch(value) else "Please enter an e-mail address."


def _check_url(_element: Json, value: Any) -> str | None:
    return None if re.match(r"https?://\S+$", value) else "Please enter a URL."


def _check_option(element: Json, value: Any) -> str | None:
    values = {option["value"] for option in offered_options(element)}
    chosen = value if isinstance(value, list) else [value]
    return None if all(o["value"] in values for o in chosen) else "That is not on the list."


def _check_pattern(element: Json, value: Any) -> str | None:
    matches = re.fullmatch(_PATTERNS[element["type"]], value)
    return None if matches else "Please enter a date or time."


_CHECKS: Final[dict[str, Callable[[Json, Any], str | None]]] = {
    "plain_text_input": _check_text,
    "number_input": _check_number,
    "email_text_input": _check_email,
    "url_text_input": _check_url,
    "static_select": _check_option,
    "multi_static_select": _check_option,
    "radio_buttons": _check_option,
    "checkboxes": _check_option,
    "datepicker": _check_pattern,
    "timepicker": _check_pattern,
}
