"""Somebody names a ticket in a channel: its state is told in that message's thread, once."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bot.errors import NotAllowedError, SpeakClosedError
from bot.ports import Posted
from bot.services.prefill.ticket_names import CardLink, read_names
from bot.services.tickets.service import Desk
from bot.store import Session, models
from bot.store import jobs as store_jobs
from bot.store.tickets import mentions, tickets
from bot.ticket import Ticket

log = logging.getLogger(__name__)
Carrier = Callable[[models.Duty], Awaitable[dt.datetime | None]]

TELL_STATE: Final = "mention"
MOST_TOLD: Final = 3  # a message that names more is a list, and its writer knows them
MOST_READ: Final = 20
NOT_AGAIN_FOR: Final = dt.timedelta(hours=1)  # in one thread
TOLD_WITHIN: Final = dt.timedelta(minutes=10)  # later, nobody reads it
_SEARCH_BEFORE: Final = dt.timedelta(seconds=30)  # Slack's clock and ours may differ


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody wrote in a channel; `thread_ts` is its own `ts` outside a thread."""

    team: str
    channel: str
    ts: str
    thread_ts: str
    person: str
    text: str


class MentionNotes(Protocol):
    """A channel, as this duty sees it. Every method raises SpeakError only."""

    async def tell(self, mention: models.Mention, found: Sequence[Ticket], key: str) -> Posted:
        """Tell the state of these tickets in the mention's thread."""

    async def find(self, mention: models.Mention, key: str, since: dt.datetime) -> Posted | None:
        """Look there for a post with this key that may have arrived without an answer."""


class Mentions:
    """Hears what people write."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def hear(self, heard: Heard) -> None:
        """Owe the state of the tickets a message names, to whoever may see them.

        The same message heard again owes nothing; an edit owes what it adds.
        """
        names = read_names(heard.text)[:MOST_READ]
        if not names:
            return
        named = await self._desk.store.read(lambda session: _named(session, heard, names))
        numbers = [each.id for each in named if await self._may_see(heard, each.id)][:MOST_TOLD]
        if numbers:
            now = self._desk.clock.now()
            await self._desk.store.transact(lambda session: _owe(session, heard, numbers, now))
            await self._desk.wake()

    async def _may_see(self, heard: Heard, number: int) -> bool:
        try:
            await self._desk.find_ticket(heard.team, number, heard.person)
        except NotAllowedError:
            return False
        return True


class MentionDuties:
    """Tells what is owed."""

    def __init__(self, desk: Desk, notes: MentionNotes) -> None:
        self._desk = desk
        self._notes = notes

    @property
    def table(self) -> Mapping[str, Carrier]:
        """Which carrier carries out which kind of duty."""
        return {TELL_STATE: self.tell}

    async def tell(self, duty: models.Duty) -> None:
        """Tell the state of tickets in the thread of the message that names them."""
        _, team, channel, ts, listed = duty.name.split(":")
        mention, found = await self._desk.store.read(
            lambda session: _read(session, (team, channel, ts), listed)
        )
        if mention is None or not found or self._desk.clock.now() > mention.at + TOLD_WITHIN:
            return
        try:
            known = None
            if duty.attempt > 1:
                since = mention.at - _SEARCH_BEFORE
                known = await self._notes.find(mention, duty.name, since)
            posted = known or await self._notes.tell(mention, found, duty.name)
        except SpeakClosedError as error:  # Lagdesk may not write here, or the message is gone
            log.info("a ticket that was named is not told: %s", error)
            return
        await self._desk.store.transact(
            lambda session: _note_answer(session, (team, channel, ts), posted)
        )


def _named(session: Session, heard: Heard, names: Sequence[int | CardLink]) -> list[Ticket]:
    """Find the tickets that are named, without the one whose thread this is."""
    found: dict[int, Ticket] = {}
    for name in names:
        ticket = _look_up(session, heard.team, name)
        if ticket is not None and (heard.channel, heard.thread_ts) != _thread_of(ticket):
            found.setdefault(ticket.id, ticket)
    return list(found.values())


def _thread_of(ticket: Ticket) -> tuple[str, str]:
    return ticket.channel, ticket.card_ts


def _look_up(session: Session, team: str, name: int | CardLink) -> Ticket | None:
    if isinstance(name, CardLink):
        return tickets.find_by_thread(session, team, name.channel, name.ts)
    ticket = session.get(Ticket, name)
    return ticket if ticket is not None and ticket.team == team else None


def _owe(session: Session, heard: Heard, numbers: list[int], now: dt.datetime) -> None:
    """Owe the tickets that were not told in this thread lately."""
    place = (heard.team, heard.channel, heard.thread_ts)
    lately = mentions.told_in_thread(session, *place, now - NOT_AGAIN_FOR)
    told = {number for mention in lately for number in mention.numbers}
    mention = models.Mention(
        team=heard.team,
        channel=heard.channel,
        ts=heard.ts,
        thread_ts=heard.thread_ts,
        person=heard.person,
        numbers=[number for number in numbers if number not in told],
        at=now,
    )
    new = mentions.note(session, mention) if mention.numbers else []
    if new:
        listed = "+".join(map(str, new))
        name = f"{TELL_STATE}:{heard.team}:{heard.channel}:{heard.ts}:{listed}"
        store_jobs.owe(session, name, TELL_STATE, due_at=now)


def _read(
    session: Session, key: tuple[str, str, str], listed: str
) -> tuple[models.Mention | None, list[Ticket]]:
    found = [session.get(Ticket, int(number)) for number in listed.split("+")]
    return session.get(models.Mention, key), [ticket for ticket in found if ticket is not None]


def _note_answer(session: Session, key: tuple[str, str, str], posted: Posted) -> None:
    mention = session.get(models.Mention, key)
    if mention is not None:
        mention.answer_ts = posted.ts
        session.add(mention)
