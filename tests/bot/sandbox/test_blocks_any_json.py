"""Whatever JSON comes, the validator answers with a list of problems and never raises."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.workspace.blocks import (
    Problem,
    message_warnings,
    validate_message,
    validate_view,
    visible_text_length,
)
from bot.sandbox.workspace.blocks.elements import ELEMENTS
from bot.sandbox.workspace.blocks.layout import BLOCKS

# Slack's own words as keys and values, so that chance gets past the first check.
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


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_any_json_as_a_message_gives_a_list_of_problems(value: object) -> None:
    """The whole arguments may be anything."""
    assert _is_list_of_problems(validate_message(value))
    assert isinstance(message_warnings(value), list)


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_any_json_as_a_view_gives_a_list_of_problems(value: object) -> None:
    """The whole view may be anything."""
    assert _is_list_of_problems(validate_view(value))


@settings(max_examples=300, deadline=None)
@given(st.lists(JSON, max_size=3))
def test_any_json_as_blocks_gives_a_list_of_problems(blocks: list[object]) -> None:
    """Blocks may be anything in messages, modals, home tabs and attachments."""
    payload = {"text": "x", "blocks": blocks, "attachments": [{"blocks": blocks}]}
    assert _is_list_of_problems(validate_message(payload))
    assert _is_list_of_problems(validate_view({"type": "modal", "blocks": blocks}))
    assert _is_list_of_problems(validate_view({"type": "home", "blocks": blocks}))
    assert isinstance(visible_text_length(blocks), int)


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_string_as_blocks_gives_a_list_of_problems(text: str) -> None:
    """Blocks that come as a string may be no JSON at all."""
    assert _is_list_of_problems(validate_message({"text": "x", "blocks": text}))


def test_json_nested_a_hundred_thousand_deep_gives_problems() -> None:
    """Depth alone breaks nothing, as a string or as a value."""
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
    """Two options that only a very deep comparison could tell apart are refused."""
    first: dict[str, object] = {}
    second: dict[str, object] = {}
    for _ in range(5000):
        first, second = {"text": first}, {"text": second}
    select = {"type": "radio_buttons", "options": [first], "initial_option": second}
    blocks = [{"type": "actions", "elements": [select]}]
    assert _is_list_of_problems(validate_message({"text": "x", "blocks": blocks}))


def test_blocks_as_a_string_are_read_as_json() -> None:
    """A form carries blocks as JSON, and they are held to the same rules."""
    blocks = [{"type": "divider"}]
    assert validate_message({"text": "x", "blocks": json.dumps(blocks)}) == []
