"""Private messages and notes about tickets, carried out: each is told once. Decides no words."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

from bot.errors import SpeakClosedError, SpeakError, SpeakGoneError, SpeakUnreachableError
from bot.ports import Posted
from bot.services.notifications.rules import NOTE, OFFER, OFFERED, RETELL, TELL, Step, Telling
from bot.services.tickets.service import Desk
from bot.store import Session, models
from bot.store.models import Notice
from bot.store.notifications import sent
from bot.store.preferences import preferences
from bot.store.tickets import tickets
from bot.ticket import Status, Ticket

log = logging.getLogger(__name__)
Carrier = Callable[[models.Duty], Awaitable[dt.datetime | None]]
Send = Callable[[], Awaitable[Posted]]

TOLD_WITHIN: Final = dt.timedelta(days=1)  # somebody whom Slack hides so long has left
_CARD_FIRST: Final = dt.timedelta(minutes=1)
_SEARCH_BEFORE: Final = dt.timedelta(seconds=30)  # Slack's clock and ours may differ
_OFFER_PAUSE: Final = dt.timedelta(minutes=10)  # several replies in a row want one offer


class Messenger(Protocol):
    """What is told about a ticket's life. Every method raises SpeakError only."""

    async def tell(self, ticket: Ticket, telling: Telling) -> Posted:
        """Tell somebody privately; the message carries the telling's name."""

    async def retell(self, ticket: Ticket, place: Posted, telling: Telling) -> None:
        """Edit what somebody was told, now that the ticket stands otherwise."""

    async def find_told(
        self, ticket: Ticket, person: str, key: str, since: dt.datetime
    ) -> Posted | None:
        """Look for a private message that may have arrived without an answer."""

    async def note(self, thread: Ticket, ticket: Ticket, step: Step, key: str) -> Posted:
        """Say in a ticket's thread what happened to it, or to another one."""

    async def find_note(self, thread: Ticket, key: str, since: dt.datetime) -> Posted | None:
        """Look for a note that may have arrived without an answer."""

    async def offer(self, ticket: Ticket, telling: Telling, *, in_thread: bool) -> Posted:
        """Offer to open the ticket again: in its thread, for one person's eyes only, or directly.

        What only one person sees stands nowhere: its `ts` is "".
        """


class Notebook:
    """What people were told privately, so that nothing is told twice."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def is_muted(self, ticket: Ticket, telling: Telling) -> bool:
        """Tell whether somebody does without this kind of message."""
        reader = await self._desk.store.read(
            lambda session: preferences.find_reader(session, ticket.team, telling.person)
        )
        return telling.kind in reader.muted

    async def begin(self, telling: Telling) -> tuple[Notice, bool]:
        """Note that something is being told, or find that it was; tells whether it is new."""
        now = self._desk.clock.now()

        def work(session: Session) -> tuple[Notice, bool]:
            key = (telling.ticket, telling.person, telling.kind, telling.occasion)
            known = session.get(Notice, key)
            if known is not None:
                return known, False
            notice = Notice(
                ticket=telling.ticket,
                person=telling.person,
                kind=telling.kind,
                key=telling.occasion,
                begun_at=now,
            )
            session.add(notice)
            return notice, True

        return await self._desk.store.transact(work)

    async def keep(self, notice: Notice, posted: Posted) -> None:
        """Note that it was told, and where it stands."""
        notice.channel, notice.ts = posted.channel, posted.ts
        notice.told_at = self._desk.clock.now()
        kept = Notice(**notice.model_dump())
        await self._desk.store.transact(lambda session: session.merge(kept))

    async def forget(self, notice: Notice) -> None:
        """It surely was not told."""

        def work(session: Session) -> None:
            key = (notice.ticket, notice.person, notice.kind, notice.key)
            session.delete(session.get_one(Notice, key))

        await self._desk.store.transact(work)

    async def tell_once(
        self,
        telling: Telling,
        send: Send,
        find: Callable[[dt.datetime], Awaitable[Posted | None]],
    ) -> None:
        """Tell something unless it was told; somebody who has left is given up after a day."""
        notice, is_new = await self.begin(telling)
        if notice.told_at is not None:
            return
        try:
            posted = None if is_new else await find(notice.begun_at - _SEARCH_BEFORE)
            await self.keep(notice, posted or await send())
        except SpeakClosedError as error:
            if self._desk.clock.now() < notice.begun_at + TOLD_WITHIN:
                raise
            log.info("%s cannot be told: %s", telling.name, error)


class TellingDuties:
    """One carrier for each kind of telling."""

    def __init__(self, desk: Desk, messenger: Messenger) -> None:
        self._desk = desk
        self._messenger = messenger
        self._notebook = Notebook(desk)

    @property
    def table(self) -> Mapping[str, Carrier]:
        """Which carrier carries out which kind of duty."""
        return {TELL: self.tell, RETELL: self.retell, NOTE: self.note, OFFER: self.offer}

    async def tell(self, duty: models.Duty) -> dt.datetime | None:
        """Tell somebody privately what happened, unless it is no longer so."""
        telling = Telling.read(duty.name)
        ticket = await self._ticket(telling.ticket)
        if not _still_holds(ticket, telling) or await self._notebook.is_muted(ticket, telling):
            return None
        await self._notebook.tell_once(
            telling,
            lambda: self._messenger.tell(ticket, telling),
            lambda since: self._messenger.find_told(ticket, telling.person, telling.name, since),
        )
        return None

    async def retell(self, duty: models.Duty) -> dt.datetime | None:
        """Edit what was told; a message that is gone needs no edit."""
        telling = Telling.read(duty.name)
        ticket = await self._ticket(telling.ticket)
        notice, _ = await self._notebook.begin(telling)
        if not notice.ts:
            return None
        try:
            await self._messenger.retell(ticket, Posted(notice.channel, notice.ts), telling)
        except (SpeakGoneError, SpeakClosedError) as error:
            log.info("%s stays as it is: %s", telling.name, error)
        return None

    async def note(self, duty: models.Duty) -> dt.datetime | None:
        """Say in a thread what happened."""
        _, _, label, place = duty.name.split(":")
        thread = await self._ticket(duty.ticket or 0)
        ticket = await self._ticket(int(label.removeprefix("LD-")))
        if not thread.card_ts:
            return self._desk.clock.now() + _CARD_FIRST
        step = ticket.steps[int(place)]
        at = dt.datetime.fromisoformat(step["at"])
        found = None
        if duty.attempt > 1:
            found = await self._messenger.find_note(thread, duty.name, at - _SEARCH_BEFORE)
        if found is None:
            await self._messenger.note(thread, ticket, step, duty.name)
        return None

    async def offer(self, duty: models.Duty) -> dt.datetime | None:
        """Offer to open a ticket again; what only one person sees cannot be looked for later."""
        ticket = await self._ticket(duty.ticket or 0)
        if ticket.status is not Status.RESOLVED:
            return None
        _, _, ts, *direct = duty.name.split(":")
        telling = Telling(ticket.id, OFFERED, ticket.reporter, ts)
        if await self._desk.store.read(lambda session: self._offered_lately(session, telling)):
            return None
        notice, is_new = await self._notebook.begin(telling)
        if not is_new:
            return None
        try:
            posted = await self._messenger.offer(ticket, telling, in_thread=not direct)
        except SpeakError as error:
            if not (isinstance(error, SpeakUnreachableError) and error.maybe_arrived):
                await self._notebook.forget(notice)
            if isinstance(error, SpeakClosedError):
                log.info("%s cannot be offered: %s", ticket.label, error)
                return None
            raise
        await self._notebook.keep(notice, posted)
        return None

    def _offered_lately(self, session: Session, telling: Telling) -> bool:
        newest = sent.newest(session, telling.ticket, telling.kind)
        now = self._desk.clock.now()
        return newest is not None and newest.begun_at > now - _OFFER_PAUSE

    async def _ticket(self, number: int) -> Ticket:
        return await self._desk.store.read(lambda session: tickets.find(session, number))


def _still_holds(ticket: Ticket, telling: Telling) -> bool:
    """Tell whether what is to be told is still so, when it comes late."""
    life = str(ticket.count_steps("reopened"))
    match telling.kind:
        case "claimed":
            return ticket.status is Status.CLAIMED and telling.occasion == life
        case "handed":
            return ticket.status is Status.CLAIMED and ticket.assignee == telling.person
        case "resolved":
            return ticket.status is Status.RESOLVED and telling.occasion == life
    return True
