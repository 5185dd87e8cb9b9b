"""Who is probably meant by a uid that was not in the call."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.call import IssueType, Report, Side
from bot.diagnosis import UNKNOWN, Verdict
from bot.services.diagnosis.likely_people import is_near, likely_people

NOON = dt.datetime(2026, 11, 9, 12, tzinfo=dt.UTC)
REPORT = Report("kids", "room", "10001", "20003", Side.STUDENT, IssueType.HELP, NOON)
TEACHER, STUDENT = Side.TEACHER, Side.STUDENT


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (("10001", "20002"), [(STUDENT, "20002")]),
        (("10001", "777"), [(STUDENT, "777")]),
        (("10001", "777", "20013"), [(STUDENT, "20013"), (STUDENT, "777")]),
        (("10001", "1", "2", "3", "20013"), [(STUDENT, "20013")]),
        (("10001", "1", "2", "3", "4"), []),
        (("10011", "20002"), [(TEACHER, "10011"), (STUDENT, "20002")]),
        (("5", "6"), []),
        (("10001", "20003"), []),
        ((), []),
    ],
)
def test_likely_people(present: tuple[str, ...], expected: list[tuple[Side, str]]) -> None:
    """One mistake apart first; else who is left, when that is few and one side alone is wrong."""
    verdict = Verdict(UNKNOWN, NOON, NOON, uids_in_call=present)
    assert list(likely_people(REPORT, verdict)) == expected


def test_side_that_was_not_named() -> None:
    """Nobody is meant by an empty uid."""
    verdict = Verdict(UNKNOWN, NOON, NOON, uids_in_call=("20003", "10001"))
    assert likely_people(replace(REPORT, teacher_uid=""), verdict) == ()


@pytest.mark.parametrize(
    ("one", "two", "near"),
    [
        ("20002", "20003", True),
        ("19999", "20000", True),
        ("20002", "2002", True),
        ("20002", "200022", True),
        ("20012", "20021", True),
        ("20002", "30003", False),
        ("20012", "21002", False),
        ("anna", "anne", True),
        ("anna", "emma", False),
    ],
)
def test_near(one: str, two: str, *, near: bool) -> None:
    """One digit, its place, or one number apart."""
    assert is_near(one, two) is near
    assert is_near(two, one) is near
