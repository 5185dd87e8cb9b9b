"""Slack's native charts and tables (data_visualization, data_table), within Slack's limits.

Slack, "Data visualization block" and "Data table block": 2 charts a message, 12 lines a chart, 20
points a line with labels of 20 characters; 200 rows of 20 cells.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.i18n.translator import Translator
from handlers.ui.block_kit import Block, clip

if TYPE_CHECKING:  # numpy is slow to import
    from bot.charts.native_charts import NativeChart

MAX_CHARTS: Final = 2
MAX_POINTS: Final = 20
_MAX_LINES: Final = 12
_NAME_LENGTH: Final = 20
_TITLE_LENGTH: Final = 50
_MAX_ROWS: Final = 200
_MAX_COLUMNS: Final = 20
_CELL_LENGTH: Final = 80  # a message's tables hold 20,000 characters together
_PAGE_SIZE: Final = 20
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
    """A table cell: a text, with its number where it has one."""

    text: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Column titles and rows of as many cells; the first column names the row."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def chart_block(block_id: str, chart: Chart, translator: Translator) -> Block | None:
    """Build a line chart over the lines' common times; None without data."""
    lines = [line for line in chart.lines if len(line.points) > 1][:_MAX_LINES]
    moments, columns = _sample(lines)
    if not moments:
        return None
    labels = _labels(moments, translator)
    names = distinct_names([line.name for line in lines])
    series = [
        {"name": name, "data": _data(labels, values)}
        for name, values in zip(names, columns, strict=True)
    ]
    axis = {
        "categories": labels,
        "x_label": clip(translator.format_time(moments[-1], "zzz"), _TITLE_LENGTH),
        "y_label": clip(chart.unit, _TITLE_LENGTH),
    }
    return {
        "type": "data_visualization",
        "block_id": block_id,
        "title": clip(chart.title, _TITLE_LENGTH),
        "chart": {"type": "line", "series": series, "axis_config": axis},
    }


def native_chart_block(block_id: str, native_chart: NativeChart) -> Block:
    """Build a line chart whose points are already sampled."""
    series = [
        {"name": line_data.name, "data": _data(native_chart.labels, line_data.values)}
        for line_data in native_chart.series
    ]
    axis = {
        "categories": list(native_chart.labels),
        "x_label": native_chart.x_label,
        "y_label": native_chart.y_label,
    }
    return {
        "type": "data_visualization",
        "block_id": block_id,
        "title": native_chart.title,
        "chart": {"type": "line", "series": series, "axis_config": axis},
    }


def table_block(block_id: str, table: Table) -> Block:
    """Build a table; number cells sort by value."""
    head = [_text_cell(title) for title in table.head[:_MAX_COLUMNS]]
    rows = [[_cell(cell) for cell in row[:_MAX_COLUMNS]] for row in table.rows[:_MAX_ROWS]]
    return {
        "type": "data_table",
        "block_id": block_id,
        "caption": clip(table.title, _CELL_LENGTH),
        "rows": [head, *rows],
        "row_header_column_index": 0,
        "page_size": max(1, min(_PAGE_SIZE, len(rows))),
    }


def _sample(lines: Sequence[Line]) -> tuple[list[dt.datetime], list[list[float]]]:
    """Average each line over as many equal intervals as Slack draws points.

    Intervals where any line has no point are left out: Slack requires a point of every line.
    """
    timestamps = sorted({at.timestamp() for line in lines for at, _ in line.points})
    if not timestamps:
        return [], []
    count = min(MAX_POINTS, len(timestamps))
    width_s = (timestamps[-1] - timestamps[0]) / (count - 1 or 1)
    if len(timestamps) > MAX_POINTS:
        width_s = (timestamps[-1] - timestamps[0]) / count * (1 + 1e-9)
    columns = [_average(line, timestamps[0], width_s or 1.0, count) for line in lines]
    complete = [index for index in range(count) if all(index in column for column in columns)]
    moments = [
        dt.datetime.fromtimestamp(min(column[index][0] for column in columns), dt.UTC)
        for index in complete
    ]
    return moments, [[column[index][1] for index in complete] for column in columns]


def _average(
    line: Line, first_s: float, width_s: float, count: int
) -> dict[int, tuple[float, float]]:
    """Return each interval's first time and mean, by the interval's index."""
    buckets: dict[int, list[tuple[float, float]]] = {}
    for at, value in line.points:
        index = min(count - 1, math.floor((at.timestamp() - first_s) / width_s + 1e-9))
        buckets.setdefault(index, []).append((at.timestamp(), value))
    return {
        index: (points[0][0], sum(value for _, value in points) / len(points))
        for index, points in buckets.items()
    }


def _labels(moments: Sequence[dt.datetime], translator: Translator) -> list[str]:
    """Format times in the reader's zone, as short as possible while distinct."""
    span = moments[-1] - moments[0]
    midnights = all((later - moments[0]) % _DAY == dt.timedelta(0) for later in moments)
    patterns = ["MM-dd"] if midnights and span >= _DAY else []
    patterns += ["HH:mm", "HH:mm:ss"] if span < _DAY else []
    for pattern in (*patterns, "MM-dd HH:mm", "MM-dd HH:mm:ss"):
        labels = [translator.format_time(moment, pattern) for moment in moments]
        if len(set(labels)) == len(labels):
            return labels
    return [f"{number}" for number in range(1, len(moments) + 1)]


def distinct_names(names: Sequence[str]) -> list[str]:
    """Cut names to Slack's length, each different from the others."""
    unique: list[str] = []
    for name in names:
        short, number = clip(name, _NAME_LENGTH), 2
        while short in unique:
            tail = f" {number}"
            short, number = clip(name, _NAME_LENGTH - len(tail)) + tail, number + 1
        unique.append(short)
    return unique


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
