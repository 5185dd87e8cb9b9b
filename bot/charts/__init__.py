"""A verdict and what was measured, as a picture, as words, as chart data, and packed to keep.

Says everything through Words and knows no Slack: blocks are built elsewhere.
"""

from __future__ import annotations

from bot.charts.alt_text import alt_text, beside_native
from bot.charts.native_charts import NativeChart, NativeSeries, native_charts
from bot.charts.select_panels import choose
from bot.charts.serialization import pack, unpack
from bot.charts.spec import Curve, Freezes, Panel, Picture
from bot.i18n.translator import Words

__all__ = [
    "Curve",
    "Freezes",
    "NativeChart",
    "NativeSeries",
    "Panel",
    "Picture",
    "alt_text",
    "beside_native",
    "choose",
    "draw",
    "native_charts",
    "pack",
    "unpack",
]


def draw(picture: Picture, words: Words) -> bytes:
    """Draw a picture as a PNG, 1200 pixels wide and 900 high, higher only with much to say.

    Takes a tenth of a second of one core: call it in a thread. Raises ValueError when there is
    no panel to draw.
    """
    from bot.charts.drawing import draw_png  # noqa: PLC0415 - who draws nothing loads no Pillow

    return draw_png(picture, words)
