"""Drawing with Pillow: shapes at twice the size and reduced, text at its size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageDraw

from bot.charts.axes import Box, Frame
from bot.charts.font import text_width
from bot.charts.layout import SAMPLE, WIDTH, Layout, LegendItem, PlacedPanel, build_layout
from bot.charts.pen import (
    CURVES,
    FAINT,
    FREEZE,
    FREEZE_EDGE,
    GRID,
    INK,
    LIMIT,
    PAPER,
    SCALE,
    Pen,
    Points,
    draw_text,
    write_png,
)
from bot.charts.spec import ChartSpec, Curve
from bot.i18n.translator import Translator

if TYPE_CHECKING:
    from bot.call import FloatArray

_DRAWN: Final = (PAPER, INK, FAINT, GRID, *CURVES, FREEZE, FREEZE_EDGE, LIMIT)

_CURVE_PX: Final = (3.5, 7.5)
_CORE_PX: Final = 3.5  # the student's line is hollow
_DENSE_CURVE_PX: Final = (1.5, 3.0)  # a hollow line is unreadable where points are dense
_DENSE_STEP_PX: Final = 3.0
_MARKER_EVERY_PX: Final = 120.0
_EDGE_PX: Final = 7.0
_DASH_PX: Final = (16.0, 9.0)


def draw(chart_spec: ChartSpec, translator: Translator) -> bytes:
    """Draw a chart as a PNG, 1200 pixels wide and 900 high, higher if the panels need it.

    It takes a twentieth of a second of one core: call it in a thread. Raises ValueError when there
    is no panel.
    """
    layout = build_layout(chart_spec, translator)
    size = (SCALE * WIDTH, SCALE * layout.height)
    large = Image.new("RGB", size, PAPER)
    pen = Pen(ImageDraw.Draw(large))
    for placed in layout.panels:
        _draw_panel(pen, chart_spec, placed, layout)
    _draw_mark(pen, chart_spec, layout)
    for item in layout.legend:
        _draw_sample(pen, item)
    image = large.reduce(SCALE)
    _draw_texts(ImageDraw.Draw(image), layout)
    return write_png(image, _DRAWN)


def _draw_panel(pen: Pen, chart_spec: ChartSpec, placed: PlacedPanel, layout: Layout) -> None:
    frame, box = placed.frame, placed.frame.box
    for since, until in chart_spec.freezes.intervals if chart_spec.freezes else ():
        _draw_freeze(pen, frame, since, until)
    for tick in placed.ticks:
        y = frame.y(tick)
        pen.line([(box.left, y), (box.right, y)], FAINT if tick == 0 else GRID, 1.5)
    for at in layout.times:
        pen.line([(frame.x(at), box.top), (frame.x(at), box.bottom)], GRID, 1.5)
    for curve in sorted(placed.panel.curves, key=lambda one: -one.end):
        _draw_curve(
            pen, frame, curve
        )  # the teacher's solid line over the hollow one: both are visible
    if placed.panel.limit is not None:
        y = frame.y(placed.panel.limit.bound)
        for start, end in _dashes(box.left, box.right):
            pen.line([(start, y), (end, y)], LIMIT, 3)
    if placed.limit is not None:
        left = placed.limit.x - text_width(placed.limit.text, placed.limit.size_px) - SAMPLE - 10
        for start, end in _dashes(left, left + SAMPLE):
            pen.line([(start, placed.limit.y), (end, placed.limit.y)], LIMIT, 3)


def _draw_freeze(pen: Pen, frame: Frame, since: float, until: float) -> None:
    """Shade a freeze; its upper edge is dark, for readers who cannot see the colour."""
    if until <= frame.since or since >= frame.until:
        return
    left = frame.x(since)
    right = max(frame.x(until), left + 1.5)
    box = frame.box
    pen.box(Box(left, box.top, right, box.bottom), FREEZE)
    pen.box(Box(left, box.top - _EDGE_PX, right, box.top), FREEZE_EDGE)


def _draw_curve(pen: Pen, frame: Frame, curve: Curve) -> None:
    """Draw a curve; gaps in its samples are left open."""
    dense = (frame.box.right - frame.box.left) < _DENSE_STEP_PX * len(curve.times)
    pieces = [
        _downsample(frame.xs(curve.times[piece]), frame.ys(curve.values[piece]))
        for piece in curve.pieces()
    ]
    for xs, ys in pieces:
        _draw_line(pen, curve.end, _points(xs, ys), dense=dense)
    for xs, ys in pieces:
        for number in _marker_positions(xs, curve.end):
            pen.marker(curve.end, float(xs[number]), float(ys[number]))


def _draw_line(pen: Pen, end: int, points: Points, *, dense: bool = False) -> None:
    if len(points) == 1:
        pen.marker(end, *points[0])
        return
    pen.line(points, CURVES[end], (_DENSE_CURVE_PX if dense else _CURVE_PX)[end])
    if end and not dense:
        pen.line(points, PAPER, _CORE_PX)


def _points(xs: FloatArray, ys: FloatArray) -> Points:
    return list(zip(xs.tolist(), ys.tolist(), strict=True))


def _downsample(xs: FloatArray, ys: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Keep the highest and the lowest of the points that share a column of pixels."""
    columns = np.floor(xs)
    starts = np.flatnonzero(np.diff(columns, prepend=-1.0))
    if 4 * len(starts) > len(xs):
        return xs, ys
    low, high = np.minimum.reduceat(ys, starts), np.maximum.reduceat(ys, starts)
    turned = np.arange(len(starts)) % 2 == 1  # down and up again, as a line does
    first, second = np.where(turned, high, low), np.where(turned, low, high)
    return np.repeat(columns[starts] + 0.5, 2), np.stack([first, second], axis=1).ravel()


def _marker_positions(xs: FloatArray, end: int) -> Iterator[int]:
    """Choose the points with a marker, different ones for the two ends."""
    positions = np.arange((end + 1) * _MARKER_EVERY_PX / 2, WIDTH, _MARKER_EVERY_PX)
    for x in positions[(positions >= xs[0]) & (positions <= xs[-1])]:
        yield int(np.argmin(np.abs(xs - x)))


def _dashes(left: float, right: float) -> Iterator[tuple[float, float]]:
    dash, gap = _DASH_PX
    at = left
    while at < right:
        yield at, min(at + dash, right)
        at += dash + gap


def _draw_mark(pen: Pen, chart_spec: ChartSpec, layout: Layout) -> None:
    """Mark the time of the complaint: a line through every plot, down to its label."""
    mark = layout.mark
    for placed in layout.panels:
        box, x = placed.frame.box, placed.frame.x(chart_spec.moment)
        lower = mark.y if placed is layout.panels[-1] else box.bottom
        pen.line([(x, box.top - _EDGE_PX), (x, lower)], INK, 3)
    half = text_width(mark.text, mark.size_px) / 2 + 18
    pen.box(Box(mark.x - half, mark.y - 23, mark.x + half, mark.y + 23), INK, 10)


def _draw_sample(pen: Pen, item: LegendItem) -> None:
    x, y = item.x, item.y
    if isinstance(item.kind, int):
        _draw_line(pen, item.kind, [(x, y), (x + SAMPLE, y)])
        pen.marker(item.kind, x + SAMPLE / 2, y)
        return
    pen.box(Box(x, y - 10, x + SAMPLE, y + 15), FREEZE)
    pen.box(Box(x, y - 10 - _EDGE_PX, x + SAMPLE, y - 10), FREEZE_EDGE)


def _draw_texts(sheet: ImageDraw.ImageDraw, layout: Layout) -> None:
    for placed in layout.panels:
        for text in placed.texts:
            draw_text(sheet, text, FAINT if text.faint else INK)
        if placed.limit is not None:
            draw_text(sheet, placed.limit, LIMIT)
    for text in (*layout.texts, *(item.label for item in layout.legend)):
        draw_text(sheet, text, FAINT if text.faint else INK)
    draw_text(sheet, layout.mark, PAPER)
