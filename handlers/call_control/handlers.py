"""The room's story: what else support can do about a ticket, chosen and confirmed in two forms."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import aiohttp
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.call import CLOUD_NAMES, Side
from bot.errors import InputError, LagdeskError
from bot.i18n.messages import Message, Uid, message, plural
from bot.services.call_control.service import Choice, Order, RoomLook, Rooms
from bot.services.tickets.service import Desk
from bot.ticket import Status, Ticket
from handlers.slack.errors import Asker, Body, trigger_of
from handlers.slack.user_directory import People
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.forms import SIDES, State, open_form
from handlers.ui.renderer import Voice

log = logging.getLogger(__name__)

MENU: Final = "room.menu"
_LOOK_UNTIL_S: Final = 2.2  # after the click; Slack waits for three seconds
_DRAW_UNTIL_S: Final = 2.7
_CHOOSE: Final = message("Choose one from the list.")
_OVER: Final = message("%(ticket)s is already resolved.")
_TITLE: Final = message("Act on %(ticket)s")
_CLOSE: Final = message("Cancel")
_SLOW: Final = message("%(cloud)s did not say in time who is in the channel. You can still act.")
_SLOW_TO_TELL: Final = message(
    "%(cloud)s did not say in time who is in the channel. Close this and open it again."
)
_NEEDS_RULE: Final = message(
    "This channel cannot be recorded yet: give its app a recording rule in HUAWEI_RECORD_RULES."
)
_CHOICES: Final = {
    Choice.REMOVE_STUDENT: message("Remove the student %(student)s from the channel"),
    Choice.REMOVE_TEACHER: message("Remove the teacher %(teacher)s from the channel"),
    Choice.DISMISS: message("Close the channel for everybody"),
    Choice.RECORD: message("Record this channel"),
    Choice.STOP_RECORDING: message("Stop the recording"),
    Choice.REVEAL: message("Show me the full uids"),
}
_VERBS: Final = {
    Choice.REMOVE_STUDENT: message("Remove the student"),
    Choice.REMOVE_TEACHER: message("Remove the teacher"),
    Choice.DISMISS: message("Close the channel"),
    Choice.RECORD: message("Record"),
    Choice.STOP_RECORDING: message("Stop the recording"),
}
_DANGERS: Final = {
    Choice.REMOVE_STUDENT: message(
        "The student %(student)s will be cut off from channel %(cname)s in the middle of the "
        "class. The teacher %(teacher)s and everybody else stay."
    ),
    Choice.REMOVE_TEACHER: message(
        "The teacher %(teacher)s will be cut off from channel %(cname)s in the middle of the "
        "class. The student %(student)s and everybody else stay without a teacher."
    ),
    Choice.DISMISS: message(
        "Everybody in channel %(cname)s will be cut off in the middle of the class: the teacher "
        "%(teacher)s, the student %(student)s and whoever else is in it."
    ),
    Choice.RECORD: message(
        "What one person in channel %(cname)s sends will be recorded and kept in your storage at "
        "%(cloud)s. Make sure that you may record this person."
    ),
    Choice.STOP_RECORDING: message("The recording of channel %(cname)s will end."),
}


@dataclass(frozen=True, slots=True)
class RoomForm:
    """What is to be done, chosen; `people` is how many were in the channel, None: not known."""

    number: int
    choice: str = ""
    people: int | None = None

    CALLBACK = "room"

    @staticmethod
    def view(seen: RoomLook, voice: Voice, *, is_asking: bool) -> Block:
        """Draw the choices under who is concerned."""
        ticket, inside = seen.ticket, seen.occupancy
        people = None if inside is None else len(inside.uids)
        lines = [voice.markup(line) for line in _who(seen, is_asking=is_asking)]
        shown = [block_kit.section("who", "\n".join(lines))]
        if seen.needs_rule:
            shown.append(block_kit.context("rule", voice.markup(_NEEDS_RULE)))
        if seen.choices:
            names = [
                (choice.value, voice.plain(_about(_CHOICES[choice], ticket)))
                for choice in seen.choices
            ]
            label = voice.plain(message("What do you want to do?"))
            shown.append(block_kit.field("choice", label, block_kit.radio(names)))
        view = block_kit.modal(
            RoomForm.CALLBACK,
            voice.plain(_about(_TITLE, ticket)),
            shown,
            submit=voice.plain(message("Next")),
            close=voice.plain(_CLOSE),
            private_metadata=json.dumps({"number": ticket.id, "people": people}),
        )
        return view if seen.choices else _closable(view)

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> RoomForm:
        """Read a submitted form; number 0 when it was forged."""
        kept = _kept(private_metadata)
        people = kept.get("people")
        return cls(
            number=_number(kept.get("number")),
            choice=_chosen(state, "choice"),
            people=people if isinstance(people, int) else None,
        )


@dataclass(frozen=True, slots=True)
class ConfirmForm:
    """The second question, which names the consequence."""

    number: int
    choice: str
    side: str = ""

    CALLBACK = "room_confirm"

    @staticmethod
    def view(ticket: Ticket, choice: Choice, people: int | None, voice: Voice) -> Block:
        """Draw the consequence; of a recording, also whose stream it is."""
        danger = voice.markup(_about(_DANGERS[choice], ticket))
        shown = [block_kit.section("danger", f":warning: *{voice.markup(_SURE)}*\n{danger}")]
        if choice is Choice.DISMISS and people is not None:
            shown.append(block_kit.context("people", voice.markup(_count(people))))
        if choice is Choice.RECORD:
            sides = [(side.value, voice.plain(name)) for side, name in SIDES.items()]
            label = voice.plain(message("Whose stream?"))
            sender = ticket.abnormal_side.other.value  # who suffers receives what the other sends
            shown.append(block_kit.field("side", label, block_kit.radio(sides, sender)))
        return block_kit.modal(
            ConfirmForm.CALLBACK,
            voice.plain(_about(_TITLE, ticket)),
            shown,
            submit=voice.plain(_VERBS[choice]),
            close=voice.plain(message("Back")),
            private_metadata=json.dumps({"number": ticket.id, "choice": choice.value}),
        )

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> ConfirmForm:
        """Read a submitted form; number 0 and no choice when it was forged."""
        kept = _kept(private_metadata)
        return cls(
            number=_number(kept.get("number")),
            choice=str(kept.get("choice") or ""),
            side=_chosen(state, "side"),
        )


class RoomsStory:
    """Support acts on a room, or sees full uids."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._rooms = Rooms(desk)
        self._people = people

    def register(self, app: AsyncApp) -> None:
        """Listen for the button and both forms."""
        app.action(MENU)(self.open)
        app.view(RoomForm.CALLBACK)(self.choose)
        app.view(ConfirmForm.CALLBACK)(self.confirm)

    async def open(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open the choices at once, then fill in who is in the channel."""
        number = _digits(str(body["actions"][0].get("value") or ""))
        await self.open_for(number, ack, body, client)

    async def open_for(
        self, number: int, ack: AsyncAck, body: Body, client: AsyncWebClient
    ) -> None:
        """Open the choices of one ticket."""
        clicked_at = asyncio.get_running_loop().time()
        asker = Asker.of(body)
        seen = await self._rooms.open(asker.team, number, asker.person)
        voice = await self._people.voice(asker.team, asker.person)
        asks = self._rooms.tells_people(seen.ticket)
        view = RoomForm.view(seen, voice, is_asking=asks)
        view_id = await open_form(client, trigger_of(body), view)
        if asks:
            known = await self._look(seen, clicked_at + _LOOK_UNTIL_S)
            view = RoomForm.view(known, voice, is_asking=False)
            await _redraw(client, view_id, view, clicked_at + _DRAW_UNTIL_S)
        await ack()

    async def _look(self, seen: RoomLook, until: float) -> RoomLook:
        try:
            async with asyncio.timeout_at(until):
                return await self._rooms.look(seen)
        except TimeoutError:
            slow = _SLOW if self._rooms.has_rooms(seen.ticket) else _SLOW_TO_TELL
            return replace(seen, failure=_about(slow, seen.ticket))

    async def choose(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Ask once more, naming the consequence; full uids are shown at once."""
        asker = Asker.of(body)
        form = RoomForm.parse(view["state"]["values"], str(view.get("private_metadata") or ""))
        seen = await self._rooms.open(asker.team, form.number, asker.person)
        voice = await self._people.voice(asker.team, asker.person)
        choice = next((each for each in seen.choices if each.value == form.choice), None)
        if choice is None:
            is_over = seen.ticket.status is Status.RESOLVED
            raise InputError({"choice": _about(_OVER, seen.ticket) if is_over else _CHOOSE})
        if choice is Choice.REVEAL:
            ticket = await self._rooms.reveal(_order(asker, form.number, choice, view))
            await ack(response_action="push", view=uids_view(ticket, voice))
            return
        asked = ConfirmForm.view(seen.ticket, choice, form.people, voice)
        await ack(response_action="push", view=asked)

    async def confirm(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Take the order; the thread tells what becomes of it."""
        asker = Asker.of(body)
        form = ConfirmForm.parse(view["state"]["values"], str(view.get("private_metadata") or ""))
        try:
            if form.choice not in {choice.value for choice in _VERBS}:
                raise InputError({"choice": _CHOOSE})
            order = _order(asker, form.number, Choice(form.choice), view)
            if form.side in {side.value for side in Side}:
                order = replace(order, side=Side(form.side))
            elif order.choice is Choice.RECORD:
                raise InputError({"side": _CHOOSE})
            await self._rooms.carry_out(order)
        except LagdeskError as error:
            voice = await self._people.voice(asker.team, asker.person)
            await ack(response_action="update", view=_refusal_view(error, voice))
            return
        await ack(response_action="clear")


_SURE: Final = message("Are you sure?")


def uids_view(ticket: Ticket, voice: Voice) -> Block:
    """Who is who, in full, for the one who asked."""
    open_voice = replace(voice, mask=False)
    lines = [
        message("Teacher: `%(uid)s`", uid=Uid(ticket.teacher_uid)),
        message("Student: `%(uid)s`", uid=Uid(ticket.student_uid)),
    ]
    noted = message("Lagdesk keeps a record of who saw them, and when.")
    shown = [
        block_kit.section("uids", "\n".join(open_voice.markup(line) for line in lines)),
        block_kit.context("noted", voice.markup(noted)),
    ]
    return _plain_view(voice, message("Full uids"), shown)


def _refusal_view(error: LagdeskError, voice: Voice) -> Block:
    why = block_kit.section("why", voice.markup(error.spoken))
    return _plain_view(voice, message("Not done"), [why])


def _plain_view(voice: Voice, title: Message, shown: list[Block]) -> Block:
    close = voice.plain(message("Close"))
    view = block_kit.modal("room_told", voice.plain(title), shown, submit=close, close=close)
    return _closable(view)


def _closable(view: Block) -> Block:
    """A form that only tells something has nothing to submit."""
    return {name: value for name, value in view.items() if name != "submit"}


def _who(seen: RoomLook, *, is_asking: bool) -> list[Message]:
    """Who is concerned, and who is in the channel as far as it is known."""
    lines = [
        _about(message("*%(ticket)s* · channel %(cname)s"), seen.ticket),
        _about(message("Teacher %(teacher)s, student %(student)s"), seen.ticket),
    ]
    if is_asking:
        lines.append(_about(message("Asking %(cloud)s who is in the channel …"), seen.ticket))
    if seen.occupancy is not None:
        uids = seen.occupancy.uids
        lines.append(_count(len(uids)))
        lines.append(_present(seen.ticket, uids))
        if seen.occupancy.invisible:
            lines.append(_invisible(len(seen.occupancy.invisible)))
    if seen.failure is not None:
        lines.append(seen.failure)
    return lines


def _count(people: int) -> Message:
    return plural(
        "%(count)s person is in the channel now.",
        "%(count)s people are in the channel now.",
        count=people,
    )


def _invisible(people: int) -> Message:
    return plural(
        "%(count)s of them is invisible to the others.",
        "%(count)s of them are invisible to the others.",
        count=people,
    )


def _present(ticket: Ticket, uids: tuple[str, ...]) -> Message:
    match ticket.teacher_uid in uids, ticket.student_uid in uids:
        case True, True:
            return message("The teacher and the student are among them.")
        case True, False:
            return message("The teacher is among them, the student is not.")
        case False, True:
            return message("The student is among them, the teacher is not.")
    return message("Neither the teacher nor the student is among them.")


def _about(said: Message, ticket: Ticket) -> Message:
    """Fill in what a sentence says of a ticket."""
    known = {
        "ticket": ticket.label,
        "cname": ticket.cname,
        "teacher": Uid(ticket.teacher_uid),
        "student": Uid(ticket.student_uid),
        "cloud": CLOUD_NAMES[ticket.cloud],
    }
    used = {name: value for name, value in known.items() if f"%({name})s" in said.id}
    return replace(said, params=used)


def _order(asker: Asker, number: int, choice: Choice, view: Mapping[str, Any]) -> Order:
    return Order(
        team=asker.team,
        number=number,
        person=asker.person,
        choice=choice,
        origin=str(view["id"]),
    )


async def _redraw(client: AsyncWebClient, view_id: str, view: Block, until: float) -> None:
    """Draw a form anew; somebody who has closed it already misses nothing."""
    try:
        async with asyncio.timeout_at(until):
            await client.views_update(view_id=view_id, view=view)
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        log.info("a form could not be filled in: %s", type(error).__name__)


def _chosen(state: State, field: str) -> str:
    block = state.get(field)
    element = block.get(block_kit.INPUT) if isinstance(block, Mapping) else None
    option = element.get("selected_option") if isinstance(element, Mapping) else None
    value = option.get("value") if isinstance(option, Mapping) else None
    return value if isinstance(value, str) else ""


def _kept(private_metadata: str) -> dict[str, Any]:
    try:
        data = json.loads(private_metadata or "{}")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _digits(value: str) -> int:
    """Read a ticket's number from a button; 0, which nobody has, when it was forged."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 0  # noqa: PLR2004 - more digits than any database counts
