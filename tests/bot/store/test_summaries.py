"""When Lagdesk ran, as it is noted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.call import Side
from bot.store import Session, Store
from bot.store.summary import weeks
from bot.ticket import Ticket

START = dt.datetime(2026, 11, 9, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
END = START + 600 * MINUTE


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Store]:
    """A new database."""
    store = Store(f"sqlite:///{tmp_path / 'lagdesk.db'}")
    store.migrate()
    yield store
    store.close()


def ticket(after: int) -> Ticket:
    """A ticket reported so many minutes after the start."""
    fields: dict[str, Any] = {"created_at": START + after * MINUTE, "occurred_at": START}
    return Ticket(
        origin=f"V{after}",
        app="kids",
        cloud="agora",
        cname="room",
        teacher_uid="1",
        student_uid="2",
        abnormal_side=Side.STUDENT,
        issue_type=3,
        reporter="U1",
        **fields,
    )


@pytest.mark.parametrize(
    ("notes", "reported", "expected"),
    [
        ([], [], []),
        ([0, 10, 20], [], [(0, 20)]),
        ([0, 10, 100, 110], [], [(0, 10), (100, 110)]),
        ([10, 10, 5], [], [(10, 10)]),
        ([100, 110], [20], [(20, 100), (100, 110)]),
        ([100, 110], [105], [(100, 110)]),
        ([], [20, 50], [(20, 50)]),
        ([-50, 700], [], []),
        ([-50, -40, -30, -20, -10, 0, 10], [], [(0, 10)]),
    ],
)
def test_stretches(
    notes: list[int], reported: list[int], expected: list[tuple[int, int]], database: Store
) -> None:
    """Notes join to stretches; before the first note tickets prove that Lagdesk was there."""

    def work(session: Session) -> list[tuple[int, int]]:
        session.add_all(ticket(after) for after in reported)
        for note in notes:
            weeks.record_uptime(session, START + note * MINUTE, 30 * MINUTE)
            session.flush()
        spans = weeks.uptime(session, START, END)
        return [((a - START) // MINUTE, (b - START) // MINUTE) for a, b in spans]

    assert expected == database.transact_sync(work)
