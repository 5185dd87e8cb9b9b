"""Weeks and schedules: where they begin, in every zone and on the days the clocks change."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from bot.cron import is_schedule
from bot.services.summary.weeks import Schedule, Week, last_complete

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


@pytest.mark.parametrize(
    ("text", "zone", "moment", "expected"),
    [
        ("0 9 * * MON", SHANGHAI, "2026-11-09T01:00", "2026-11-09T01:00"),
        ("0 9 * * MON", SHANGHAI, "2026-11-09T01:00:01", "2026-11-16T01:00"),
        ("0 9 * * 1", NEW_YORK, "2026-10-27T00:00", "2026-11-02T14:00"),
        ("0 9 * * MON", NEW_YORK, "2026-10-20T00:00", "2026-10-26T13:00"),
        ("30 2 * * SUN", NEW_YORK, "2026-03-08T00:00", "2026-03-08T07:30"),  # 2:30 is left out
        ("30 1 * * *", NEW_YORK, "2026-11-01T00:00", "2026-11-01T05:30"),  # 1:30 comes twice
        ("30 1 * * *", NEW_YORK, "2026-11-01T05:31", "2026-11-02T06:30"),
        ("*/15 * * * *", SHANGHAI, "2026-11-09T01:01", "2026-11-09T01:15"),
        ("5/20 8-9 * * *", SHANGHAI, "2026-11-09T00:26", "2026-11-09T00:45"),
        ("0 0 29 2 *", SHANGHAI, "2026-11-09T00:00", "2028-02-28T16:00"),
        ("0 9 1 * FRI", SHANGHAI, "2026-11-28T02:00", "2026-12-01T01:00"),  # either will do
        ("0 9 * JAN,MAR SUN", SHANGHAI, "2026-11-09T00:00", "2027-01-03T01:00"),
        ("0 9 * * 7", SHANGHAI, "2026-11-09T00:00", "2026-11-15T01:00"),
        ("0 9 * * 5-7", SHANGHAI, "2026-11-14T02:00", "2026-11-15T01:00"),
    ],
)
def test_when_a_schedule_comes_round(text: str, zone: ZoneInfo, moment: str, expected: str) -> None:
    """As cron has it, by the clocks on the wall."""
    assert is_schedule(text)
    assert utc(expected) == Schedule.read(text).first_from(utc(moment), zone)


def test_a_schedule_that_never_comes() -> None:
    """There is no 31 February."""
    schedule = Schedule.read("0 9 31 2 *")
    assert None is schedule.first_from(utc("2026-11-09T00:00"), SHANGHAI)
