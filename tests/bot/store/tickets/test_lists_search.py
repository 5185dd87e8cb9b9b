"""Matches of the search index are checked against their rows, which know upper and lower case."""

from __future__ import annotations

import pytest

from bot.store import Session
from bot.store.tickets import lists
from bot.store.tickets.lists import TicketQuery
from tests.bot.store.factories import make_ticket, store_tickets


@pytest.mark.parametrize("size", [1, 2, 3, 9])
def test_rows_that_differ_are_left_out(size: int, session: Session) -> None:
    """The page is full nevertheless, each ticket is on it once, and the next one follows."""
    names = ["class_1", "CLASS_1", "class_1", "CLASS_1", "CLASS_1", "class_1", "Class_1"]
    numbers = store_tickets(session, *(make_ticket(cname=name) for name in names))
    expected = [numbers[5], numbers[2], numbers[0]]
    query = TicketQuery("T1", cname="class_1", app="kids")
    page = lists.page(session, query, size)
    assert [ticket.number for ticket in page.tickets] == expected[:size]
    assert page.before == (expected[size - 1] if size < len(expected) else None)
