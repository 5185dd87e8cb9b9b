"""The routes about tickets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.causes import result_title
from bot.decoding import convert_object
from bot.masking import mask_uids_in
from bot.ports import Diagnosis
from bot.services.diagnosis.feedback import FeedbackService
from bot.services.permissions import Permissions
from bot.services.tickets.export import ticket_row
from bot.services.tickets.filters import TicketFilters
from bot.services.tickets.service import TicketService
from bot.ticket import Ticket
from handlers.api.parameters import (
    ListParameters,
    TicketParameters,
    read_cursor,
    read_moment,
    write_cursor,
)
from handlers.api.routes import Reader, Route
from handlers.api.schemas import TicketDetails, TicketPage, TicketSummary, TimelineEvent
from handlers.diagnosis.view import ticket_lines
from handlers.tickets.history_lines import history_entries
from handlers.ui.plain_renderer import PlainRenderer, without_markup

_LABEL: Final = "LD-"


class TicketRoutes:
    """Lists tickets, and shows one."""

    def __init__(
        self, tickets: TicketService, feedback: FeedbackService, permissions: Permissions
    ) -> None:
        self._tickets = tickets
        self._feedback = feedback
        self._permissions = permissions

    def routes(self) -> Iterator[Route]:
        """Yield the routes."""
        yield Route(
            "listTickets",
            "/tickets",
            "The tickets that you may see, the newest first: all for support, else your own.",
            ListParameters,
            TicketPage,
            self.list_tickets,
        )
        yield Route(
            "readTicket",
            "/tickets/{number}",
            "A ticket with its verdict and its history.",
            TicketParameters,
            TicketDetails,
            self.read_ticket,
        )

    async def list_tickets(self, reader: Reader, asked: ListParameters) -> TicketPage:
        """Return a page of the reader's tickets."""
        zone = ZoneInfo(reader.renderer.translator.timezone)
        filters = TicketFilters(
            statuses=tuple(dict.fromkeys(asked.status)),
            app=asked.app,
            cause=asked.cause,
            since=read_moment("since", asked.since, zone),
            until=read_moment("until", asked.until, zone),
            is_mine=asked.mine,
            text=asked.text,
            before=read_cursor(asked.cursor) if asked.cursor else None,
            size=asked.limit,
        )
        page = await self._tickets.find_tickets(reader.team, reader.person, filters)
        return TicketPage(
            tickets=[
                convert_object(_summary(ticket, reader.renderer), TicketSummary)
                for ticket in page.tickets
            ],
            next_cursor=None if page.before is None else write_cursor(page.before),
        )

    async def read_ticket(self, reader: Reader, asked: TicketParameters) -> TicketDetails:
        """Return a ticket to support or to its reporter."""
        number = int(asked.number.removeprefix(_LABEL))
        ticket, diagnosis = await self._feedback.find_details(reader.team, number, reader.person)
        is_support = bool(await self._permissions.is_support(reader.team, reader.person))
        return ticket_details(ticket, diagnosis, reader.renderer, is_support=is_support)


def ticket_details(
    ticket: Ticket, diagnosis: Diagnosis | None, renderer: PlainRenderer, *, is_support: bool
) -> TicketDetails:
    """Return all about a ticket that its reporter, or support, sees in Slack."""
    uids = (ticket.teacher_uid, ticket.student_uid)
    values = _summary(ticket, renderer) | {
        "comments": "".join(renderer.quote(ticket.comments, uids)),
        "resolution": "".join(renderer.quote(ticket.resolution, uids)),
        "related": ticket.related,
        "verdict": _verdict(ticket, diagnosis, renderer),
        "explanation": _explanation(diagnosis, renderer, is_support=is_support),
        "timeline": _timeline(ticket, renderer),
    }
    return convert_object(values, TicketDetails)


def _summary(ticket: Ticket, renderer: PlainRenderer) -> dict[str, Any]:
    """Return the exported ticket without its verdict, masked, with what a list adds."""
    row = {name: value for name, value in ticket_row(ticket).items() if name != "verdict"}
    title = renderer.plain_text(result_title(ticket.cause)) if ticket.cause else None
    return _masked(row, ticket, renderer) | {
        "label": ticket.label,
        "cause": ticket.cause or None,
        "cause_title": title,
        "resolved_cause": ticket.resolved_cause or None,
        "permalink": ticket.thread.permalink or None,
    }


def _verdict(
    ticket: Ticket, diagnosis: Diagnosis | None, renderer: PlainRenderer
) -> dict[str, Any] | None:
    """Return the verdict as exported, with all its fields, also those an older version lacked."""
    return None if diagnosis is None else _masked(diagnosis.verdict.to_json(), ticket, renderer)


def _masked(data: dict[str, Any], ticket: Ticket, renderer: PlainRenderer) -> dict[str, Any]:
    if not renderer.mask:
        return data
    masked: dict[str, Any] = mask_uids_in(data, {ticket.teacher_uid, ticket.student_uid})
    return masked


def _explanation(
    diagnosis: Diagnosis | None, renderer: PlainRenderer, *, is_support: bool
) -> list[str]:
    if diagnosis is None:
        return []
    lines = ticket_lines(diagnosis, is_support=is_support)
    return [without_markup(renderer.plain_text(line)) for line in lines]


def _timeline(ticket: Ticket, renderer: PlainRenderer) -> list[TimelineEvent]:
    return [
        TimelineEvent(
            at=entry.at,
            what=entry.what,
            person=entry.person or None,
            text=entry.text(renderer),
        )
        for entry in history_entries(ticket)
    ]
