"""When to look again: ever more rarely, not for ever, and as it was promised."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.call import IssueType, MissingItem, MissingKind, MissingReason, Report, Side
from bot.diagnosis import Verdict
from bot.ports import Diagnosis
from bot.services.diagnosis.retry_policy import is_final, is_worse, schedule_retry

NOW = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def minutes(number: float) -> dt.timedelta:
    """So many minutes."""
    return dt.timedelta(minutes=number)


def make_verdict(cause: str, *missing: MissingItem) -> Verdict:
    """A verdict with missing items."""
    return Verdict(cause=cause, since=NOW, until=NOW, missing=missing)


def missing_item(after: dt.timedelta | None, what: MissingKind = MissingKind.CALL) -> MissingItem:
    """A missing item, with a retry after this long."""
    return MissingItem(what, MissingReason.UNREACHABLE, None if after is None else NOW + after)


@pytest.mark.parametrize(
    ("age", "wished", "expected"),
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
    age: dt.timedelta, wished: dt.timedelta | None, expected: dt.timedelta | None
) -> None:
    """Intervals grow with the report's age, up to five minutes; after a day there is no retry."""
    report = Report("kids", "c", "1", "2", Side.STUDENT, IssueType.HELP, NOW)
    diagnosis = Diagnosis(report, "agora", make_verdict("unknown", missing_item(wished)), NOW)
    retry_at = schedule_retry(diagnosis, NOW, NOW - age, DAY).verdict.retry_at
    assert (None if expected is None else NOW + expected) == retry_at


@pytest.mark.parametrize(
    ("verdict", "final"),
    [
        (make_verdict("unknown"), True),
        (make_verdict("unknown", missing_item(None)), True),
        (make_verdict("unknown", missing_item(minutes(1))), False),
        (replace(make_verdict("unknown", missing_item(minutes(1))), uids_in_call=("1",)), True),
        (make_verdict("network.loss"), True),
        (make_verdict("network.loss", missing_item(minutes(1), MissingKind.MINUTES)), True),
        (
            make_verdict("network.loss", missing_item(minutes(1), MissingKind.STUDENT_METRICS)),
            False,
        ),
        (make_verdict("none", missing_item(minutes(1), MissingKind.EVENTS)), True),
    ],
)
def test_is_final(verdict: Verdict, final: object) -> None:
    """The reporter is notified once: not while better data is still expected."""
    assert final is is_final(verdict)


@pytest.mark.parametrize(
    ("age", "expected"), [(minutes(1), minutes(3)), (minutes(40), minutes(4)), (minutes(58), None)]
)
def test_gaps_are_looked_at_for_an_hour(age: dt.timedelta, expected: dt.timedelta | None) -> None:
    """A certain verdict is retried only a few times for the cloud's remaining data."""
    report = Report("kids", "c", "1", "2", Side.STUDENT, IssueType.HELP, NOW)
    verdict = make_verdict("network.loss", missing_item(minutes(1), MissingKind.EVENTS))
    retry_at = schedule_retry(
        Diagnosis(report, "agora", verdict, NOW), NOW, NOW - age, DAY
    ).verdict.retry_at
    assert (None if expected is None else NOW + expected) == retry_at


@pytest.mark.parametrize(
    ("cause", "confidence", "what", "why", "expected"),
    [
        ("network.loss", 0.7, MissingKind.MINUTES, MissingReason.NOT_OUT_YET, None),
        ("network.loss", 0.69, MissingKind.MINUTES, MissingReason.NOT_OUT_YET, minutes(4)),
        ("none", 0.95, MissingKind.MINUTES, MissingReason.NOT_OUT_YET, minutes(4)),
        ("unknown", None, MissingKind.MINUTES, MissingReason.NOT_OUT_YET, minutes(4)),
        ("network.loss", 0.9, MissingKind.EVENTS, MissingReason.NOT_OUT_YET, minutes(4)),
        ("network.loss", 0.9, MissingKind.MINUTES, MissingReason.OVER_QUOTA, minutes(4)),
    ],
)
def test_the_remaining_minutes_are_fetched_for_a_verdict_that_is_not_sure(
    cause: str,
    confidence: float | None,
    what: MissingKind,
    why: MissingReason,
    expected: dt.timedelta | None,
) -> None:
    """Metrics of them would not change it; the cloud's own diagnosis is still wanted."""
    report = Report("kids", "c", "1", "2", Side.STUDENT, IssueType.HELP, NOW)
    gap = MissingItem(what, why, NOW + minutes(4))
    verdict = replace(make_verdict(cause, gap), confidence=confidence)
    retried = schedule_retry(Diagnosis(report, "agora", verdict, NOW), NOW, NOW, DAY).verdict
    assert retried.retry_at == (None if expected is None else NOW + expected)
    assert len(retried.missing) == 1


@pytest.mark.parametrize(
    ("before", "now", "worse"),
    [
        (None, make_verdict("unknown"), False),
        (make_verdict("unknown"), make_verdict("unknown"), False),
        (make_verdict("network.loss"), make_verdict("unknown", missing_item(minutes(1))), True),
        (make_verdict("none"), make_verdict("unknown"), True),
        (make_verdict("network.loss"), make_verdict("none"), False),
        (
            make_verdict("network.loss"),
            make_verdict("network.jitter", missing_item(minutes(1))),
            True,
        ),
        (
            make_verdict("network.loss", missing_item(minutes(1))),
            make_verdict("network.jitter", missing_item(minutes(1))),
            False,
        ),
    ],
)
def test_existing_results_are_not_lost(before: Verdict | None, now: Verdict, worse: object) -> None:
    """A look without quota, or after the cloud forgot, does not undo an earlier one."""
    assert worse is is_worse(now, before.to_json() if before else None)
