"""The forms of a card's menu: hand over, link, merge, correct."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.i18n.messages import Message, Uid, message
from bot.services.tickets.actions import TicketLinks
from bot.ticket import Ticket
from handlers.tickets.forms import ReportForm
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.form_state import State, read_metadata_number, read_user, read_value, read_values
from handlers.ui.renderer import Renderer

_CANCEL: Final = message("Cancel")
_TICKET_LENGTH: Final = 30
_UIDS: Final = ("teacher_uid", "student_uid")


@dataclass(frozen=True, slots=True)
class HandOverForm:
    """Who the ticket is handed over to."""

    number: int
    person: str = ""

    CALLBACK_ID = "hand_over"

    @staticmethod
    def view(ticket: Ticket, renderer: Renderer) -> Block:
        """Build the modal."""
        field = block_kit.field(
            "person",
            renderer.plain_text(message("To whom?")),
            block_kit.user_select(),
            hint=renderer.plain_text(message("They are notified privately.")),
        )
        title = message("Hand over %(ticket)s", ticket=ticket.label)
        return _modal(
            HandOverForm.CALLBACK_ID,
            title,
            [field],
            message("Hand over"),
            ticket=ticket,
            renderer=renderer,
        )

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> HandOverForm:
        """Read a submitted form; number 0 when it is forged."""
        return cls(read_metadata_number(private_metadata), read_user(state, "person"))


@dataclass(frozen=True, slots=True)
class MergeForm:
    """Which ticket is about the same problem."""

    number: int
    ticket: str = ""

    CALLBACK_ID = "merge"

    @staticmethod
    def view(links: TicketLinks, renderer: Renderer) -> Block:
        """Build the modal; a likely duplicate is filled in."""
        hint = message("The reporter is notified and pointed to that ticket. Reopening undoes it.")
        initial = links.likely_duplicate.label if links.likely_duplicate else ""
        field = _ticket_field(message("Duplicate of which ticket?"), initial, renderer, hint=hint)
        title = message("Merge %(ticket)s", ticket=links.ticket.label)
        return _modal(
            MergeForm.CALLBACK_ID,
            title,
            [field],
            message("Merge"),
            ticket=links.ticket,
            renderer=renderer,
        )

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> MergeForm:
        """Read a submitted form; number 0 when it is forged."""
        return cls(read_metadata_number(private_metadata), read_value(state, "ticket"))


@dataclass(frozen=True, slots=True)
class LinkForm:
    """Which ticket to link, and which links to remove."""

    number: int
    ticket: str = ""
    unlinked: tuple[str, ...] = ()

    CALLBACK_ID = "link"

    @staticmethod
    def view(links: TicketLinks, renderer: Renderer) -> Block:
        """Build the modal with the existing links."""
        linked = [(str(other.id), f"{other.label} · {other.cname}") for other in links.linked[:10]]
        label = message("Which ticket is it related to?")
        fields = [_ticket_field(label, "", renderer, optional=bool(linked))]
        if linked:
            boxes = block_kit.checkboxes(linked, ())
            taken = renderer.plain_text(message("Remove these links"))
            fields.append(block_kit.field("unlink", taken, boxes, optional=True))
        title = message("Link %(ticket)s", ticket=links.ticket.label)
        return _modal(
            LinkForm.CALLBACK_ID,
            title,
            fields,
            message("Save"),
            ticket=links.ticket,
            renderer=renderer,
        )

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> LinkForm:
        """Read a submitted form; number 0 when it is forged."""
        number = read_metadata_number(private_metadata)
        return cls(number, read_value(state, "ticket"), read_values(state, "unlink"))


@dataclass(frozen=True, slots=True)
class CorrectForm:
    """The corrected report; an empty uid stays as it was."""

    number: int
    report: ReportForm

    CALLBACK_ID = "correct"

    @staticmethod
    def view(ticket: Ticket, apps: Sequence[str], renderer: Renderer, person: str) -> Block:
        """Build the report form, filled in, without the comment, which is the reporter's own.

        Masked uids stay masked: viewing full uids is a separate, audited action. The reporter
        sees what they wrote.
        """
        if person == ticket.reporter:
            renderer = replace(renderer, mask=False)
        apps = list(dict.fromkeys([*apps, ticket.app]))
        prefilled = ReportForm(
            app=ticket.app,
            cname=ticket.cname,
            teacher_uid="" if renderer.mask else ticket.teacher_uid,
            student_uid="" if renderer.mask else ticket.student_uid,
            abnormal_side=ticket.abnormal_side.value,
            issue_type=str(ticket.issue_type),
            occurred_at=ticket.occurred_at,
        )
        fields = prefilled.fields(renderer, apps, ticket.occurred_at)
        visible_fields = [field for field in fields if field["block_id"] != "comments"]
        if renderer.mask:
            visible_fields = [
                _optional_uid_field(field, ticket, renderer) for field in visible_fields
            ]
        title = message("Correct %(ticket)s", ticket=ticket.label)
        return _modal(
            CorrectForm.CALLBACK_ID,
            title,
            visible_fields,
            message("Save"),
            ticket=ticket,
            renderer=renderer,
        )

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> CorrectForm:
        """Read a submitted form; number 0 when it is forged."""
        return cls(read_metadata_number(private_metadata), ReportForm.parse(state))


def _optional_uid_field(field: Block, ticket: Ticket, renderer: Renderer) -> Block:
    """Make a masked uid's field optional: left empty, the uid stays."""
    name = field["block_id"]
    if name not in _UIDS:
        return field
    keep_hint = message("Leave empty to keep %(uid)s.", uid=Uid(getattr(ticket, name)))
    hint = {"type": "plain_text", "text": renderer.plain_text(keep_hint), "emoji": True}
    return {**field, "optional": True, "hint": hint}


def _ticket_field(
    label: Message,
    initial: str,
    renderer: Renderer,
    *,
    hint: Message | None = None,
    optional: bool = False,
) -> Block:
    element = block_kit.text_input(initial, placeholder="LD-12", max_length=_TICKET_LENGTH)
    hint_text = renderer.plain_text(hint) if hint else ""
    return block_kit.field(
        "ticket", renderer.plain_text(label), element, hint=hint_text, optional=optional
    )


def _modal(
    callback_id: str,
    title: Message,
    fields: Sequence[dict[str, Any]],
    submit: Message,
    *,
    ticket: Ticket,
    renderer: Renderer,
) -> Block:
    return block_kit.modal(
        callback_id,
        renderer.plain_text(title),
        fields,
        submit=renderer.plain_text(submit),
        close=renderer.plain_text(_CANCEL),
        private_metadata=json.dumps({"number": ticket.id}),
    )
