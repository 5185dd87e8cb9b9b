"""The reporter's private message about a ticket: its state, its cause and what they can do.

There is one for each ticket. It is edited when the ticket changes.
"""

from __future__ import annotations

from typing import Final

from bot.causes import WITHDRAWN, resolution_title
from bot.i18n.messages import Message, PersonId, message
from bot.services.diagnosis.evidence import stored_verdict
from bot.ticket import Status, Ticket
from handlers.diagnosis.hints import hint_blocks
from handlers.diagnosis.view import reporter_lines, reporter_sentence
from handlers.tickets.card import ticket_button, ticket_line
from handlers.tickets.resolutions import resolution_text
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer, link_to

_WRITE: Final = message("To write to support, reply to this message.")
_LOOKING: Final = message("We are looking into it. This message will say why the call was bad.")


def own_message(
    ticket: Ticket, target: Ticket | None, renderer: Renderer
) -> tuple[str, list[Block]]:
    """Build the message: top-level text and blocks.

    `target` is the ticket that it was merged into.
    """
    is_over = ticket.status is Status.RESOLVED
    news = _outcome(ticket, target) if is_over else _progress(ticket)
    lines = [ticket_line(ticket, renderer), *(renderer.mrkdwn(line) for line in news)]
    return renderer.fallback_text(_summary(ticket)), [
        block_kit.section("own", "\n".join(lines)),
        *(_resolution(ticket, renderer) if is_over else _hints(ticket, renderer)),
        *(answer_blocks(ticket, renderer) if is_over else own_buttons(ticket, renderer)),
        *([] if is_over else [block_kit.context("write", renderer.mrkdwn(_WRITE))]),
    ]


def filed_answer(ticket: Ticket, renderer: Renderer) -> tuple[str, list[Block]]:
    """Build the answer where a report was requested: top-level text and blocks."""
    msg = message(
        "Filed as %(ticket)s: %(cname)s. You get a private message that will say why the call was "
        "bad.",
        ticket=link_to(ticket.thread.permalink, ticket.label),
        cname=ticket.cname,
    )
    text = renderer.mrkdwn(msg)
    return text, [block_kit.section("filed", text)]


def _summary(ticket: Ticket) -> Message:
    """Return the message in a line, for notifications."""
    diagnosis = stored_verdict(ticket) if ticket.cause else None
    params = {"ticket": ticket.label, "cname": ticket.cname}
    if ticket.was_resolved_as(WITHDRAWN):
        return message("You have withdrawn %(ticket)s (%(cname)s).", **params)
    if ticket.status is Status.RESOLVED:
        return message("%(ticket)s (%(cname)s) is resolved.", **params)
    if diagnosis is None:
        return message("%(ticket)s has been created: %(cname)s.", **params)
    return message("%(ticket)s: %(text)s", ticket=ticket.label, text=reporter_sentence(diagnosis))


def _progress(ticket: Ticket) -> list[Message]:
    """Return what is known about an unresolved ticket."""
    diagnosis = stored_verdict(ticket) if ticket.cause else None
    lines = [_LOOKING] if diagnosis is None else reporter_lines(diagnosis)
    if ticket.assignee:
        person = PersonId(ticket.assignee)
        lines.append(message("%(person)s is working on it.", person=person))
    return lines


def _outcome(ticket: Ticket, target: Ticket | None) -> list[Message]:
    """Return how a ticket ended."""
    if ticket.was_resolved_as(WITHDRAWN):
        return [message("You have withdrawn it.")]
    if target is None:
        cause = resolution_title(ticket.resolved_cause)
        return [message("*Resolution*: %(cause)s", cause=cause)]
    other = link_to(target.thread.permalink, target.label)
    if target.status is Status.RESOLVED:
        return [
            message("It is about the same problem as %(other)s, which is resolved.", other=other)
        ]
    return [
        message(
            "It is about the same problem as %(other)s and continues there. This message will say "
            "when that is resolved.",
            other=other,
        )
    ]


def _hints(ticket: Ticket, renderer: Renderer) -> list[Block]:
    diagnosis = stored_verdict(ticket)
    return hint_blocks(ticket, diagnosis.verdict, renderer) if diagnosis else []


def _resolution(ticket: Ticket, renderer: Renderer) -> list[Block]:
    """Quote the words of the resolution."""
    text = resolution_text(ticket.resolution, renderer)
    pieces = renderer.quote(text, (ticket.teacher_uid, ticket.student_uid))
    return [block_kit.section(f"resolution-{n}", piece) for n, piece in enumerate(pieces)]


def own_buttons(ticket: Ticket, renderer: Renderer) -> list[Block]:
    """Build the reporter's buttons, [] once the ticket is resolved; a withdrawn one is reopened."""
    verbs = ["correct", "withdraw"]
    if ticket.status is Status.RESOLVED:
        verbs = ["reopen"] if ticket.was_resolved_as(WITHDRAWN) else []
    buttons = [ticket_button(verb, ticket, renderer) for verb in verbs]
    return [block_kit.actions(f"buttons-{ticket.id}", *buttons)] if buttons else []


def answer_blocks(ticket: Ticket, renderer: Renderer) -> list[Block]:
    """Build the reporter's answers to the end of a ticket."""
    if ticket.helped:
        return [block_kit.context("helped", renderer.mrkdwn(message("You said that it helped.")))]
    has_resolution = ticket.duplicate_of is None and not ticket.was_resolved_as(WITHDRAWN)
    verbs = ["helped", "reopen"] if has_resolution else ["reopen"]
    return [block_kit.actions("answers", *(ticket_button(v, ticket, renderer) for v in verbs))]
