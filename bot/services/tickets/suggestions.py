"""Which tickets are suggested while one to link or merge is chosen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from bot.errors import NotFoundError
from bot.services.tickets.query_parser import parse_tickets
from bot.store import Session
from bot.store.tickets import lists, tickets
from bot.store.tickets.lists import TicketQuery
from bot.ticket import Status, Ticket


def suggested_tickets(
    session: Session, ticket: Ticket, text: str, person: str, now: dt.datetime
) -> Iterator[Ticket]:
    """Yield the tickets a text names or describes, as in /tickets; some of them twice.

    For no text those about the same channel, then the unresolved ones.
    """
    everything = TicketQuery(team=ticket.team)
    if not text.strip():
        yield from lists.page(session, replace(everything, cname=ticket.cname)).tickets
        unresolved = replace(everything, statuses=(Status.OPEN, Status.CLAIMED))
        yield from lists.page(session, unresolved).tickets
        return
    arguments = parse_tickets(text)
    if arguments.number is None:
        yield from lists.page(session, arguments.query(ticket.team, person, now)).tickets
        return
    with suppress(NotFoundError):
        yield tickets.find(session, arguments.number, ticket.team)
    yield from lists.page(session, replace(everything, words=tuple(text.split()))).tickets
