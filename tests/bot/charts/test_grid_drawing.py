"""The drawn grid of weeks: bars as long as their values, none for words."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from bot.charts.grid_drawing import draw_grid
from bot.charts.week_grid import GridCell, GridRow, GridSection, WeekGrid

BLUE = np.array((176, 210, 238))


def blue_columns(*cells: GridCell, top: float = 10, words: str = "") -> list[int]:
    """How many columns of pixels each week's bar fills."""
    weeks = tuple((f"W{number}", "so far") for number in range(5))
    row = GridRow("All tickets", cells, words)
    grid = WeekGrid("Call quality", weeks, (GridSection("Tickets", (row,), top),))
    with Image.open(io.BytesIO(draw_grid(grid))) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=int)
    assert pixels.shape[1] == 1200
    is_blue = (np.abs(pixels - BLUE).sum(axis=2) < 12).any(axis=0)
    return [int(part.sum()) for part in np.array_split(is_blue[332:1168], 5)]


def test_bars_are_as_long_as_their_values() -> None:
    """From nothing to the whole column."""
    cells = [GridCell(str(value), value) for value in (10, 5, 2.5, 0, 10)]
    full, half, quarter, none, last = blue_columns(*cells)
    assert full == pytest.approx(2 * half, abs=4)
    assert half == pytest.approx(2 * quarter, abs=4)
    assert none <= 1  # the edge, blended with the paper
    assert last == pytest.approx(full, abs=2)


def test_words_have_no_bar() -> None:
    """Neither in a cell nor across the weeks."""
    assert blue_columns(*[GridCell("no data")] * 5) == [0] * 5
    assert blue_columns(words="Agora has no app-wide metrics of this kind. " * 9) == [0] * 5


def test_only_zeros() -> None:
    """There is no scale, and no bar."""
    assert max(blue_columns(*[GridCell("0", 0)] * 5, top=0)) <= 1
