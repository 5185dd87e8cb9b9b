"""Times and durations as messages write them."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.i18n.messages import LocaleName, TimeRange, message
from bot.i18n.translator import Translator
from tests.bot.test_i18n import LOCALES, NOON


@pytest.mark.parametrize(
    ("expected", "moment", "timezone"),
    [
        ("2026-11-21 12:00 UTC+8", NOON, "Asia/Shanghai"),
        ("2026-11-21 04:00 UTC", NOON, "UTC"),
        ("2026-11-21 09:30 UTC+5:30", NOON, "Asia/Kolkata"),
        ("2026-11-21 00:30 UTC-3:30", NOON, "America/St_Johns"),
        ("2026-11-21 04:00 UTC", NOON, "Nowhere/Atall"),
        ("2026-11-21 04:00 UTC", NOON, ""),
        ("2026-11-21 12:00 UTC+8", NOON.replace(tzinfo=None), "Asia/Shanghai"),
        ("9999-12-31 23:59 UTC", dt.datetime.max.replace(tzinfo=dt.UTC), "Asia/Shanghai"),
    ],
)
@pytest.mark.parametrize("locale", LOCALES)
def test_when(expected: str, moment: dt.datetime, timezone: str, locale: LocaleName) -> None:
    """A time is formatted in the reader's zone with its offset from UTC."""
    assert expected == Translator(locale, timezone).format_time(moment)


@pytest.mark.parametrize(
    ("expected", "minutes", "timezone"),
    [
        ("2026-11-21 12:00–12:02 UTC+8", 2, "Asia/Shanghai"),
        ("2026-11-21 12:00–23:59 UTC+8", 12 * 60 - 1, "Asia/Shanghai"),
        ("2026-11-21 12:00 – 2026-11-22 00:00 UTC+8", 12 * 60, "Asia/Shanghai"),
        ("2026-11-21 04:00–16:00 UTC", 12 * 60, "UTC"),
        ("2026-11-21 04:00 – 2026-11-22 04:00 UTC", 24 * 60, "UTC"),
    ],
)
@pytest.mark.parametrize("locale", LOCALES)
def test_ranges(expected: str, minutes: int, timezone: str, locale: LocaleName) -> None:
    """A range of times within one day of the reader's names the day and the zone once."""
    times = TimeRange(NOON, NOON + dt.timedelta(minutes=minutes))
    assert Translator(locale, timezone).translate(message("%(a)s", a=times)) == expected
