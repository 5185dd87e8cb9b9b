"""Distributions of an app's metrics as tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from bot.call import Distribution
from bot.i18n.messages import Message, message
from handlers.ui.metric_names import (
    dimension_name,
    dimension_value_name,
    format_value,
    full_name,
    short_name,
)
from handlers.ui.native_charts import Cell, Table
from handlers.ui.renderer import Renderer

_MAX_CHARACTERS: Final = 14_000  # a message's tables hold 20,000 together
_MAX_ROWS: Final = 20
_EMPTY_CELL: Final = Cell("–")


def distribution_tables(distributions: Sequence[Distribution], renderer: Renderer) -> list[Table]:
    """Build a table for each dimension and time, with a column for each metric."""
    non_empty = [each for each in distributions if each.rows]
    groups: dict[tuple[str, dt.datetime | None], list[Distribution]] = {}
    for each in non_empty:
        groups.setdefault((each.dimension, each.since), []).append(each)
    dimensions = {dimension for dimension, _ in groups}
    is_dated = len(groups) > len(dimensions)  # one dimension at several times
    tables: list[Table] = []
    left = _MAX_CHARACTERS
    for (_, since), same in groups.items():
        table = _table(same, since if is_dated else None, renderer)
        left -= sum(len(cell.text) for row in table.rows for cell in row)
        if left < 0:
            break
        tables.append(table)
    return tables


def _table(same: Sequence[Distribution], since: dt.datetime | None, renderer: Renderer) -> Table:
    dimension = renderer.plain_text(dimension_name(same[0]))
    columns = [{row.codes: row.value for row in distribution.rows} for distribution in same]
    keys = list(dict.fromkeys(codes for column in columns for codes in column))[:_MAX_ROWS]
    values = [
        [
            _cell(distribution, column.get(codes), renderer)
            for distribution, column in zip(same, columns, strict=True)
        ]
        for codes in keys
    ]
    rows = tuple(
        (Cell(renderer.plain_text(dimension_value_name(codes))), *cells)
        for codes, cells in zip(keys, values, strict=True)
    )
    return Table(_title(same, since, renderer), (dimension, *_heads(same, renderer)), rows)


def _heads(same: Sequence[Distribution], renderer: Renderer) -> list[str]:
    if len(same) == 1:
        return [renderer.plain_text(message("Value"))]
    return [renderer.plain_text(_column_name(distribution)) for distribution in same]


def _title(same: Sequence[Distribution], since: dt.datetime | None, renderer: Renderer) -> str:
    definition = same[0].definition
    name = full_name(definition.name, definition) if definition else message("Users")
    by = dimension_name(same[0])
    title = (
        message("%(name)s by %(dimension)s", name=name, dimension=by)
        if len(same) == 1
        else message("Metrics by %(dimension)s", dimension=by)
    )
    if since is not None:
        title = message("%(title)s, from %(since)s on", title=title, since=since)
    return renderer.plain_text(title)


def _column_name(distribution: Distribution) -> Message:
    return (
        short_name(distribution.definition.name, distribution.definition)
        if distribution.definition
        else message("Users")
    )


def _cell(distribution: Distribution, value: float | None, renderer: Renderer) -> Cell:
    if value is None:
        return _EMPTY_CELL
    return Cell(renderer.plain_text(format_value(value, distribution.unit)), value)
