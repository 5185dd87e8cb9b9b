"""Direct messages and thread notes about what happens to a ticket."""

from __future__ import annotations

from typing import Final

from bot.escalation import escalations_of
from bot.i18n.messages import Duration, Message, PersonId, message
from bot.jobs.run import Run
from bot.ports import Destination, MessageRef
from bot.services.notifications.rules import Notification, TicketEvent
from bot.ticket import Status, Ticket
from handlers.diagnosis.result_lines import result_lines
from handlers.slack.posting import SlackPoster
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.card import ticket_button, ticket_line
from handlers.tickets.issue_lines import issue_event
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Link, Renderer, link_to

_THREAD: Final = message("its thread")


class SlackTicketNotifications:
    """Sends direct messages, and posts thread notes where editing the card notifies nobody."""

    def __init__(self, poster: SlackPoster, users: UserDirectory) -> None:
        self._poster = poster
        self._users = users

    async def send_direct_message(
        self, ticket: Ticket, notification: Notification, run: Run
    ) -> MessageRef:
        """Send a notification."""
        renderer = await self._users.renderer(ticket.team, notification.person)
        text, blocks = notification_message(ticket, notification, renderer)
        where = Destination(ticket.team, person=notification.person)
        return await self._poster.post(where, run, text, blocks)

    async def update_notification(
        self, ticket: Ticket, message_ref: MessageRef, notification: Notification
    ) -> None:
        """Update a notification after the ticket changed."""
        renderer = await self._users.renderer(ticket.team, notification.person)
        text, blocks = notification_message(ticket, notification, renderer)
        await self._poster.update(ticket.team, message_ref, text, blocks)

    async def post_note(
        self, thread: Ticket, ticket: Ticket, event: TicketEvent, run: Run
    ) -> MessageRef:
        """Post a note about an event of `ticket` in the thread of the ticket `thread`."""
        renderer = await self._users.channel_renderer(thread.team, thread.thread.channel)
        text, blocks = thread_note(ticket, event, renderer)
        return await self._poster.post(Destination.thread_of(thread), run, text, blocks)

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
            run = Run(notification.name)  # without a lease: whoever reserved the offer sends it
            return await self._poster.post(where, run, text, blocks)
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
    is_resolved = ticket.status is Status.RESOLVED
    match notification.kind:
        case "offered" if is_resolved:
            return _reopening_offer(ticket, renderer)
        case "offered":
            msg = message("%(ticket)s (%(cname)s) is open again.", **_ticket_params(ticket))
            return _simple_message(msg, ticket, renderer)
        case "handed":
            msg = message("%(ticket)s (%(cname)s) is now yours.", **_ticket_params(ticket))
            by = next((s["who"] for s in reversed(ticket.history) if s["what"] == "handed"), "")
            handed = message("%(person)s handed it over to you.", person=PersonId(by))
            return _simple_message(msg, ticket, renderer, handed)
        case "woken":
            return _woken(ticket, renderer)
        case "alerted":
            return _alert(ticket, renderer)
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


def _alert(ticket: Ticket, renderer: Renderer) -> tuple[str, list[Block]]:
    """Build the message to a lead: cause and age of an unclaimed ticket, and how to claim it."""
    alerted_at = next((event.at for event in reversed(escalations_of(ticket))), ticket.created_at)
    age = Duration(max(60.0, (alerted_at - ticket.created_at).total_seconds() // 60 * 60))
    msg = message(
        "%(ticket)s (%(cname)s) was reported %(time)s ago, and nobody has claimed it.",
        **_ticket_params(ticket),
        time=age,
    )
    if ticket.is_live:
        msg = message("%(call)s The class is still in progress.", call=msg)
    lines = [renderer.mrkdwn(msg)]
    if ticket.status is not Status.OPEN:
        lines = [ticket_line(ticket, renderer)]
    lines += [*result_lines(ticket, renderer), *map(renderer.mrkdwn, _thread_link(ticket))]
    claim = block_kit.actions("alerted", ticket_button("claim", ticket, renderer))
    blocks = [block_kit.section("alert", "\n".join(lines))]
    return renderer.fallback_text(msg), [
        *blocks,
        *([claim] if ticket.status is Status.OPEN else []),
    ]


def _simple_message(
    msg: Message, ticket: Ticket, renderer: Renderer, more: Message | None = None
) -> tuple[str, list[Block]]:
    lines = [msg, *([more] if more else []), *_thread_link(ticket)]
    text = "\n".join(renderer.mrkdwn(line) for line in lines)
    return renderer.fallback_text(msg), [block_kit.section("text", text)]


def _thread_link(ticket: Ticket) -> list[Message]:
    if not ticket.thread.permalink:
        return []
    return [message("Read more in %(thread)s.", thread=Link(ticket.thread.permalink, _THREAD))]


def _ticket_params(ticket: Ticket) -> dict[str, object]:
    return {"ticket": ticket.label, "cname": ticket.cname}


def thread_note(ticket: Ticket, event: TicketEvent, renderer: Renderer) -> tuple[str, list[Block]]:
    """Build a thread note of facts: top-level text and blocks."""
    if event["what"] in ("issue_created", "issue_refused"):
        text = f"{renderer.fact(PersonId(event['who']))} {issue_event(event, renderer)}"
        return text, [block_kit.section("note", text)]
    did = {
        "merged": message("merged it into this ticket: it is about the same problem"),
        "withdrawn": message("withdrew it: it needs no more work"),
        "resolved": message("resolved it; this ticket, linked to it, is still open"),
    }.get(event["what"], message("opened it again"))
    is_elsewhere = event["what"] in ("merged", "resolved")  # in the other ticket's thread
    name = link_to(ticket.thread.permalink if is_elsewhere else "", ticket.label)
    who = renderer.fact(PersonId(event["who"]))
    lines = [f"{renderer.fact(name)} · {who} {renderer.inline(did)}"]
    closer = _last_resolver(ticket, event) if event["what"] == "reopened" else ""
    if closer not in ("", event["who"]):
        lines.append(renderer.labelled(message("Resolved before by"), PersonId(closer)))
    text = "\n".join(lines)
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
