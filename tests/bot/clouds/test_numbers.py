"""Parsing of numbers that are not written as documented."""

from __future__ import annotations

import math

import pytest

from bot.clouds.numbers import parse_number


@pytest.mark.parametrize(
    ("number", "written"),
    [
        *((None, none) for none in (None, "", "-", "--", " ", "null", math.nan, math.inf, "inf")),
        *((0.54, text) for text in (0.54, "0.54", " 0.54 ")),
        (-3.0, "-3"),
    ],
)
def test_numbers(number: float | None, written: object) -> None:
    """Plain, in quotes, or a sign for none."""
    assert number == parse_number(written)


@pytest.mark.parametrize("written", [True, "many", "1,5", [], {}, 10**400])
def test_what_is_no_number(written: object) -> None:
    """Everything else is left for the parser to reject."""
    with pytest.raises(ValueError, match=r"number|float"):
        parse_number(written)
