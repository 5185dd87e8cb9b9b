"""The terms of tickets, and when they are written again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from bot.store import Session
from bot.store.models import ThreadReply
from bot.store.tickets import search, search_index
from bot.store.tickets.search import Clause, NumberRange
from tests.bot.store.factories import make_ticket, store_tickets


def matches(session: Session, *terms: str) -> list[int]:
    """The tickets that have all these terms."""
    return search.newest(session, [Clause((terms,))], NumberRange(), 99)


def reply(ticket: int, ts: str, words: str) -> ThreadReply:
    """A reply in a ticket's thread."""
    return ThreadReply(team="T1", channel="C1", ts=ts, ticket=ticket, person="U2", text=words)


def test_terms_of_a_ticket() -> None:
    """Its block, its fields unless they are empty, its texts and the replies in its thread."""
    ticket = make_ticket(comments="卡", resolution="ok", cause="network.loss", is_live=False)
    ticket.number = 16384
    assert search_index.ticket_terms(ticket, ["hi", "2"]) == {
        *("=b:1", "=team:t1", "=status:open", "=app:kids", "=cloud:agora", "=cname:class_1"),
        *("=cause:network.loss", "=reporter:u1", "=is_live:false"),
        *("cla", "clas", "class", "1", "_class_1", "卡", "ok", "hi", "2"),
    }


@pytest.mark.parametrize(("number", "block"), [(1, 0), (16383, 0), (16384, 1), (32768, 2)])
def test_neighbours_share_a_block(number: int, block: int) -> None:
    """Blocks of 2^14 numbers."""
    assert search_index.block_of(number) == block
    assert search_index.block_term(block) == f"=b:{block}"


@pytest.mark.parametrize(
    ("field", "value", "term"),
    [
        ("status", "claimed", "=status:claimed"),
        ("assignee", "U7", "=assignee:u7"),
        ("incident", 3, "=incident:3"),
        ("is_live", True, "=is_live:true"),
        ("resolved_cause", "network.jitter", "=resolved_cause:network.jitter"),
        ("comments", "花屏", "花屏"),
        ("resolution", "网线", "网线"),
    ],
)
def test_changed_field_is_indexed_again(
    field: str, value: Any, term: str, session: Session
) -> None:
    """In the transaction of the change; the ticket keeps its other terms and is there once."""
    ticket = make_ticket()
    (number,) = store_tickets(session, ticket)
    assert matches(session, term) == []
    setattr(ticket, field, value)
    session.add(ticket)
    session.flush()
    assert matches(session, term, "=team:t1", "class") == [number]
    setattr(ticket, field, make_ticket().model_dump()[field])
    session.flush()
    assert matches(session, term) == []
    assert matches(session, "=team:t1") == [number]


def test_replies_are_terms_of_their_ticket(session: Session) -> None:
    """Of all replies, until one is deleted."""
    number, other = store_tickets(session, make_ticket(), make_ticket())
    replies = [
        reply(number, "1.1", "router"),
        reply(number, "1.2", "cable"),
        reply(other, "2.1", "hub"),
    ]
    for each in replies:
        session.add(each)
        session.flush()
    assert matches(session, "router", "cable", "=team:t1") == [number]
    session.delete(replies[0])
    session.flush()
    assert matches(session, "router") == []
    assert matches(session, "cable") == [number]
    assert matches(session, "hub") == [other]


def test_other_changes_write_nothing(session: Session) -> None:
    """A change that no search asks for leaves the index as it is."""
    ticket = make_ticket()
    store_tickets(session, ticket)
    session.connection().execute(text("DELETE FROM ticket_search"))
    ticket.verdict, ticket.urgency = {"cause": "network.loss"}, 3
    session.add(ticket)
    session.flush()
    assert matches(session, "=team:t1") == []


def test_all_tickets_are_indexed_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every batch, in order; an index without tickets stays empty."""
    monkeypatch.setattr(search_index, "_BATCH_SIZE", 2)
    numbers = store_tickets(session, *(make_ticket() for _ in range(5)))
    session.add(reply(numbers[3], "1.1", "router"))
    session.flush()
    connection = session.connection()
    search_index.drop(connection)
    search_index.create(connection)
    assert matches(session, "=team:t1") == []
    search_index.index_all(connection)
    assert matches(session, "=team:t1") == numbers[::-1]
    assert matches(session, "router") == [numbers[3]]
