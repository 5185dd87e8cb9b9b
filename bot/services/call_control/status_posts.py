"""Telling the thread what became of orders and recordings: one post each, edited as it changes."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final, Protocol

from bot.errors import SpeakGoneError
from bot.ports import Posted
from bot.services.tickets.service import Desk
from bot.store import Session, models
from bot.store.call_control.recordings import RecordedFile, Recording
from bot.store.call_control.room_commands import RoomOrder
from bot.store.tickets import tickets
from bot.ticket import Ticket

log = logging.getLogger(__name__)
Fact = RoomOrder | Recording | RecordedFile
_SEARCH_BEFORE: Final = dt.timedelta(seconds=30)  # Slack's clock and ours may differ


class RoomNotes(Protocol):
    """The ticket's thread, as these duties see it. Every method raises SpeakError only."""

    async def post(self, ticket: Ticket, fact: Fact, key: str) -> Posted:
        """Post a fact in the ticket's thread."""

    async def update(self, ticket: Ticket, fact: Fact, ts: str) -> None:
        """Edit the post of a fact."""

    async def find(self, ticket: Ticket, key: str, since: dt.datetime) -> Posted | None:
        """Look for a post with this key that may have arrived without an answer."""


class Teller:
    """Keeps one post for each order and recording, and posts each file once."""

    def __init__(self, desk: Desk, notes: RoomNotes) -> None:
        self._desk = desk
        self._notes = notes

    async def ticket(self, duty: models.Duty) -> Ticket:
        """The ticket a duty belongs to."""
        number = duty.ticket or 0
        return await self._desk.store.read(lambda session: tickets.find(session, number))

    async def show(self, duty: models.Duty, row: RoomOrder | Recording) -> None:
        """Post how an order or a recording stands, or edit its post."""
        ticket = await self.ticket(duty)
        if row.note_ts:
            try:
                await self._notes.update(ticket, row, row.note_ts)
            except SpeakGoneError:
                log.info("a note of %s is gone; posting it anew", ticket.label)
            else:
                return
        key = f"{'record' if isinstance(row, Recording) else 'room_action'}:{row.id}"
        found = await self._find(duty, ticket, key, row.asked_at)
        posted = found or await self._notes.post(ticket, row, key)
        await self._desk.store.transact(lambda session: _keep(session, row, posted.ts))
        if found is not None:
            await self._notes.update(ticket, row, posted.ts)

    async def post_file(self, duty: models.Duty, file: RecordedFile) -> None:
        """Post a finished file, once."""
        ticket = await self.ticket(duty)
        if await self._find(duty, ticket, duty.name, file.at) is None:
            await self._notes.post(ticket, file, duty.name)

    async def _find(
        self, duty: models.Duty, ticket: Ticket, key: str, at: dt.datetime
    ) -> Posted | None:
        if duty.attempt <= 1:
            return None
        return await self._notes.find(ticket, key, at - _SEARCH_BEFORE)


def _keep(session: Session, row: RoomOrder | Recording, ts: str) -> None:
    stored = session.get(type(row), row.id)
    if stored is not None:
        stored.note_ts = row.note_ts = ts
        session.add(stored)
