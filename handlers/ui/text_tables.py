"""Tables as text in columns of equal width, for terminals and blocks of code. Knows no words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from handlers.ui.native_charts import Table

CHUNK_LENGTH: Final = 2800  # fits a section with room for marks


def align(table: Table) -> list[str]:
    """A table in columns of equal width; Chinese characters are two wide."""
    rows = [table.head, *(tuple(cell.text for cell in row) for row in table.rows)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(table.head))]
    return [
        "  ".join(
            _padded(text, width, right=column > 0)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _padded(text: str, width: int, *, right: bool) -> str:
    padding = " " * (width - _width(text))
    return padding + text if right else text + padding


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def escape_code_block(text: str) -> str:
    """Within a block of code Slack still reads mentions and links."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("`", "'")


def chunks(lines: Sequence[str]) -> Iterator[str]:
    """Join lines to texts that each fit a section."""
    chunk = ""
    for line in lines:
        if chunk and len(chunk) + len(line) >= CHUNK_LENGTH:
            yield chunk
            chunk = ""
        chunk += f"\n{line}" if chunk else line
    yield chunk
