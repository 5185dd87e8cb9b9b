"""Layout blocks: block type -> the surfaces it is allowed on, and its schema there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from bot.sandbox.slack.block_kit.data import DATA_TABLE, DATA_VISUALIZATION, TABLE
from bot.sandbox.slack.block_kit.elements import (
    ALL_SURFACES,
    BUTTON,
    IMAGE,
    Surface,
    context_elements,
    elements_in,
)
from bot.sandbox.slack.block_kit.icons import ICON_NAMES
from bot.sandbox.slack.block_kit.objects import (
    ID,
    PICTURE_URL,
    SLACK_FILE,
    URL,
    any_text,
    plain_text,
)
from bot.sandbox.slack.block_kit.problem import Problem, step
from bot.sandbox.slack.block_kit.rich_text import RICH_TEXT, rich_text
from bot.sandbox.slack.block_kit.rules import (
    at_least_one_of,
    exactly_one_of,
    excludes,
    needs,
    not_together,
    unique,
)
from bot.sandbox.slack.block_kit.schema import (
    Anything,
    Array,
    Boolean,
    Json,
    Object,
    Problems,
    Rule,
    Schema,
    String,
    Typed,
)

Described = Callable[[Surface], Object]


@dataclass(frozen=True, slots=True)
class Block:
    """The surfaces a block is allowed on, and its schema on each."""

    describe: Described
    surfaces: tuple[Surface, ...] = ALL_SURFACES


def _block(fields: Mapping[str, Schema], *required: str, rules: tuple[Rule, ...] = ()) -> Object:
    return Object({"type": String(), "block_id": ID, **fields}, ("type", *required), rules)


def _always(schema: Object) -> Described:
    return lambda _surface: schema


def _section(surface: Surface) -> Object:
    return _block(
        {
            "text": any_text(3000),
            "fields": Array(any_text(2000), 10, 1),
            "accessory": elements_in("section", surface),
            "expand": Boolean(),
        },
        rules=(at_least_one_of("text", "fields"),),
    )


def _actions(surface: Surface) -> Object:
    return _block({"elements": Array(elements_in("actions", surface), 25, 1)}, "elements")


def _context(surface: Surface) -> Object:
    return _block({"elements": Array(context_elements(surface), 10, 1)}, "elements")


def _context_actions(surface: Surface) -> Object:
    return _block({"elements": Array(elements_in("context_actions", surface), 5, 1)}, "elements")


def _input(surface: Surface) -> Object:
    return _block(
        {
            "label": plain_text(2000),
            "hint": plain_text(2000),
            "element": elements_in("input", surface),
            "optional": Boolean(),
            "dispatch_action": Boolean(),
        },
        "label",
        "element",
    )


_HEADER: Final = _block({"text": plain_text(150)}, "text")
_IMAGE_BLOCK: Final = _block(
    {
        "image_url": PICTURE_URL,
        "slack_file": SLACK_FILE,
        "alt_text": String(2000, 1),
        "title": plain_text(2000),
    },
    "alt_text",
    rules=(exactly_one_of("image_url", "slack_file"),),
)
_MARKDOWN: Final = _block({"text": String(12_000, 1)}, "text")
_VIDEO: Final = _block(
    {
        "alt_text": String(2000),
        "title": plain_text(200),
        "thumbnail_url": PICTURE_URL,
        "video_url": PICTURE_URL,
        "author_name": String(50),
        "description": plain_text(200),
        "provider_name": String(50),
        "provider_icon_url": String(2000),
        "title_url": String(2000),
    },
    "alt_text",
    "title",
    "thumbnail_url",
    "video_url",
)
_FILE: Final = _block(
    {"external_id": String(255, 1), "source": String(enum=("remote",))}, "external_id", "source"
)
_CALL: Final = _block(
    {"call_id": ID, "api_decoration_available": Boolean(), "call": Anything()}, "call_id"
)
_ALERT: Final = _block(
    {
        "text": any_text(200),
        "level": String(enum=("default", "info", "warning", "error", "success")),
    },
    "text",
)
_CARD: Final = _block(
    {
        "hero_image": IMAGE,
        "icon": IMAGE,
        "slack_icon": Object(
            {"type": String(enum=("icon",)), "name": String(enum=ICON_NAMES)}, ("type", "name")
        ),
        "title": any_text(150),
        "subtitle": any_text(150),
        "body": any_text(200),
        "subtext": any_text(200),
        "actions": Array(Typed({"button": BUTTON}), 3),
    },
    rules=(
        at_least_one_of("hero_image", "title", "actions", "body"),
        not_together("icon", "slack_icon"),
    ),
)
_CAROUSEL: Final = _block({"elements": Array(Typed({"card": _CARD}), 10, 1)}, "elements")


def _is_pending_alone(value: Json, pointer: str) -> Problems:
    if value.get("status") == "pending":
        text = "only a plan's tasks can be `pending`"
        expected = ("enum", ["in_progress", "complete", "error"])
        yield Problem(text, step(pointer, "status"), expected)


_ONE_RICH_TEXT: Final = rich_text(1)
_TASK_FIELDS: Final[Mapping[str, Schema]] = {
    "task_id": String(min_length=1),
    "title": String(min_length=1),
    "details": _ONE_RICH_TEXT,
    "output": _ONE_RICH_TEXT,
    "sources": Array(
        Object(
            {"type": String(enum=("url",)), "url": URL, "text": String(min_length=1)},
            ("type", "url", "text"),
        )
    ),
    "status": String(enum=("pending", "in_progress", "complete", "error")),
}
_TASK_NEEDED: Final = ("task_id", "title", "status")
_TASK_CARD: Final = _block(_TASK_FIELDS, *_TASK_NEEDED, rules=(_is_pending_alone,))
_TASK: Final = Object(
    {"type": String(enum=("task_card",)), "block_id": ID, **_TASK_FIELDS}, _TASK_NEEDED
)
_PLAN: Final = _block(
    {"title": String(min_length=1), "tasks": Array(_TASK, 50)},
    "title",
    rules=(unique("tasks", "task_id"),),
)
_CONTAINER_CHILDREN: Final = (
    "actions",
    "context",
    "divider",
    "file",
    "header",
    "image",
    "input",
    "rich_text",
    "section",
    "table",
    "video",
)


def _container(surface: Surface) -> Object:
    children = {name: BLOCKS[name].describe(surface) for name in _CONTAINER_CHILDREN}
    return _block(
        {
            "title": plain_text(150),
            "rich_text_title": RICH_TEXT,
            "subtitle": any_text(150),
            "child_blocks": Array(Typed(children), 10, 1),
            "width": String(enum=("narrow", "standard", "wide", "full")),
            "icon": IMAGE,
            "is_collapsible": Boolean(),
            "default_collapsed": Boolean(),
            "has_header_divider": Boolean(),
        },
        "child_blocks",
        rules=(
            at_least_one_of("title", "rich_text_title"),
            needs("default_collapsed", "is_collapsible"),
            excludes("has_header_divider", "is_collapsible"),
        ),
    )


_MESSAGE_ONLY: Final[tuple[Surface, ...]] = ("message",)
_MESSAGE_AND_HOME: Final[tuple[Surface, ...]] = ("message", "home")

BLOCKS: Final[Mapping[str, Block]] = {
    "actions": Block(_actions),
    "context": Block(_context),
    "context_actions": Block(_context_actions, _MESSAGE_ONLY),
    "section": Block(_section),
    "header": Block(_always(_HEADER)),
    "divider": Block(_always(_block({}))),
    "input": Block(_input),
    "image": Block(_always(_IMAGE_BLOCK)),
    "rich_text": Block(_always(RICH_TEXT)),
    "markdown": Block(_always(_MARKDOWN), _MESSAGE_ONLY),
    "video": Block(_always(_VIDEO)),
    "file": Block(_always(_FILE), _MESSAGE_ONLY),
    "call": Block(_always(_CALL), _MESSAGE_ONLY),
    "table": Block(_always(TABLE), _MESSAGE_AND_HOME),
    "data_table": Block(_always(DATA_TABLE), _MESSAGE_AND_HOME),
    "data_visualization": Block(_always(DATA_VISUALIZATION), _MESSAGE_AND_HOME),
    "alert": Block(_always(_ALERT), ("modal",)),
    "card": Block(_always(_CARD)),
    "carousel": Block(_always(_CAROUSEL), _MESSAGE_AND_HOME),
    "container": Block(_container, _MESSAGE_AND_HOME),
    "plan": Block(_always(_PLAN), _MESSAGE_ONLY),
    "task_card": Block(_always(_TASK_CARD), _MESSAGE_ONLY),
}


@cache
def blocks_on(surface: Surface, maximum: int, minimum: int = 0) -> Array:
    """Describe a surface's list of blocks, of `minimum` to `maximum`."""
    allowed = {
        name: block.describe(surface) for name, block in BLOCKS.items() if surface in block.surfaces
    }
    return Array(Typed(allowed), maximum, minimum)
