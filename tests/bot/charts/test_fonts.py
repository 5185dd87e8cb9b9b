from __future__ import annotations

from pathlib import Path

import pytest

from bot.charts import font, layout
from bot.charts.font import drawable, fit_text, has_glyph, load_font, text_width, wrap_text
from bot.i18n.translator import LOCALES_DIR

_GB2312_ROWS = range(0xB0, 0xF8)  # the Chinese characters; the rows before them are symbols


def _gb2312() -> str:
    characters = []
    for row in _GB2312_ROWS:
        for cell in range(0xA1, 0xFF):
            try:
                characters.append(bytes((row, cell)).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return "".join(characters)


def test_every_chinese_character_is_drawn() -> None:
    """All 6,763 characters of GB 2312 have a shape of their own in the font."""
    characters = _gb2312()

    assert len(characters) == 6763
    assert [sign for sign in characters if not has_glyph(sign)] == []


def test_shapes_differ() -> None:
    """Different characters are different pixels: no two are the same empty box."""
    shapes = {bytes(load_font(28).getmask(sign)) for sign in "老师学生上行丢包率卡顿阈值"}

    assert len(shapes) == 13


@pytest.mark.parametrize("catalog", sorted(LOCALES_DIR.glob("*/LC_MESSAGES/*.po")), ids=str)
def test_every_catalog_character_can_be_drawn(catalog: Path) -> None:
    """Every character of the catalogs is in the font."""
    characters = set(catalog.read_text(encoding="utf-8"))

    assert set() == {sign for sign in characters if not has_glyph(sign)}


@pytest.mark.parametrize(
    ("sign", "drawn"),
    [*((sign, True) for sign in "学•…℃→¥ "), *((sign, False) for sign in "😀한\ue000\u0e01\uffff")],
)
def test_missing_glyph_is_known(sign: str, drawn: bool) -> None:  # noqa: FBT001 - a column of the table
    """`has_glyph` is false for a character that the font does not have."""
    assert drawn == has_glyph(sign)


def test_missing_glyph_is_replaced() -> None:
    """What cannot be drawn, and control characters, do not reach the picture."""
    assert drawable("Class 😀\n7 한") == "Class □ 7 □"


def test_long_text_is_cut() -> None:
    """A text that is too wide ends in an ellipsis within its width; a short one is unchanged."""
    cut = fit_text("End-to-end packet loss" * 4, 30, 200)

    assert cut.endswith("…")
    assert text_width(cut, 30) <= 200
    assert fit_text("短", 30, 200) == "短"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("网络丢包率高", ["网络丢包", "率高"]),
        ("short", ["short"]),
        ("", []),
    ],
)
def test_text_is_broken_where_one_may(text: str, lines: list[str]) -> None:
    """English breaks at spaces, Chinese anywhere."""
    assert lines == wrap_text(text, 30, 125, 2)


@pytest.mark.parametrize(
    ("text", "width", "lines", "expected"),
    [
        ("one two three four", 125, 3, ["one two", "three", "four"]),
        ("one two three four", 125, 2, ["one two", "three f…"]),
        ("one two three four", 125, 1, ["one tw…"]),
        ("  one two  ", 400, 2, ["one two"]),
        ("incomprehensible", 125, 2, ["incompr", "ehensi…"]),
        ("one 网络丢包率高", 125, 2, ["one 网络", "丢包率高"]),
        ("网络丢包one two", 125, 2, ["网络丢包", "one two"]),
        ("a\nb", 125, 2, ["a b"]),
    ],
)
def test_lines_are_as_many_as_there_are_at_most(
    text: str, width: float, lines: int, expected: list[str]
) -> None:
    """The last one is cut; a word longer than a line is broken."""
    assert wrap_text(text, 30, width, lines) == expected
    assert all(text_width(line, 30) <= width for line in expected)


def test_a_text_that_fits_exactly_is_not_cut() -> None:
    """A pixel less, and it is; where nothing fits, only the ellipsis is left."""
    width = text_width("Teacher", 30)
    assert fit_text("Teacher", 30, width) == "Teacher"
    cut = fit_text("Teacher", 30, width - 1)
    assert cut.endswith("…")
    assert "Teacher".startswith(cut[:-1])
    assert fit_text("Teacher", 30, 1) == "…"
    assert fit_text("Teacher  at home", 30, text_width("Teacher …", 30)) == "Teacher…"


def test_letters_are_large_enough_for_a_phone() -> None:
    """No letter is smaller than 28 of 1,200 pixels: 9 points on a screen 390 points wide."""
    sizes = [
        font.HEADLINE_PX,
        font.TITLE_PX,
        font.TEXT_PX,
        font.SMALL_PX,
    ]

    assert min(sizes) * 390 / layout.WIDTH >= 9
