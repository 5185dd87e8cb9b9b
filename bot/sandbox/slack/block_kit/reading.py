"""Walking over blocks that may be any JSON: text, children, elements. Nothing is judged here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from bot.sandbox.slack.block_kit.problem import step
from bot.sandbox.slack.block_kit.schema import Json

_SHOWN: Final = frozenset(
    {
        "text",
        "title",
        "caption",
        "label",
        "x_label",
        "y_label",
        "categories",
        "author_name",
        "provider_name",
        "fallback",
        "hint",
        "subtext",
    }
)
_CHILDREN: Final = {"container": "child_blocks", "carousel": "elements"}
_ELEMENT_LISTS: Final = ("elements", "actions")
_ELEMENT_FIELDS: Final = ("accessory", "element")


def decode(value: object) -> object:
    """Decode the JSON that a form carries as a string; other text is returned unchanged."""
    if not isinstance(value, str):
        return value
    try:
        decoded: object = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return decoded


def visible_text_length(blocks: object) -> int:
    """Count the code points a reader sees in blocks: texts, titles, labels, cells; no ids or URLs.

    Takes any JSON value and never raises.
    """
    length, queue = 0, [blocks]
    while queue:
        value = queue.pop()
        if isinstance(value, Mapping):
            length += sum(_shown_length(key, item) for key, item in value.items())
            queue.extend(value.values())
        elif isinstance(value, list | tuple):
            queue.extend(value)
    return length


def _shown_length(key: object, value: object) -> int:
    if key not in _SHOWN:
        return 0
    words = value if isinstance(value, list | tuple) else [value]
    return sum(len(word) for word in words if isinstance(word, str))


def iterate_blocks(blocks: object, pointer: str) -> Iterator[tuple[Json, str]]:
    """Yield each block with its pointer, those within containers and carousels included."""
    if not isinstance(blocks, list | tuple):
        return
    for index, block in enumerate(blocks):
        if isinstance(block, Mapping):
            at = step(pointer, index)
            yield block, at
            name = block.get("type")
            if isinstance(name, str) and name in _CHILDREN:
                children = block.get(_CHILDREN[name])
                yield from _iterate_flat(children, step(at, _CHILDREN[name]))


def _iterate_flat(blocks: object, pointer: str) -> Iterator[tuple[Json, str]]:
    if isinstance(blocks, list | tuple):
        for index, block in enumerate(blocks):
            if isinstance(block, Mapping):
                yield block, step(pointer, index)


def iterate_elements(block: Json, pointer: str) -> Iterator[tuple[Json, str]]:
    """Yield a block's own elements with their pointers."""
    if block.get("type") == "carousel":
        return
    for name in _ELEMENT_LISTS:
        yield from _iterate_flat(block.get(name), step(pointer, name))
    for name in _ELEMENT_FIELDS:
        element = block.get(name)
        if isinstance(element, Mapping):
            yield element, step(pointer, name)
