"""Reading times and cursors."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from bot.errors import InputError
from handlers.api.parameters import read_cursor, read_moment, write_cursor

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("2026-11-09", "2026-11-08T16:00:00+00:00"),
        ("2026-11-09T08:00:00Z", "2026-11-09T08:00:00+00:00"),
        ("2026-11-09T08:00:00.25+08:00", "2026-11-09T00:00:00.250000+00:00"),
        ("2026-11-09T08:00:00 08:00", "2026-11-09T00:00:00+00:00"),
        ("2026-11-09t23:59:60z", "2026-11-09T23:59:59+00:00"),
        ("0001-01-01T00:00:00+08:00", "0001-01-01T00:00:00+00:00"),
        ("9999-12-31T23:59:59-08:00", "9999-12-31T23:59:59.999999+00:00"),
    ],
)
def test_times(text: str, expected: str | None) -> None:
    """With their zone, or a day in the reader's; a + in a query arrives as a blank."""
    moment = read_moment("since", text, SHANGHAI)
    assert (moment and moment.isoformat()) == expected


@pytest.mark.parametrize("text", ["2026", "2026-W46-1", "2026-11-31", "2026-11-09T08:00:00", "7d"])
def test_what_is_no_time(text: str) -> None:
    """It is named."""
    with pytest.raises(InputError) as error:
        read_moment("since", text, dt.UTC)  # type: ignore[arg-type]  # any zone will do
    assert list(error.value.fields) == ["since"]


@pytest.mark.parametrize("number", [1, 35, 36, 2**53, 36**12 - 1])
def test_cursors(number: int) -> None:
    """They lead back to the number."""
    assert read_cursor(write_cursor(number)) == number
