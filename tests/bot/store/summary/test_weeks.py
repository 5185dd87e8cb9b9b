"""When Lagdesk ran, the summaries of weeks, and the tickets a week is counted from."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

import pytest

from bot.store import Session, Store
from bot.store.diagnosis import feedback
from bot.store.diagnosis.feedback import Rating, VerdictFeedback
from bot.store.summary import weeks
from bot.store.summary.weeks import UptimeInterval, WeeklySummary
from bot.ticket import Status
from tests.bot.store.factories import DAY, MINUTE, MOMENT, make_ticket, store_tickets
from tests.bot.store.schema import schema_of_database, schema_of_model

START = dt.datetime(2026, 11, 9, tzinfo=dt.UTC)
END = START + 600 * MINUTE


@pytest.mark.parametrize(
    ("notes", "reported", "expected"),
    [
        ([], [], []),
        ([0, 10, 20], [], [(0, 20)]),
        ([0, 10, 100, 110], [], [(0, 10), (100, 110)]),
        ([10, 10, 5], [], [(10, 10)]),
        ([100, 110], [20], [(20, 100), (100, 110)]),
        ([100, 110], [105], [(100, 110)]),
        ([100, 110], [100], [(100, 110)]),
        ([700], [20], [(20, 600)]),
        ([0], [-30], [(0, 0)]),
        ([900], [700], []),
        ([900], [600], []),
        ([0, 30], [], [(0, 30)]),
        ([0, 31], [], [(0, 0), (31, 31)]),
        ([600, 610], [], []),
        ([], [20, 50], [(20, 50)]),
        ([-50, 700], [], []),
        ([-50, -40, -30, -20, -10, 0, 10], [], [(0, 10)]),
    ],
)
def test_stretches(
    notes: list[int], reported: list[int], expected: list[tuple[int, int]], session: Session
) -> None:
    """Notes join to stretches; before the first note tickets prove that Lagdesk was there."""
    store_tickets(session, *(make_ticket(created_at=START + at * MINUTE) for at in reported))
    for note in notes:
        weeks.record_uptime(session, START + note * MINUTE, 30 * MINUTE)
        session.flush()
    spans = weeks.uptime(session, START, END)
    assert [((a - START) // MINUTE, (b - START) // MINUTE) for a, b in spans] == expected


@pytest.mark.parametrize(("age", "kept"), [(400 * DAY, 2), (400 * DAY + MOMENT, 1)])
def test_old_uptime_is_deleted(age: dt.timedelta, kept: int, session: Session) -> None:
    """After four hundred days."""
    for at in (START - age, START):
        weeks.record_uptime(session, at, 30 * MINUTE)
        session.flush()
    assert len(weeks.uptime(session, START - 2 * age, START + DAY)) == kept


def test_summary_of_a_week_is_due_once(session: Session) -> None:
    """The first moment stays; each workspace has its own in each channel, also in a shared one."""
    weeks.enqueue(session, "2026-W46", "C1", "T1", START)
    weeks.enqueue(session, "2026-W46", "C1", "T1", END)
    weeks.enqueue(session, "2026-W45", "C1", "T1", END)
    weeks.enqueue(session, "2026-W47", "C2", "T1", END)
    weeks.enqueue(session, "2026-W48", "C1", "T2", END)
    due = weeks.find(session, "2026-W46", "C1", "T1")
    assert due is not None
    assert (due.due_at, due.ts, due.details_ts) == (START, "", "")
    assert (due.posted_at, due.metrics) == (None, None)
    assert weeks.find(session, "2026-W47", "C1", "T1") is None
    assert weeks.find_newest(session, "C1", "T1") == due
    assert weeks.find_newest(session, "C3", "T1") is None


ENDS = (START - MOMENT, START, END - MOMENT, END, END + MOMENT)
RESOLVED: dict[str, Any] = {"status": Status.RESOLVED, "created_at": START - DAY}


@pytest.mark.parametrize(
    ("changes", "is_listed"),
    [
        *zip(
            ({"status": Status.RESOLVED, "created_at": at} for at in ENDS),
            (0, 1, 1, 0, 0),
            strict=True,
        ),
        *zip(({**RESOLVED, "claimed_at": at} for at in ENDS), (0, 1, 1, 1, 0), strict=True),
        *zip(({**RESOLVED, "resolved_at": at} for at in ENDS), (0, 1, 1, 1, 0), strict=True),
        ({"created_at": START - DAY}, 1),
        ({"created_at": START - DAY, "status": Status.CLAIMED}, 1),
        ({"created_at": START - DAY, "status": Status.CLAIMED, "team": "T2"}, 0),
        ({"created_at": START, "team": "T2"}, 0),
        (RESOLVED, 0),
        ({"created_at": END}, 0),
        ({"created_at": END, "resolved_at": END}, 0),
    ],
)
def test_tickets_that_a_week_is_counted_from(
    changes: dict[str, Any], is_listed: int, session: Session
) -> None:
    """Reported, claimed or resolved in the span, or older and open; of the team asked for."""
    number, first = store_tickets(
        session, make_ticket(**changes), make_ticket(created_at=START + MINUTE)
    )
    expected = [*([number] if is_listed else []), first]
    listed = weeks.list_weekly_rows(session, START, END, "T1")
    assert [row.number for row in listed] == expected
    if changes.get("team") == "T2":
        everywhere = weeks.list_weekly_rows(session, START, END, None)
        assert [row.number for row in everywhere] == [number, first]


def test_columns_of_a_week(session: Session) -> None:
    """A row has the verdict's result and the card's address; "" without them."""
    full = make_ticket(
        created_at=START, cause="network.loss", helped=True, resolved_cause="room.volume"
    )
    full.thread.permalink = "https://slack/p1"
    store_tickets(session, full, make_ticket(created_at=START, cname="room"))
    one, other = weeks.list_weekly_rows(session, START, END, "T1")
    assert (one.cause, one.permalink, one.helped) == (
        "network.loss",
        "https://slack/p1",
        True,
    )
    assert (one.resolved_cause, one.status, one.created_at) == ("room.volume", "open", START)
    assert (other.cause, other.permalink, other.cname) == ("", "", "room")


@pytest.mark.parametrize(("team", "expected"), [("T1", [1, 2]), ("T2", [4]), (None, [1, 2, 4])])
def test_tickets_reported_within_a_span(
    team: str | None, expected: list[int], session: Session
) -> None:
    """From its beginning to before its end, in order."""
    moments = [START - MOMENT, START, END - MOMENT, END, START]
    teams = ["T1", "T1", "T1", "T1", "T2"]
    numbers = store_tickets(
        session, *(make_ticket(created_at=at, team=t) for at, t in zip(moments, teams, strict=True))
    )
    listed = weeks.list_reported_between(session, START, END, team)
    assert [ticket.number for ticket in listed] == [numbers[index] for index in expected]


def test_tickets_filed_at_once_may_be_numbered_the_other_way_round(session: Session) -> None:
    """A ticket of the span whose number is somewhat lower than the first one's is not lost."""
    later, *_, earliest = store_tickets(
        session,
        make_ticket(created_at=START + MINUTE),
        *(make_ticket(created_at=START - DAY, status=Status.RESOLVED) for _ in range(99)),
        make_ticket(created_at=START),
    )
    for listed in (
        weeks.list_reported_between(session, START, END, "T1"),
        weeks.list_weekly_rows(session, START, END, "T1"),
    ):
        assert [each.number for each in listed] == [later, earliest]


def test_ratings_within_a_span(session: Session) -> None:
    """From its beginning to before its end, of one team or of all."""
    ratings = [Rating.WRONG, Rating.RIGHT, Rating.PARTLY, Rating.WRONG]
    moments = [START - MOMENT, START, END - MOMENT, END]
    people = count(1)
    for ticket, (rating, at) in enumerate(zip(ratings, moments, strict=True)):
        for team in ("T1", "T1", "T2"):
            fields: dict[str, Any] = {"ticket": ticket, "team": team, "person": f"U{next(people)}"}
            feedback.save_feedback(
                session, VerdictFeedback(cause="network.loss", rating=rating, at=at, **fields)
            )
    session.flush()
    expected = [Rating.PARTLY, Rating.RIGHT]
    for asked, times in (("T1", 2), ("T2", 1), (None, 3)):
        listed = weeks.list_ratings(session, START, END, asked)
        assert sorted(listed) == sorted(times * expected)


@pytest.mark.parametrize("model", [WeeklySummary, UptimeInterval])
def test_tables_are_those_of_the_migrations(model: Any, migrated_store: Store) -> None:
    """A migrated database needs no further revision."""
    assert schema_of_model(model) == schema_of_database(migrated_store, model)
