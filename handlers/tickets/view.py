"""Lists of tickets as blocks: private ones with buttons, shared ones without."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from bot.causes import WITHDRAWN, resolution_title, result_title
from bot.i18n.messages import Duration, Message, PersonId, message
from bot.services.tickets.service import TicketPage
from bot.ticket import Status, Ticket
from handlers.tickets.status import status_emoji, status_name
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer, link_to, mask_numbers, mask_uids

_NOT_KNOWN = message("cause not known yet")


def list_line(ticket: Ticket, now: dt.datetime, renderer: Renderer) -> str:
    """Return a ticket as one line: status, cause, age."""
    name = link_to(ticket.thread.permalink, ticket.label)
    line = message(
        "%(mark)s *%(ticket)s* %(cname)s · %(state)s · %(age)s ago",
        mark=status_emoji(ticket),
        ticket=name,
        cname=ticket.cname,
        state=_state(ticket),
        age=Duration(max(60, (now - ticket.created_at).total_seconds() // 60 * 60)),
    )
    return renderer.mrkdwn(line)


def _state(ticket: Ticket) -> Message:
    """Return a ticket's status with its cause, of which a withdrawn one has none."""
    if ticket.was_resolved_as(WITHDRAWN):
        return status_name(ticket)
    cause = result_title(ticket.cause) if ticket.cause else _NOT_KNOWN
    if ticket.status is Status.RESOLVED and ticket.resolved_cause:
        cause = resolution_title(ticket.resolved_cause)
    return message("%(status)s · %(cause)s", status=status_name(ticket), cause=cause)


def private_list(
    title: Message,
    page: TicketPage,
    now: dt.datetime,
    renderer: Renderer,
    *,
    share_value: str,
    next_page_value: str,
    replies: Mapping[int, str],
) -> tuple[str, list[Block]]:
    """Build a page for one person: top-level text and blocks.

    `share_value` is the value of the button that shares the page, `next_page_value` of the one for
    older tickets; `replies` are excerpts of matching replies, by ticket number.
    """
    fallback_text = renderer.plain_text(title)
    if not page.tickets:
        return fallback_text, [block_kit.header("title", fallback_text), _empty(renderer)]
    rows = [
        block_kit.section(
            f"row-{ticket.id}",
            list_line(ticket, now, renderer)
            + _reply_excerpt(ticket, replies.get(ticket.id), renderer),
            accessory=block_kit.button(
                "tickets.show", renderer.plain_text(message("Show")), str(ticket.id)
            ),
        )
        for ticket in page.tickets
    ]
    older = renderer.plain_text(message("Older tickets"))
    buttons = (
        [block_kit.button("tickets.more", older, next_page_value)]
        if page.before is not None
        else []
    )
    buttons.append(
        block_kit.button("tickets.share", renderer.plain_text(message("Share here")), share_value)
    )
    return fallback_text, [
        block_kit.header("title", fallback_text),
        *rows,
        block_kit.actions("more", *buttons),
    ]


def shared_list(
    title: Message, page: TicketPage, now: dt.datetime, renderer: Renderer, *, person: str
) -> tuple[str, list[Block]]:
    """Build a page for a channel, without replies: top-level text and blocks."""
    shared = renderer.mrkdwn(message("Shared by %(person)s", person=PersonId(person)))
    rows = [
        block_kit.section(f"row-{ticket.id}", list_line(ticket, now, renderer))
        for ticket in page.tickets
    ]
    fallback_text = renderer.plain_text(title)
    blocks = [block_kit.header("title", fallback_text), *(rows or [_empty(renderer)])]
    return fallback_text, [*blocks, block_kit.context("shared", shared)]


def _empty(renderer: Renderer) -> Block:
    return block_kit.section("none", renderer.mrkdwn(message("No matching tickets.")))


def _reply_excerpt(ticket: Ticket, reply: str | None, renderer: Renderer) -> str:
    if reply is None:
        return ""
    uids = (ticket.teacher_uid, ticket.student_uid)
    excerpt = mask_numbers(mask_uids(reply, uids)) if renderer.mask else reply
    return "\n" + renderer.mrkdwn(message("In its thread: %(text)s", text=excerpt))
