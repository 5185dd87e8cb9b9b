"""Somebody names a ticket in a channel: its state is told in that message's thread, once."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bot.errors import NotAllowedError, SlackAccessLostError
from bot.ports import MessageRef
from bot.services.context import Context
from bot.services.prefill.ticket_names import CardLink, parse_ticket_names
from bot.services.tickets.access import find_visible
from bot.store import Session, models
from bot.store import jobs as store_jobs
from bot.store.tickets import mentions, tickets
from bot.ticket import Ticket

log = logging.getLogger(__name__)
JobHandler = Callable[[models.Job], Awaitable[dt.datetime | None]]

REPLY: Final = "mention"
MAX_REPLIED: Final = 3  # a message that names more is a list, and its writer knows them
MAX_READ: Final = 20
REPEAT_INTERVAL: Final = dt.timedelta(hours=1)  # in one thread
REPLY_TIMEOUT: Final = dt.timedelta(minutes=10)  # later, nobody reads it
_SEARCH_MARGIN: Final = dt.timedelta(seconds=30)  # Slack's clock and ours may differ


@dataclass(frozen=True, slots=True)
class ChannelMessage:
    """What somebody wrote in a channel; `thread_ts` is its own `ts` outside a thread."""

    team: str
    channel: str
    ts: str
    thread_ts: str
    person: str
    text: str


class MentionReplies(Protocol):
    """A channel, as this duty sees it. Every method raises SpeakError only."""

    async def post_status(
        self, mention: models.Mention, named_tickets: Sequence[Ticket], key: str
    ) -> MessageRef:
        """Tell the state of these tickets in the mention's thread."""

    async def find(
        self, mention: models.Mention, key: str, since: dt.datetime
    ) -> MessageRef | None:
        """Look there for a post with this key that may have arrived without an answer."""


class MentionService:
    """Hears what people write."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def handle_message(self, message: ChannelMessage) -> None:
        """Owe the state of the tickets a message names, to whoever may see them.

        The same message heard again owes nothing; an edit owes what it adds.
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
    """Tells what is owed."""

    def __init__(self, context: Context, posts: MentionReplies) -> None:
        self._context = context
        self._posts = posts

    @property
    def job_handlers(self) -> Mapping[str, JobHandler]:
        """Which carrier carries out which kind of duty."""
        return {REPLY: self.post_status}

    async def post_status(self, job: models.Job) -> None:
        """Tell the state of tickets in the thread of the message that names them."""
        _, team, channel, ts, number_list = job.name.split(":")
        mention, named_tickets = await self._context.store.read(
            lambda session: _read(session, (team, channel, ts), number_list)
        )
        if (
            mention is None
            or not named_tickets
            or self._context.clock.now() > mention.at + REPLY_TIMEOUT
        ):
            return
        try:
            existing = None
            if job.attempt > 1:
                since = mention.at - _SEARCH_MARGIN
                existing = await self._posts.find(mention, job.name, since)
            posted = existing or await self._posts.post_status(mention, named_tickets, job.name)
        except SlackAccessLostError as error:  # Lagdesk may not write here, or the message is gone
            log.info("a ticket that was named is not told: %s", error)
            return
        await self._context.store.transact(
            lambda session: _note_answer(session, (team, channel, ts), posted)
        )


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
    return ticket.channel, ticket.card_ts


def _look_up(session: Session, team: str, name: int | CardLink) -> Ticket | None:
    if isinstance(name, CardLink):
        return tickets.find_by_thread(session, team, name.channel, name.ts)
    ticket = session.get(Ticket, name)
    return ticket if ticket is not None and ticket.team == team else None


def _enqueue(
    session: Session, message: ChannelMessage, numbers: list[int], now: dt.datetime
) -> None:
    """Owe the tickets that were not told in this thread lately."""
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
        store_jobs.enqueue(session, name, REPLY, due_at=now)


def _read(
    session: Session, key: tuple[str, str, str], number_list: str
) -> tuple[models.Mention | None, list[Ticket]]:
    named_tickets = [session.get(Ticket, int(number)) for number in number_list.split("+")]
    return session.get(models.Mention, key), [
        ticket for ticket in named_tickets if ticket is not None
    ]


def _note_answer(session: Session, key: tuple[str, str, str], posted: MessageRef) -> None:
    mention = session.get(models.Mention, key)
    if mention is not None:
        mention.reply_ts = posted.ts
        session.add(mention)
