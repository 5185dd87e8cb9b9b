"""Handlers of the forms for acting on a running call."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.call import Side
from bot.errors import InputError, LagdeskError
from bot.services.call_control.service import (
    CallControlAction,
    CallControlService,
    RoomView,
)
from bot.ticket import Status
from handlers.call_control.forms import (
    ALREADY_RESOLVED,
    CHOICE_NEEDED,
    SLOW,
    SLOW_TO_TELL,
    SUBMIT_LABELS,
    ConfirmForm,
    RoomForm,
    fill,
    refusal_view,
    room_command,
    uids_view,
)
from handlers.slack.open_modal import open_modal, update_modal
from handlers.slack.request import Body, Requester, trigger_id_of
from handlers.slack.user_directory import UserDirectory

_LOOKUP_DEADLINE_S: Final = (
    2.2  # after the click; Slack waits three seconds for the acknowledgement
)
_UPDATE_DEADLINE_S: Final = 2.7


class CallControlHandlers:
    """Support acts on a running call, or views full uids."""

    def __init__(self, call_control: CallControlService, users: UserDirectory) -> None:
        self._call_control = call_control
        self._users = users

    def register(self, app: AsyncApp) -> None:
        """Register both forms."""
        app.view(RoomForm.CALLBACK_ID)(self.choose)
        app.view(ConfirmForm.CALLBACK_ID)(self.confirm)

    async def open_for(
        self, number: int, ack: AsyncAck, body: Body, client: AsyncWebClient
    ) -> None:
        """Open the modal at once, then update it with who is in the channel."""
        clicked_at = asyncio.get_running_loop().time()
        requester = Requester.of(body)
        room = await self._call_control.load(requester.team, number, requester.person)
        renderer = await self._users.renderer(requester.team, requester.person)
        has_occupancy = self._call_control.supports_occupancy(room.ticket)
        view = RoomForm.view(room, renderer, is_loading=has_occupancy)
        opened = await open_modal(client, trigger_id_of(body), view)
        if has_occupancy:
            updated = await self._load_occupancy(room, clicked_at + _LOOKUP_DEADLINE_S)
            view = RoomForm.view(updated, renderer, is_loading=False)
            await update_modal(client, opened, view, clicked_at + _UPDATE_DEADLINE_S)
        await ack()

    async def _load_occupancy(self, room: RoomView, until: float) -> RoomView:
        try:
            async with asyncio.timeout_at(until):
                return await self._call_control.fetch_occupancy(room)
        except TimeoutError:
            slow = SLOW if self._call_control.supports_control(room.ticket) else SLOW_TO_TELL
            return replace(room, failure=fill(slow, room.ticket))

    async def choose(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Push the confirmation; full uids need none."""
        requester = Requester.of(body)
        form = RoomForm.parse(view["state"]["values"], str(view.get("private_metadata") or ""))
        room = await self._call_control.load(requester.team, form.number, requester.person)
        renderer = await self._users.renderer(requester.team, requester.person)
        choice = next((each for each in room.choices if each.value == form.choice), None)
        if choice is None:
            is_over = room.ticket.status is Status.RESOLVED
            raise InputError(
                {"choice": fill(ALREADY_RESOLVED, room.ticket) if is_over else CHOICE_NEEDED}
            )
        if choice is CallControlAction.REVEAL:
            ticket = await self._call_control.reveal(
                room_command(requester, form.number, choice, view)
            )
            await ack(response_action="push", view=uids_view(ticket, renderer))
            return
        confirm_view = ConfirmForm.view(room.ticket, choice, form.people, renderer)
        await ack(response_action="push", view=confirm_view)

    async def confirm(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Submit the action; its outcome is posted in the ticket's thread."""
        requester = Requester.of(body)
        form = ConfirmForm.parse(view["state"]["values"], str(view.get("private_metadata") or ""))
        try:
            if form.choice not in {choice.value for choice in SUBMIT_LABELS}:
                raise InputError({"choice": CHOICE_NEEDED})
            command = room_command(requester, form.number, CallControlAction(form.choice), view)
            if form.side in {side.value for side in Side}:
                command = replace(command, side=Side(form.side))
            elif command.choice is CallControlAction.RECORD:
                raise InputError({"side": CHOICE_NEEDED})
            await self._call_control.submit(command)
        except LagdeskError as error:
            renderer = await self._users.renderer(requester.team, requester.person)
            await ack(response_action="update", view=refusal_view(error, renderer))
            return
        await ack(response_action="clear")
