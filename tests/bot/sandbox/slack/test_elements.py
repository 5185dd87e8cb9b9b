"""Blocks and elements are found wherever Slack allows them, and get the ids they lack."""

from __future__ import annotations

from typing import Any, Final

import pytest

from bot.sandbox.slack.elements import (
    every_block,
    find_element,
    iterate_dicts,
    iterate_elements,
    name_blocks,
)

BUTTON: Final = {"type": "button", "action_id": "go"}
CARD: Final = {"type": "card", "actions": [BUTTON]}
SECTION: Final = {"type": "section", "block_id": "s", "accessory": BUTTON}


@pytest.mark.parametrize(
    ("block", "holder"),
    [
        (SECTION, "section"),
        ({"type": "actions", "elements": [BUTTON]}, "actions"),
        ({"type": "input", "element": BUTTON}, "input"),
        (CARD, "card"),
        ({"type": "carousel", "elements": [CARD]}, "card"),
        ({"type": "container", "child_blocks": [SECTION]}, "section"),
        ({"type": "section", "accessory": {"type": "image", "elements": [BUTTON]}}, None),
        ({"type": "context", "elements": [{"type": "mrkdwn", "elements": [BUTTON]}]}, None),
        ({"type": "actions", "elements": "nonsense"}, None),
        ({"type": "actions", "elements": [5, BUTTON]}, "actions"),
        (5, None),
    ],
)
def test_elements_are_found_with_their_block(block: Any, holder: str | None) -> None:
    """In sections, actions, inputs, cards and containers; pictures and texts have none."""
    found = [(outer["type"], element) for outer, element in iterate_elements([block])]
    assert found == ([] if holder is None else [(holder, BUTTON)])


@pytest.mark.parametrize(
    ("action_id", "block_id", "expected"),
    [("go", None, "a"), ("go", "s", "s"), ("stop", None, None), ("go", "b", None)],
)
def test_an_element_is_found_by_its_ids(
    action_id: str, block_id: str | None, expected: str | None
) -> None:
    """The first one; blocks of attachments come last."""
    first = {"type": "actions", "block_id": "a", "elements": [BUTTON]}
    message = {"blocks": [first], "attachments": [{"blocks": [SECTION]}, {}]}
    assert every_block(message) == [first, SECTION]
    found = find_element(message, action_id, block_id)
    assert (found and found[0]["block_id"]) == expected


def test_missing_ids_are_made_up() -> None:
    """Those the app gave are kept."""
    blocks: list[Any] = [
        {"type": "actions", "elements": [{"type": "button"}, dict(BUTTON)]},
        {"type": "divider", "block_id": "mine"},
        {"type": "container", "child_blocks": [{"type": "section", "accessory": dict(BUTTON)}]},
        5,
    ]
    name_blocks(blocks)
    made = [blocks[0]["block_id"], blocks[0]["elements"][0]["action_id"], blocks[2]["block_id"]]
    made.append(blocks[2]["child_blocks"][0]["block_id"])
    assert [len(name) for name in made] == [5] * 4
    assert len(set(made)) == 4
    assert (blocks[0]["elements"][1]["action_id"], blocks[1]["block_id"]) == ("go", "mine")


def test_objects_have_pointers() -> None:
    """Every object below a node, the outer one first."""
    node = {"a": [{"b": 1}, "x", ({"c": {}},)]}
    assert [pointer for _, pointer in iterate_dicts(node)] == ["", "/a/0", "/a/2/0", "/a/2/0/c"]
    assert list(iterate_dicts("text")) == []
