"""Queries of single tickets, and of all in batches."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from bot.errors import NotFoundError
from bot.store import Session
from bot.store.tickets import tickets
from bot.ticket import Ticket
from tests.bot.store.factories import MINUTE, MOMENT, NOON, make_ticket, store_tickets


def test_origin_makes_one_ticket(session: Session) -> None:
    """A form delivered again returns the ticket it made; another team's form is another one."""
    first, is_new = tickets.get_or_create(session, make_ticket(origin="V"))
    assert is_new
    assert first.id
    again, is_new = tickets.get_or_create(session, make_ticket(origin="V", cname="other"))
    assert (again.id, again.cname, is_new) == (first.id, "class_1", False)
    _, is_new = tickets.get_or_create(session, make_ticket(origin="V", team="T2"))
    assert is_new
    assert tickets.find_by_origin(session, "T1", "V") == first
    assert tickets.find_by_origin(session, "T1", "W") is None


def test_transaction_runs_again(session: Session) -> None:
    """A ticket whose first transaction was rolled back is stored by the next one."""
    ticket = make_ticket(origin="V")
    tickets.get_or_create(session, ticket)
    session.rollback()
    session.connection().exec_driver_sql("BEGIN IMMEDIATE")  # else each statement is committed
    stored, is_new = tickets.get_or_create(session, ticket)
    assert is_new
    assert tickets.find(session, stored.id).thread is not None


def test_invalid_ticket_is_an_error(session: Session) -> None:
    """What violates another rule of the table is not taken for a second delivery."""
    with pytest.raises(IntegrityError):
        tickets.get_or_create(session, make_ticket(cname=None))


@pytest.mark.parametrize("query", [tickets.find, tickets.lock])
def test_ticket_is_found_by_its_number(query: Any, session: Session) -> None:
    """With a team only if it is that team's; NotFoundError names the ticket."""
    (number,) = store_tickets(session, make_ticket())
    assert query(session, number).id == number
    assert query(session, number, "T1").id == number
    for missing in ((number, "T2"), (number + 1, "T1"), (number + 1, None)):
        with pytest.raises(NotFoundError) as error:
            query(session, *missing)
        assert f"LD-{missing[0]}" in str(error.value.user_message)


@pytest.mark.parametrize(
    ("key", "is_found"),
    [
        (("T1", "C1", "1.0"), True),
        (("T2", "C1", "1.0"), False),
        (("T1", "C2", "1.0"), False),
        (("T1", "C1", "2.0"), False),
    ],
)
def test_ticket_of_a_thread(*, key: tuple[str, str, str], is_found: bool, session: Session) -> None:
    """The one whose card starts the thread."""
    ticket = make_ticket()
    ticket.thread.channel, ticket.thread.card_ts = "C1", "1.0"
    store_tickets(session, make_ticket(), ticket)
    assert (tickets.find_by_thread(session, *key) == ticket) is is_found


@pytest.mark.parametrize(
    ("since", "first"),
    [(NOON, 1), (NOON + MOMENT, 2), (NOON + MINUTE, 2), (NOON + MINUTE + MOMENT, None)],
)
def test_number_below_those_since_a_moment(
    since: dt.datetime, first: int | None, session: Session
) -> None:
    """A hundred below the first ticket's; above every ticket when there is none."""
    ages = (-MINUTE, dt.timedelta(0), MINUTE)
    numbers = store_tickets(session, *(make_ticket(created_at=NOON + age) for age in ages))
    expected = 2**31 - 101 if first is None else numbers[first] - 100
    assert tickets.number_before(session, since) == expected


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({}, True),
        ({"occurred_at": NOON + 10 * MINUTE}, True),
        ({"occurred_at": NOON - 11 * MINUTE}, False),
        ({"team": "T2"}, False),
        ({"app": "adults"}, False),
        ({"cname": "class_2"}, False),
        ({"teacher_uid": "10009"}, False),
        ({"student_uid": "20009"}, False),
        ({"duplicate_of": 3}, False),
    ],
)
def test_same_call(*, changes: dict[str, Any], is_same: bool, session: Session) -> None:
    """The others about the same people in the same channel, minutes apart, the first one first."""
    own = make_ticket(occurred_at=NOON)
    other, first, _, later = store_tickets(
        session,
        make_ticket(**{"occurred_at": NOON, **changes}),
        make_ticket(occurred_at=NOON),
        own,
        make_ticket(occurred_at=NOON),
    )
    found = [each.id for each in tickets.list_same_call(session, own)]
    assert found == ([other, first, later] if is_same else [first, later])


def test_ticket_is_no_duplicate_of_itself(session: Session) -> None:
    """Alone in its channel it has none."""
    own = make_ticket()
    store_tickets(session, own)
    assert tickets.list_same_call(session, own) == []


def test_merged_tickets(session: Session) -> None:
    """Those merged into others, or into none, do not count."""
    numbers = store_tickets(session, *(make_ticket(duplicate_of=into) for into in (7, 7, 8, None)))
    assert [ticket.id for ticket in tickets.list_duplicates(session, 7)] == numbers[:2]


@pytest.mark.parametrize(
    ("since", "skipped"), [(None, 0), (NOON, 0), (NOON + MOMENT, 1), (NOON + MINUTE, 1)]
)
def test_stream_of_all_tickets(
    since: dt.datetime | None, skipped: int, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oldest first, each once, whatever the batches; since the moment itself."""
    monkeypatch.setattr(tickets, "_BATCH_SIZE", 2)
    moments = (NOON, *(NOON + MINUTE for _ in range(4)))
    numbers = store_tickets(session, *(make_ticket(created_at=at) for at in moments))
    listed, last = [], 0
    while batch := tickets.list_after(session, last, since):
        listed += [ticket.id for ticket in batch]
        last = batch[-1].id
        assert len(batch) <= 2
    assert listed == numbers[skipped:]


def test_unindexed_conditions_must_all_hold(session: Session) -> None:
    """They filter as they would alone."""
    (number,) = store_tickets(session, make_ticket())
    for team, expected in (("T1", [number]), ("T2", [])):
        condition = tickets.unindexed(col(Ticket.number) == number, col(Ticket.team) == team)
        assert session.exec(select(Ticket.number).where(condition)).all() == expected
    assert session.exec(select(Ticket.number).where(tickets.unindexed())).all() == [number]
