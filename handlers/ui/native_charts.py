"""Figures over time as Slack's own charts and tables, within Slack's limits. Decides no words.

Slack, "Data visualization block" and "Data table block": 2 charts a message, 12 lines a chart, 20
points a line with a label of 20 characters each; 200 rows of 20 cells.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.charts import NativeChart
from bot.i18n.translator import Words
from handlers.ui.block_kit import Block, clip

CHARTS: Final = 2
POINTS: Final = 20
_LINES: Final = 12
_NAME_LENGTH: Final = 20
_TITLE_LENGTH: Final = 50
_ROWS: Final = 200
_COLUMNS: Final = 20
_CELL_LENGTH: Final = 80  # a message's tables hold 20,000 characters together
_PAGE: Final = 20
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart; `points` are (aware moment, value), sorted."""

    name: str
    points: tuple[tuple[dt.datetime, float], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines that share one scale."""

    title: str
    unit: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A number beside its text, or a text alone."""

    text: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A head and rows of as many cells; the first column names the row."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def chart_block(block_id: str, chart: Chart, words: Words) -> Block | None:
    """Draw lines over the time they share; None when there is nothing to draw."""
    lines = [line for line in chart.lines if len(line.points) > 1][:_LINES]
    moments, columns = _sample(lines)
    if not moments:
        return None
    labels = _labels(moments, words)
    names = _names([line.name for line in lines])
    series = [
        {"name": name, "data": _data(labels, values)}
        for name, values in zip(names, columns, strict=True)
    ]
    axis = {
        "categories": labels,
        "x_label": clip(words.when(moments[-1], "zzz"), _TITLE_LENGTH),
        "y_label": clip(chart.unit, _TITLE_LENGTH),
    }
    return {
        "type": "data_visualization",
        "block_id": block_id,
        "title": clip(chart.title, _TITLE_LENGTH),
        "chart": {"type": "line", "series": series, "axis_config": axis},
    }


def chart_of(block_id: str, told: NativeChart) -> Block:
    """Show a chart whose points are chosen already."""
    series = [{"name": one.name, "data": _data(told.labels, one.values)} for one in told.series]
    axis = {"categories": list(told.labels), "x_label": told.x_label, "y_label": told.y_label}
    return {
        "type": "data_visualization",
        "block_id": block_id,
        "title": told.title,
        "chart": {"type": "line", "series": series, "axis_config": axis},
    }


def table_block(block_id: str, table: Table) -> Block:
    """Show a table; numbers sort as numbers."""
    head = [_text_cell(title) for title in table.head[:_COLUMNS]]
    rows = [[_cell(cell) for cell in row[:_COLUMNS]] for row in table.rows[:_ROWS]]
    return {
        "type": "data_table",
        "block_id": block_id,
        "caption": clip(table.title, _CELL_LENGTH),
        "rows": [head, *rows],
        "row_header_column_index": 0,
        "page_size": max(1, min(_PAGE, len(rows))),
    }


def _sample(lines: Sequence[Line]) -> tuple[list[dt.datetime], list[list[float]]]:
    """Average each line over as many equal stretches as Slack draws points.

    A stretch in which one line has nothing is left out: Slack wants a point of every line.
    """
    stamps = sorted({at.timestamp() for line in lines for at, _ in line.points})
    if not stamps:
        return [], []
    count = min(POINTS, len(stamps))
    width_s = (stamps[-1] - stamps[0]) / (count - 1 or 1)
    if len(stamps) > POINTS:
        width_s = (stamps[-1] - stamps[0]) / count * (1 + 1e-9)
    columns = [_average(line, stamps[0], width_s or 1.0, count) for line in lines]
    whole = [place for place in range(count) if all(place in column for column in columns)]
    moments = [
        dt.datetime.fromtimestamp(min(column[place][0] for column in columns), dt.UTC)
        for place in whole
    ]
    return moments, [[column[place][1] for place in whole] for column in columns]


def _average(
    line: Line, first_s: float, width_s: float, count: int
) -> dict[int, tuple[float, float]]:
    """Each stretch's first moment and mean, by its place."""
    held: dict[int, list[tuple[float, float]]] = {}
    for at, value in line.points:
        place = min(count - 1, math.floor((at.timestamp() - first_s) / width_s + 1e-9))
        held.setdefault(place, []).append((at.timestamp(), value))
    return {
        place: (points[0][0], sum(value for _, value in points) / len(points))
        for place, points in held.items()
    }


def _labels(moments: Sequence[dt.datetime], words: Words) -> list[str]:
    """Times as short as they can be and still differ, in the reader's zone."""
    span = moments[-1] - moments[0]
    midnights = all((later - moments[0]) % _DAY == dt.timedelta(0) for later in moments)
    patterns = ["MM-dd"] if midnights and span >= _DAY else []
    patterns += ["HH:mm", "HH:mm:ss"] if span < _DAY else []
    for pattern in (*patterns, "MM-dd HH:mm", "MM-dd HH:mm:ss"):
        labels = [words.when(moment, pattern) for moment in moments]
        if len(set(labels)) == len(labels):
            return labels
    return [f"{number}" for number in range(1, len(moments) + 1)]


def _names(names: Sequence[str]) -> list[str]:
    """Names within Slack's length, each different."""
    found: list[str] = []
    for name in names:
        short, number = clip(name, _NAME_LENGTH), 2
        while short in found:
            tail = f" {number}"
            short, number = clip(name, _NAME_LENGTH - len(tail)) + tail, number + 1
        found.append(short)
    return found


def _data(labels: Sequence[str], values: Sequence[float]) -> list[dict[str, str | float]]:
    return [
        {"label": label, "value": round(value, 4)}
        for label, value in zip(labels, values, strict=True)
    ]


def _cell(cell: Cell) -> dict[str, str | float]:
    if cell.value is None:
        return _text_cell(cell.text)
    text = clip(cell.text, _CELL_LENGTH)
    return {"type": "raw_number", "value": round(cell.value, 4), "text": text}


def _text_cell(text: str) -> dict[str, str | float]:
    return {"type": "raw_text", "text": clip(text, _CELL_LENGTH)}
