"""Telling the thread what became of orders and recordings: one post each, edited as it changes."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final, Protocol

from bot.errors import SlackMessageGoneError
from bot.ports import MessageRef
from bot.services.context import Context
from bot.store import Session, models
from bot.store.call_control.recordings import Recording, RecordingFile
from bot.store.call_control.room_commands import RoomCommand
from bot.store.tickets import tickets
from bot.ticket import Ticket

log = logging.getLogger(__name__)
ThreadItem = RoomCommand | Recording | RecordingFile
_SEARCH_MARGIN: Final = dt.timedelta(seconds=30)  # Slack's clock and ours may differ


class ThreadPosts(Protocol):
    """The ticket's thread, as these duties see it. Every method raises SpeakError only."""

    async def post(self, ticket: Ticket, item: ThreadItem, key: str) -> MessageRef:
        """Post a fact in the ticket's thread."""

    async def update(self, ticket: Ticket, item: ThreadItem, ts: str) -> None:
        """Edit the post of a fact."""

    async def find(self, ticket: Ticket, key: str, since: dt.datetime) -> MessageRef | None:
        """Look for a post with this key that may have arrived without an answer."""


class StatusPosts:
    """Keeps one post for each order and recording, and posts each file once."""

    def __init__(self, context: Context, posts: ThreadPosts) -> None:
        self._context = context
        self._posts = posts

    async def ticket(self, job: models.Job) -> Ticket:
        """The ticket a duty belongs to."""
        number = job.ticket or 0
        return await self._context.store.read(lambda session: tickets.find(session, number))

    async def post_or_update(self, job: models.Job, row: RoomCommand | Recording) -> None:
        """Post how an order or a recording stands, or edit its post."""
        ticket = await self.ticket(job)
        if row.status_ts:
            try:
                await self._posts.update(ticket, row, row.status_ts)
            except SlackMessageGoneError:
                log.info("a note of %s is gone; posting it anew", ticket.label)
            else:
                return
        key = f"{'record' if isinstance(row, Recording) else 'room_action'}:{row.id}"
        existing = await self._find(job, ticket, key, row.requested_at)
        posted = existing or await self._posts.post(ticket, row, key)
        await self._context.store.transact(lambda session: _save_ts(session, row, posted.ts))
        if existing is not None:
            await self._posts.update(ticket, row, posted.ts)

    async def post_file(self, job: models.Job, file: RecordingFile) -> None:
        """Post a finished file, once."""
        ticket = await self.ticket(job)
        if await self._find(job, ticket, job.name, file.at) is None:
            await self._posts.post(ticket, file, job.name)

    async def _find(
        self, job: models.Job, ticket: Ticket, key: str, at: dt.datetime
    ) -> MessageRef | None:
        if job.attempt <= 1:
            return None
        return await self._posts.find(ticket, key, at - _SEARCH_MARGIN)


def _save_ts(session: Session, row: RoomCommand | Recording, ts: str) -> None:
    stored = session.get(type(row), row.id)
    if stored is not None:
        stored.status_ts = row.status_ts = ts
        session.add(stored)
