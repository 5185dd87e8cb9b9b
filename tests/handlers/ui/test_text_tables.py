"""Tables as aligned text, in chunks that fit a section block."""

from __future__ import annotations

from handlers.ui.native_charts import Cell, Table
from handlers.ui.text_tables import CHUNK_LENGTH, align, chunks, escape_code_block


def test_columns_are_aligned_whatever_their_script() -> None:
    """Chinese characters and emoji take two columns; numbers are to the right."""
    rows = (
        (Cell("网络"), Cell("5"), Cell("x")),
        (Cell("ok 🟢"), Cell("1,234"), Cell("")),
    )
    table = Table("title", ("", "calls", "n"), rows)
    assert align(table) == ["       calls  n", "网络       5  x", "ok 🟢  1,234"]


def test_markup_in_a_code_block_is_text() -> None:
    """Slack reads mentions and links in code blocks too, and a backtick would end one."""
    assert escape_code_block("<@U1> & `x`") == "&lt;@U1&gt; &amp; 'x'"


def test_lines_are_joined_into_chunks() -> None:
    """A chunk is shorter than the limit; a longer line is a chunk of its own."""
    line = "x" * 1000
    assert list(chunks(["a", "b"])) == ["a\nb"]
    assert list(chunks([line] * 3)) == [f"{line}\n{line}", line]
    assert list(chunks(["a", "y" * CHUNK_LENGTH, "b"])) == ["a", "y" * CHUNK_LENGTH, "b"]
    assert list(chunks([])) == [""]
