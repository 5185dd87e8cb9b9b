"""The forms of a card's menu: snooze, link or merge, correct."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.i18n.messages import Duration, Message, Uid, message
from bot.i18n.translator import Translator
from bot.services.tickets.actions import TicketLinks
from bot.ticket import Status, Ticket
from handlers.slack.request import read_ticket_number
from handlers.tickets.forms import ReportForm
from handlers.tickets.menu_modal import menu_modal
from handlers.tickets.status import status_name
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.form_state import (
    State,
    read_metadata_number,
    read_moment,
    read_value,
    read_values,
    to_moment,
)
from handlers.ui.renderer import Renderer

_SNOOZE_HOURS: Final = (1, 4)
_MORNING: Final = 9
_SUNDAY: Final = 6
_UIDS: Final = ("teacher_uid", "student_uid")


@dataclass(frozen=True, slots=True)
class SnoozeForm:
    """Until when the ticket is snoozed, None for a forged form."""

    number: int
    until: dt.datetime | None = None

    CALLBACK_ID = "snooze"

    @staticmethod
    def view(ticket: Ticket, renderer: Renderer, now: dt.datetime) -> Block:
        """Build the modal: usual times, in the reader's zone, or any other."""
        plain_text = renderer.plain_text
        times = [
            (str(int(at.timestamp())), plain_text(name))
            for at, name in _usual_times(renderer.translator, now)
        ]
        hint = message(
            "It is claimed until then. Afterwards it is open again, you are notified, and support "
            "is alerted as about a new ticket."
        )
        fields = [
            block_kit.field(
                "until", plain_text(message("Until when?")), block_kit.radio(times, times[0][0])
            ),
            block_kit.field(
                "at",
                plain_text(message("Or at another time")),
                block_kit.datetime_input(),
                hint=plain_text(hint),
                optional=True,
            ),
        ]
        title = message("Snooze %(ticket)s", ticket=ticket.label)
        return menu_modal(
            SnoozeForm.CALLBACK_ID,
            title,
            fields,
            message("Snooze"),
            ticket=ticket,
            renderer=renderer,
        )

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> SnoozeForm:
        """Read a submitted form; another time counts more than a usual one."""
        until = read_moment(state, "at") or to_moment(read_value(state, "until"))
        return cls(read_metadata_number(private_metadata), until)


def _usual_times(translator: Translator, now: dt.datetime) -> Iterator[tuple[dt.datetime, Message]]:
    """Yield moments with their names; on a Sunday tomorrow is Monday."""
    for hours in _SNOOZE_HOURS:
        yield (
            now + dt.timedelta(hours=hours),
            message("%(time)s from now", time=Duration(hours * 3600)),
        )
    today = translator.local_time(now).replace(hour=_MORNING, minute=0, second=0)
    yield today + dt.timedelta(days=1), message("Until tomorrow, 9:00")
    if today.weekday() != _SUNDAY:
        days = dt.timedelta(days=7 - today.weekday())
        yield today + days, message("Until Monday, 9:00")


@dataclass(frozen=True, slots=True)
class LinkForm:
    """Which ticket is related or about the same problem, and which links to remove."""

    number: int
    other: int = 0
    relation: str = ""
    unlinked: tuple[str, ...] = ()

    CALLBACK_ID = "link"
    OTHER = "ticket"
    DUPLICATE = "duplicate"

    @staticmethod
    def view(links: TicketLinks, renderer: Renderer) -> Block:
        """Build the modal with the existing links; a resolved ticket cannot be merged."""
        plain_text, ticket = renderer.plain_text, links.ticket
        linked = [(str(other.id), f"{other.label} · {other.cname}") for other in links.linked[:10]]
        choice = block_kit.external_select(plain_text(message("Choose or search")))
        label = plain_text(message("Which ticket?"))
        fields = [block_kit.field(LinkForm.OTHER, label, choice, optional=bool(linked))]
        if ticket.status is not Status.RESOLVED:
            fields.append(_relation_field(renderer))
        if linked:
            boxes = block_kit.checkboxes(linked, ())
            taken = plain_text(message("Remove these links"))
            fields.append(block_kit.field("unlink", taken, boxes, optional=True))
        title = message("Link %(ticket)s", ticket=ticket.label)
        return menu_modal(
            LinkForm.CALLBACK_ID, title, fields, message("Save"), ticket=ticket, renderer=renderer
        )

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> LinkForm:
        """Read a submitted form; numbers that are forged are 0."""
        return cls(
            number=read_metadata_number(private_metadata),
            other=read_ticket_number(read_value(state, cls.OTHER)),
            relation=read_value(state, "relation"),
            unlinked=read_values(state, "unlink"),
        )


def _relation_field(renderer: Renderer) -> Block:
    relations = {
        "related": message("Related: link them"),
        LinkForm.DUPLICATE: message("The same problem: close this one as a duplicate"),
    }
    names = [(key, renderer.plain_text(name)) for key, name in relations.items()]
    hint = message("The reporter is notified and pointed to that ticket. Reopening undoes it.")
    return block_kit.field(
        "relation",
        renderer.plain_text(message("How do they belong together?")),
        block_kit.radio(names, "related"),
        hint=renderer.plain_text(hint),
    )


def ticket_option(ticket: Ticket, renderer: Renderer) -> Block:
    """Build the option of a ticket in the menu of tickets."""
    name = message(
        "%(ticket)s · %(status)s · %(cname)s · %(when)s",
        ticket=ticket.label,
        status=status_name(ticket),
        cname=ticket.cname,
        when=ticket.created_at,
    )
    return block_kit.option(str(ticket.id), renderer.plain_text(name))


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
        return menu_modal(
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
