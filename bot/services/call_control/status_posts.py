"""Posts about commands and recordings in a ticket's thread: one each, edited when it changes."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, replace
from typing import Protocol, Self

from bot.call import Side
from bot.call_control import RecordingState, RoomAction, RoomCommandState
from bot.errors import SlackMessageGoneError
from bot.i18n.messages import Message
from bot.i18n.serialization import load_message
from bot.jobs.run import Run
from bot.ports import Destination, MessageRef
from bot.services.context import Context
from bot.services.publishing import Publisher
from bot.store import Session
from bot.store.call_control.recordings import Recording, RecordingFile
from bot.store.call_control.room_commands import RoomCommand
from bot.store.tickets import tickets
from bot.ticket import Ticket

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CommandStatus:
    """The content of the post about a room command."""

    person: str
    action: RoomAction
    uid: str
    state: RoomCommandState
    reason: Message | None

    @classmethod
    def of(cls, row: RoomCommand) -> Self:
        """Copy the fields of a row."""
        return cls(row.person, row.action, row.uid, row.state, _reason(row))


@dataclass(frozen=True, slots=True)
class RecordingStatus:
    """The content of the post about a recording.

    `has_webhook`: whether finished files will be reported, None when that is unknown.
    """

    person: str
    side: Side
    uid: str
    cname: str
    state: RecordingState
    reason: Message | None
    requested_at: dt.datetime
    started_at: dt.datetime | None
    job_id: str
    stop_reason: str
    stop_requested_at: dt.datetime | None
    stop_requested_by: str
    has_webhook: bool | None

    @classmethod
    def of(cls, row: Recording) -> Self:
        """Copy the fields of a row."""
        return cls(
            person=row.person,
            side=row.side,
            uid=row.uid,
            cname=row.cname,
            state=row.state,
            reason=_reason(row),
            requested_at=row.requested_at,
            started_at=row.started_at,
            job_id=row.job_id,
            stop_reason=row.stop_reason,
            stop_requested_at=row.stop_requested_at,
            stop_requested_by=row.stop_requested_by,
            has_webhook=row.has_webhook,
        )


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """The content of the post about a finished file."""

    format: str
    location: str
    bucket: str
    path: str
    duration_s: int | None
    width: int | None
    height: int | None
    started_at: dt.datetime | None
    ended_at: dt.datetime | None

    @classmethod
    def of(cls, row: RecordingFile) -> Self:
        """Copy the fields of a row."""
        return cls(
            format=row.format,
            location=row.location,
            bucket=row.bucket,
            path=row.path,
            duration_s=row.duration_s,
            width=row.width,
            height=row.height,
            started_at=row.started_at,
            ended_at=row.ended_at,
        )


ThreadItem = CommandStatus | RecordingStatus | RecordedFile


class ThreadPosts(Protocol):
    """Posts in a ticket's thread. Every method raises SlackError only."""

    async def post(self, ticket: Ticket, item: ThreadItem, run: Run) -> MessageRef:
        """Post an item in the ticket's thread."""

    async def update(self, ticket: Ticket, item: ThreadItem, ts: str) -> None:
        """Edit the post of an item."""


class StatusPosts:
    """Keeps one post for each command and recording, and posts each file once."""

    def __init__(self, context: Context, publisher: Publisher, posts: ThreadPosts) -> None:
        self._context = context
        self._publisher = publisher
        self._posts = posts

    async def ticket(self, number: int) -> Ticket:
        """Return a ticket by its number."""
        return await self._context.store.read(lambda session: tickets.find(session, number))

    async def post_or_update(self, run: Run, row: RoomCommand | Recording) -> None:
        """Post the status of a command or a recording, or edit its post."""
        ticket, item = await self.ticket(row.ticket), _status(row)
        if row.status_ts:
            try:
                await self._posts.update(ticket, item, row.status_ts)
            except SlackMessageGoneError:
                log.info("a status post of %s is deleted; posting it again", ticket.label)
            else:
                return
        # several jobs post about one recording: the key names the recording
        key = f"{'record' if isinstance(row, Recording) else 'room_action'}:{row.id}"
        named = replace(run, key=key)
        posted, is_new = await self._publisher.publish_once(
            named,
            Destination.thread_of(ticket),
            row.requested_at,
            lambda: self._posts.post(ticket, item, named),
            gone_ts=row.status_ts,
        )
        await self._context.store.transact(lambda session: _save_ts(session, row, posted.ts))
        if not is_new:
            await self._posts.update(ticket, item, posted.ts)

    async def post_file(self, run: Run, row: RecordingFile) -> None:
        """Post a finished file, once."""
        ticket, file = await self.ticket(row.ticket), RecordedFile.of(row)
        where = Destination.thread_of(ticket)
        await self._publisher.publish_once(
            run, where, row.at, lambda: self._posts.post(ticket, file, run)
        )


def _status(row: RoomCommand | Recording) -> CommandStatus | RecordingStatus:
    return RecordingStatus.of(row) if isinstance(row, Recording) else CommandStatus.of(row)


def _reason(row: RoomCommand | Recording) -> Message | None:
    return load_message(row.reason) if row.reason else None


def _save_ts(session: Session, row: RoomCommand | Recording, ts: str) -> None:
    stored = session.get(type(row), row.id)
    if stored is not None:
        stored.status_ts = row.status_ts = ts
