"""Lists of tickets as blocks: private ones with buttons, shared ones without. Decides nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from bot.i18n.messages import Duration, Message, PersonId, message
from bot.store.tickets.lists import TicketPage
from bot.ticket import Status, Ticket
from handlers.tickets.card import MARKS, STATUSES
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.causes import resolution_name
from handlers.ui.renderer import Link, Voice, hide_numbers, hide_uids

_NOT_KNOWN = message("cause not known yet")


def list_line(ticket: Ticket, now: dt.datetime, voice: Voice) -> str:
    """One ticket found: where it stands, why the call was bad, how old it is."""
    name: object = Link(ticket.permalink, ticket.label) if ticket.permalink else ticket.label
    found = (ticket.resolved_cause if ticket.status is Status.RESOLVED else "") or ticket.cause
    line = message(
        "%(mark)s *%(ticket)s* %(cname)s · %(status)s · %(cause)s · %(age)s ago",
        mark=MARKS[ticket.status],
        ticket=name,
        cname=ticket.cname,
        status=STATUSES[ticket.status],
        cause=resolution_name(found) if found else _NOT_KNOWN,
        age=Duration(max(0.0, (now - ticket.created_at).total_seconds() // 60 * 60)),
    )
    return voice.markup(line)


def private_list(
    title: Message,
    page: TicketPage,
    now: dt.datetime,
    voice: Voice,
    *,
    same: str,
    more: str,
    replies: Mapping[int, str],
) -> tuple[str, list[Block]]:
    """A page for one person: notice text and blocks.

    `same` is what the button that shares the page carries, `more` the one for older tickets;
    `replies` are cuts from the replies that were found.
    """
    notice = voice.plain(title)
    if not page.tickets:
        return notice, [block_kit.header("title", notice), _empty(voice)]
    rows = [
        block_kit.section(
            f"row-{ticket.id}",
            list_line(ticket, now, voice) + _found_in(ticket, replies.get(ticket.id), voice),
            accessory=block_kit.button(
                "tickets.show", voice.plain(message("Show")), str(ticket.id)
            ),
        )
        for ticket in page.tickets
    ]
    older = voice.plain(message("Older tickets"))
    buttons = [block_kit.button("tickets.more", older, more)] if page.before is not None else []
    buttons.append(block_kit.button("tickets.share", voice.plain(message("Share here")), same))
    return notice, [block_kit.header("title", notice), *rows, block_kit.actions("more", *buttons)]


def shared_list(
    title: Message, page: TicketPage, now: dt.datetime, voice: Voice, *, person: str
) -> tuple[str, list[Block]]:
    """A page for a channel: notice text and blocks; nobody's replies are in it."""
    shared = voice.markup(message("Shared by %(person)s", person=PersonId(person)))
    rows = [
        block_kit.section(f"row-{ticket.id}", list_line(ticket, now, voice))
        for ticket in page.tickets
    ]
    notice = voice.plain(title)
    shown = [block_kit.header("title", notice), *(rows or [_empty(voice)])]
    return notice, [*shown, block_kit.context("shared", shared)]


def _empty(voice: Voice) -> Block:
    return block_kit.section("none", voice.markup(message("No tickets here.")))


def _found_in(ticket: Ticket, reply: str | None, voice: Voice) -> str:
    if reply is None:
        return ""
    uids = (ticket.teacher_uid, ticket.student_uid)
    said = hide_numbers(hide_uids(reply, uids)) if voice.mask else reply
    return "\n" + voice.markup(message("In its thread: %(text)s", text=said))
