"""For any JSON, the validator returns a list of problems and never raises."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.sandbox.slack.block_kit import (
    Problem,
    message_warnings,
    validate_message,
    validate_view,
    visible_text_length,
)
from bot.sandbox.slack.block_kit.elements import ELEMENTS
from bot.sandbox.slack.block_kit.layout import BLOCKS

# Slack's own keys and values, so that random input passes the first check
FIELDS = sorted(
    {
        *{name for element in ELEMENTS.values() for name in element.schema.fields},
        *{name for block in BLOCKS.values() for name in block.describe("message").fields},
        *("blocks", "series", "data", "axis_config", "categories", "segments", "name"),
    }
)
TYPES = sorted({*ELEMENTS, *BLOCKS, "plain_text", "mrkdwn", "modal", "home", "line", "pie"})
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(TYPES)
)


def _objects(values: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    known = st.dictionaries(st.sampled_from(FIELDS), values, max_size=6)
    typed = st.builds(lambda kind, rest: {**rest, "type": kind}, st.sampled_from(TYPES), known)
    return known | typed | st.dictionaries(st.text(max_size=4), values, max_size=3)


JSON: st.SearchStrategy[object] = st.recursive(
    SCALARS, lambda values: st.lists(values, max_size=4) | _objects(values), max_leaves=25
)


def _is_list_of_problems(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, Problem) for item in value)


@settings(max_examples=40, deadline=None)
@given(JSON)
def test_any_json_as_a_message_gives_a_list_of_problems(value: object) -> None:
    """The whole arguments may be anything."""
    assert _is_list_of_problems(validate_message(value))
    assert isinstance(message_warnings(value), list)


@settings(max_examples=40, deadline=None)
@given(JSON)
def test_any_json_as_a_view_gives_a_list_of_problems(value: object) -> None:
    """The whole view may be anything."""
    assert _is_list_of_problems(validate_view(value))


@settings(max_examples=40, deadline=None)
@given(st.lists(JSON, max_size=3))
@example([{"type": []}])
def test_any_json_as_blocks_gives_a_list_of_problems(blocks: list[object]) -> None:
    """Blocks may be anything in messages, modals, home tabs and attachments."""
    payload = {"text": "x", "blocks": blocks, "attachments": [{"blocks": blocks}]}
    assert _is_list_of_problems(validate_message(payload))
    assert _is_list_of_problems(validate_view({"type": "modal", "blocks": blocks}))
    assert _is_list_of_problems(validate_view({"type": "home", "blocks": blocks}))
    assert isinstance(visible_text_length(blocks), int)


@settings(max_examples=40, deadline=None)
@given(st.text())
def test_any_string_as_blocks_gives_a_list_of_problems(text: str) -> None:
    """Blocks as a string may be invalid JSON."""
    assert _is_list_of_problems(validate_message({"text": "x", "blocks": text}))


def test_json_nested_a_hundred_thousand_deep_gives_problems() -> None:
    """Nesting alone causes no failure, as a string or as a value."""
    deep = "[" * 100_000 + "]" * 100_000
    assert [problem.error for problem in validate_message({"text": "x", "blocks": deep})] == [
        "invalid_blocks_format"
    ]
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    value = {"type": "modal", "blocks": nested}
    assert [problem.error for problem in validate_view(value)] == ["view_too_large"]
    assert visible_text_length(nested) == 0


def test_options_nested_too_deep_are_no_options() -> None:
    """Two options that differ only very deep inside are rejected."""
    first: dict[str, object] = {}
    second: dict[str, object] = {}
    for _ in range(5000):
        first, second = {"text": first}, {"text": second}
    select = {"type": "radio_buttons", "options": [first], "initial_option": second}
    blocks = [{"type": "actions", "elements": [select]}]
    assert _is_list_of_problems(validate_message({"text": "x", "blocks": blocks}))


def test_blocks_as_a_string_are_read_as_json() -> None:
    """A form's blocks are JSON text, checked by the same rules."""
    blocks = [{"type": "divider"}]
    assert validate_message({"text": "x", "blocks": json.dumps(blocks)}) == []


PLAIN = {"type": "plain_text", "text": "x"}
OPTION = {"text": PLAIN, "value": "a"}
WORDS = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
}
SERIES = {"name": "up", "data": [{"label": "0", "value": 1}]}
SOUND: list[dict[str, object]] = [
    {
        "type": "actions",
        "block_id": "b",
        "elements": [
            {"type": "static_select", "options": [OPTION], "initial_option": OPTION},
            {"type": "checkboxes", "options": [OPTION], "initial_options": [OPTION]},
            {"type": "button", "text": PLAIN, "action_id": "a"},
        ],
    },
    {
        "type": "data_visualization",
        "title": "x",
        "chart": {"type": "bar", "series": [SERIES], "axis_config": {"categories": ["0"]}},
    },
    {
        "type": "data_table",
        "caption": "x",
        "row_header_column_index": 0,
        "rows": [[{"type": "raw_text", "text": "x"}], [WORDS]],
    },
    {
        "type": "container",
        "title": PLAIN,
        "is_collapsible": True,
        "default_collapsed": True,
        "child_blocks": [
            {
                "type": "section",
                "text": PLAIN,
                "accessory": {"type": "overflow", "options": [OPTION]},
            }
        ],
    },
    {"type": "carousel", "elements": [{"type": "card", "title": PLAIN, "block_id": "c"}]},
    {"type": "plan", "title": "x", "tasks": [{"task_id": "1", "title": "x", "status": "error"}]},
    {
        "type": "input",
        "label": PLAIN,
        "element": {
            "type": "plain_text_input",
            "min_length": 1,
            "max_length": 2,
            "focus_on_load": True,
        },
    },
    {"type": "image", "alt_text": "x", "slack_file": {"id": "F0123456789"}},
    {"type": "markdown", "text": "x"},
]


@pytest.mark.parametrize("block", SOUND, ids=lambda block: block["type"])
def test_the_blocks_to_be_spoilt_are_sound(block: dict[str, object]) -> None:
    """The test below spoils blocks that are without fault at first."""
    assert validate_message({"text": "x", "blocks": [block]}) == []


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(SOUND), st.data())
def test_a_sound_block_spoilt_anywhere_gives_a_list_of_problems(
    block: dict[str, object], data: st.DataObject
) -> None:
    """One value of a good block, at any depth, replaced by any JSON."""
    blocks = [_spoil(copy.deepcopy(block), data)]
    assert _is_list_of_problems(validate_message({"text": "x", "blocks": blocks}))
    assert _is_list_of_problems(validate_view({"type": "modal", "title": PLAIN, "blocks": blocks}))


def _spoil(value: object, data: st.DataObject) -> object:
    """Replace one value within `value`, chosen step by step, by any JSON."""
    keys: list[str] | list[int] = []
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    if not keys or data.draw(st.integers(0, 4)) == 0:
        return data.draw(JSON)
    key = data.draw(st.sampled_from(keys))
    value[key] = _spoil(value[key], data)  # type: ignore[index]
    return value
