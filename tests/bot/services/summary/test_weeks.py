"""Weeks: where they begin, in every zone and when the clocks change."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from bot.services.summary.weeks import Week, last_complete

NEW_YORK, SHANGHAI = ZoneInfo("America/New_York"), ZoneInfo("Asia/Shanghai")


def utc(text: str) -> dt.datetime:
    """A moment in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "week"),
    [("2026-W46", Week(2026, 46)), ("2026-W53", Week(2026, 53)), ("2026-W01", Week(2026, 1))],
)
def test_a_week_is_read(text: str, week: Week) -> None:
    """And written the same."""
    assert week == Week.read(text)
    assert text == week.label


@pytest.mark.parametrize(
    "text",
    [
        "2026-W54",
        "2025-W53",
        "2026-W00",
        "2026-W4",
        "2026W46",
        "2026-46",
        "",
        "0000-W01",
        "9999-W52",
        " 2026-W46",
        "2026-w46",
        "２０２６-W46",
    ],
)
def test_no_week(text: str) -> None:
    """What no year has, and nonsense."""
    with pytest.raises(ValueError, match=r".*"):
        Week.read(text)


@pytest.mark.parametrize(
    ("label", "weeks", "expected"),
    [("2026-W53", 1, "2027-W01"), ("2026-W01", -1, "2025-W52"), ("2026-W46", 0, "2026-W46")],
)
def test_shift(label: str, weeks: int, expected: str) -> None:
    """Weeks go on over the end of a year."""
    assert expected == Week.read(label).shift(weeks).label


def test_a_week_with_a_change_of_clocks() -> None:
    """In New York the first week of November 2026 ends an hour later by UTC than it began."""
    week = Week.read("2026-W44")
    assert utc("2026-10-26T04:00") == week.since(NEW_YORK)
    assert utc("2026-11-02T05:00") == week.until(NEW_YORK)


def test_the_last_complete_week() -> None:
    """Depends on where one is."""
    now = utc("2026-11-08T20:00")  # Monday in Shanghai, Sunday in New York
    assert last_complete(now, SHANGHAI).label == "2026-W45"
    assert last_complete(now, NEW_YORK).label == "2026-W44"
