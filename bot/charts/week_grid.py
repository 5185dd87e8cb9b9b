"""What is in a grid of weeks; `grid_drawing.py` draws it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GridCell:
    """What one week has: a text, and the value of its bar; None: no bar."""

    text: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class GridRow:
    """One name over all weeks; `words` are written across the weeks instead of cells."""

    name: str
    cells: tuple[GridCell, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class GridSection:
    """Rows that share one scale, from 0 to `top`, and one of the colours of the bars."""

    title: str
    rows: tuple[GridRow, ...]
    top: float


@dataclass(frozen=True, slots=True)
class WeekGrid:
    """Sections over the same weeks. A week has two lines: its number, and its first day."""

    title: str
    weeks: tuple[tuple[str, str], ...]
    sections: tuple[GridSection, ...]
