"""Charts of a call: as PNG, as native chart data, as alt text, and series packed to store."""

from __future__ import annotations

from bot.charts.alt_text import alt_text, native_charts_caption
from bot.charts.native_charts import NativeChart, NativeSeries, native_charts
from bot.charts.select_panels import select_panels
from bot.charts.serialization import deserialize_series, serialize_series
from bot.charts.spec import ChartSpec, Curve, Freezes, Panel
from bot.i18n.translator import Translator

__all__ = [
    "ChartSpec",
    "Curve",
    "Freezes",
    "NativeChart",
    "NativeSeries",
    "Panel",
    "alt_text",
    "deserialize_series",
    "draw",
    "native_charts",
    "native_charts_caption",
    "select_panels",
    "serialize_series",
]


def draw(chart_spec: ChartSpec, translator: Translator) -> bytes:
    """Draw a chart as a PNG, 1200 pixels wide and 900 high, higher if the panels need it.

    It takes a twentieth of a second of one core: call it in a thread. Raises ValueError when there
    is no panel.
    """
    from bot.charts.drawing import draw_png  # noqa: PLC0415 - Pillow is slow to import

    return draw_png(chart_spec, translator)
