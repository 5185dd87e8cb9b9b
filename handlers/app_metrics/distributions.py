"""How figures of a whole app are spread, as tables. Decides nothing, speaks to nobody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from bot.call import Distribution
from bot.i18n.messages import Message, message
from handlers.ui.metric_names import dimension_of, name_of, place_of, short_name, written
from handlers.ui.native_charts import Cell, Table
from handlers.ui.renderer import Voice

_CHARACTERS: Final = 14_000  # a message's tables hold 20,000 together
_PLACES: Final = 20
_NOBODY: Final = Cell("–")


def spread_tables(distributions: Sequence[Distribution], voice: Voice) -> list[Table]:
    """One table for each dimension and time; its figures stand side by side."""
    told = [each for each in distributions if each.rows]
    groups: dict[tuple[str, dt.datetime | None], list[Distribution]] = {}
    for each in told:
        groups.setdefault((each.dimension, each.since), []).append(each)
    dimensions = {dimension for dimension, _ in groups}
    is_dated = len(groups) > len(dimensions)  # the same at several times: which is which?
    found: list[Table] = []
    left = _CHARACTERS
    for (_, since), same in groups.items():
        table = _table(same, since if is_dated else None, voice)
        left -= sum(len(cell.text) for row in table.rows for cell in row)
        if left < 0:
            break
        found.append(table)
    return found


def _table(same: Sequence[Distribution], since: dt.datetime | None, voice: Voice) -> Table:
    dimension = voice.plain(dimension_of(same[0]))
    columns = [{row.codes: row.value for row in spread.rows} for spread in same]
    places = list(dict.fromkeys(codes for column in columns for codes in column))[:_PLACES]
    values = [
        [
            _cell(spread, column.get(codes), voice)
            for spread, column in zip(same, columns, strict=True)
        ]
        for codes in places
    ]
    rows = tuple(
        (Cell(voice.plain(place_of(codes))), *cells)
        for codes, cells in zip(places, values, strict=True)
    )
    return Table(_title(same, since, voice), (dimension, *_heads(same, voice)), rows)


def _heads(same: Sequence[Distribution], voice: Voice) -> list[str]:
    if len(same) == 1:
        return [voice.plain(message("Value"))]
    return [voice.plain(_short(spread)) for spread in same]


def _title(same: Sequence[Distribution], since: dt.datetime | None, voice: Voice) -> str:
    figure = same[0].figure
    name = name_of(figure.name, figure) if figure else message("Users")
    by = dimension_of(same[0])
    title = (
        message("%(name)s by %(dimension)s", name=name, dimension=by)
        if len(same) == 1
        else message("Figures by %(dimension)s", dimension=by)
    )
    if since is not None:
        title = message("%(title)s, from %(since)s on", title=title, since=since)
    return voice.plain(title)


def _short(spread: Distribution) -> Message:
    return short_name(spread.figure.name, spread.figure) if spread.figure else message("Users")


def _cell(spread: Distribution, value: float | None, voice: Voice) -> Cell:
    if value is None:
        return _NOBODY
    return Cell(voice.plain(written(value, spread.unit)), value)
