"""The forms behind a card's menu: hand over, link, merge, correct. Their ids, views and parses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.i18n.messages import Message, Uid, message
from bot.services.tickets.actions import Links
from bot.ticket import Ticket
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.forms import (
    ReportForm,
    State,
    read_choice,
    read_choices,
    read_number_kept,
    read_person,
)
from handlers.ui.renderer import Voice

_CANCEL: Final = message("Cancel")
_TICKET_LENGTH: Final = 30
_UIDS: Final = ("teacher_uid", "student_uid")


@dataclass(frozen=True, slots=True)
class HandOverForm:
    """Who has the ticket from now on."""

    number: int
    person: str = ""

    CALLBACK = "hand_over"

    @staticmethod
    def view(ticket: Ticket, voice: Voice) -> Block:
        """Draw the form."""
        field = block_kit.field(
            "person",
            voice.plain(message("To whom?")),
            block_kit.person_menu(),
            hint=voice.plain(message("They are told privately.")),
        )
        title = message("Hand over %(ticket)s", ticket=ticket.label)
        return _draw(
            HandOverForm.CALLBACK, title, [field], message("Hand over"), ticket=ticket, voice=voice
        )

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> HandOverForm:
        """Read a submitted form; number 0 when it was forged."""
        return cls(read_number_kept(private_metadata), read_person(state, "person"))


@dataclass(frozen=True, slots=True)
class MergeForm:
    """Which ticket tells of the same thing."""

    number: int
    ticket: str = ""

    CALLBACK = "merge"

    @staticmethod
    def view(seen: Links, voice: Voice) -> Block:
        """Draw the form; another ticket about the same channel is filled in."""
        hint = message("The reporter is told and pointed to that ticket. Reopening undoes it.")
        known = seen.twin.label if seen.twin else ""
        field = _ticket_field(message("Duplicate of which ticket?"), known, voice, hint=hint)
        title = message("Merge %(ticket)s", ticket=seen.ticket.label)
        return _draw(
            MergeForm.CALLBACK, title, [field], message("Merge"), ticket=seen.ticket, voice=voice
        )

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> MergeForm:
        """Read a submitted form; number 0 when it was forged."""
        return cls(read_number_kept(private_metadata), read_choice(state, "ticket"))


@dataclass(frozen=True, slots=True)
class LinkForm:
    """Which ticket has to do with it, and which no longer."""

    number: int
    ticket: str = ""
    unlinked: tuple[str, ...] = ()

    CALLBACK = "link"

    @staticmethod
    def view(seen: Links, voice: Voice) -> Block:
        """Draw the form with the links there are."""
        linked = [(str(other.id), f"{other.label} · {other.cname}") for other in seen.linked[:10]]
        label = message("Which ticket has to do with it?")
        fields = [_ticket_field(label, "", voice, optional=bool(linked))]
        if linked:
            boxes = block_kit.checkboxes(linked, ())
            taken = voice.plain(message("Take these links away"))
            fields.append(block_kit.field("unlink", taken, boxes, optional=True))
        title = message("Link %(ticket)s", ticket=seen.ticket.label)
        return _draw(
            LinkForm.CALLBACK, title, fields, message("Save"), ticket=seen.ticket, voice=voice
        )

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> LinkForm:
        """Read a submitted form; number 0 when it was forged."""
        number = read_number_kept(private_metadata)
        return cls(number, read_choice(state, "ticket"), read_choices(state, "unlink"))


@dataclass(frozen=True, slots=True)
class CorrectForm:
    """What the report should have said; an empty uid stays as it was."""

    number: int
    said: ReportForm

    CALLBACK = "correct"

    @staticmethod
    def view(ticket: Ticket, apps: Sequence[str], voice: Voice) -> Block:
        """Draw the report form, filled in, without its comment: that is the reporter's own.

        Full uids are shown only where they are asked for, and that is noted.
        """
        filled = ReportForm(
            app=ticket.app,
            cname=ticket.cname,
            teacher_uid="" if voice.mask else ticket.teacher_uid,
            student_uid="" if voice.mask else ticket.student_uid,
            abnormal_side=ticket.abnormal_side.value,
            issue_type=str(ticket.issue_type),
            occurred_at=ticket.occurred_at,
        )
        fields = filled.fields(voice, apps, ticket.occurred_at)
        shown = [field for field in fields if field["block_id"] != "comments"]
        if voice.mask:
            shown = [_keepable(field, ticket, voice) for field in shown]
        title = message("Correct %(ticket)s", ticket=ticket.label)
        return _draw(
            CorrectForm.CALLBACK, title, shown, message("Save"), ticket=ticket, voice=voice
        )

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> CorrectForm:
        """Read a submitted form; number 0 when it was forged."""
        return cls(read_number_kept(private_metadata), ReportForm.parse(state, "{}"))


def _keepable(field: Block, ticket: Ticket, voice: Voice) -> Block:
    """A uid that is not shown may be left as it is."""
    name = field["block_id"]
    if name not in _UIDS:
        return field
    kept = message("Leave empty to keep %(uid)s.", uid=Uid(getattr(ticket, name)))
    hint = {"type": "plain_text", "text": voice.plain(kept), "emoji": True}
    return {**field, "optional": True, "hint": hint}


def _ticket_field(
    label: Message,
    known: str,
    voice: Voice,
    *,
    hint: Message | None = None,
    optional: bool = False,
) -> Block:
    element = block_kit.text_input(known, placeholder="LD-12", max_length=_TICKET_LENGTH)
    told = voice.plain(hint) if hint else ""
    return block_kit.field("ticket", voice.plain(label), element, hint=told, optional=optional)


def _draw(
    callback: str,
    title: Message,
    fields: Sequence[dict[str, Any]],
    submit: Message,
    *,
    ticket: Ticket,
    voice: Voice,
) -> Block:
    return block_kit.modal(
        callback,
        voice.plain(title),
        fields,
        submit=voice.plain(submit),
        close=voice.plain(_CANCEL),
        private_metadata=json.dumps({"number": ticket.id}),
    )
