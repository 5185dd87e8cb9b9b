"""Commands to the room of a ticket's call: permissions, options and enqueueing.

They are executed by bot/services/call_control/jobs.py.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from bot.call import Side
from bot.call_control import RoomAction
from bot.errors import CloudError, ConflictError
from bot.i18n.messages import Message, message
from bot.ports import Cloud, Occupancy, RoomControl, SupportsOccupancy, SupportsRoomControl
from bot.services.context import Context
from bot.services.tickets.access import find_for_support
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.admin import audit_log
from bot.store.admin.audit_log import AuditEntry
from bot.store.call_control import recordings, room_commands
from bot.store.call_control.recordings import Recording
from bot.store.call_control.room_commands import RoomCommand
from bot.store.tickets import tickets
from bot.ticket import Status, Ticket

ROOM_COMMAND: Final = "room_action"
RECORD: Final = "record"
STATE: Final = "record_state"
FILE: Final = "record_file"
_OVER: Final = message("The call has ended: there is nothing left to manage.")
_EMPTY: Final = message("Nobody is in the channel now: the class is over, or has not begun.")


class CallControlAction(StrEnum):
    """The actions in the menu of a ticket's room."""

    REMOVE_STUDENT = "remove_student"
    REMOVE_TEACHER = "remove_teacher"
    DISMISS = "dismiss"
    RECORD = "record"
    STOP_RECORDING = "stop_recording"
    REVEAL = "reveal"


@dataclass(frozen=True, slots=True)
class RoomView:
    """The content of the call control modal.

    `occupancy` is None until it is fetched, and when that fails: then `failure` is the reason.
    `needs_rule`: it could be recorded if HUAWEI_RECORD_RULES named a rule for the app.
    """

    ticket: Ticket
    choices: tuple[CallControlAction, ...]
    recording: Recording | None = None
    occupancy: Occupancy | None = None
    failure: Message | None = None
    needs_rule: bool = False


@dataclass(frozen=True, slots=True)
class CallControlRequest:
    """A confirmed action. `origin` is the submitted Slack view: one view creates one command."""

    team: str
    number: int
    person: str
    choice: CallControlAction
    origin: str
    side: Side = Side.TEACHER


class CallControlService:
    """Offers and accepts commands to rooms."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def supports_control(self, ticket: Ticket) -> bool:
        """Return whether the ticket's cloud has room control."""
        return self._control(ticket) is not None

    def supports_occupancy(self, ticket: Ticket) -> bool:
        """Return whether the occupancy of the room is fetched; not for resolved tickets."""
        return ticket.status is not Status.RESOLVED and self._watcher(ticket) is not None

    def has_menu(self, ticket: Ticket) -> bool:
        """Return whether the ticket's card has a call control menu."""
        return self._context.settings.mask_uids or self.supports_occupancy(ticket)

    async def load(self, team: str, number: int, person: str) -> RoomView:
        """Return the options without the occupancy; NotAllowedError for non-support."""
        ticket = await find_for_support(self._context, team, number, person)
        active_recording = await self._context.store.read(
            lambda session: recordings.find_active(session, ticket.id)
        )
        choices = self._choices(ticket, active_recording)
        if not choices:
            _reject_resolved(ticket)
        return RoomView(
            ticket=ticket,
            choices=choices,
            recording=active_recording,
            needs_rule=self._needs_rule(ticket),
        )

    def _needs_rule(self, ticket: Ticket) -> bool:
        is_open = ticket.status is not Status.RESOLVED
        return is_open and self._can_record(ticket) and not self._rule(ticket)

    async def fetch_occupancy(self, room_view: RoomView) -> RoomView:
        """Add the room's occupancy, or the reason why it could not be fetched."""
        watcher = self._watcher(room_view.ticket)
        if watcher is None:
            return room_view
        try:
            occupancy = await watcher.occupancy(room_view.ticket.app, room_view.ticket.cname)
        except CloudError as error:
            return replace(room_view, failure=error.user_message)
        if occupancy is None:
            allowed = (CallControlAction.STOP_RECORDING, CallControlAction.REVEAL)
            choices = tuple(choice for choice in room_view.choices if choice in allowed)
            failure = _OVER if self.supports_control(room_view.ticket) else _EMPTY
            return replace(room_view, choices=choices, failure=failure)
        return replace(room_view, occupancy=occupancy)

    def _choices(
        self, ticket: Ticket, active_recording: Recording | None
    ) -> tuple[CallControlAction, ...]:
        """Return the possible actions; for a resolved ticket only to stop and to reveal."""
        choices: list[CallControlAction] = []
        is_open = ticket.status is not Status.RESOLVED
        if is_open and self._can_moderate(ticket):
            choices += (
                CallControlAction.REMOVE_STUDENT,
                CallControlAction.REMOVE_TEACHER,
                CallControlAction.DISMISS,
            )
        if active_recording is not None:
            choices.append(CallControlAction.STOP_RECORDING)
        elif is_open and self._can_record(ticket) and self._rule(ticket):
            choices.append(CallControlAction.RECORD)
        if self._context.settings.mask_uids:
            choices.append(CallControlAction.REVEAL)
        return tuple(choices)

    async def submit(self, request: CallControlRequest) -> None:
        """Enqueue a confirmed command. Raises ConflictError when it is not possible any more."""
        await self._context.require_support(request.team, request.person)
        now = self._context.clock.now()

        def work(session: Session) -> None:
            ticket = tickets.lock(session, request.number, request.team)
            if not self._is_duplicate(session, request):
                if request.choice is not CallControlAction.STOP_RECORDING:
                    _reject_resolved(ticket)
                self._create_command(session, request, ticket, now)

        await self._context.commit(work)

    def _is_duplicate(self, session: Session, request: CallControlRequest) -> bool:
        commanded = room_commands.find_by_origin(session, request.team, request.origin)
        recorded = recordings.find_by_origin(session, request.team, request.origin)
        return commanded is not None or recorded is not None

    def _create_command(
        self, session: Session, request: CallControlRequest, ticket: Ticket, now: dt.datetime
    ) -> None:
        active_recording = recordings.find_active(session, ticket.id)
        if request.choice is CallControlAction.STOP_RECORDING and active_recording is None:
            raise ConflictError(message("This call is no longer being recorded."))
        if request.choice not in self._choices(ticket, active_recording):
            raise ConflictError(message("This can no longer be done here."))
        match request.choice:
            case CallControlAction.RECORD:
                detail = _begin_recording(session, request, ticket, now)
            case CallControlAction.STOP_RECORDING if active_recording is not None:
                detail = _stop_recording(session, request, active_recording, now)
            case _:
                detail = _create_room_command(session, request, ticket, now)
        audit_log.add_entry(session, _entry(request, detail, now))

    async def reveal(self, request: CallControlRequest) -> Ticket:
        """Return a ticket with full uids to support, and write an audit entry."""
        ticket = await find_for_support(self._context, request.team, request.number, request.person)
        now = self._context.clock.now()
        await self._context.store.transact(
            lambda session: audit_log.add_entry(session, _entry(request, {}, now))
        )
        return ticket

    def _clouds(self, ticket: Ticket) -> Mapping[str, Cloud]:
        return self._context.clouds_of(ticket.team)

    def _control(self, ticket: Ticket) -> RoomControl | None:
        return room_control_of(self._clouds(ticket).get(ticket.app))

    def _watcher(self, ticket: Ticket) -> SupportsOccupancy | None:
        return watcher_of(self._clouds(ticket).get(ticket.app))

    def _can_moderate(self, ticket: Ticket) -> bool:
        return self.supports_control(ticket) and self._clouds(ticket)[ticket.app].capabilities.rooms

    def _can_record(self, ticket: Ticket) -> bool:
        return (
            self.supports_control(ticket)
            and self._clouds(ticket)[ticket.app].capabilities.recording
        )

    def _rule(self, ticket: Ticket) -> str:
        return self._context.settings.huawei_record_rules.get(ticket.app, "")


def room_control_of(cloud: object) -> RoomControl | None:
    """Return a cloud's room control, None when it has none."""
    return cloud.control if isinstance(cloud, SupportsRoomControl) else None


def watcher_of(cloud: object) -> SupportsOccupancy | None:
    """Return what fetches the occupancy of a cloud's rooms, None when nothing does."""
    return room_control_of(cloud) or (cloud if isinstance(cloud, SupportsOccupancy) else None)


def _create_room_command(
    session: Session, request: CallControlRequest, ticket: Ticket, now: dt.datetime
) -> dict[str, Any]:
    action = RoomAction(request.choice.value)
    uid = {
        RoomAction.REMOVE_STUDENT: ticket.student_uid,
        RoomAction.REMOVE_TEACHER: ticket.teacher_uid,
        RoomAction.DISMISS: "",
    }[action]
    row = RoomCommand(
        team=request.team,
        origin=request.origin,
        ticket=ticket.id,
        person=request.person,
        action=action,
        uid=uid,
        requested_at=now,
    )
    session.add(row)
    session.flush()
    store_jobs.enqueue(
        session, f"{ROOM_COMMAND}:{row.id}", ROOM_COMMAND, row.id, ticket=ticket.id, due_at=now
    )
    return {"app": ticket.app, "cname": ticket.cname, "uid": uid}


def _begin_recording(
    session: Session, request: CallControlRequest, ticket: Ticket, now: dt.datetime
) -> dict[str, Any]:
    uid = ticket.report.uid_of(request.side)
    row = Recording(
        team=request.team,
        origin=request.origin,
        ticket=ticket.id,
        app=ticket.app,
        cname=ticket.cname,
        side=request.side,
        uid=uid,
        person=request.person,
        requested_at=now,
    )
    session.add(row)
    session.flush()
    store_jobs.enqueue(session, f"{RECORD}:{row.id}", RECORD, row.id, ticket=ticket.id, due_at=now)
    return {"app": ticket.app, "cname": ticket.cname, "uid": uid, "recording": row.id}


def _stop_recording(
    session: Session, request: CallControlRequest, active_recording: Recording, now: dt.datetime
) -> dict[str, Any]:
    if active_recording.stop_requested_at is None:
        active_recording.stop_requested_at, active_recording.stop_requested_by = now, request.person
        active_recording.poll_count = 0
    kind = STATE if active_recording.job_id else RECORD
    name = f"{kind}:{active_recording.id}"
    number = active_recording.id
    store_jobs.enqueue(session, name, kind, number, ticket=active_recording.ticket, due_at=now)
    return {
        "app": active_recording.app,
        "cname": active_recording.cname,
        "recording": active_recording.id,
    }


def _entry(request: CallControlRequest, detail: dict[str, Any], now: dt.datetime) -> AuditEntry:
    return AuditEntry(
        team=request.team,
        person=request.person,
        action=f"room.{request.choice.value}",
        ticket=request.number,
        origin=request.origin,
        detail=detail,
        at=now,
    )


def _reject_resolved(ticket: Ticket) -> None:
    if ticket.status is Status.RESOLVED:
        raise ConflictError(message("%(ticket)s is already resolved.", ticket=ticket.label))
