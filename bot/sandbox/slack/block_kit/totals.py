"""Rules over all the blocks of one message or view: unique ids, sums of text, counts of charts."""

from __future__ import annotations

from collections import Counter
from typing import Final

from bot.sandbox.slack.block_kit.data import DATA_TABLE_CHARACTERS
from bot.sandbox.slack.block_kit.problem import Problem, step
from bot.sandbox.slack.block_kit.reading import (
    iterate_blocks,
    iterate_elements,
    visible_text_length,
)
from bot.sandbox.slack.block_kit.schema import Json, Problems

LocatedBlocks = list[tuple[Json, str]]

MARKDOWN_CHARACTERS: Final = 12_000
MESSAGE_CHARACTERS: Final = 13_200  # undocumented: where a bolt-js user saw msg_blocks_too_long
_COUNTS: Final = {"data_visualization": 2, "table": 1}
_OWN_LIMITS: Final = ("data_table", "data_visualization", "table")  # a tuple: types may be lists


def check_ids(blocks: object, pointer: str) -> Problems:
    """Refuse a block_id used twice, and an action_id used twice within its block."""
    seen: set[str] = set()
    for block, at in iterate_blocks(blocks, pointer):
        yield from _check_block_id(block, at, seen)
        yield from _check_action_ids(block, at)


def _check_block_id(block: Json, at: str, seen: set[str]) -> Problems:
    name = block.get("block_id")
    if isinstance(name, str):
        if name in seen:
            text = f"`block_id` already exists: {name}"
            yield Problem(text, step(at, "block_id"), ("unique_items", name))
        seen.add(name)


def _check_action_ids(block: Json, at: str) -> Problems:
    seen: set[str] = set()
    for element, where in iterate_elements(block, at):
        name = element.get("action_id")
        if isinstance(name, str):
            if name in seen:
                text = f"`action_id` already exists in this block: {name}"
                yield Problem(text, step(where, "action_id"), ("unique_items", name))
            seen.add(name)


def check_focus(blocks: object, pointer: str) -> Problems:
    """Refuse a second element that asks for the focus."""
    focused = [
        where
        for block, at in iterate_blocks(blocks, pointer)
        for element, where in iterate_elements(block, at)
        if element.get("focus_on_load") is True
    ]
    for where in focused[1:]:
        text = "only one element can set `focus_on_load` to true"
        yield Problem(text, step(where, "focus_on_load"), ("max_items", 1))


def check_message(located_blocks: LocatedBlocks) -> Problems:
    """Refuse what is too much for one message, over its blocks and its attachments' together."""
    yield from _check_counts(located_blocks)
    yield from _check_sum(located_blocks, "markdown", "text", MARKDOWN_CHARACTERS)
    yield from _check_sum(located_blocks, "data_table", "rows", DATA_TABLE_CHARACTERS)
    texts = [
        block
        for block, at in located_blocks
        if block.get("type") not in _OWN_LIMITS and not _is_nested(at)
    ]
    if sum(map(visible_text_length, texts)) > MESSAGE_CHARACTERS:
        text = f"must be less than {MESSAGE_CHARACTERS + 1} characters"
        limit = ("max_length", MESSAGE_CHARACTERS)
        yield Problem(text, "/blocks", limit, error="msg_blocks_too_long")


def _is_nested(at: str) -> bool:
    """Return whether the pointer is of a container's child: its text is counted there."""
    return at.split("/")[-2] != "blocks"


def _check_counts(located_blocks: LocatedBlocks) -> Problems:
    counted: Counter[str] = Counter()
    for block, at in located_blocks:
        name = block.get("type")
        if isinstance(name, str) and name in _COUNTS:
            counted[name] += 1
            if counted[name] > _COUNTS[name]:
                text = f"no more than {_COUNTS[name]} {name} blocks allowed in a message"
                yield Problem(text, at, ("max_items", _COUNTS[name]))


def _check_sum(located_blocks: LocatedBlocks, name: str, field: str, maximum: int) -> Problems:
    total = 0
    for block, at in located_blocks:
        if block.get("type") == name:
            length = visible_text_length({"text": block.get(field)})
            total += length
            if total > maximum >= length:
                text = f"must be less than {maximum + 1} characters in all {name} blocks together"
                yield Problem(text, step(at, field), ("max_length", maximum))
