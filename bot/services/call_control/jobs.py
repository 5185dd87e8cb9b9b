"""Orders about rooms, carried out: sent to the cloud at most once, and told in the thread."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bot.errors import CloudError, NotFoundError
from bot.i18n.messages import Message, message
from bot.i18n.serialization import dump_message
from bot.ports import RoomControl
from bot.services.call_control.outcomes import judge
from bot.services.call_control.recording_jobs import RecordDuties
from bot.services.call_control.service import ACT, control_of
from bot.services.call_control.status_posts import RoomNotes, Teller
from bot.services.tickets.service import Desk
from bot.store import Session, models
from bot.store.admin import audit_log
from bot.store.admin.audit_log import AuditEntry
from bot.store.call_control.room_commands import OrderState, RoomAct, RoomOrder
from bot.ticket import Ticket

Carrier = Callable[[models.Duty], Awaitable[dt.datetime | None]]

SENT_WITHIN: Final = dt.timedelta(minutes=2)  # later, other people may be in the room


class RoomDuties:
    """One carrier for each kind of duty about rooms."""

    def __init__(self, desk: Desk, notes: RoomNotes) -> None:
        self._desk = desk
        self._teller = Teller(desk, notes)
        self._records = RecordDuties(desk, self._teller)

    @property
    def table(self) -> Mapping[str, Carrier]:
        """Which carrier carries out which kind of duty."""
        return {ACT: self.act, **self._records.table}

    async def act(self, duty: models.Duty) -> dt.datetime | None:
        """Send somebody out, or close a room; then say how it went."""
        order = await self._order(duty)
        again_at = None
        if order.state is OrderState.WAITING:
            again_at = await self._send(order, await self._teller.ticket(duty))
        await self._teller.show(duty, order)
        return again_at

    async def _send(self, order: RoomOrder, ticket: Ticket) -> dt.datetime | None:
        """Send the order, at most once as far as we can know; returns when to try again."""
        now, until = self._desk.clock.now(), order.asked_at + SENT_WITHIN
        control = control_of(self._desk.clouds.get(ticket.app))
        if order.begun_at is not None or control is None or now > until:
            died = order.begun_at is not None  # a worker, between sending and noting
            await self._note(order, OrderState.UNCONFIRMED if died else OrderState.TOO_LATE)
            return None
        await self._change(order, begun_at=now)
        try:
            await _do(control, order, ticket)
        except CloudError as error:
            state, again_at = judge(error, self._desk.clock.now(), until)
            await self._note(order, state, error.spoken)
            return again_at
        await self._note(order, OrderState.TAKEN)
        return None

    async def _note(
        self, order: RoomOrder, state: OrderState, reason: Message | None = None
    ) -> None:
        told = order.reason if reason is None else dump_message(reason)
        at = self._desk.clock.now()
        await self._change(order, state=state, reason=told, begun_at=None)
        if state is not OrderState.WAITING:
            await self._desk.store.transact(lambda s: audit_log.note(s, _outcome(order, at)))

    async def _order(self, duty: models.Duty) -> RoomOrder:
        number = int(duty.name.rpartition(":")[2])
        found = await self._desk.store.read(lambda session: session.get(RoomOrder, number))
        if found is None:
            raise NotFoundError(message("There is no such order."))
        return found

    async def _change(self, order: RoomOrder, **values: Any) -> None:
        def work(session: Session) -> None:
            stored = session.get_one(RoomOrder, order.id)
            for name, value in values.items():
                setattr(stored, name, value)
                setattr(order, name, value)
            session.add(stored)

        await self._desk.store.transact(work)


async def _do(control: RoomControl, order: RoomOrder, ticket: Ticket) -> None:
    if order.act is RoomAct.DISMISS:
        await control.dismiss(ticket.app, ticket.cname)
    else:
        await control.remove_users(ticket.app, ticket.cname, [order.uid])


def _outcome(order: RoomOrder, at: dt.datetime) -> AuditEntry:
    return AuditEntry(
        team=order.team,
        person=order.person,
        action=f"room.{order.act}.{order.state}",
        ticket=order.ticket,
        origin=order.origin,
        detail={"order": order.id},
        at=at,
    )
