"""When to look again: ever more rarely, not for ever, and as it was promised."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.call import IssueType, Lack, LackReason, Missing, Report, Side
from bot.desk.pacing import is_final, pace
from bot.diagnosis import Verdict
from bot.ports import Diagnosis

NOW = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def minutes(number: float) -> dt.timedelta:
    """So many minutes."""
    return dt.timedelta(minutes=number)


def make_verdict(cause: str, *missing: Missing) -> Verdict:
    """A verdict that lacks something."""
    return Verdict(cause=cause, since=NOW, until=NOW, missing=missing)


def lack(after: dt.timedelta | None, what: Lack = Lack.CALL) -> Missing:
    """Something missing, to be asked for again after so long."""
    return Missing(what, LackReason.UNREACHABLE, None if after is None else NOW + after)


@pytest.mark.parametrize(
    ("age", "wished", "given"),
    [
        (minutes(0), minutes(1), minutes(1)),
        (minutes(5), minutes(1), minutes(1)),
        (minutes(30), minutes(1), minutes(3)),
        (minutes(600), minutes(1), minutes(5)),
        (minutes(600), minutes(9), minutes(9)),
        (DAY - minutes(6), minutes(1), minutes(5)),
        (DAY - minutes(4), minutes(1), None),
        (minutes(0), DAY + minutes(1), None),
        (minutes(0), None, None),
    ],
)
def test_next_look(
    age: dt.timedelta, wished: dt.timedelta | None, given: dt.timedelta | None
) -> None:
    """Pauses grow with what has passed, up to five minutes; after a day nothing is promised."""
    report = Report("kids", "c", "1", "2", Side.STUDENT, IssueType.HELP, NOW)
    diagnosis = Diagnosis(report, "agora", make_verdict("unknown", lack(wished)), NOW)
    found = pace(diagnosis, NOW, NOW - age, DAY).verdict.retry_at
    assert (None if given is None else NOW + given) == found


@pytest.mark.parametrize(
    ("verdict", "final"),
    [
        (make_verdict("unknown"), True),
        (make_verdict("unknown", lack(None)), True),
        (make_verdict("unknown", lack(minutes(1))), False),
        (make_verdict("network.loss"), True),
        (make_verdict("network.loss", lack(minutes(1), Lack.MINUTES)), True),
        (make_verdict("network.loss", lack(minutes(1), Lack.STUDENT_METRICS)), False),
        (make_verdict("none", lack(minutes(1), Lack.EVENTS)), True),
    ],
)
def test_is_final(verdict: Verdict, final: object) -> None:
    """The reporter is told once: not while the better half is still to come."""
    assert final is is_final(verdict)
