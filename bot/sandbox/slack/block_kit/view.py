"""A view as views.open, push, update and publish take it. Blocks themselves are in `layout`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Final

from bot.sandbox.slack.block_kit.layout import blocks_on
from bot.sandbox.slack.block_kit.objects import plain_text
from bot.sandbox.slack.block_kit.problem import Problem, step
from bot.sandbox.slack.block_kit.reading import decode, iterate_blocks
from bot.sandbox.slack.block_kit.schema import (
    Boolean,
    Json,
    Object,
    Problems,
    Schema,
    String,
    Typed,
)
from bot.sandbox.slack.block_kit.totals import check_focus, check_ids

MAX_BLOCKS: Final = 100
MAX_BYTES: Final = 250 * 1024
_ROOT: Final = "/view"
_SHARED: Final[Mapping[str, Schema]] = {
    "type": String(),
    "private_metadata": String(3000),
    "callback_id": String(255),
    "external_id": String(255),
}


def _needs_submit(value: Json, pointer: str) -> Problems:
    if "submit" in value:
        return
    for block, at in iterate_blocks(value.get("blocks"), step(pointer, "blocks")):
        if block.get("type") == "input":
            text = "must define `submit` to use `input` block"
            yield Problem(text, step(at, "input"), ("requires", "submit"))


_MODAL: Final = Object(
    {
        **_SHARED,
        "title": plain_text(24),
        "submit": plain_text(24),
        "close": plain_text(24),
        "blocks": blocks_on("modal", MAX_BLOCKS, minimum=1),
        "clear_on_close": Boolean(),
        "notify_on_close": Boolean(),
    },
    ("type", "title", "blocks"),
    (_needs_submit,),
)
_HOME: Final = Object(
    {**_SHARED, "blocks": blocks_on("home", MAX_BLOCKS, minimum=1)}, ("type", "blocks")
)
_VIEW: Final = Typed({"modal": _MODAL, "home": _HOME})


def validate_view(view: object) -> list[Problem]:
    """List why Slack would refuse this view, of type modal or home; [] if it would not.

    Pointers start at `/view`; every problem's `error` is invalid_arguments, but for a payload over
    250 KB, which is view_too_large. Never raises. Source: reference of views.open and Block Kit.
    """
    view = decode(view)
    if _is_too_large(view):
        limit = ("max_length", MAX_BYTES)
        text = f"must be less than {MAX_BYTES + 1} bytes"
        return [Problem(text, _ROOT, limit, error="view_too_large")]
    problems = [*_check_whole(view), *_VIEW.check(view, _ROOT)]
    if isinstance(view, Mapping):
        blocks = view.get("blocks")
        problems += check_ids(blocks, step(_ROOT, "blocks"))
        problems += check_focus(blocks, step(_ROOT, "blocks"))
    return [dataclasses.replace(problem, error="invalid_arguments") for problem in problems]


def _check_whole(view: object) -> Problems:
    """Slack names the failure of the whole view first when it has a key too many."""
    own = _VIEW.check(view, _ROOT)
    kinds = [
        problem.constraint[0] for problem in own if problem.pointer == _ROOT and problem.constraint
    ]
    if "additional_properties" in kinds:
        yield Problem("failed to match all allowed schemas", _ROOT, ("all_of", None))


def _is_too_large(view: object) -> bool:
    try:
        text = json.dumps(view, ensure_ascii=False)
    except RecursionError:
        return True
    except (TypeError, ValueError):
        return False
    return len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES
