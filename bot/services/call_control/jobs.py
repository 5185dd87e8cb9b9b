"""The jobs that send commands to rooms, at most once, and post their status."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Final

from bot.call_control import RoomAction, RoomCommandState
from bot.errors import CloudError, NotFoundError
from bot.i18n.messages import Message, message
from bot.i18n.serialization import dump_message
from bot.jobs.run import Queue, Run, job
from bot.ports import RoomControl
from bot.services.call_control.outcomes import classify_command_failure
from bot.services.call_control.service import ROOM_COMMAND, room_control_of
from bot.services.call_control.status_posts import StatusPosts
from bot.services.context import Context
from bot.store import Session
from bot.store.admin import audit_log
from bot.store.admin.audit_log import AuditEntry
from bot.store.call_control.room_commands import RoomCommand
from bot.ticket import Ticket

SEND_TIMEOUT: Final = dt.timedelta(minutes=2)  # later, other people may be in the room


class CallControlJobs:
    """Executes commands to rooms."""

    def __init__(self, context: Context, status_posts: StatusPosts) -> None:
        self._context = context
        self._status_posts = status_posts

    @job(ROOM_COMMAND, Queue.MESSAGES)
    async def act(self, run: Run, number: int) -> dt.datetime | None:
        """Execute a command to a room, then post its status."""
        command = await self._find_command(number)
        retry_at = None
        if command.state is RoomCommandState.PENDING:
            ticket = await self._status_posts.ticket(command.ticket)
            retry_at = await self._send(run, command, ticket)
        await self._status_posts.post_or_update(run, command)
        return retry_at

    async def _send(self, run: Run, command: RoomCommand, ticket: Ticket) -> dt.datetime | None:
        """Send the command, at most once as far as can be known; return when to try again."""
        now, until = self._context.clock.now(), command.requested_at + SEND_TIMEOUT
        control = room_control_of(self._context.clouds.get(ticket.app))
        if command.attempted_at is not None or control is None or now > until:
            was_interrupted = (
                command.attempted_at is not None
            )  # a worker died between sending and storing
            await self._save_outcome(
                command,
                RoomCommandState.UNCONFIRMED if was_interrupted else RoomCommandState.EXPIRED,
            )
            return None
        begin = partial(_apply, command=command, change=partial(_set_attempt, now=now))
        await self._context.store.transact(run.fenced(begin))
        try:
            await _execute(control, command, ticket)
        except CloudError as error:
            state, retry_at = classify_command_failure(error, self._context.clock.now(), until)
            await self._save_outcome(command, state, error.user_message)
            return retry_at
        await self._save_outcome(command, RoomCommandState.ACCEPTED)
        return None

    async def _save_outcome(
        self, command: RoomCommand, state: RoomCommandState, reason: Message | None = None
    ) -> None:
        reason_json = command.reason if reason is None else dump_message(reason)
        at = self._context.clock.now()

        def change(row: RoomCommand) -> None:
            row.state, row.reason, row.attempted_at = state, reason_json, None

        await self._change(command, change)
        if state is not RoomCommandState.PENDING:
            await self._context.store.transact(
                lambda s: audit_log.add_entry(s, _outcome(command, at))
            )

    async def _find_command(self, number: int) -> RoomCommand:
        command = await self._context.store.read(lambda session: session.get(RoomCommand, number))
        if command is None:
            raise NotFoundError(message("There is no such request."))
        return command

    async def _change(self, command: RoomCommand, change: Callable[[RoomCommand], None]) -> None:
        await self._context.store.transact(lambda session: _apply(session, command, change))


def _apply(session: Session, command: RoomCommand, change: Callable[[RoomCommand], None]) -> None:
    """Apply a change to the stored command and to `command`."""
    change(session.get_one(RoomCommand, command.id))
    change(command)


def _set_attempt(command: RoomCommand, now: dt.datetime) -> None:
    command.attempted_at = now


async def _execute(control: RoomControl, command: RoomCommand, ticket: Ticket) -> None:
    if command.action is RoomAction.DISMISS:
        await control.dismiss(ticket.app, ticket.cname)
    else:
        await control.remove_users(ticket.app, ticket.cname, [command.uid])


def _outcome(command: RoomCommand, at: dt.datetime) -> AuditEntry:
    return AuditEntry(
        team=command.team,
        person=command.person,
        action=f"room.{command.action}.{command.state}",
        ticket=command.ticket,
        origin=command.origin,
        detail={"order": command.id},
        at=at,
    )
