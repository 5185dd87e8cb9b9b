"""Cron schedules: what is accepted, and when they are due."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from bot.cron import is_schedule, next_due

NEW_YORK, SHANGHAI = ZoneInfo("America/New_York"), ZoneInfo("Asia/Shanghai")


def utc(text: str) -> dt.datetime:
    """A moment in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("0 9 * * MON", True),
        ("*/15 8-18 1,15 jan-mar mon-fri", True),
        ("0 0 * * 7", True),
        ("0-59/5 * * * *", True),
        ("5-1 * * * *", False),
        ("1-2-3 * * * *", False),
        ("*/0 * * * *", False),
        ("a * * * *", False),
        ("0 9 * * MOND", False),
        ("", False),
        ("-1 * * * *", False),
        (", * * * *", False),
        ("60 * * * *", False),
        ("* 24 * * *", False),
        ("* * 32 * *", False),
        ("* * * 13 *", False),
        ("* * * * 8", False),
        ("* * * *", False),
        ("0 0 9 * * MON", False),  # seconds
        ("0 9 L * *", False),
        ("0 9 * * 1#2", False),
        ("0 9 * * 5L", False),
        ("005 9 * * *", False),
        ("*/100 * * * *", False),
        ("0 9 31 2 *", False),  # never
        ("0 9 30 2 *", False),
        ("0 9 29 2 *", True),
    ],
)
def test_schedules(text: str, valid: bool) -> None:  # noqa: FBT001 - a table's column
    """Five fields within their bounds, and a date that exists."""
    assert is_schedule(text) is valid


@pytest.mark.parametrize(
    ("text", "zone", "moment", "expected"),
    [
        ("0 9 * * MON", SHANGHAI, "2026-11-09T01:00", "2026-11-09T01:00"),
        ("0 9 * * MON", SHANGHAI, "2026-11-09T01:00:01", "2026-11-16T01:00"),
        ("0 9 * * MON", SHANGHAI, "2026-11-09T00:59:59.5", "2026-11-09T01:00"),
        ("0 9 * * 1", NEW_YORK, "2026-10-27T00:00", "2026-11-02T14:00"),
        ("0 9 * * MON", NEW_YORK, "2026-10-20T00:00", "2026-10-26T13:00"),
        ("30 2 * * SUN", NEW_YORK, "2026-03-08T00:00", "2026-03-08T07:30"),  # 2:30 is skipped
        ("30 2 * * SUN", NEW_YORK, "2026-03-08T07:15", "2026-03-08T07:30"),
        ("30 1 * * *", NEW_YORK, "2026-11-01T00:00", "2026-11-01T05:30"),  # 1:30 is repeated
        ("30 1 * * *", NEW_YORK, "2026-11-01T05:31", "2026-11-02T06:30"),
        ("*/15 * * * *", SHANGHAI, "2026-11-09T01:01", "2026-11-09T01:15"),
        ("5/20 8-9 * * *", SHANGHAI, "2026-11-09T00:26", "2026-11-09T00:45"),
        ("0 0 29 2 *", SHANGHAI, "2026-11-09T00:00", "2028-02-28T16:00"),
        ("0 9 1 * FRI", SHANGHAI, "2026-11-28T02:00", "2026-12-01T01:00"),  # either day
        ("0 9 * JAN,MAR SUN", SHANGHAI, "2026-11-09T00:00", "2027-01-03T01:00"),
        ("0 9 * * 7", SHANGHAI, "2026-11-09T00:00", "2026-11-15T01:00"),
        ("0 9 * * 5-7", SHANGHAI, "2026-11-14T02:00", "2026-11-15T01:00"),
        ("0 9 * * mon", ZoneInfo("Pacific/Apia"), "2011-12-29T00:00", "2012-01-01T19:00"),
    ],
)
def test_when_a_schedule_is_due(text: str, zone: ZoneInfo, moment: str, expected: str) -> None:
    """By the zone's local time, at the moment itself or later."""
    assert is_schedule(text)
    assert next_due(text, utc(moment), zone) == utc(expected)
