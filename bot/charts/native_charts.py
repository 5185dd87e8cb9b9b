"""A picture as chart data for surfaces that draw charts themselves. Their blocks are not here.

The limits are those of Slack's data_visualization block (Block Kit reference, November 2026).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.charts.axes import moment_of
from bot.charts.spec import Curve, Panel, Picture, say_line
from bot.i18n.messages import message
from bot.i18n.translator import Words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.call import FloatArray

MOST_CHARTS: Final = 2
MOST_POINTS: Final = 20
LABEL_LENGTH: Final = 20
TITLE_LENGTH: Final = 50
_LONG_S: Final = 1800.0  # from here on a label is written without seconds


@dataclass(frozen=True, slots=True)
class NativeSeries:
    """One line: a name nobody else in the chart has, and a value for each of its labels."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class NativeChart:
    """One line chart; `labels` are times, all different."""

    title: str
    labels: tuple[str, ...]
    series: tuple[NativeSeries, ...]
    x_label: str
    y_label: str


def native_charts(picture: Picture, words: Words) -> tuple[NativeChart, ...]:
    """Return the first panels as charts of at most 20 points.

    A point is the worst value of its stretch of time: a mean would hide what people felt.
    Stretches in which one of the curves has no sample are left out, since such a chart has a
    value everywhere. Such a chart marks no moment either: its title says when was complained.
    """
    charts = (_chart(picture, panel, words) for panel in picture.panels)
    return tuple(chart for chart in charts if chart is not None)[:MOST_CHARTS]


def _chart(picture: Picture, panel: Panel, words: Words) -> NativeChart | None:
    edges = np.linspace(picture.since, picture.until, MOST_POINTS + 1)
    worst = [_worst(curve, edges, panel) for curve in panel.curves]
    curves, columns, kept = _complete(panel.curves, worst)
    labels = _labels(edges[:-1][kept], words)
    if not labels:
        return None
    series = [
        (say_line(words, curve.who), column[kept].tolist())
        for curve, column in zip(curves, columns, strict=True)
    ]
    if panel.limit is not None:
        series.append((say_line(words, message("limit")), [float(panel.limit.bound)] * len(labels)))
    zone = words.when(moment_of(picture.since), "zzz")
    return NativeChart(
        title=_title(picture, panel, words),
        labels=labels,
        series=_named(series),
        x_label=f"{words.when(moment_of(picture.since), 'yyyy-MM-dd')} {zone}",
        y_label=panel.unit.value,
    )


def _title(picture: Picture, panel: Panel, words: Words) -> str:
    """Name the panel and the complaint's minute; when both are too long, the minute stays."""
    at = words.when(moment_of(picture.moment), "HH:mm")
    spoken = (
        message("%(panel)s, reported %(time)s", panel=panel.name, time=at)
        if picture.is_reported
        else message("%(panel)s, around %(time)s", panel=panel.name, time=at)
    )
    whole = say_line(words, spoken)
    if len(whole) <= TITLE_LENGTH:
        return whole
    tail = f", {at}"
    return _short(say_line(words, panel.name), TITLE_LENGTH - len(tail)) + tail


def _worst(curve: Curve, edges: FloatArray, panel: Panel) -> FloatArray:
    """Return the worst value within each stretch; nan where nothing was measured."""
    inside = np.searchsorted(edges, curve.times, "right") - 1
    inside = np.minimum(inside, len(edges) - 2)
    worst = np.full(len(edges) - 1, np.inf if panel.low_is_bad else -np.inf)
    keep = np.minimum if panel.low_is_bad else np.maximum
    keep.at(worst, inside, curve.values)
    return np.where(np.isfinite(worst), worst.round(1), np.nan)


def _complete(
    curves: Sequence[Curve], columns: Sequence[FloatArray]
) -> tuple[Sequence[Curve], Sequence[FloatArray], NDArray[np.intp]]:
    """Return the stretches that every curve has; without any, those of the fullest curve."""
    kept = np.isfinite(np.stack(columns)).all(axis=0)
    if kept.any():
        return curves, columns, np.flatnonzero(kept)
    fullest = int(np.argmax([np.isfinite(column).sum() for column in columns]))
    kept = np.isfinite(columns[fullest])
    return [curves[fullest]], [columns[fullest]], np.flatnonzero(kept)


def _labels(starts: FloatArray, words: Words) -> tuple[str, ...]:
    long = len(starts) > 1 and starts[-1] - starts[0] >= _LONG_S
    pattern = "HH:mm" if long else "HH:mm:ss"
    return tuple(words.when(moment_of(float(at)), pattern) for at in starts)


def _named(series: Sequence[tuple[str, list[float]]]) -> tuple[NativeSeries, ...]:
    """Give each line a short name of its own."""
    named: dict[str, list[float]] = {}
    for said, values in series:
        name = _short(said, LABEL_LENGTH)
        number = 2
        while name in named:
            name = f"{_short(said, LABEL_LENGTH - 2)} {number}"
            number += 1
        named[name] = values
    return tuple(NativeSeries(name, tuple(values)) for name, values in named.items())


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
