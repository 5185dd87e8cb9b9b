"""Claims, links and replies that several processes store at the same moment."""

from __future__ import annotations

import asyncio
import datetime as dt
from functools import partial
from typing import Any, Final

from bot.call import Side
from bot.errors import ConflictError
from bot.services.tickets.replies import Reply, save_reply
from bot.store import Session, Store
from bot.store.tickets import tickets
from bot.ticket import Status, Ticket

NOON: Final = dt.datetime(2026, 11, 9, 12, tzinfo=dt.UTC)
TICKETS: Final = 5


def make_ticket(number: int) -> Ticket:
    """An open ticket."""
    fields: dict[str, Any] = {"created_at": NOON, "occurred_at": NOON, "cname": "room"}
    return Ticket(
        origin=f"V{number}",
        app="kids",
        cloud="agora",
        teacher_uid="1",
        student_uid="2",
        abnormal_side=Side.STUDENT,
        issue_type=3,
        reporter="U1",
        **fields,
    )


async def claim(store: Store, number: int, person: str) -> str:
    """Claim a ticket in one transaction; return its owner according to the answer."""

    def work(session: Session) -> None:
        ticket = tickets.lock(session, number)
        ticket.claim(person, NOON)
        session.add(ticket)

    try:
        await store.transact(work)
    except ConflictError as error:
        return str(error.user_message.params["person"])
    return person


async def test_one_claim_wins(shared_store: Store) -> None:
    """The losers get the winner's name; the ticket has one owner and one step."""
    await shared_store.transact(
        lambda session: session.add_all(make_ticket(number) for number in range(TICKETS))
    )
    pair = [Store(shared_store.url) for _ in range(2)]
    for number in range(1, TICKETS + 1):
        clicks = [claim(pair[each % 2], number, f"U{each}") for each in range(6)]
        async with asyncio.timeout(20):
            fields = set(await asyncio.gather(*clicks))
        ticket = await shared_store.read(partial(tickets.find, number=number))
        assert ({ticket.assignee}, Status.CLAIMED, 1) == (
            fields,
            ticket.status,
            len(ticket.history),
        )
    for store in pair:
        store.close()


async def test_links_made_from_both_ends(shared_store: Store) -> None:
    """Two people link the same two tickets from both ends at once, without a deadlock."""
    await shared_store.transact(
        lambda session: session.add_all(make_ticket(number) for number in range(2))
    )
    pair = [Store(shared_store.url) for _ in range(2)]

    def link(one: int, two: int) -> Any:
        def work(session: Session) -> None:
            tickets.lock(session, min(one, two))
            first, second = tickets.lock(session, one), tickets.lock(session, two)
            first.link(second, "U1", NOON)
            session.add_all([first, second])

        return work

    ends = [(1, 2), (2, 1)] * 4
    async with asyncio.timeout(20):
        await asyncio.gather(
            *(pair[index % 2].transact(link(*end)) for index, end in enumerate(ends))
        )
    links = await shared_store.read(
        lambda session: [tickets.find(session, number).related for number in (1, 2)]
    )
    assert links == [[2], [1]]
    for store in pair:
        store.close()


async def test_reply_saved_twice_at_once(shared_store: Store) -> None:
    """An event that comes to two processes at the same moment is no error."""

    def create(session: Session) -> None:
        ticket = make_ticket(1)
        ticket.thread.channel, ticket.thread.card_ts = "C1", "1.0"
        session.add(ticket)

    await shared_store.transact(create)
    pair = [Store(shared_store.url) for _ in range(2)]
    replies = [Reply("", "C1", "1.0", f"1.{number}", "U1", "better now") for number in range(1, 6)]
    async with asyncio.timeout(20):
        saved = await asyncio.gather(
            *(store.transact(partial(save_reply, reply=each)) for each in replies for store in pair)
        )
    assert sum(ticket is not None for ticket in saved) == len(replies)
    for store in pair:
        store.close()
