"""Text on a chart: the bundled font, its sizes, fitting and wrapping."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import ImageFont

FONT_PATH: Final = Path(__file__).parent / "fonts" / "NotoSansSC-GB2312.otf"
HEADLINE_PX: Final = 44
TITLE_PX: Final = 34
TEXT_PX: Final = 30
SMALL_PX: Final = 28  # on a phone, where the chart is about a third as wide, 9 points
_REPLACEMENT: Final = "□"
_ELLIPSIS: Final = "…"
_NO_CHARACTER: Final = "\uffff"


@lru_cache(maxsize=8)
def load_font(size_px: int) -> ImageFont.FreeTypeFont:
    """Load the font in one size."""
    return ImageFont.truetype(FONT_PATH, size_px, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def has_glyph(character: str) -> bool:
    """Return whether the font can draw this character rather than an empty box."""
    if character.isspace():
        return True
    font = load_font(SMALL_PX)
    drawn, none = font.getmask(character), font.getmask(_NO_CHARACTER)
    return drawn.size != none.size or bytes(drawn) != bytes(none)


def drawable(text: str) -> str:
    """Replace control characters, and characters the font does not have."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return "".join(sign if has_glyph(sign) else _REPLACEMENT for sign in plain)


def text_width(text: str, size_px: int) -> float:
    """Return how wide a text is, in pixels."""
    return load_font(size_px).getlength(text)


def fit_text(text: str, size_px: int, max_width_px: float) -> str:
    """Cut a text to a width, with an ellipsis."""
    fitted = drawable(text)
    if text_width(fitted, size_px) <= max_width_px:
        return fitted
    while fitted and text_width(fitted + _ELLIPSIS, size_px) > max_width_px:
        fitted = fitted[:-1]
    return fitted.rstrip() + _ELLIPSIS


def wrap_text(text: str, size_px: int, max_width_px: float, max_lines: int) -> list[str]:
    """Break a text into at most so many lines; Chinese breaks anywhere, English at spaces."""
    lines: list[str] = []
    rest = drawable(text).strip()
    while rest and len(lines) < max_lines - 1:
        line = _first_line(rest, size_px, max_width_px)
        lines.append(line.rstrip())
        rest = rest[len(line) :].lstrip()
    return [*lines, fit_text(rest, size_px, max_width_px)] if rest else lines


def _first_line(text: str, size_px: int, max_width_px: float) -> str:
    end = len(text)
    while end > 1 and text_width(text[:end], size_px) > max_width_px:
        end -= 1
    if end == len(text):
        return text
    space = text.rfind(" ", 0, end + 1)
    inside_word = text[end - 1].isascii() and text[end].isascii()
    return text[:space] if inside_word and space > 0 else text[:end]
