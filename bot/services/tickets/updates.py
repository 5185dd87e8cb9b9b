"""Changing one ticket in a transaction of its own, from jobs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.jobs.run import Run
from bot.services.context import Context
from bot.services.tickets.enqueue import TicketJob, enqueue
from bot.store import Session
from bot.store.tickets import tickets
from bot.ticket import Ticket


async def find_ticket(context: Context, number: int) -> Ticket:
    """Return a ticket by its number."""
    return await context.store.read(lambda session: tickets.find(session, number))


async def update_ticket(
    run: Run,
    context: Context,
    ticket: Ticket,
    change: Callable[[Ticket], None],
    *job_kinds: TicketJob,
    is_last: bool = False,
) -> None:
    """Apply a change to the stored ticket and to `ticket`, and enqueue jobs of these kinds.

    With `is_last` the job is then done. Raises LeaseLostError when another worker has the job.
    """
    now = context.clock.now()

    def work(session: Session) -> None:
        stored = tickets.lock(session, ticket.id)
        change(stored)
        for kind in job_kinds:
            enqueue(session, stored, kind, now)

    await (run.end(context.store, work) if is_last else context.commit(run.fenced(work)))
    change(ticket)


async def fetch_permalink(
    run: Run, context: Context, ticket: Ticket, fetch: Callable[[Ticket], Awaitable[str]]
) -> None:
    """Store the permalink of the ticket's card unless it is known; optional, so never an error."""
    if not ticket.thread.card_ts or ticket.thread.permalink:
        return
    if permalink := await fetch(ticket):
        await update_ticket(run, context, ticket, permalink_change(ticket, permalink))


def permalink_change(ticket: Ticket, permalink: str) -> Callable[[Ticket], None]:
    """Return the change that stores the permalink of a card that is still the ticket's."""

    def change(stored: Ticket) -> None:
        if stored.thread.card_ts == ticket.thread.card_ts:
            stored.thread.permalink = permalink or stored.thread.permalink

    return change
