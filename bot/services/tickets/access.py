"""Reading one ticket, for those who may see it; who may change one."""

from __future__ import annotations

from bot.errors import NotAllowedError
from bot.i18n.messages import Message, message
from bot.services.context import Context
from bot.store import Session
from bot.store.tickets import tickets
from bot.ticket import Ticket


def require_right(
    context: Context,
    ticket: Ticket,
    person: str,
    *,
    is_support: bool | None,
    or_reporter: bool = False,
    only_reporter: Message | None = None,
) -> None:
    """Raise NotAllowedError for a person who may not change a ticket.

    Support may, with `or_reporter` its reporter, too; with `only_reporter`, which is what others
    read, nobody else. Raises SlackUnreachableError while nobody knows who is support.
    """
    is_reporter = person == ticket.reporter
    if only_reporter is not None:
        if not is_reporter:
            raise NotAllowedError(only_reporter)
    elif not is_support and not (or_reporter and is_reporter):
        raise context.refusal(ticket.team, is_support=is_support)


async def find_for_support(context: Context, team: str, number: int, person: str) -> Ticket:
    """Return a ticket to a person who may act on it; NotAllowedError for others."""
    await context.require_support(team, person)
    return await context.store.read(lambda session: tickets.find(session, number, team))


async def find_correctable(context: Context, team: str, number: int, person: str) -> Ticket:
    """Return a ticket to support or to its reporter, who may correct it; else NotAllowedError."""
    ticket = await context.store.read(lambda session: tickets.find(session, number, team))
    if person != ticket.reporter:
        await context.require_support(team, person)
    return ticket


async def find_visible(context: Context, team: str, number: int, person: str) -> Ticket:
    """Return a ticket to support or to its reporter; NotAllowedError for others.

    The reporters of tickets that were merged into it count as its reporters.
    """

    def work(session: Session) -> tuple[Ticket, set[str]]:
        ticket = tickets.find(session, number, team)
        everybody = (ticket, *tickets.list_duplicates(session, number))
        return ticket, {each.reporter for each in everybody}

    ticket, reporters = await context.store.read(work)
    if person not in reporters:
        others = message("You can only see tickets you reported; support sees all.")
        await context.require_support(team, person, others)
    return ticket
