"""A person's earlier tickets."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store import Session
from bot.store.diagnosis import history
from tests.bot.store.factories import DAY, MOMENT, NOON, make_ticket, store_tickets

SINCE = NOON - 30 * DAY


@pytest.mark.parametrize(
    ("changes", "is_listed"),
    [
        ({"teacher_uid": "10001", "student_uid": "5"}, True),
        ({"teacher_uid": "5", "student_uid": "10001"}, True),
        ({"teacher_uid": "10001", "student_uid": "10001"}, True),
        ({"teacher_uid": "5", "student_uid": "6"}, False),
        ({"app": "adults"}, False),
        ({"team": "T2"}, False),
        ({"created_at": SINCE}, True),
        ({"created_at": SINCE - MOMENT}, False),
    ],
)
def test_tickets_of_a_person(*, changes: dict[str, Any], is_listed: bool, session: Session) -> None:
    """On either side, of workspace and app, since the moment itself; each once, but not itself."""
    present = make_ticket()
    number, _ = store_tickets(session, make_ticket(**changes), present)
    listed = history.list_for_participant(session, present, "10001", SINCE)
    assert [ticket.number for ticket in listed] == ([number] if is_listed else [])


def test_newest_fifty_of_a_person(session: Session) -> None:
    """In descending order, whichever side they were on."""
    sides = ({"student_uid": "7"}, {"teacher_uid": "7"})
    made = [make_ticket(**sides[n % 2]) for n in range(54)]
    numbers = store_tickets(session, *made)
    listed = history.list_for_participant(session, made[-2], "7", SINCE)
    assert [ticket.number for ticket in listed] == [numbers[-1], *numbers[-3:-52:-1]]
    assert len(listed) == 50


def test_fifty_of_one_side(session: Session) -> None:
    """A teacher's newest fifty tickets are the newest of all their tickets."""
    present = make_ticket(teacher_uid="5")
    _, *numbers = store_tickets(session, present, *(make_ticket() for _ in range(52)))
    listed = history.list_for_participant(session, present, "10001", SINCE)
    assert [ticket.number for ticket in listed] == numbers[:1:-1]
