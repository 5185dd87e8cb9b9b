"""Tables as text in aligned columns, for terminals and code blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from wcwidth import ljust, rjust, width

from handlers.ui.native_charts import Table

CHUNK_LENGTH: Final = 2800  # fits a section block with some margin


def align(table: Table) -> list[str]:
    """Return a table's lines in aligned columns; the first to the left, the others to the right."""
    rows = [table.head, *(tuple(cell.text for cell in row) for row in table.rows)]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([ljust(row[0], widths[0]), *map(rjust, row[1:], widths[1:])]).rstrip()
        for row in rows
    ]


def escape_code_block(text: str) -> str:
    """Escape text for a code block, where Slack still reads mentions and links."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("`", "'")


def chunks(lines: Sequence[str]) -> Iterator[str]:
    """Join lines into texts that each fit a section."""
    chunk = ""
    for line in lines:
        if chunk and len(chunk) + len(line) >= CHUNK_LENGTH:
            yield chunk
            chunk = ""
        chunk += f"\n{line}" if chunk else line
    yield chunk
