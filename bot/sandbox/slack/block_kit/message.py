"""A message's arguments as chat.* and response URLs take them. Blocks are in `layout`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Final

from bot.sandbox.slack.block_kit.layout import blocks_on
from bot.sandbox.slack.block_kit.problem import Problem, step, too_many, wrong_type
from bot.sandbox.slack.block_kit.reading import decode, iterate_blocks
from bot.sandbox.slack.block_kit.schema import Anything, Array, Json, Object, Problems, String
from bot.sandbox.slack.block_kit.totals import LocatedBlocks, check_focus, check_ids, check_message

MAX_BLOCKS: Final = 50
MAX_ATTACHMENTS: Final = 100
MAX_TEXT_STORED: Final = 40_000
MAX_MARKDOWN_TEXT: Final = 12_000
_BODY: Final = ("text", "blocks", "attachments", "markdown_text")
_ACTS_ON_ORIGINAL: Final = "delete_original"
_METADATA: Final = Object(
    {
        "event_type": String(255, 1),
        "event_payload": Object({}, open=True),
        "entities": Array(Anything()),
    },
    ("event_type", "event_payload"),
)


def validate_message(payload: object) -> list[Problem]:
    """List why Slack would refuse these arguments of chat.postMessage and its like; [] if it won't.

    `payload` has `text`, `blocks` (a list or its JSON), `attachments`, `metadata`, `markdown_text`;
    other arguments, and those that are None, are not looked at. The first problem's `error` is the
    call's. Never raises. Source: reference of chat.postMessage and of Block Kit.
    """
    if not isinstance(payload, Mapping):
        return [_as_error(wrong_type("must provide an object", ""), "invalid_arguments")]
    given = {str(name): value for name, value in payload.items() if value is not None}
    return [*_check_body(given), *_check_blocks(given), *_check_metadata(given)]


def message_warnings(payload: object) -> list[str]:
    """List the `warning` codes that Slack adds to a successful response."""
    text = payload.get("text") if isinstance(payload, Mapping) else None
    too_much = isinstance(text, str) and len(text) > MAX_TEXT_STORED
    return ["message_truncated"] if too_much else []


def _as_error(problem: Problem, error: str) -> Problem:
    return dataclasses.replace(problem, error=error)


def _check_body(given: Json) -> Problems:
    if not any(given.get(name) for name in _BODY) and not given.get(_ACTS_ON_ORIGINAL):
        yield Problem(
            "must define either `text` or `blocks`", "", ("any_of", None), error="no_text"
        )
    if "text" in given and not isinstance(given["text"], str):
        yield _as_error(wrong_type("must provide a string", "/text"), "invalid_arguments")
    yield from _check_markdown_text(given)


def _check_markdown_text(given: Json) -> Problems:
    if "markdown_text" not in given:
        return
    for problem in String(MAX_MARKDOWN_TEXT).check(given["markdown_text"], "/markdown_text"):
        yield _as_error(problem, "msg_too_long" if problem.constraint else "invalid_arguments")
    if given.get("text") or given.get("blocks"):
        text = "`markdown_text` cannot be used with `text` or `blocks`"
        conflict = ("not", ["text", "blocks"])
        yield Problem(text, "/markdown_text", conflict, error="markdown_text_conflict")


def _check_blocks(given: Json) -> Problems:
    located_blocks: LocatedBlocks = []
    yield from _check_list(given.get("blocks"), "/blocks", located_blocks)
    yield from _check_attachments(given.get("attachments"), located_blocks)
    yield from check_message(located_blocks)


def _check_list(raw: object, pointer: str, located_blocks: LocatedBlocks) -> Problems:
    if raw is None or raw == "":
        return
    blocks = decode(raw)
    if not isinstance(blocks, list | tuple):
        problem = wrong_type("must provide an array", pointer)
        yield _as_error(problem, "invalid_blocks_format")
        return
    yield from blocks_on("message", MAX_BLOCKS).check(blocks, pointer)
    yield from check_ids(blocks, pointer)
    yield from check_focus(blocks, pointer)
    located_blocks.extend(iterate_blocks(blocks, pointer))


def _check_attachments(raw: object, located_blocks: LocatedBlocks) -> Problems:
    attachments = decode(raw)
    if attachments is None or attachments == "":
        return
    if not isinstance(attachments, list | tuple):
        problem = wrong_type("must provide an array", "/attachments")
        yield _as_error(problem, "invalid_attachments")
        return
    if len(attachments) > MAX_ATTACHMENTS:
        yield _as_error(too_many(MAX_ATTACHMENTS, "/attachments"), "too_many_attachments")
    for attachment, at in _attached(attachments):
        if not isinstance(attachment, Mapping):
            yield _as_error(wrong_type("must provide an object", at), "invalid_attachments")
        else:
            yield from _check_list(attachment.get("blocks"), step(at, "blocks"), located_blocks)


def _attached(attachments: list[object] | tuple[object, ...]) -> Iterator[tuple[object, str]]:
    for index, attachment in enumerate(attachments[:MAX_ATTACHMENTS]):
        yield attachment, step("/attachments", index)


def _check_metadata(given: Json) -> Problems:
    if "metadata" not in given:
        return
    metadata = decode(given["metadata"])
    if not isinstance(metadata, Mapping):
        problem = wrong_type("must provide an object", "/metadata")
        yield _as_error(problem, "invalid_metadata_format")
        return
    for problem in _METADATA.check(metadata, "/metadata"):
        yield _as_error(problem, "invalid_metadata_schema")
