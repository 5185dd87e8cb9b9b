"""A form's values, as Slack sends them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack import form_state

PLAIN = {"type": "plain_text", "text": "One"}
OPTION = {"text": PLAIN, "value": "1"}
SENT = {"text": {**PLAIN, "emoji": True}, "value": "1"}
CHOICES = {"options": [OPTION]}


@pytest.mark.parametrize(
    ("element", "value", "state"),
    [
        ({"type": "plain_text_input"}, "x", {"value": "x"}),
        ({"type": "plain_text_input"}, "", {"value": None}),
        ({"type": "number_input"}, 5, {"value": "5"}),
        ({"type": "email_text_input"}, "a@b.example", {"value": "a@b.example"}),
        ({"type": "static_select", **CHOICES}, "1", {"selected_option": SENT}),
        ({"type": "static_select", **CHOICES}, OPTION, {"selected_option": SENT}),
        ({"type": "static_select", **CHOICES}, None, {"selected_option": None}),
        ({"type": "radio_buttons", **CHOICES}, "1", {"selected_option": SENT}),
        ({"type": "checkboxes", **CHOICES}, ["1"], {"selected_options": [SENT]}),
        ({"type": "checkboxes", **CHOICES}, [], {"selected_options": []}),
        ({"type": "multi_static_select", **CHOICES}, "1", {"selected_options": [SENT]}),
        ({"type": "users_select"}, "U1", {"selected_user": "U1"}),
        ({"type": "multi_users_select"}, ["U1"], {"selected_users": ["U1"]}),
        ({"type": "conversations_select"}, "C1", {"selected_conversation": "C1"}),
        ({"type": "channels_select"}, "C1", {"selected_channel": "C1"}),
        ({"type": "datepicker"}, "2026-11-21", {"selected_date": "2026-11-21"}),
        ({"type": "timepicker", "timezone": "UTC"}, "9:00", {"selected_time": "9:00"}),
        ({"type": "datetimepicker"}, "1795000000", {"selected_date_time": 1795000000}),
        ({"type": "file_input"}, ["F1"], {"files": ["F1"]}),
    ],
)
def test_shapes_values(element: dict[str, Any], value: object, state: dict[str, Any]) -> None:
    """Every element has its own key, and empty is null or an empty list."""
    zone = {"timezone": "UTC"} if "timezone" in element else {}
    assert {"type": element["type"], **state, **zone} == form_state.shape(element, value)


def test_rich_text_is_wrapped() -> None:
    """Plain text typed into a rich text field becomes a rich_text block."""
    state = form_state.shape({"type": "rich_text_input"}, "hi")
    section = state["rich_text_value"]["elements"][0]
    assert section["elements"] == [{"type": "text", "text": "hi"}]


@pytest.mark.parametrize(
    ("element", "state"),
    [
        ({"type": "plain_text_input", "initial_value": "x"}, {"value": "x"}),
        ({"type": "static_select", "initial_option": OPTION}, {"selected_option": SENT}),
        ({"type": "datetimepicker", "initial_date_time": 5}, {"selected_date_time": 5}),
        ({"type": "checkboxes", "initial_options": [OPTION]}, {"selected_options": [SENT]}),
        ({"type": "multi_users_select"}, {"selected_users": []}),
    ],
)
def test_initial_values_count(element: dict[str, Any], state: dict[str, Any]) -> None:
    """An untouched field sends its initial value."""
    assert {"type": element["type"], **state} == form_state.initial_value(element)


@pytest.mark.parametrize(
    ("element", "value", "fine"),
    [
        ({"type": "plain_text_input", "max_length": 2}, "abc", False),
        ({"type": "plain_text_input", "max_length": 3}, "abc", True),
        ({"type": "plain_text_input", "min_length": 3}, "abc", True),
        ({"type": "plain_text_input", "min_length": 4}, "abc", False),
        ({"type": "plain_text_input"}, "x" * 3000, True),
        ({"type": "plain_text_input"}, "x" * 3001, False),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5", False),
        ({"type": "number_input", "is_decimal_allowed": False}, "-5", True),
        ({"type": "number_input", "min_value": "2"}, "2", True),
        ({"type": "number_input", "max_value": "2"}, "2", True),
        ({"type": "number_input", "max_value": "2"}, "3", False),
        ({"type": "number_input", "is_decimal_allowed": True, "min_value": "2"}, "1.5", False),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "2"}, "1.5", True),
        ({"type": "email_text_input"}, "nobody", False),
        ({"type": "email_text_input"}, "a@b.example", True),
        ({"type": "url_text_input"}, "ftp://a.example", False),
        ({"type": "url_text_input"}, "https://a.example", True),
        ({"type": "static_select", **CHOICES}, "2", False),
        ({"type": "static_select", **CHOICES}, "1", True),
        ({"type": "checkboxes", **CHOICES}, ["1"], True),
        ({"type": "checkboxes", **CHOICES}, ["1", "2"], False),
        ({"type": "datepicker"}, "tomorrow", False),
        ({"type": "datepicker"}, "2026-11-21", True),
        ({"type": "timepicker"}, "9.30", False),
        ({"type": "timepicker"}, "09:30", True),
    ],
)
def test_client_checks(
    make_input_block: Any, element: dict[str, Any], value: object, *, fine: bool
) -> None:
    """Slack's client rejects what the element does not allow."""
    view = {"blocks": [make_input_block("f", element)]}
    values = form_state.collect_values(view, {"f": {"value": value}})
    assert fine == (not form_state.find_input_errors(view, values))


def test_optional_may_be_empty(make_input_block: Any) -> None:
    """Only a required field must be filled in; what is in no input block is none."""
    menu = {"type": "static_select", "action_id": "m", **CHOICES}
    actions = {"type": "actions", "block_id": "c", "elements": [menu]}
    view = {"blocks": [make_input_block("a", optional=True), make_input_block("b"), actions]}
    faults = form_state.find_input_errors(view, form_state.collect_values(view, {}))
    assert faults == {"b": form_state.REQUIRED}
