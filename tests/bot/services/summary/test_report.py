"""A week in numbers, from tickets made here; and which weeks are due when."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.call import Side
from bot.services.summary.report import (
    DailyCount,
    EscalationCounts,
    RepeatedSubject,
    ResolutionOutcomes,
    WeeklyCount,
    WeekReport,
    build_week_report,
    find_gaps,
)
from bot.services.summary.times import TargetCount, WaitTimes
from bot.services.summary.weeks import Week
from bot.settings import Settings
from bot.store import Store
from bot.store.diagnosis.feedback import Rating
from bot.store.summary.weeks import WeeklyTicketRow
from bot.targets import Targets
from bot.ticket import Status, Ticket
from tests.bot.services.contexts import make_context, summary_jobs

ZONE = ZoneInfo("Asia/Shanghai")
WEEK = Week.read("2026-W46")
SINCE = WEEK.since(ZONE)
HOUR = dt.timedelta(hours=1)
DAY = 24 * HOUR
MAX_GAP = HOUR / 2


def ticket(number: int, after: dt.timedelta, **values: Any) -> Ticket:
    """A ticket reported so long after the week began."""
    fields: dict[str, Any] = {
        "app": "kids",
        "cname": f"room-{number}",
        "teacher_uid": "10001",
        "student_uid": f"{20000 + number}",
        "abnormal_side": Side.STUDENT,
        "issue_type": 3,
        "status": Status.OPEN,
        **values,
    }
    at = SINCE + after
    return Ticket(
        number=number,
        origin=f"V{number}",
        cloud="agora",
        reporter="U1",
        created_at=at,
        occurred_at=at,
        **fields,
    )


def outline(ticket: Ticket) -> WeeklyTicketRow:
    """A ticket as it is read to be counted."""
    elsewhere: dict[str, Any] = {"permalink": ticket.thread.permalink}
    names = (name for name in WeeklyTicketRow._fields if name not in elsewhere)
    return WeeklyTicketRow(**elsewhere, **{name: getattr(ticket, name) for name in names})


def count(*tickets: Ticket, now: dt.datetime = SINCE + 8 * DAY, **more: Any) -> WeekReport:
    """The week of these tickets, Lagdesk having run through it."""
    fields: dict[str, Any] = {"said": (), "runs": [(SINCE, SINCE + 7 * DAY)], **more}
    return build_week_report(
        WEEK,
        [outline(each) for each in tickets],
        fields["said"],
        fields["runs"],
        now=now,
        zone=ZONE,
        max_gap=MAX_GAP,
        earlier_runs=fields.get("earlier_runs", ()),
        targets=fields.get("targets", Targets()),
    )


def test_a_week_without_tickets() -> None:
    """No tickets and no missed events."""
    report = count()
    assert (report.reported, report.before, report.gaps, report.is_uncollected) == (0, 0, (), False)
    assert report.is_over


def test_targets() -> None:
    """A ticket counts in the week in which its target falls, by its first claim and its end."""
    minute = dt.timedelta(minutes=1)
    kept = ticket(1, 0 * minute)
    kept.claim("U2", SINCE + 5 * minute)
    kept.unclaim("U2", SINCE + 6 * minute)
    kept.resolve("U2", SINCE + 60 * minute, cause="none", resolution="")
    late = ticket(2, 0 * minute, app="adults")
    late.claim("U2", SINCE + 2 * minute)
    never = ticket(3, 0 * minute)
    before = ticket(4, -11 * minute)
    targets = Targets({"": 600.0, "adults": 60.0}, {"": 3600.0})
    report = count(kept, late, never, before, targets=targets)
    assert report.claim_target == TargetCount(1, 3)
    assert report.resolve_target == TargetCount(1, 4)
    kids = {each.app: each for each in report.app_times}["kids"]
    assert (kids.claim_target, kids.resolve_target) == (TargetCount(1, 2), TargetCount(1, 3))
    assert (kids.claim.count, kids.resolve.median_s) == (0, 3600)
    assert count(kept).app_times == ()
    assert count(kept, now=SINCE + 9 * minute, targets=targets).claim_target == TargetCount()
    assert count(kept).claim_target == TargetCount()


def test_only_the_weeks_own_tickets_count() -> None:
    """Monday's first moment belongs to it, that of the next Monday does not."""
    second = dt.timedelta(seconds=1)
    report = count(
        ticket(1, -second), ticket(2, 0 * HOUR), ticket(3, 7 * DAY - second), ticket(4, 7 * DAY)
    )
    assert (report.reported, report.before) == (2, 1)
    assert tuple(each.reported for each in report.days) == (1, 0, 0, 0, 0, 0, 1)
    assert DailyCount(dt.date(2026, 11, 9), 1, 0) == report.days[0]


def test_a_week_that_was_missed_is_not_compared_with() -> None:
    """Half of it collected, or a ticket in it, makes the week before one to compare with."""
    half = [(SINCE - 4 * DAY, SINCE)]
    assert not count(ticket(1, DAY)).is_comparable
    assert count(ticket(1, DAY), earlier_runs=half).is_comparable
    assert count(ticket(1, -DAY), ticket(2, DAY)).is_comparable


def test_tallies_and_their_change() -> None:
    """The most frequent causes first; those of last week only have a zero."""
    report = count(
        ticket(1, -DAY, issue_type=1),
        ticket(2, -DAY, app="adults"),
        ticket(3, DAY, cause="network.loss"),
        ticket(
            4,
            DAY,
            cause="network.loss",
            status=Status.RESOLVED,
            resolved_cause="device.busy",
            resolved_at=SINCE + 2 * DAY,
        ),
        ticket(5, DAY, abnormal_side=Side.TEACHER),
    )
    assert (WeeklyCount("3", 3, 1), WeeklyCount("1", 0, 1)) == report.types
    assert (
        WeeklyCount("no_verdict", 1, 2),
        WeeklyCount("device.busy", 1, 0),
        WeeklyCount("network.loss", 1, 0),
    ) == report.causes
    assert (WeeklyCount("kids", 3, 1), WeeklyCount("adults", 0, 1)) == report.apps
    assert (WeeklyCount("student", 2, 2), WeeklyCount("teacher", 1, 0)) == report.sides


@pytest.mark.parametrize(
    ("waits_s", "expected"),
    [
        ([], WaitTimes(0, None, None)),
        ([7.0], WaitTimes(1, 7.0, 7.0)),
        ([1.0, 3.0], WaitTimes(2, 2.0, 3.0)),
        ([float(n) for n in range(10, 0, -1)], WaitTimes(10, 5.5, 9.0)),
    ],
)
def test_waits(waits_s: list[float], expected: WaitTimes) -> None:
    """Median, and the wait that nine of ten tickets did not exceed."""
    assert expected == WaitTimes.of(waits_s)


def test_what_was_done_in_the_week_counts() -> None:
    """Waiting times that ended in the week, whenever the ticket was created."""
    early = ticket(1, -DAY, claimed_at=SINCE + HOUR, resolved_at=SINCE + 9 * DAY)
    late = ticket(
        2,
        DAY,
        status=Status.RESOLVED,
        claimed_at=SINCE + DAY + HOUR,
        resolved_at=SINCE + DAY + 3 * HOUR,
    )
    report = count(early, late)
    assert WaitTimes(2, 13 * 3600, 25 * 3600) == report.claim
    assert WaitTimes(1, 3 * 3600, 3 * 3600) == report.resolve
    assert report.resolved == 1


def test_still_open() -> None:
    """The oldest first, from earlier weeks too."""
    report = count(ticket(5, DAY), ticket(2, -9 * DAY), ticket(3, HOUR, status=Status.RESOLVED))
    assert report.open_count == 2
    assert [each.number for each in report.oldest] == [2, 5]


def test_what_was_reported_more_than_once() -> None:
    """Rooms and those who suffered, an app at a time."""
    report = count(
        *(ticket(number, DAY, cname="room", student_uid="7") for number in range(3)),
        ticket(9, DAY, cname="room", student_uid="8", app="adults"),
    )
    assert (RepeatedSubject("kids", "room", 3),) == report.rooms
    assert (RepeatedSubject("kids", "7", 3),) == report.people


def test_escalations_and_outcomes() -> None:
    """Escalations of the week count, whenever the ticket was created; so do outcomes."""
    early, late = ticket(1, -DAY), ticket(2, DAY, status=Status.RESOLVED, helped=True)
    for number, after in enumerate((-HOUR, HOUR, 2 * HOUR), 1):
        early.record_escalation(number, SINCE + after, "support")
    late.record_escalation(1, SINCE + 2 * DAY, "support")
    late.add_event("reopened", SINCE + 3 * DAY, "U1")
    late.resolved_at = SINCE + 4 * DAY
    withdrawn = ticket(4, DAY, status=Status.RESOLVED, resolved_cause="withdrawn")
    withdrawn.resolved_at = SINCE + 2 * DAY
    report = count(early, late, ticket(3, DAY), withdrawn)
    assert EscalationCounts(tickets=2, alerts=3, last=1) == report.escalations
    assert ResolutionOutcomes(helped=1, reopened=1, withdrawn=1) == report.resolution_outcomes


def test_how_often_verdicts_were_right() -> None:
    """Partly counts half."""
    said = [Rating.RIGHT, Rating.RIGHT, Rating.PARTLY, Rating.WRONG]
    assert count(said=said).feedback.share == 0.625
    assert count().feedback.share == 0.0


@pytest.mark.parametrize(
    ("runs", "gaps"),
    [
        ([(0, 168)], []),
        ([(0, 40), (40.4, 168)], []),
        ([(0, 40), (50, 168)], [(40, 50)]),
        ([(10, 168)], [(0, 10)]),
        ([], [(0, 168)]),
        ([(50, 60), (0, 40)], [(40, 50), (60, 168)]),
    ],
)
def test_gaps(runs: list[tuple[float, float]], gaps: list[tuple[float, float]]) -> None:
    """Silences longer than a restart takes."""
    spans = [(SINCE + start * HOUR, SINCE + end * HOUR) for start, end in runs]
    expected = tuple((SINCE + start * HOUR, SINCE + end * HOUR) for start, end in gaps)
    assert expected == find_gaps(spans, SINCE, SINCE + 7 * DAY, MAX_GAP)


def test_a_week_without_uptime() -> None:
    """Without uptime, zero tickets mean nothing, unless there are some."""
    assert count(runs=[]).is_uncollected
    assert not count(ticket(1, DAY), runs=[]).is_uncollected


def test_a_week_in_progress() -> None:
    """Is counted up to now."""
    report = count(now=SINCE + DAY, runs=[(SINCE, SINCE + DAY)])
    assert (report.is_over, report.until, report.gaps) == (False, SINCE + DAY, ())


class _FrozenClock:
    """A fixed clock."""

    def now(self) -> dt.datetime:
        """A Wednesday at noon in Shanghai."""
        return SINCE + 9 * DAY + 12 * HOUR


@pytest.mark.parametrize(
    ("schedule", "known", "expected"),
    [
        ("0 9 * * MON", None, [("2026-W47", "11-23T01:00")]),
        ("0 9 * * MON", "2026-W46", [("2026-W47", "11-23T01:00")]),
        ("0 9 * * MON", "2026-W45", [("2026-W46", "11-16T01:00"), ("2026-W47", "11-23T01:00")]),
        ("0 9 * * MON", "2026-W47", [("2026-W48", "11-30T01:00")]),
        ("0 9 * * *", None, [("2026-W46", "11-19T01:00")]),
        ("0 9 * * *", "2026-W46", [("2026-W47", "11-23T01:00")]),
        ("0 9 1 * *", None, [("2026-W48", "12-01T01:00")]),
        ("0 9 1 * *", "2026-W44", [("2026-W48", "12-01T01:00")]),
        (
            "0 9 * * MON",
            "2026-W01",
            [
                (f"2026-W{number}", at)
                for number, at in (
                    (43, "10-26T01:00"),
                    (44, "11-02T01:00"),
                    (45, "11-09T01:00"),
                    (46, "11-16T01:00"),
                    (47, "11-23T01:00"),
                )
            ],
        ),
    ],
)
def test_which_weeks_are_due(
    schedule: str, known: str | None, expected: list[tuple[str, str]], tmp_path: Any
) -> None:
    """Missed weeks at once, four at most, and the next one; a new channel begins with that."""
    store = Store(f"sqlite:///{tmp_path / 'lagdesk.db'}")
    settings = Settings(summary_schedule=schedule, summary_channel="C1")
    weekly = summary_jobs(make_context(store, _FrozenClock(), settings=settings))
    upcoming = weekly.upcoming(Week.read(known) if known else None, _FrozenClock().now(), "T1")
    store.close()
    assert expected == [(week.label, f"{at:%m-%dT%H:%M}") for week, at in upcoming]
