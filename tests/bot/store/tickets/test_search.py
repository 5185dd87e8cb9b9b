"""The search index's queries: ranges of numbers, and clauses."""

from __future__ import annotations

import pytest

from bot.store import Session
from bot.store.tickets import search, search_index
from bot.store.tickets.search import Clause, NumberRange
from tests.bot.store.factories import make_ticket

TEAM = Clause((("=team:t1",),))
LOSS = Clause((("卡顿",), ("packet", "loss")))


@pytest.fixture
def indexed(session: Session) -> Session:
    """Five tickets in the index."""
    terms = {
        10: {"=team:t1", "卡顿"},
        20: {"=team:t1", "packet", "loss"},
        30: {"=team:t1", "packet"},
        40: {"=team:t2", "卡顿"},
        50: {"=team:t1", "卡顿", "loss"},
    }
    search_index.write(session.connection(), terms.items())
    return session


@pytest.mark.parametrize(
    ("clauses", "number_range", "limit", "expected"),
    [
        ([TEAM], NumberRange(), 9, [50, 30, 20, 10]),
        ([TEAM, LOSS], NumberRange(), 9, [50, 20, 10]),
        ([LOSS], NumberRange(), 9, [50, 40, 20, 10]),
        ([TEAM, LOSS], NumberRange(), 2, [50, 20]),
        ([TEAM], NumberRange(first=20), 9, [50, 30, 20]),
        ([TEAM], NumberRange(first=21), 9, [50, 30]),
        ([TEAM], NumberRange(below=50), 9, [30, 20, 10]),
        ([TEAM], NumberRange(first=20, below=51), 9, [50, 30, 20]),
        ([TEAM, Clause(())], NumberRange(), 9, []),
        ([], NumberRange(), 9, []),
    ],
)
def test_newest_matches(
    clauses: list[Clause],
    number_range: NumberRange,
    limit: int,
    expected: list[int],
    indexed: Session,
) -> None:
    """All clauses, of each an alternative with all its terms; a clause without any matches nothing."""
    assert search.newest(indexed, clauses, number_range, limit) == expected


@pytest.mark.parametrize(
    ("number_range", "inside", "outside"),
    [
        (NumberRange(), [0, 99], []),
        (NumberRange(first=5), [5, 6], [4]),
        (NumberRange(below=5), [0, 4], [5, 6]),
        (NumberRange(first=5, below=7), [5, 6], [4, 7]),
    ],
)
def test_range_has_its_first_number_and_not_its_end(
    number_range: NumberRange, inside: list[int], outside: list[int]
) -> None:
    """An end that is not given limits nothing."""
    assert all(map(number_range.contains, inside))
    assert not any(map(number_range.contains, outside))


def test_changes_of_the_transaction_are_searched(session: Session) -> None:
    """What was added but not written yet is found."""
    ticket = make_ticket(comments="卡顿")
    session.add(ticket)
    assert search.newest(session, [LOSS], NumberRange(), 9) == [ticket.number]
