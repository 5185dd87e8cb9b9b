"""Quiet hours: when they end, over midnight, in several zones, and when clocks change."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.quiet_hours import read_quiet_hours

SHANGHAI = "Asia/Shanghai"  # UTC+8 all the year


def at(text: str) -> dt.datetime:
    """A moment in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("setting", "moment", "awake_at"),
    [
        ("", "2026-11-21T15:00", "2026-11-21T15:00"),
        ("22:00-08:00", "2026-11-21T13:59", "2026-11-21T13:59"),
        ("22:00-08:00", "2026-11-21T14:00", "2026-11-22T00:00"),
        ("22:00-08:00", "2026-11-21T23:59:59", "2026-11-22T00:00"),
        ("22:00-08:00", "2026-11-22T00:00", "2026-11-22T00:00"),
        ("9:30 - 10:00", "2026-11-21T01:45", "2026-11-21T02:00"),
        ("20:00-24:00", "2026-11-21T12:00", "2026-11-21T16:00"),
        ("22:00-02:00, 02:00-08:00", "2026-11-21T14:00", "2026-11-22T00:00"),
        ("22:00-08:00 UTC", "2026-11-21T23:00", "2026-11-22T08:00"),
        # quiet only while both sleep: 22:00 in Shanghai is 09:00 in New York
        ("22:00-08:00, 22:00-08:00 America/New_York", "2026-11-21T14:00", "2026-11-21T14:00"),
        ("22:00-08:00, 03:00-10:00 America/New_York", "2026-11-21T14:30", "2026-11-21T15:00"),
        ("08:00-20:00, 20:00-08:00 UTC", "2026-11-21T01:00", "2026-11-21T08:00"),
        # New York's clocks go back at 06:00 UTC: 01:30 occurs twice, 08:00 is 13:00 UTC
        ("22:00-08:00 America/New_York", "2026-11-01T05:30", "2026-11-01T13:00"),
        ("00:00-01:30 America/New_York", "2026-11-01T06:10", "2026-11-01T06:30"),
        # ... and forward at 07:00 UTC, from 02:00 to 03:00, or in Egypt at 22:00 UTC over midnight
        ("22:00-02:00 America/New_York", "2026-03-08T06:30", "2026-03-08T07:00"),
        ("22:00-02:01 America/New_York", "2026-03-08T06:30", "2026-03-08T07:00"),
        ("22:00-02:30 America/New_York", "2026-03-08T06:30", "2026-03-08T07:00"),
        ("22:00-02:59 America/New_York", "2026-03-08T06:59", "2026-03-08T07:00"),
        ("22:00-03:00 America/New_York", "2026-03-08T06:59", "2026-03-08T07:00"),
        ("22:00-03:01 America/New_York", "2026-03-08T06:59", "2026-03-08T07:01"),
        ("22:00-24:00 Africa/Cairo", "2026-04-23T21:59", "2026-04-23T22:00"),
        ("22:00-00:30 Africa/Cairo", "2026-04-23T21:59", "2026-04-23T22:00"),
    ],
)
def test_end_of_quiet_hours(setting: str, moment: str, awake_at: str) -> None:
    """The moment itself outside quiet hours, else their end."""
    hours = read_quiet_hours(setting, SHANGHAI)
    assert hours is not None
    assert at(awake_at) == hours.after(at(moment))


def test_hours_name_their_zone() -> None:
    """The printed policy is unambiguous."""
    hours = read_quiet_hours("22:30-8:05, 9:00-10:00 UTC", SHANGHAI)
    assert str(hours) == "22:30–08:05 Asia/Shanghai, 09:00–10:00 UTC"
