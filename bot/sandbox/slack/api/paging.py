"""Cursor pagination as in Slack's lists."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Final, TypeVar

from bot.sandbox.slack.api.arguments import Arguments
from bot.sandbox.slack.errors import Json, api_error

Item = TypeVar("Item")
_MAX_ITEMS: Final = 1000
_PREFIX: Final = "next:"


def paginate(
    items: Sequence[Item], arguments: Arguments, default_limit: int
) -> tuple[list[Item], Json]:
    """Cut a page out of a list; the Json is the response's response_metadata."""
    start, limit = _read_cursor(arguments.text("cursor")), arguments.number("limit", default_limit)
    limit = limit or default_limit
    if not 1 <= limit <= _MAX_ITEMS:
        raise api_error("invalid_limit")
    end = start + limit
    cursor = ""
    if end < len(items):
        cursor = base64.b64encode(f"{_PREFIX}{end}".encode()).decode()
    return list(items[start:end]), {"response_metadata": {"next_cursor": cursor}}


def _read_cursor(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix(_PREFIX))
    except (ValueError, binascii.Error):
        raise api_error("invalid_cursor") from None
