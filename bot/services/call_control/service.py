"""What support may do to the room of a ticket, and who is told of it. Asks a cloud one thing only.

What is ordered here is carried out by bot/services/call_control/jobs.py.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from bot.call import Side
from bot.errors import CloudError, ConflictError
from bot.i18n.messages import Message, message
from bot.ports import Occupancy, RoomControl, RoomKeeper, RoomWatcher
from bot.services.permissions import refuse
from bot.services.tickets.service import Desk
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.admin import audit_log
from bot.store.admin.audit_log import AuditEntry
from bot.store.call_control import recordings, room_commands
from bot.store.call_control.recordings import Recording
from bot.store.call_control.room_commands import RoomAct, RoomOrder
from bot.store.tickets import tickets
from bot.ticket import Status, Ticket

ACT: Final = "room_action"
RECORD: Final = "record"
STATE: Final = "record_state"
FILE: Final = "record_file"
_OVER: Final = message("The call has ended: there is nobody to act on.")
_EMPTY: Final = message("Nobody is in the channel now: the class is over, or has not begun.")


class Choice(StrEnum):
    """What the menu of a ticket's room offers."""

    REMOVE_STUDENT = "remove_student"
    REMOVE_TEACHER = "remove_teacher"
    DISMISS = "dismiss"
    RECORD = "record"
    STOP_RECORDING = "stop_recording"
    REVEAL = "reveal"


@dataclass(frozen=True, slots=True)
class RoomLook:
    """What somebody sees who is about to act on a room.

    `is_running` is None until the cloud was asked, or when it could not say: `failure` says why.
    `needs_rule`: it could be recorded if HUAWEI_RECORD_RULES named a rule for the app.
    """

    ticket: Ticket
    choices: tuple[Choice, ...]
    recording: Recording | None = None
    occupancy: Occupancy | None = None
    is_running: bool | None = None
    failure: Message | None = None
    needs_rule: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A confirmed choice. `origin` is the Slack view it came from: one view gives one order."""

    team: str
    number: int
    person: str
    choice: Choice
    origin: str
    side: Side = Side.TEACHER


class Rooms:
    """The desk's verbs about rooms."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def has_rooms(self, ticket: Ticket) -> bool:
        """Tell whether the ticket's cloud lets its rooms be acted on."""
        return self._control(ticket) is not None

    def tells_people(self, ticket: Ticket) -> bool:
        """Tell whether the ticket's cloud is asked who is in its room; not once it is resolved."""
        return ticket.status is not Status.RESOLVED and self._watcher(ticket) is not None

    def has_menu(self, ticket: Ticket) -> bool:
        """Tell whether the ticket's card offers anything beyond its own buttons."""
        return self._desk.settings.mask_uids or self.tells_people(ticket)

    async def open(self, team: str, number: int, person: str) -> RoomLook:
        """Show what can be done, before the cloud was asked; NotAllowedError for others."""
        ticket = await self._desk.may_act(team, number, person)
        going_on = await self._desk.store.read(
            lambda session: recordings.active_of(session, ticket.id)
        )
        choices = self._choices(ticket, going_on)
        if not choices:
            _refuse_resolved(ticket)
        return RoomLook(
            ticket=ticket,
            choices=choices,
            recording=going_on,
            needs_rule=self._needs_rule(ticket),
        )

    def _needs_rule(self, ticket: Ticket) -> bool:
        is_open = ticket.status is not Status.RESOLVED
        return is_open and self._may_record(ticket) and not self._rule(ticket)

    async def look(self, seen: RoomLook) -> RoomLook:
        """Ask the cloud who is in the room; what cannot be learnt is said, never raised."""
        watcher = self._watcher(seen.ticket)
        if watcher is None:
            return seen
        try:
            inside = await watcher.occupancy(seen.ticket.app, seen.ticket.cname)
        except CloudError as error:
            return replace(seen, failure=error.spoken)
        if inside is None:
            kept = (Choice.STOP_RECORDING, Choice.REVEAL)
            choices = tuple(choice for choice in seen.choices if choice in kept)
            over = _OVER if self.has_rooms(seen.ticket) else _EMPTY
            return replace(seen, choices=choices, is_running=False, failure=over)
        return replace(seen, occupancy=inside, is_running=True)

    def _choices(self, ticket: Ticket, going_on: Recording | None) -> tuple[Choice, ...]:
        """What can be done; once it is resolved nothing new is begun."""
        choices: list[Choice] = []
        is_open = ticket.status is not Status.RESOLVED
        if is_open and self._may_act(ticket):
            choices += (Choice.REMOVE_STUDENT, Choice.REMOVE_TEACHER, Choice.DISMISS)
        if going_on is not None:
            choices.append(Choice.STOP_RECORDING)
        elif is_open and self._may_record(ticket) and self._rule(ticket):
            choices.append(Choice.RECORD)
        if self._desk.settings.mask_uids:
            choices.append(Choice.REVEAL)
        return tuple(choices)

    async def carry_out(self, order: Order) -> None:
        """Take a confirmed order; a duty carries it out. Raises when it cannot be given."""
        if not await self._desk.is_support(order.team, order.person):
            raise refuse(self._desk.settings)
        now = self._desk.clock.now()

        def work(session: Session) -> None:
            ticket = tickets.lock(session, order.number, order.team)
            if not self._is_known(session, order):
                if order.choice is not Choice.STOP_RECORDING:
                    _refuse_resolved(ticket)
                self._take(session, order, ticket, now)

        await self._desk.store.transact(work)
        await self._desk.wake()

    def _is_known(self, session: Session, order: Order) -> bool:
        acted = room_commands.find_by_origin(session, order.team, order.origin)
        recorded = recordings.find_by_origin(session, order.team, order.origin)
        return acted is not None or recorded is not None

    def _take(self, session: Session, order: Order, ticket: Ticket, now: dt.datetime) -> None:
        going_on = recordings.active_of(session, ticket.id)
        if order.choice is Choice.STOP_RECORDING and going_on is None:
            raise ConflictError(message("This call is no longer being recorded."))
        if order.choice not in self._choices(ticket, going_on):
            raise ConflictError(message("This can no longer be done here."))
        match order.choice:
            case Choice.RECORD:
                detail = _begin_recording(session, order, ticket, now)
            case Choice.STOP_RECORDING if going_on is not None:
                detail = _stop_recording(session, order, going_on, now)
            case _:
                detail = _give_order(session, order, ticket, now)
        audit_log.note(session, _entry(order, detail, now))

    async def reveal(self, order: Order) -> Ticket:
        """Let support see the full uids of a ticket; who saw them when is kept."""
        ticket = await self._desk.may_act(order.team, order.number, order.person)
        now = self._desk.clock.now()
        await self._desk.store.transact(
            lambda session: audit_log.note(session, _entry(order, {}, now))
        )
        return ticket

    def _control(self, ticket: Ticket) -> RoomControl | None:
        return control_of(self._desk.clouds.get(ticket.app))

    def _watcher(self, ticket: Ticket) -> RoomWatcher | None:
        return watcher_of(self._desk.clouds.get(ticket.app))

    def _may_act(self, ticket: Ticket) -> bool:
        return self.has_rooms(ticket) and self._desk.clouds[ticket.app].capabilities.rooms

    def _may_record(self, ticket: Ticket) -> bool:
        return self.has_rooms(ticket) and self._desk.clouds[ticket.app].capabilities.recording

    def _rule(self, ticket: Ticket) -> str:
        return self._desk.settings.huawei_record_rules.get(ticket.app, "")


def control_of(cloud: object) -> RoomControl | None:
    """What acts on a cloud's rooms, None where nothing does."""
    return cloud.control if isinstance(cloud, RoomKeeper) else None


def watcher_of(cloud: object) -> RoomWatcher | None:
    """What tells who is in a cloud's rooms, None where nothing does."""
    return control_of(cloud) or (cloud if isinstance(cloud, RoomWatcher) else None)


def _give_order(session: Session, order: Order, ticket: Ticket, now: dt.datetime) -> dict[str, Any]:
    act = RoomAct(order.choice.value)
    uid = {
        RoomAct.REMOVE_STUDENT: ticket.student_uid,
        RoomAct.REMOVE_TEACHER: ticket.teacher_uid,
        RoomAct.DISMISS: "",
    }[act]
    row = RoomOrder(
        team=order.team,
        origin=order.origin,
        ticket=ticket.id,
        person=order.person,
        act=act,
        uid=uid,
        asked_at=now,
    )
    session.add(row)
    session.flush()
    store_jobs.owe(session, f"{ACT}:{row.id}", ACT, ticket=ticket.id, due_at=now)
    return {"app": ticket.app, "cname": ticket.cname, "uid": uid}


def _begin_recording(
    session: Session, order: Order, ticket: Ticket, now: dt.datetime
) -> dict[str, Any]:
    uid = ticket.report.uid_of(order.side)
    row = Recording(
        team=order.team,
        origin=order.origin,
        ticket=ticket.id,
        app=ticket.app,
        cname=ticket.cname,
        side=order.side,
        uid=uid,
        person=order.person,
        asked_at=now,
    )
    session.add(row)
    session.flush()
    store_jobs.owe(session, f"{RECORD}:{row.id}", RECORD, ticket=ticket.id, due_at=now)
    return {"app": ticket.app, "cname": ticket.cname, "uid": uid, "recording": row.id}


def _stop_recording(
    session: Session, order: Order, going_on: Recording, now: dt.datetime
) -> dict[str, Any]:
    if going_on.stop_asked_at is None:
        going_on.stop_asked_at, going_on.stop_person = now, order.person
        going_on.polls = 0
        session.add(going_on)
    kind = STATE if going_on.job_id else RECORD
    name = f"{kind}:{going_on.id}"
    store_jobs.owe(session, name, kind, ticket=going_on.ticket, due_at=now)
    return {"app": going_on.app, "cname": going_on.cname, "recording": going_on.id}


def _entry(order: Order, detail: dict[str, Any], now: dt.datetime) -> AuditEntry:
    return AuditEntry(
        team=order.team,
        person=order.person,
        action=f"room.{order.choice.value}",
        ticket=order.number,
        origin=order.origin,
        detail=detail,
        at=now,
    )


def _refuse_resolved(ticket: Ticket) -> None:
    if ticket.status is Status.RESOLVED:
        raise ConflictError(message("%(ticket)s is already resolved.", ticket=ticket.label))
