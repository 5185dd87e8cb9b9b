"""The jobs that send private messages and post notes about tickets, each once."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from bot.call import ERASED
from bot.errors import (
    SlackAccessLostError,
    SlackError,
    SlackMessageGoneError,
    SlackTokenError,
    SlackUnreachableError,
)
from bot.jobs.run import Queue, Run, job
from bot.ports import Destination, MessageRef
from bot.services.context import Context
from bot.services.notifications.rules import (
    ALERTED,
    HANDED,
    NOTIFY,
    OFFER_REOPEN,
    OFFERED,
    POST_NOTE,
    UPDATE,
    WOKEN,
    Notification,
    TicketEvent,
)
from bot.services.publishing import Publisher
from bot.store import Session
from bot.store.models import SentNotification
from bot.store.notifications import sent
from bot.store.tickets import tickets
from bot.ticket import Status, Ticket

log = logging.getLogger(__name__)
Send = Callable[[], Awaitable[MessageRef]]

DELIVERY_TIMEOUT: Final = dt.timedelta(days=1)  # an account without access for this long is gone
_CARD_WAIT: Final = dt.timedelta(minutes=1)
_OFFER_INTERVAL: Final = dt.timedelta(minutes=10)  # several replies in a row get one offer


class NotificationSender(Protocol):
    """Sends notifications about tickets. Every method raises SlackError only."""

    async def send_direct_message(
        self, ticket: Ticket, notification: Notification, run: Run
    ) -> MessageRef:
        """Send a private message."""

    async def update_notification(
        self, ticket: Ticket, message_ref: MessageRef, notification: Notification
    ) -> None:
        """Edit a notification after its ticket changed."""

    async def post_note(
        self, thread: Ticket, ticket: Ticket, event: TicketEvent, run: Run
    ) -> MessageRef:
        """Post an event of a ticket in its thread, or in that of another ticket."""

    async def offer_reopening(
        self, ticket: Ticket, notification: Notification, *, in_thread: bool
    ) -> MessageRef:
        """Offer to reopen the ticket: by an ephemeral message in its thread, or directly.

        An ephemeral message has no `ts`: it is "".
        """


class NotificationLog:
    """The private messages that were sent, so that none is sent twice."""

    def __init__(self, context: Context, publisher: Publisher) -> None:
        self._context = context
        self._publisher = publisher

    async def reserve(self, notification: Notification) -> tuple[SentNotification, bool]:
        """Store that a message is being sent, or find its row; return whether it is new."""
        new = SentNotification(
            ticket=notification.ticket,
            person=notification.person,
            kind=notification.kind,
            key=notification.occasion,
            attempted_at=self._context.clock.now(),
        )
        return await self._context.store.transact(lambda session: sent.reserve(session, new))

    def mark_sent(
        self, session: Session, sent_notification: SentNotification, posted: MessageRef
    ) -> None:
        """Store that the message was sent, and its position."""
        at = self._context.clock.now()
        sent.mark_sent(session, sent_notification, posted.channel, posted.ts, at)

    async def discard(self, sent_notification: SentNotification) -> None:
        """Delete the row of a message that was certainly not sent."""

        def work(session: Session) -> None:
            key = (
                sent_notification.ticket,
                sent_notification.person,
                sent_notification.kind,
                sent_notification.key,
            )
            session.delete(session.get_one(SentNotification, key))

        await self._context.store.transact(work)

    async def notify_once(
        self, run: Run, team: str, notification: Notification, send: Send
    ) -> None:
        """Send a private message unless it was sent; gives up after a day without access.

        The job is then done.
        """
        sent_notification, is_new = await self.reserve(notification)
        if sent_notification.sent_at is not None:
            return
        where = Destination(team, person=notification.person)
        attempted_at = sent_notification.attempted_at
        try:
            found = None if is_new else await self._publisher.find(where, run.key, attempted_at)
            posted = found or await send()
        except SlackAccessLostError as error:
            if self._context.clock.now() < attempted_at + DELIVERY_TIMEOUT:
                raise
            log.info("%s cannot be delivered: %s", notification.name, error)
            return
        await run.end(
            self._context.store,
            lambda session: self.mark_sent(session, sent_notification, posted),
        )


class NotificationJobs:
    """Sends notifications."""

    def __init__(self, context: Context, publisher: Publisher, sender: NotificationSender) -> None:
        self._context = context
        self._publisher = publisher
        self._sender = sender
        self._notification_log = NotificationLog(context, publisher)

    @job(NOTIFY, Queue.MESSAGES)
    async def send_direct_message(
        self, run: Run, number: int, kind: str, person: str, occasion: str
    ) -> None:
        """Send a person a private message about a ticket, unless it is outdated."""
        notification = Notification(number, kind, person, occasion)
        ticket = await self._ticket(notification.ticket)
        if person == ERASED or not _is_still_true(ticket, notification):
            return
        await self._notification_log.notify_once(
            run,
            ticket.team,
            notification,
            lambda: self._sender.send_direct_message(ticket, notification, run),
        )

    @job(UPDATE, Queue.MESSAGES)
    async def update_notification(
        self, run: Run, number: int, kind: str, person: str, occasion: str
    ) -> None:
        """Edit a message that was sent; a deleted message needs no edit."""
        _ = run
        notification = Notification(number, kind, person, occasion)
        ticket = await self._ticket(notification.ticket)
        sent_notification, _ = await self._notification_log.reserve(notification)
        if not sent_notification.ts:
            return
        try:
            await self._sender.update_notification(
                ticket, MessageRef(sent_notification.channel, sent_notification.ts), notification
            )
        except SlackTokenError:  # of no message in particular: tried again
            raise
        except (SlackMessageGoneError, SlackAccessLostError) as error:
            log.info("%s is not updated: %s", notification.name, error)

    @job(POST_NOTE, Queue.MESSAGES)
    async def post_note(
        self, run: Run, thread_number: int, number: int, index: int
    ) -> dt.datetime | None:
        """Post a note about an event of a ticket's history in a ticket's thread."""
        thread, ticket = await self._ticket(thread_number), await self._ticket(number)
        if not thread.thread.card_ts:
            return self._context.clock.now() + _CARD_WAIT
        event = ticket.history[index]
        if event["what"] == "resolved" and thread.status is Status.RESOLVED:
            return None  # it was resolved too
        await self._publisher.publish_once(
            run,
            Destination.thread_of(thread),
            dt.datetime.fromisoformat(event["at"]),
            lambda: self._sender.post_note(thread, ticket, event, run),
        )
        return None

    @job(OFFER_REOPEN, Queue.MESSAGES)
    async def offer_reopening(self, run: Run, number: int, ts: str, channel: str) -> None:
        """Offer to reopen a ticket; an ephemeral message cannot be searched for later."""
        _ = run
        ticket = await self._ticket(number)
        if ticket.status is not Status.RESOLVED:
            return
        notification = Notification(ticket.id, OFFERED, ticket.reporter, ts)
        if await self._context.store.read(
            lambda session: self._was_offered_recently(session, notification)
        ):
            return
        sent_notification, is_new = await self._notification_log.reserve(notification)
        if not is_new:
            return
        try:
            posted = await self._sender.offer_reopening(ticket, notification, in_thread=not channel)
        except SlackError as error:
            if not (isinstance(error, SlackUnreachableError) and error.maybe_arrived):
                await self._notification_log.discard(sent_notification)
            if isinstance(error, SlackAccessLostError):
                log.info("%s cannot be offered: %s", ticket.label, error)
                return
            raise
        await self._context.store.transact(
            lambda session: self._notification_log.mark_sent(session, sent_notification, posted)
        )

    def _was_offered_recently(self, session: Session, notification: Notification) -> bool:
        newest = sent.find_newest(session, notification.ticket, notification.kind)
        now = self._context.clock.now()
        return newest is not None and newest.attempted_at > now - _OFFER_INTERVAL

    async def _ticket(self, number: int) -> Ticket:
        return await self._context.store.read(lambda session: tickets.find(session, number))


def _is_still_true(ticket: Ticket, notification: Notification) -> bool:
    """Return whether a late notification is still correct."""
    if notification.kind == HANDED:
        return ticket.status is Status.CLAIMED and ticket.assignee == notification.person
    if notification.kind in (ALERTED, WOKEN):
        return ticket.status is Status.OPEN
    return True
