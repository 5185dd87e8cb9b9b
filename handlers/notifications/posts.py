"""Direct messages and thread notes about what happens to a ticket."""

from __future__ import annotations

from typing import Final

from bot.causes import resolution_title
from bot.i18n.messages import Message, PersonId, message
from bot.ports import Destination, MessageRef
from bot.services.notifications.rules import Notification, TicketEvent
from bot.ticket import Status, Ticket
from handlers.slack.posting import SlackPoster
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.card import ticket_button
from handlers.tickets.history_lines import other_ticket
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Link, Renderer, link_to

_THREAD: Final = message("its thread")


class SlackTicketNotifications:
    """Sends direct messages, and posts thread notes where editing the card notifies nobody."""

    def __init__(self, poster: SlackPoster, users: UserDirectory) -> None:
        self._poster = poster
        self._users = users

    async def send_direct_message(self, ticket: Ticket, notification: Notification) -> MessageRef:
        """Send a notification; its name is the message's key."""
        renderer = await self._users.renderer(ticket.team, notification.person)
        text, blocks = notification_message(ticket, notification, renderer)
        where = Destination(ticket.team, person=notification.person)
        return await self._poster.post(where, notification.name, text, blocks)

    async def update_notification(
        self, ticket: Ticket, message_ref: MessageRef, notification: Notification
    ) -> None:
        """Update a notification after the ticket changed."""
        renderer = await self._users.renderer(ticket.team, notification.person)
        text, blocks = notification_message(ticket, notification, renderer)
        await self._poster.update(ticket.team, message_ref, text, blocks)

    async def post_note(
        self, thread: Ticket, ticket: Ticket, event: TicketEvent, key: str
    ) -> MessageRef:
        """Post a note about an event of `ticket` in the thread of the ticket `thread`."""
        renderer = await self._users.channel_renderer(thread.team, thread.thread.channel)
        text, blocks = thread_note(ticket, event, renderer)
        return await self._poster.post(Destination.thread_of(thread), key, text, blocks)

    async def offer_reopening(
        self, ticket: Ticket, notification: Notification, *, in_thread: bool
    ) -> MessageRef:
        """Offer reopening by an ephemeral message in the ticket's thread, or by direct message.

        An ephemeral message cannot be edited or found: its `ts` is "".
        """
        renderer = await self._users.renderer(ticket.team, notification.person)
        text, blocks = _reopening_offer(ticket, renderer)
        if not in_thread:
            where = Destination(ticket.team, person=notification.person)
            return await self._poster.post(where, notification.name, text, blocks)
        thread = Destination.thread_of(ticket)
        await self._poster.post_ephemeral(thread, notification.person, text, blocks)
        return MessageRef(ticket.thread.channel, "")


def _reopening_offer(ticket: Ticket, renderer: Renderer) -> tuple[str, list[Block]]:
    msg = message(
        "%(ticket)s is resolved. If the problem is still there, open it again.",
        ticket=ticket.label,
    )
    button = ticket_button("reopen", ticket, renderer)
    blocks = [
        block_kit.section("offer", renderer.mrkdwn(msg)),
        block_kit.actions("offered", button),
    ]
    return renderer.fallback_text(msg), blocks


def notification_message(
    ticket: Ticket, notification: Notification, renderer: Renderer
) -> tuple[str, list[Block]]:
    """Build a direct message: top-level text and blocks."""
    match notification.kind:
        case "offered" if ticket.status is Status.RESOLVED:
            return _reopening_offer(ticket, renderer)
        case "claimed":
            msg = message(
                "%(person)s is working on %(ticket)s (%(cname)s).",
                person=PersonId(ticket.assignee or ""),
                **_ticket_params(ticket),
            )
            return _simple_message(msg, ticket, renderer)
        case "handed":
            msg = message("%(ticket)s (%(cname)s) is now yours.", **_ticket_params(ticket))
            by = next((s["who"] for s in reversed(ticket.history) if s["what"] == "handed"), "")
            handed = message("%(person)s handed it over to you.", person=PersonId(by))
            return _simple_message(msg, ticket, renderer, handed)
        case "woken":
            return _woken(ticket, renderer)
        case "resolved" | "offered":
            return _resolved(ticket, notification, renderer)
    unknown = f"no text for {notification.name}"
    raise ValueError(unknown)


def _woken(ticket: Ticket, renderer: Renderer) -> tuple[str, list[Block]]:
    msg = message(
        "You snoozed %(ticket)s (%(cname)s) until now. It is open again, and nobody has claimed "
        "it.",
        **_ticket_params(ticket),
    )
    text, blocks = _simple_message(msg, ticket, renderer)
    return text, [*blocks, block_kit.actions("woken", ticket_button("claim", ticket, renderer))]


def _simple_message(
    msg: Message, ticket: Ticket, renderer: Renderer, more: Message | None = None
) -> tuple[str, list[Block]]:
    lines = [msg, *([more] if more else []), *_thread_link(ticket)]
    text = "\n".join(renderer.mrkdwn(line) for line in lines)
    return text, [block_kit.section("text", text)]


def _thread_link(ticket: Ticket) -> list[Message]:
    if not ticket.thread.permalink:
        return []
    return [message("Read more in %(thread)s.", thread=Link(ticket.thread.permalink, _THREAD))]


def _ticket_params(ticket: Ticket) -> dict[str, object]:
    return {"ticket": ticket.label, "cname": ticket.cname}


def _resolved(
    ticket: Ticket, notification: Notification, renderer: Renderer
) -> tuple[str, list[Block]]:
    """Build the message that the ticket is resolved, with the reporter's buttons."""
    if ticket.status is not Status.RESOLVED or notification.occasion != _reopening_count(ticket):
        msg = message("%(ticket)s (%(cname)s) is open again.", **_ticket_params(ticket))
        text = "\n".join(renderer.mrkdwn(line) for line in [msg, *_thread_link(ticket)])
        return renderer.fallback_text(msg), [block_kit.section("text", text)]
    if ticket.duplicate_of is not None:
        msg = _merged(ticket, ticket.duplicate_of)
        blocks = [block_kit.section("text", renderer.mrkdwn(msg))]
    else:
        msg = message("%(ticket)s (%(cname)s) is resolved.", **_ticket_params(ticket))
        cause = resolution_title(ticket.resolved_cause)
        facts = [msg, message("Cause: %(cause)s", cause=cause), *_thread_link(ticket)]
        uids = (ticket.teacher_uid, ticket.student_uid)
        pieces = renderer.quote(ticket.resolution, uids)
        blocks = [
            block_kit.section("text", "\n".join(renderer.mrkdwn(line) for line in facts)),
            *(block_kit.section(f"resolution-{n}", piece) for n, piece in enumerate(pieces)),
        ]
    answers = _reply_buttons(ticket, renderer) if notification.person == ticket.reporter else []
    return renderer.fallback_text(msg), [*blocks, *answers]


def _merged(ticket: Ticket, target: int) -> Message:
    """Say that another ticket is about the same problem, and whether it is resolved."""
    params = {"other": other_ticket(ticket, target), **_ticket_params(ticket)}
    merged = next(event for event in reversed(ticket.history) if event["what"] == "merged")
    if merged.get("over"):
        return message(
            "%(ticket)s (%(cname)s) is about the same problem as %(other)s, which is resolved.",
            **params,
        )
    return message(
        "%(ticket)s (%(cname)s) is about the same problem as %(other)s. It continues there, "
        "and you will be notified when it is resolved.",
        **params,
    )


def _reply_buttons(ticket: Ticket, renderer: Renderer) -> list[Block]:
    if ticket.helped:
        return [block_kit.context("helped", renderer.mrkdwn(message("You said that it helped.")))]
    buttons = [ticket_button("reopen", ticket, renderer)]
    if ticket.duplicate_of is None:
        buttons.insert(0, ticket_button("helped", ticket, renderer))
    return [block_kit.actions("answers", *buttons)]


def _reopening_count(ticket: Ticket) -> str:
    return str(ticket.count_events("reopened"))


def thread_note(ticket: Ticket, event: TicketEvent, renderer: Renderer) -> tuple[str, list[Block]]:
    """Build a thread note: top-level text and blocks."""
    if event["what"] == "merged":
        name = link_to(ticket.thread.permalink, ticket.label)
        msg = message(
            "%(ticket)s was merged into this ticket by %(person)s: it is about the same problem.",
            person=PersonId(event["who"]),
            ticket=name,
        )
        text = renderer.mrkdwn(msg)
        return text, [block_kit.section("note", text)]
    if event["what"] == "withdrawn":
        msg = message(
            "%(person)s has withdrawn %(ticket)s. It needs no more work.",
            person=PersonId(event["who"]),
            ticket=ticket.label,
        )
        text = renderer.mrkdwn(msg)
        return text, [block_kit.section("note", text)]
    msg = message(
        "%(ticket)s was opened again by %(person)s.",
        person=PersonId(event["who"]),
        ticket=ticket.label,
    )
    lines = [msg]
    closer = _last_resolver(ticket, event)
    if closer not in ("", event["who"]):
        lines.append(message("%(person)s had resolved it.", person=PersonId(closer)))
    text = "\n".join(renderer.mrkdwn(line) for line in lines)
    return text, [block_kit.section("note", text)]


def _last_resolver(ticket: Ticket, event: TicketEvent) -> str:
    """Return who had resolved the ticket before this event; "" when nobody."""
    earlier = ticket.history[: ticket.history.index(dict(event))]
    closed = (
        each["who"]
        for each in reversed(earlier)
        if each["what"] in ("resolved", "merged", "withdrawn")
    )
    return next(closed, "")
