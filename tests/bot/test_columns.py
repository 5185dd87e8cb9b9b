"""Column types: moments and enums survive the database, anything else is refused."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from bot.call import Side
from bot.columns import EnumText, UtcTime

DIALECT = SQLiteDialect()
NOON = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)


def test_a_moment_is_stored_in_utc() -> None:
    """Without its zone, which SQLite does not store; it comes back aware."""
    column = UtcTime()
    shanghai = NOON.astimezone(dt.timezone(dt.timedelta(hours=8)))
    stored = column.process_bind_param(shanghai, DIALECT)
    assert stored == NOON.replace(tzinfo=None)
    assert column.process_result_value(stored, DIALECT) == NOON
    assert column.process_bind_param(None, DIALECT) is None
    assert column.process_result_value(None, DIALECT) is None


def test_a_member_is_stored_as_text() -> None:
    """Members and their texts are the same."""
    column = EnumText(Side)
    assert column.process_bind_param(Side.TEACHER, DIALECT) == "teacher"
    assert column.process_bind_param("student", DIALECT) == "student"
    assert column.process_result_value("teacher", DIALECT) is Side.TEACHER
    assert column.process_bind_param(None, DIALECT) is None
    assert column.process_result_value(None, DIALECT) is None
    for refused in ("parent", ""):
        with pytest.raises(ValueError, match="not a valid Side"):
            column.process_bind_param(refused, DIALECT)


def test_the_types_may_be_cached() -> None:
    """SQLAlchemy warns otherwise; a text of twenty characters is what the migrations create."""
    assert UtcTime.cache_ok
    assert EnumText.cache_ok
    assert EnumText(Side).impl_instance.length == 20  # type: ignore[attr-defined]
