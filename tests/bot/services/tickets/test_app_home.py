"""What a home's filters are read from, and where its pages begin."""

from __future__ import annotations

from typing import Any

import pytest

from bot.services.tickets.app_home import QueueFilter, _start_at
from bot.store.tickets.lists import TicketQuery


@pytest.mark.parametrize(
    ("expected", "stored"),
    [
        (QueueFilter(), {}),
        (QueueFilter(state="claimed", age="7d"), {"state": "claimed", "age": "7d"}),
        (QueueFilter(app="kids"), {"app": "kids", "state": "lost", "whose": 7, "more": "x"}),
        (QueueFilter(cause="network.loss"), {"cause": "network.loss", "age": None}),
    ],
)
def test_filters_are_read_from_stored_values(expected: QueueFilter, stored: dict[str, Any]) -> None:
    """An obsolete value leaves that filter open."""
    assert expected == QueueFilter.read(stored)


@pytest.mark.parametrize(
    ("before", "after", "position"),
    [
        (None, (2, 15), "2-15"),
        (None, (0, 15), "15"),
        (None, None, ""),
        (None, None, "2-15; DROP TABLE"),
        (None, None, "-1"),
        (None, None, "9" * 40),
    ],
)
def test_page_begins_where_the_last_ended(
    before: int | None, after: tuple[int, int] | None, position: str
) -> None:
    """An invalid position is the beginning of the list."""
    begun = _start_at(TicketQuery(team="T", order="urgency"), position)
    assert (before, after) == (begun.before, begun.after)


def test_newest_first_begins_below_a_number() -> None:
    """A list by age continues below the last number shown."""
    assert _start_at(TicketQuery(team="T"), "15").before == 15
