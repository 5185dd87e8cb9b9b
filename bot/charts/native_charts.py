"""Native charts: chart data for surfaces that draw it themselves.

The limits are those of Slack's data_visualization block (Block Kit reference, November 2026).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.charts.axes import to_datetime
from bot.charts.spec import ChartSpec, Curve, Panel, translate_line
from bot.i18n.messages import message
from bot.i18n.translator import Translator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.call import FloatArray

MAX_CHARTS: Final = 2
MAX_POINTS: Final = 20
LABEL_LENGTH: Final = 20
TITLE_LENGTH: Final = 50
_LONG_S: Final = 1800.0  # from this length on, labels have no seconds


@dataclass(frozen=True, slots=True)
class NativeSeries:
    """One line: a name that is unique in the chart, and a value for each label."""

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


def native_charts(chart_spec: ChartSpec, translator: Translator) -> tuple[NativeChart, ...]:
    """Return the first panels as charts of at most 20 points.

    A point is the worst value within its interval: a mean would hide short faults. Intervals
    in which a curve has no sample are left out, as native charts need a value for each label.
    They have no mark for the complaint either: its time is in the title.
    """
    charts = (_chart(chart_spec, panel, translator) for panel in chart_spec.panels)
    return tuple(chart for chart in charts if chart is not None)[:MAX_CHARTS]


def _chart(chart_spec: ChartSpec, panel: Panel, translator: Translator) -> NativeChart | None:
    edges = np.linspace(chart_spec.since, chart_spec.until, MAX_POINTS + 1)
    worst = [_worst(curve, edges, panel) for curve in panel.curves]
    curves, columns, complete = _complete(panel.curves, worst)
    labels = _labels(edges[:-1][complete], translator)
    if not labels:
        return None
    series = [
        (translate_line(translator, curve.who), column[complete].tolist())
        for curve, column in zip(curves, columns, strict=True)
    ]
    if panel.limit is not None:
        series.append(
            (translate_line(translator, message("limit")), [float(panel.limit.bound)] * len(labels))
        )
    zone = translator.format_time(to_datetime(chart_spec.since), "zzz")
    return NativeChart(
        title=_title(chart_spec, panel, translator),
        labels=labels,
        series=_with_unique_names(series),
        x_label=f"{translator.format_time(to_datetime(chart_spec.since), 'yyyy-MM-dd')} {zone}",
        y_label=panel.unit.value,
    )


def _title(chart_spec: ChartSpec, panel: Panel, translator: Translator) -> str:
    """Name the panel and the complaint's minute; a long name is cut."""
    at = translator.format_time(to_datetime(chart_spec.moment), "HH:mm")
    user_message = (
        message("%(panel)s, reported %(time)s", panel=panel.name, time=at)
        if chart_spec.is_reported
        else message("%(panel)s, around %(time)s", panel=panel.name, time=at)
    )
    full_title = translate_line(translator, user_message)
    if len(full_title) <= TITLE_LENGTH:
        return full_title
    tail = f", {at}"
    return _short(translate_line(translator, panel.name), TITLE_LENGTH - len(tail)) + tail


def _worst(curve: Curve, edges: FloatArray, panel: Panel) -> FloatArray:
    """Return the worst value within each interval; nan without a sample."""
    inside = np.searchsorted(edges, curve.times, "right") - 1
    inside = np.minimum(inside, len(edges) - 2)
    worst = np.full(len(edges) - 1, np.inf if panel.low_is_bad else -np.inf)
    keep = np.minimum if panel.low_is_bad else np.maximum
    keep.at(worst, inside, curve.values)
    return np.where(np.isfinite(worst), worst.round(1), np.nan)


def _complete(
    curves: Sequence[Curve], columns: Sequence[FloatArray]
) -> tuple[Sequence[Curve], Sequence[FloatArray], NDArray[np.intp]]:
    """Return the intervals every curve has; if there are none, those of the fullest curve."""
    complete = np.isfinite(np.stack(columns)).all(axis=0)
    if complete.any():
        return curves, columns, np.flatnonzero(complete)
    fullest = int(np.argmax([np.isfinite(column).sum() for column in columns]))
    complete = np.isfinite(columns[fullest])
    return [curves[fullest]], [columns[fullest]], np.flatnonzero(complete)


def _labels(starts: FloatArray, translator: Translator) -> tuple[str, ...]:
    long = len(starts) > 1 and starts[-1] - starts[0] >= _LONG_S
    pattern = "HH:mm" if long else "HH:mm:ss"
    return tuple(translator.format_time(to_datetime(float(at)), pattern) for at in starts)


def _with_unique_names(series: Sequence[tuple[str, list[float]]]) -> tuple[NativeSeries, ...]:
    """Give each line a short, unique name."""
    by_name: dict[str, list[float]] = {}
    for full_name, values in series:
        name = _short(full_name, LABEL_LENGTH)
        number = 2
        while name in by_name:
            name = f"{_short(full_name, LABEL_LENGTH - 2)} {number}"
            number += 1
        by_name[name] = values
    return tuple(NativeSeries(name, tuple(values)) for name, values in by_name.items())


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
