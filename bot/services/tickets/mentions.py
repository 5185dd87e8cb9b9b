"""Replies with a ticket's status to messages that name it, once."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bot.errors import NotAllowedError, SlackAccessLostError
from bot.jobs.run import Queue, Run, job
from bot.ports import Destination, MessageRef
from bot.services.context import Context
from bot.services.publishing import Publisher
from bot.services.tickets.access import find_visible
from bot.services.tickets.enqueue import channel_partition
from bot.services.tickets.ticket_names import CardLink, parse_ticket_names
from bot.store import Session, models
from bot.store import jobs as store_jobs
from bot.store.tickets import mentions, tickets
from bot.ticket import Ticket

log = logging.getLogger(__name__)

REPLY: Final = "mention"
MAX_REPLIED: Final = 3  # a message that names more is a list
MAX_READ: Final = 20
REPEAT_INTERVAL: Final = dt.timedelta(hours=1)  # in one thread
REPLY_TIMEOUT: Final = dt.timedelta(minutes=10)  # later, it is of no use


@dataclass(frozen=True, slots=True)
class ChannelMessage:
    """A message in a channel; `thread_ts` is its own `ts` outside a thread."""

    team: str
    channel: str
    ts: str
    thread_ts: str
    person: str
    text: str


class MentionReplies(Protocol):
    """Posts replies to messages that name tickets."""

    async def post_status(
        self, thread: Destination, named_tickets: Sequence[Ticket], run: Run
    ) -> MessageRef:
        """Post the status of these tickets in the message's thread. Raises SlackError."""


class MentionService:
    """Finds tickets named in messages."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def handle_message(self, message: ChannelMessage) -> None:
        """Enqueue a reply about the tickets a message names, if its author may see them.

        The same message again enqueues nothing, an edit only what it adds.
        """
        names = parse_ticket_names(message.text)[:MAX_READ]
        if not names:
            return
        named = await self._context.store.read(lambda session: _named(session, message, names))
        numbers = [each.id for each in named if await self._may_see(message, each.id)][:MAX_REPLIED]
        if numbers:
            now = self._context.clock.now()
            await self._context.commit(lambda session: _enqueue(session, message, numbers, now))

    async def _may_see(self, message: ChannelMessage, number: int) -> bool:
        try:
            await find_visible(self._context, message.team, number, message.person)
        except NotAllowedError:
            return False
        return True


class MentionJobs:
    """Posts the replies."""

    def __init__(self, context: Context, publisher: Publisher, posts: MentionReplies) -> None:
        self._context = context
        self._publisher = publisher
        self._posts = posts

    @job(REPLY, Queue.MESSAGES)
    async def post_status(
        self, run: Run, team: str, channel: str, ts: str, numbers: Sequence[int]
    ) -> None:
        """Post the status of tickets in the thread of the message that names them."""
        mention, named_tickets = await self._context.store.read(
            lambda session: _read(session, (team, channel, ts), numbers)
        )
        if mention is None or not named_tickets:
            return
        if self._context.clock.now() > mention.at + REPLY_TIMEOUT:
            return
        where = Destination(team, channel, mention.thread_ts)
        try:
            await self._publisher.publish_once(
                run,
                where,
                mention.at,
                lambda: self._posts.post_status(where, named_tickets, run),
            )
        except SlackAccessLostError as error:  # no access, or the message is deleted
            log.info("no reply to a message that names tickets: %s", error)


def _named(
    session: Session, message: ChannelMessage, names: Sequence[int | CardLink]
) -> list[Ticket]:
    """Find the tickets that are named, without the one whose thread this is."""
    named_tickets: dict[int, Ticket] = {}
    for name in names:
        ticket = _look_up(session, message.team, name)
        if ticket is not None and (message.channel, message.thread_ts) != _thread_of(ticket):
            named_tickets.setdefault(ticket.id, ticket)
    return list(named_tickets.values())


def _thread_of(ticket: Ticket) -> tuple[str, str]:
    return ticket.thread.channel, ticket.thread.card_ts


def _look_up(session: Session, team: str, name: int | CardLink) -> Ticket | None:
    if isinstance(name, CardLink):
        return tickets.find_by_thread(session, team, name.channel, name.ts)
    ticket = session.get(Ticket, name)
    return ticket if ticket is not None and ticket.team == team else None


def _enqueue(
    session: Session, message: ChannelMessage, numbers: list[int], now: dt.datetime
) -> None:
    """Enqueue the tickets without a recent reply in this thread."""
    thread_key = (message.team, message.channel, message.thread_ts)
    recent = mentions.list_in_thread(session, *thread_key, now - REPEAT_INTERVAL)
    replied = {number for mention in recent for number in mention.ticket_numbers}
    mention = models.Mention(
        team=message.team,
        channel=message.channel,
        ts=message.ts,
        thread_ts=message.thread_ts,
        person=message.person,
        ticket_numbers=[number for number in numbers if number not in replied],
        at=now,
    )
    new = mentions.save_mention(session, mention) if mention.ticket_numbers else []
    if new:
        number_list = "+".join(map(str, new))
        name = f"{REPLY}:{message.team}:{message.channel}:{message.ts}:{number_list}"
        arguments = (message.team, message.channel, message.ts, new)
        partition = channel_partition(message.team, message.channel)
        store_jobs.enqueue(session, name, REPLY, *arguments, partition=partition, due_at=now)


def _read(
    session: Session, key: tuple[str, str, str], numbers: Sequence[int]
) -> tuple[models.Mention | None, list[Ticket]]:
    named_tickets = [session.get(Ticket, number) for number in numbers]
    return session.get(models.Mention, key), [
        ticket for ticket in named_tickets if ticket is not None
    ]
