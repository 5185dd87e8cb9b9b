"""The conversation with a reporter: between their private message and the ticket's thread.

Reporters need not join support's channel: what they reply to their message is posted in the thread,
and what support replies in the thread comes to them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, Protocol

from bot.jobs.run import Queue, Run, job
from bot.ports import Destination, MessageRef
from bot.services.context import Context
from bot.services.notifications.jobs import NotificationLog
from bot.services.notifications.rules import FILED, Notification
from bot.services.publishing import Publisher
from bot.services.tickets.replies import Reply
from bot.services.tickets.updates import find_ticket
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.notifications import sent
from bot.ticket import Status, Ticket

_TO_SUPPORT: Final = "relay_to_support"
_TO_REPORTER: Final = "relay_to_reporter"
_ASK_WHICH: Final = "ask_which_ticket"
MOST_ASKED: Final = 5  # tickets, of which a reporter is asked which one is meant
_CONFIRMED: Final = "relayed"  # the reporter knows who reads it, once a ticket
_MESSAGE_TIMEOUT: Final = dt.timedelta(days=1)  # later the reporter gets no message any more
_CARD_WAIT: Final = dt.timedelta(minutes=1)


def relay_to_support(session: Session, ticket: Ticket, reply: Reply, now: dt.datetime) -> None:
    """Enqueue posting a reporter's private reply in the ticket's thread."""
    _enqueue(session, _TO_SUPPORT, ticket, reply, now)


def relay_to_reporter(session: Session, ticket: Ticket, reply: Reply, now: dt.datetime) -> None:
    """Enqueue sending a reply in an unresolved ticket's thread to its reporter."""
    is_open = ticket.status is not Status.RESOLVED
    if is_open and reply.person != ticket.reporter and not ticket.is_automatic:
        _enqueue(session, _TO_REPORTER, ticket, reply, now)


def ask_which(
    session: Session, unresolved: Sequence[Ticket], reply: Reply, now: dt.datetime
) -> None:
    """Enqueue asking a reporter which of several tickets a private message is about."""
    name, numbers = f"{_ASK_WHICH}:{reply.channel}:{reply.ts}", [each.id for each in unresolved]
    store_jobs.enqueue(session, name, _ASK_WHICH, reply.ts, numbers, due_at=now)


def _enqueue(session: Session, kind: str, ticket: Ticket, reply: Reply, now: dt.datetime) -> None:
    name, arguments = f"{kind}:{ticket.label}:{reply.ts}", (ticket.id, reply.person, reply.text)
    store_jobs.enqueue(session, name, kind, *arguments, ticket=ticket.id, due_at=now)


class RelayPosts(Protocol):
    """Posts what is passed on. Every method raises SlackError only."""

    async def post_to_support(self, ticket: Ticket, text: str, run: Run) -> MessageRef:
        """Post a reporter's words in the ticket's thread, with uids masked."""

    async def post_to_reporter(
        self, ticket: Ticket, where: Destination, person: str, text: str, run: Run
    ) -> MessageRef:
        """Post a person's words under the reporter's message, with uids masked."""

    async def confirm_relay(self, ticket: Ticket, where: Destination, run: Run) -> MessageRef:
        """Say under the reporter's message who reads their replies."""

    async def ask_which(
        self, tickets: Sequence[Ticket], where: Destination, run: Run
    ) -> MessageRef:
        """Ask the reporter of tickets to reply under the message about one of them."""


class RelayJobs:
    """Passes replies on."""

    def __init__(self, context: Context, publisher: Publisher, posts: RelayPosts) -> None:
        self._context = context
        self._publisher = publisher
        self._posts = posts
        self._notification_log = NotificationLog(context, publisher)

    @job(_TO_SUPPORT, Queue.MESSAGES)
    async def to_support(self, run: Run, number: int, person: str, text: str) -> dt.datetime | None:
        """Post a reporter's reply in the thread, and say once that support reads it."""
        ticket = await find_ticket(self._context, number)
        now = self._context.clock.now()
        if not ticket.thread.card_ts:
            return now + _CARD_WAIT
        await self._publisher.publish_once(
            run,
            Destination.thread_of(ticket),
            ticket.created_at,
            lambda: self._posts.post_to_support(ticket, text, run),
        )
        where = await self._under_message(ticket)
        if where is not None:
            await self._notification_log.notify_once(
                run,
                ticket.team,
                Notification(ticket.id, _CONFIRMED, person),
                lambda: self._posts.confirm_relay(ticket, where, run),
            )
        return None

    @job(_TO_REPORTER, Queue.MESSAGES)
    async def to_reporter(
        self, run: Run, number: int, person: str, text: str
    ) -> dt.datetime | None:
        """Send what support replied in the thread, unless the reporter is support and reads it."""
        ticket, now = await find_ticket(self._context, number), self._context.clock.now()
        is_support = self._context.permissions.is_support
        if not await is_support(ticket.team, person):
            return None
        if await is_support(ticket.team, ticket.reporter):
            return None
        where = await self._under_message(ticket)
        if where is None:
            return now + _CARD_WAIT if now < ticket.created_at + _MESSAGE_TIMEOUT else None
        await self._publisher.publish_once(
            run,
            where,
            ticket.created_at,
            lambda: self._posts.post_to_reporter(ticket, where, person, text, run),
        )
        return None

    @job(_ASK_WHICH, Queue.MESSAGES)
    async def ask_which(self, run: Run, ts: str, numbers: Sequence[int]) -> None:
        """Ask a reporter which ticket the private message `ts` is about."""
        asked = [await find_ticket(self._context, number) for number in numbers]
        where = Destination(asked[0].team, person=asked[0].reporter)
        written_at = dt.datetime.fromtimestamp(float(ts), dt.UTC)
        await self._publisher.publish_once(
            run, where, written_at, lambda: self._posts.ask_which(asked, where, run)
        )

    async def _under_message(self, ticket: Ticket) -> Destination | None:
        """Return the thread of the reporter's message; None before it is sent."""
        rows = await self._context.store.read(
            lambda session: sent.list_sent(session, ticket.id, FILED)
        )
        return Destination(ticket.team, rows[0].channel, rows[0].ts) if rows else None
