"""SQLite's query plans. There are no statistics: the planner only has the query."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from sqlalchemy import event

from bot.call import Side
from bot.store import Session, Store
from bot.store.diagnosis import events, history
from bot.store.summary import weeks
from bot.store.tickets import lists, tickets
from bot.store.tickets.lists import TicketQuery
from bot.ticket import Status, Ticket
from tests.databases import create_sqlite

NOW: Final = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
DAY: Final = dt.timedelta(days=1)
OPEN: Final = (Status.OPEN, Status.CLAIMED)
SLOW: Final = re.compile(r"SCAN ticket\b(?! VIRTUAL)|\((?:team|app|status)=\?\)|TEMP B-TREE")
TIMES: Final[dict[str, Any]] = {"created_at": NOW, "occurred_at": NOW}
Ask = Callable[[Session], object]


def made(origin: str, number: int | None = None) -> Ticket:
    """A ticket that words find."""
    return Ticket(
        team="T1",
        origin=origin,
        number=number,
        app="kids",
        cloud="agora",
        cname="class_1",
        teacher_uid="1",
        student_uid="2",
        abnormal_side=Side.STUDENT,
        issue_type=3,
        comments="视频卡顿",
        reporter="U1",
        **TIMES,
    )


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A SQLite database with one ticket."""
    store = Store(create_sqlite(tmp_path_factory.mktemp("store")))
    store.transact_sync(lambda session: session.add(made("V1")))
    yield store
    store.close()


def listed(**wanted: Any) -> Ask:
    """One page of a query."""
    return lambda session: lists.page(session, TicketQuery("T1", **wanted))


@pytest.mark.parametrize(
    "ask",
    [
        listed(),
        listed(before=150),
        listed(statuses=OPEN),
        listed(statuses=OPEN, order="urgency"),
        listed(statuses=OPEN, order="urgency", assignee="U1"),
        listed(app="kids"),
        listed(reporter="U1"),
        listed(involved_user="U1"),
        listed(since=NOW - DAY),
        listed(until=NOW - DAY),
        listed(words=("卡顿",)),
        listed(statuses=OPEN, app="kids"),
        lambda session: weeks.list_weekly_rows(session, NOW - 14 * DAY, NOW, "T1"),
        lambda session: weeks.list_weekly_rows(session, NOW - 14 * DAY, NOW, None),
        lambda session: weeks.uptime(session, NOW - 14 * DAY, NOW),
        lambda session: tickets.find_unresolved(session, "T1", "class_1"),
        lambda session: tickets.list_recent_classes(session, "T1", "U1", 30),
        lambda session: tickets.list_same_call(session, made("V2", number=7)),
        lambda session: tickets.number_before(session, NOW),
        lambda session: history.list_for_participant(session, made("V2", number=7), "10001", NOW - DAY),
        lambda session: events.has_unresolved_tickets(session, "kids", NOW - DAY),
    ],
)  # fmt: skip
def test_no_question_reads_a_whole_team(ask: Ask, database: Store) -> None:
    """Each is answered by an index in its order, or by tickets' numbers."""
    plans: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, values: Any, *more: Any) -> None:
        _ = connection, more
        steps = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
        plans.extend(step[3] for step in steps)

    event.listen(database.engine, "before_cursor_execute", explain)
    try:
        database.read_sync(ask)
    finally:
        event.remove(database.engine, "before_cursor_execute", explain)
    assert plans
    assert [step for step in plans if SLOW.search(step)] == []
