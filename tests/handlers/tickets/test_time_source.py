"""The hint that says which time a form was prefilled with, and why."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pytest

from bot.i18n.translator import Translator
from bot.services.prefill import NamedTime
from handlers.tickets.time_source import TimeSource

CHINA: Final = "Asia/Shanghai"
NOW: Final = dt.datetime(2026, 11, 21, 2, tzinfo=dt.UTC)
WRITTEN_AT: Final = NOW - dt.timedelta(minutes=5)
MOMENT: Final = NOW - dt.timedelta(hours=11)  # 15:00 in London, 23:00 in China: yesterday


@pytest.mark.parametrize(
    ("named", "timezone", "moment", "hint"),
    [
        (None, CHINA, WRITTEN_AT, "When the message was written"),
        (NamedTime(), CHINA, WRITTEN_AT, "names a time that is unclear; please check"),
        (NamedTime(MOMENT, "3pm"), "", WRITTEN_AT, "author's time zone is unknown; please check."),
        (NamedTime(MOMENT, "3pm"), "Europe/London", MOMENT, "“3pm”, yesterday"),
        (NamedTime(MOMENT, "3pm yesterday", names_day=True), "UTC", MOMENT, "“3pm yesterday”"),
        (NamedTime(WRITTEN_AT, "1:55"), "UTC", WRITTEN_AT, "“1:55”"),
        (
            NamedTime(MOMENT, "3:00", is_assumed=True),
            "Europe/London",
            MOMENT,
            "“3:00”, without a.m. or p.m.; 2026-11-20 15:00 UTC is more likely, please check",
        ),
        (
            NamedTime(MOMENT, "11pm"),
            CHINA,
            MOMENT,
            "“11pm”, 2026-11-20 23:00 UTC+8 on its author's clock",
        ),
    ],
)
def test_hint(named: NamedTime | None, timezone: str, moment: dt.datetime, hint: str) -> None:
    """A reader in London sees which day or whose clock is meant when it is not their own."""
    source = TimeSource(named, WRITTEN_AT, timezone)
    london = Translator("en", "Europe/London")
    text = source.hint(london, NOW)
    assert source.moment == moment
    assert text is not None
    assert london.translate(text).endswith(hint)


def test_without_message_and_time() -> None:
    """A command that names no time opens a form without a hint, at the present time."""
    source = TimeSource(None, None, "UTC")
    assert (source.moment, source.hint(Translator("en"), NOW)) == (None, None)
