"""Blocks of data: table, data_table and data_visualization, with the rules between their parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.sandbox.slack.block_kit.objects import ID
from bot.sandbox.slack.block_kit.problem import Problem, step
from bot.sandbox.slack.block_kit.reading import visible_text_length
from bot.sandbox.slack.block_kit.rich_text import RICH_TEXT
from bot.sandbox.slack.block_kit.rules import objects, strings, unique
from bot.sandbox.slack.block_kit.schema import (
    Array,
    Boolean,
    Json,
    Nullable,
    Number,
    Object,
    Problems,
    String,
    Typed,
)

DATA_TABLE_CHARACTERS: Final = 20_000
_HEADED: Final = {"type": String(), "block_id": ID}

_RAW_TEXT: Final = Object(
    {"type": String(), "text": String(min_length=1), "emoji": Boolean()}, ("type", "text")
)
_RAW_NUMBER: Final = Object(
    {"type": String(), "value": Number(), "text": String(min_length=1)}, ("type", "value", "text")
)
_HEADER_CELLS: Final = {"raw_text": _RAW_TEXT, "raw_number": _RAW_NUMBER}
_CELLS: Final = Typed({**_HEADER_CELLS, "rich_text": RICH_TEXT})
_COLUMN: Final = Object(
    {"align": String(enum=("left", "center", "right")), "is_wrapped": Boolean()}
)
TABLE: Final = Object(
    {
        **_HEADED,
        "rows": Array(Array(_CELLS, 20, 1), 100, 1),
        "column_settings": Array(Nullable(_COLUMN), 20),
    },
    ("type", "rows"),
)


def _rows(value: Json) -> list[list[object]]:
    rows = value.get("rows")
    if not isinstance(rows, list | tuple):
        return []
    return [list(row) if isinstance(row, list | tuple) else [] for row in rows]


def _even_rows(value: Json, pointer: str) -> Problems:
    rows = _rows(value)
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            text = "all rows must have the same number of cells"
            yield Problem(text, step(pointer, "rows", index), ("items", len(rows[0])))


def _plain_header(value: Json, pointer: str) -> Problems:
    for index, cell in enumerate(objects((_rows(value) or [[]])[0])):
        if cell.get("type") == "rich_text":
            at = step(pointer, "rows", 0, index, "type")
            yield Problem("unsupported type: rich_text", at, ("enum", list(_HEADER_CELLS)))


def _row_header(value: Json, pointer: str) -> Problems:
    column, rows = value.get("row_header_column_index"), _rows(value)
    if rows and isinstance(column, int) and column > len(rows[0]) - 1:
        at = step(pointer, "row_header_column_index")
        yield Problem(f"must be less than {len(rows[0])}", at, ("maximum", len(rows[0]) - 1))


def _short_content(value: Json, pointer: str) -> Problems:
    if visible_text_length(_rows(value)) > DATA_TABLE_CHARACTERS:
        text = f"must be less than {DATA_TABLE_CHARACTERS + 1} characters"
        yield Problem(text, step(pointer, "rows"), ("max_length", DATA_TABLE_CHARACTERS))


DATA_TABLE: Final = Object(
    {
        **_HEADED,
        "rows": Array(Array(_CELLS, 20, 1), 201, 2),
        "caption": String(min_length=1),
        "page_size": Number(1, 100, whole=True),
        "row_header_column_index": Number(0, whole=True),
    },
    ("type", "rows", "caption"),
    (_even_rows, _plain_header, _row_header, _short_content),
)

_NAME: Final = String(20, 1)
_POINT: Final = Object({"label": _NAME, "value": Number()}, ("label", "value"))
_SEGMENT: Final = Object({"label": _NAME, "value": Number(above=0)}, ("label", "value"))
_SERIES: Final = Object({"name": _NAME, "data": Array(_POINT, 20, 1)}, ("name", "data"))
_AXIS: Final = Object(
    {"categories": Array(_NAME, 20, 1), "x_label": String(50), "y_label": String(50)},
    ("categories",),
)


def _categories(value: Json) -> list[str]:
    axis = value.get("axis_config")
    return strings(axis.get("categories")) if isinstance(axis, Mapping) else []


def _different_categories(value: Json, pointer: str) -> Problems:
    categories = _categories(value)
    if len(set(categories)) < len(categories):
        at = step(pointer, "axis_config", "categories")
        yield Problem("Input contains duplicate items", at, ("unique_items", None))


def _point_per_category(value: Json, pointer: str) -> Problems:
    categories = _categories(value)
    for index, series in enumerate(objects(value.get("series"))):
        labels = strings([point.get("label") for point in objects(series.get("data"))])
        if categories and sorted(labels) != sorted(categories):
            text = "must have exactly one point for every axis category"
            yield Problem(text, step(pointer, "series", index, "data"), ("enum", categories))


_AXIS_CHART: Final = Object(
    {"type": String(), "series": Array(_SERIES, 12, 1), "axis_config": _AXIS},
    ("type", "series", "axis_config"),
    (unique("series", "name"), _different_categories, _point_per_category),
)
_PIE: Final = Object({"type": String(), "segments": Array(_SEGMENT, 12, 1)}, ("type", "segments"))
DATA_VISUALIZATION: Final = Object(
    {
        **_HEADED,
        "title": String(50, 1),
        "chart": Typed({"line": _AXIS_CHART, "bar": _AXIS_CHART, "area": _AXIS_CHART, "pie": _PIE}),
    },
    ("type", "title", "chart"),
)
