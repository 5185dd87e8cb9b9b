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
    blanks = " " * (width - _width(text))
    return blanks + text if right else text + blanks


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def harmless(text: str) -> str:
    """Within a block of code Slack still reads mentions and links."""
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return shown.replace("`", "'")


def chunks(lines: Sequence[str]) -> Iterator[str]:
    """Join lines to texts that each fit a section."""
    held = ""
    for line in lines:
        if held and len(held) + len(line) >= CHUNK_LENGTH:
            yield held
            held = ""
        held += f"\n{line}" if held else line
    yield held
