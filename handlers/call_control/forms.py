"""The forms for acting on a running call: choosing an action, and confirming it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.call import CLOUD_NAMES
from bot.errors import LagdeskError
from bot.i18n.messages import Message, Uid, message, plural
from bot.services.call_control.service import (
    CallControlAction,
    CallControlRequest,
    RoomView,
)
from bot.ticket import Ticket
from handlers.slack.request import Requester
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.form_state import State, read_metadata, read_metadata_number, read_value
from handlers.ui.labels import SIDE_NAMES
from handlers.ui.renderer import Renderer

CHOICE_NEEDED: Final = message("Choose one from the list.")
ALREADY_RESOLVED: Final = message("%(ticket)s is already resolved.")
_TITLE: Final = message("Manage call: %(ticket)s")
_CLOSE: Final = message("Cancel")
SLOW: Final = message(
    "%(cloud)s did not return in time who is in the channel. You can still go ahead."
)
SLOW_TO_TELL: Final = message(
    "%(cloud)s did not return in time who is in the channel. Close this and open it again."
)
_NEEDS_RULE: Final = message(
    "This channel cannot be recorded yet: set a recording rule for its app in HUAWEI_RECORD_RULES."
)
_CHOICE_LABELS: Final = {
    CallControlAction.REMOVE_STUDENT: message("Remove the student %(student)s from the channel"),
    CallControlAction.REMOVE_TEACHER: message("Remove the teacher %(teacher)s from the channel"),
    CallControlAction.DISMISS: message("Close the channel for everybody"),
    CallControlAction.RECORD: message("Record this channel"),
    CallControlAction.STOP_RECORDING: message("Stop the recording"),
    CallControlAction.REVEAL: message("Show me the full uids"),
}
SUBMIT_LABELS: Final = {
    CallControlAction.REMOVE_STUDENT: message("Remove the student"),
    CallControlAction.REMOVE_TEACHER: message("Remove the teacher"),
    CallControlAction.DISMISS: message("Close the channel"),
    CallControlAction.RECORD: message("Record"),
    CallControlAction.STOP_RECORDING: message("Stop the recording"),
}
_CONSEQUENCES: Final = {
    CallControlAction.REMOVE_STUDENT: message(
        "The student %(student)s will be disconnected from channel %(cname)s in the middle "
        "of the class. The teacher %(teacher)s and everybody else stay."
    ),
    CallControlAction.REMOVE_TEACHER: message(
        "The teacher %(teacher)s will be disconnected from channel %(cname)s in the middle "
        "of the class. The student %(student)s and everybody else stay without a teacher."
    ),
    CallControlAction.DISMISS: message(
        "Everybody in channel %(cname)s will be disconnected in the middle of the class: the "
        "teacher %(teacher)s, the student %(student)s and everybody else in it."
    ),
    CallControlAction.RECORD: message(
        "What one person in channel %(cname)s sends will be recorded and kept in your storage at "
        "%(cloud)s. Make sure that you may record this person."
    ),
    CallControlAction.STOP_RECORDING: message("The recording of channel %(cname)s will end."),
}


@dataclass(frozen=True, slots=True)
class RoomForm:
    """The chosen action; `people` is how many were in the channel, None when unknown."""

    number: int
    choice: str = ""
    people: int | None = None

    CALLBACK_ID = "room"

    @staticmethod
    def view(room: RoomView, renderer: Renderer, *, is_loading: bool) -> Block:
        """Build the modal: participants and the available actions."""
        ticket, occupancy = room.ticket, room.occupancy
        people = None if occupancy is None else len(occupancy.uids)
        lines = [renderer.mrkdwn(line) for line in _participant_lines(room, is_loading=is_loading)]
        blocks = [block_kit.section("who", "\n".join(lines))]
        if room.needs_rule:
            blocks.append(block_kit.context("rule", renderer.mrkdwn(_NEEDS_RULE)))
        if room.choices:
            names = [
                (choice.value, renderer.plain_text(fill(_CHOICE_LABELS[choice], ticket)))
                for choice in room.choices
            ]
            label = renderer.plain_text(message("What do you want to do?"))
            blocks.append(block_kit.field("choice", label, block_kit.radio(names)))
        view = block_kit.modal(
            RoomForm.CALLBACK_ID,
            renderer.plain_text(fill(_TITLE, ticket)),
            blocks,
            submit=renderer.plain_text(message("Next")),
            close=renderer.plain_text(_CLOSE),
            private_metadata=json.dumps({"number": ticket.id, "people": people}),
        )
        return view if room.choices else _without_submit(view)

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> RoomForm:
        """Read a submitted form; number 0 when it is forged."""
        metadata = read_metadata(private_metadata)
        people = metadata.get("people")
        return cls(
            number=read_metadata_number(private_metadata),
            choice=read_value(state, "choice"),
            people=people if isinstance(people, int) else None,
        )


@dataclass(frozen=True, slots=True)
class ConfirmForm:
    """The confirmation, which names the consequence."""

    number: int
    choice: str
    side: str = ""

    CALLBACK_ID = "room_confirm"

    @staticmethod
    def view(
        ticket: Ticket, choice: CallControlAction, people: int | None, renderer: Renderer
    ) -> Block:
        """Build the modal; for a recording also with the choice of the stream."""
        consequence = renderer.mrkdwn(fill(_CONSEQUENCES[choice], ticket))
        blocks = [
            block_kit.section(
                "danger", f":warning: *{renderer.mrkdwn(_CONFIRM_TITLE)}*\n{consequence}"
            )
        ]
        if choice is CallControlAction.DISMISS and people is not None:
            blocks.append(block_kit.context("people", renderer.mrkdwn(_people_count(people))))
        if choice is CallControlAction.RECORD:
            sides = [(side.value, renderer.plain_text(name)) for side, name in SIDE_NAMES.items()]
            label = renderer.plain_text(message("Whose stream?"))
            sender = (
                ticket.abnormal_side.other.value
            )  # the affected side receives the other side's stream
            blocks.append(block_kit.field("side", label, block_kit.radio(sides, sender)))
        return block_kit.modal(
            ConfirmForm.CALLBACK_ID,
            renderer.plain_text(fill(_TITLE, ticket)),
            blocks,
            submit=renderer.plain_text(SUBMIT_LABELS[choice]),
            close=renderer.plain_text(message("Back")),
            private_metadata=json.dumps({"number": ticket.id, "choice": choice.value}),
        )

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> ConfirmForm:
        """Read a submitted form; number 0 and no choice when it is forged."""
        metadata = read_metadata(private_metadata)
        return cls(
            number=read_metadata_number(private_metadata),
            choice=str(metadata.get("choice") or ""),
            side=read_value(state, "side"),
        )


_CONFIRM_TITLE: Final = message("Are you sure?")


def uids_view(ticket: Ticket, renderer: Renderer) -> Block:
    """Build the modal with the full uids."""
    unmasked_renderer = replace(renderer, mask=False)
    lines = [
        message("Teacher: `%(uid)s`", uid=Uid(ticket.teacher_uid)),
        message("Student: `%(uid)s`", uid=Uid(ticket.student_uid)),
    ]
    audit_hint = message("Lagdesk keeps a record of who saw them, and when.")
    blocks = [
        block_kit.section("uids", "\n".join(unmasked_renderer.mrkdwn(line) for line in lines)),
        block_kit.context("noted", renderer.mrkdwn(audit_hint)),
    ]
    return _info_modal(renderer, message("Full uids"), blocks)


def refusal_view(error: LagdeskError, renderer: Renderer) -> Block:
    """Build the modal that says why the action was refused."""
    why = block_kit.section("why", renderer.mrkdwn(error.user_message))
    return _info_modal(renderer, message("Not done"), [why])


def _info_modal(renderer: Renderer, title: Message, blocks: list[Block]) -> Block:
    close = renderer.plain_text(message("Close"))
    view = block_kit.modal(
        "room_told", renderer.plain_text(title), blocks, submit=close, close=close
    )
    return _without_submit(view)


def _without_submit(view: Block) -> Block:
    """Remove the submit button of a modal without inputs."""
    return {name: value for name, value in view.items() if name != "submit"}


def _participant_lines(room: RoomView, *, is_loading: bool) -> list[Message]:
    """Return ticket, channel and participants, and who is in the channel where known."""
    lines = [
        fill(message("*%(ticket)s* · channel %(cname)s"), room.ticket),
        fill(message("Teacher %(teacher)s, student %(student)s"), room.ticket),
    ]
    if is_loading:
        lines.append(fill(message("Asking %(cloud)s who is in the channel …"), room.ticket))
    if room.occupancy is not None:
        uids = room.occupancy.uids
        lines.append(_people_count(len(uids)))
        lines.append(_presence(room.ticket, uids))
        if room.occupancy.invisible:
            lines.append(_invisible(len(room.occupancy.invisible)))
    if room.failure is not None:
        lines.append(room.failure)
    return lines


def _people_count(people: int) -> Message:
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


def _presence(ticket: Ticket, uids: tuple[str, ...]) -> Message:
    match ticket.teacher_uid in uids, ticket.student_uid in uids:
        case True, True:
            return message("The teacher and the student are among them.")
        case True, False:
            return message("The teacher is among them, the student is not.")
        case False, True:
            return message("The student is among them, the teacher is not.")
    return message("Neither the teacher nor the student is among them.")


def fill(template: Message, ticket: Ticket) -> Message:
    """Fill a ticket's values into a template."""
    params = {
        "ticket": ticket.label,
        "cname": ticket.cname,
        "teacher": Uid(ticket.teacher_uid),
        "student": Uid(ticket.student_uid),
        "cloud": CLOUD_NAMES[ticket.cloud],
    }
    return replace(template, params=params)


def room_command(
    requester: Requester, number: int, choice: CallControlAction, view: Mapping[str, Any]
) -> CallControlRequest:
    """Build the service request of a submitted form; the view id makes it unique."""
    return CallControlRequest(
        team=requester.team,
        number=number,
        person=requester.person,
        choice=choice,
        origin=str(view["id"]),
    )
