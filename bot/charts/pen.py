"""What every picture is drawn with: colours, a pen at twice the size, text, and the file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from bot.charts.axes import Box
from bot.charts.font import load_font
from bot.charts.layout import Text

PAPER: Final = (255, 255, 255)
INK: Final = (29, 28, 29)
FAINT: Final = (84, 84, 92)
GRID: Final = (210, 214, 220)
CURVES: Final = (
    (0, 90, 160),
    (213, 94, 0),
)  # blue and vermilion, also distinct for colour-blind readers
FREEZE: Final = (253, 230, 178)
FREEZE_EDGE: Final = (190, 130, 0)
LIMIT: Final = (125, 15, 80)
SCALE: Final = 2  # shapes are drawn so much larger, and reduced

_COMPRESSION: Final = 3  # of 9; Pillow's 6 takes 2.5 times as long for a seventh less
_COLOURS: Final = 256
_BLUR: Final = 12  # the sum of three channels
_MARKER_PX: Final = 8.0
_ROUND_UP_TO: Final = 1500  # joints of longer curves are too small to notice

Colour = tuple[int, int, int]
Points = list[tuple[float, float]]


def write_png(image: Image.Image, drawn: Sequence[Colour]) -> bytes:
    """Return an image as a PNG of few colours, of which those `drawn` stay exact."""
    stream = io.BytesIO()
    _with_palette(image, drawn).save(stream, "PNG", compress_level=_COMPRESSION)
    return stream.getvalue()


def _with_palette(image: Image.Image, drawn: Sequence[Colour]) -> Image.Image:
    """Reduce an image to few colours. The quick method blurs the colours drawn: restore them."""
    reduced = image.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette = np.array(reduced.getpalette(), dtype=np.int16).reshape(-1, 3)
    for colour in drawn:
        distances = np.abs(palette - colour).sum(axis=1)
        if distances.min() <= _BLUR:
            palette[distances.argmin()] = colour
    reduced.putpalette(palette.astype(np.uint8).tobytes())
    return reduced


class Pen:
    """Draws shapes, given in the chart's pixels, onto the larger sheet."""

    def __init__(self, sheet: ImageDraw.ImageDraw) -> None:
        self._sheet = sheet

    def line(self, points: Points, colour: Colour, width_px: float) -> None:
        """Draw a line through points."""
        scaled = [(SCALE * x, SCALE * y) for x, y in points]
        joint = "curve" if len(points) < _ROUND_UP_TO else None
        self._sheet.line(scaled, colour, round(SCALE * width_px), joint)

    def box(self, box: Box, colour: Colour, round_px: float = 0) -> None:
        """Fill a rectangle."""
        corners = [SCALE * edge for edge in (box.left, box.top, box.right, box.bottom)]
        self._sheet.rounded_rectangle(corners, SCALE * round_px, colour)

    def marker(self, end: int, x: float, y: float) -> None:
        """Draw the marker of an end's curve: a full circle, or a triangle with a light middle."""
        x, y, r = SCALE * x, SCALE * y, SCALE * _MARKER_PX
        if end == 0:
            self._sheet.ellipse((x - r, y - r, x + r, y + r), CURVES[0], PAPER, 2)
            return
        outer = [(x, y - 1.5 * r), (x - 1.4 * r, y + r), (x + 1.4 * r, y + r)]
        inner = [(x, y - 0.5 * r), (x - 0.6 * r, y + 0.5 * r), (x + 0.6 * r, y + 0.5 * r)]
        self._sheet.polygon(outer, CURVES[1])
        self._sheet.polygon(inner, PAPER)


def draw_text(sheet: ImageDraw.ImageDraw, text: Text, colour: Colour) -> None:
    """Write a line; a strong one with a stroke, as the font has only one weight."""
    weight = 0.6 if text.strong else 0
    sheet.text(
        (text.x, text.y),
        text.text,
        colour,
        load_font(text.size_px),
        text.anchor,
        stroke_width=weight,
        stroke_fill=colour,
    )
