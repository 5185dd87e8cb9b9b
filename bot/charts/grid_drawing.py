"""Drawing a grid of weeks: a row for each name, in each cell a number on a bar."""

from __future__ import annotations

from typing import Final

from PIL import Image, ImageDraw

from bot.charts.axes import Box
from bot.charts.font import HEADLINE_PX, SMALL_PX, TEXT_PX, TITLE_PX, fit_text, wrap_text
from bot.charts.layout import MARGIN, WIDTH, Text
from bot.charts.pen import FAINT, GRID, INK, PAPER, SCALE, Colour, Pen, draw_text, write_png
from bot.charts.week_grid import GridCell, GridRow, GridSection, WeekGrid

# Light blue, green and orange: dark text is readable on them.
_FILLS: Final[tuple[Colour, ...]] = ((176, 210, 238), (184, 224, 196), (250, 214, 176))
_EDGES: Final[tuple[Colour, ...]] = ((0, 90, 160), (0, 115, 70), (190, 95, 0))
_NAME_WIDTH: Final = 300
_LEFT: Final = MARGIN + _NAME_WIDTH
_GAP: Final = 10  # between two weeks
_PADDING: Final = 10
_EDGE_PX: Final = 4
_TITLE_HEIGHT: Final = 84
_WEEKS_HEIGHT: Final = 76
_SECTION_HEIGHT: Final = 62
_ROW_HEIGHT: Final = 50
_BAR_HEIGHT: Final = 42
_MAX_LINES: Final = 3
_LINE_HEIGHT: Final = 34  # of words over several lines


def draw_grid(grid: WeekGrid) -> bytes:
    """Draw a grid as a PNG, 1200 pixels wide. Call it in a thread."""
    drawing = _GridDrawing(grid)
    return drawing.draw()


class _GridDrawing:
    """One picture: bars on the larger sheet first, then the texts on the reduced one."""

    def __init__(self, grid: WeekGrid) -> None:
        self._grid = grid
        self._texts: list[tuple[Text, Colour]] = []
        self._left = _LEFT
        self._step = (WIDTH - MARGIN - self._left) / len(grid.weeks)
        height = _TITLE_HEIGHT + _WEEKS_HEIGHT + MARGIN
        height += sum(_section_height(section) for section in grid.sections)
        self._large = Image.new("RGB", (SCALE * WIDTH, SCALE * height), PAPER)
        self._pen = Pen(ImageDraw.Draw(self._large))

    def draw(self) -> bytes:
        """Return the PNG."""
        self._head()
        y = float(_TITLE_HEIGHT + _WEEKS_HEIGHT)
        for number, section in enumerate(self._grid.sections):
            self._section(section, number % len(_FILLS), y)
            y += _section_height(section)
        image = self._large.reduce(SCALE)
        sheet = ImageDraw.Draw(image)
        for text, colour in self._texts:
            draw_text(sheet, text, colour)
        return write_png(image, (PAPER, INK, FAINT, GRID, *_FILLS, *_EDGES))

    def _head(self) -> None:
        """Lay out the title, and each week's number and first day above its column."""
        title = fit_text(self._grid.title, HEADLINE_PX, WIDTH - 2 * MARGIN)
        self._write(title, MARGIN, _TITLE_HEIGHT / 2, HEADLINE_PX, strong=True)
        for number, (week, day) in enumerate(self._grid.weeks):
            x, available = self._x(number), self._step - _GAP
            y = _TITLE_HEIGHT + SMALL_PX / 2
            self._write(fit_text(week, TEXT_PX, available), x, y, TEXT_PX, strong=True)
            self._write(fit_text(day, SMALL_PX, available), x, y + 36, SMALL_PX, FAINT)

    def _section(self, section: GridSection, colour: int, y: float) -> None:
        self._pen.line([(MARGIN, y), (WIDTH - MARGIN, y)], GRID, 2)
        title = fit_text(section.title, TITLE_PX, WIDTH - 2 * MARGIN)
        self._write(title, MARGIN, y + _SECTION_HEIGHT / 2 + 4, TITLE_PX, strong=True)
        y += _SECTION_HEIGHT
        for row in section.rows:
            height = _row_height(row)
            name = fit_text(row.name, SMALL_PX, _NAME_WIDTH - 2 * _PADDING)
            self._write(name, MARGIN, y + height / 2, SMALL_PX)
            self._words(row.words, y, height)
            for number, cell in enumerate(row.cells):
                self._cell(cell, section.top, colour, (self._x(number), y))
            y += height

    def _words(self, words: str, y: float, height: float) -> None:
        """Write a row's words across the weeks."""
        lines = _wrapped(words)
        for number, line in enumerate(lines):
            middle = y + height / 2 + (number - (len(lines) - 1) / 2) * _LINE_HEIGHT
            self._write(line, self._left + _PADDING, middle, SMALL_PX, FAINT)

    def _cell(self, cell: GridCell, top: float, colour: int, corner: tuple[float, float]) -> None:
        """Draw a bar as long as its value, and the text on it; words without a bar are faint."""
        (left, y), width = corner, self._step - _GAP
        upper, lower = y + (_ROW_HEIGHT - _BAR_HEIGHT) / 2, y + (_ROW_HEIGHT + _BAR_HEIGHT) / 2
        if cell.value is not None:
            self._pen.box(Box(left, upper, left + _EDGE_PX, lower), _EDGES[colour])
        if cell.value:
            start = left + _EDGE_PX
            end = start + (width - _EDGE_PX) * min(cell.value / top, 1.0)
            self._pen.box(Box(start, upper, end, lower), _FILLS[colour])
        text = fit_text(cell.text, SMALL_PX, width - _PADDING)
        ink = FAINT if cell.value is None else INK
        self._write(text, left + _PADDING, y + _ROW_HEIGHT / 2, SMALL_PX, ink)

    def _x(self, number: int) -> float:
        return self._left + number * self._step

    def _write(
        self,
        text: str,
        x: float,
        y: float,
        size_px: int,
        colour: Colour = INK,
        *,
        strong: bool = False,
    ) -> None:
        self._texts.append((Text(text, x, y, size_px, strong=strong), colour))


def _section_height(section: GridSection) -> int:
    return _SECTION_HEIGHT + sum(map(_row_height, section.rows)) + _PADDING


def _row_height(row: GridRow) -> int:
    return _ROW_HEIGHT + max(len(_wrapped(row.words)) - 1, 0) * _LINE_HEIGHT


def _wrapped(words: str) -> list[str]:
    return wrap_text(words, SMALL_PX, WIDTH - MARGIN - _LEFT - _PADDING, _MAX_LINES)
