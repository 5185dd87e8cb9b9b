"""Which notifications follow from an event of a ticket."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.services.tickets.enqueue import person_partition
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.notifications import sent
from bot.store.tickets import tickets
from bot.ticket import Ticket

NOTIFY: Final = "notify"  # privately
UPDATE: Final = "update_notification"  # edit what was sent
POST_NOTE: Final = "thread_note"  # in a ticket's thread
OFFER_REOPEN: Final = "reopen_offer"  # to open a ticket again
FILED, CLAIMED, EXPLAINED, RESOLVED = "filed", "claimed", "explained", "resolved"
HANDED: Final = "handed"
WOKEN: Final = "woken"  # a snooze is over
DELAYED: Final = "delayed"  # the ticket's thread cannot be opened yet
OFFERED: Final = "offered"
TicketEvent = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Notification:
    """A message to one person; `occasion` distinguishes several of one kind."""

    ticket: int
    kind: str
    person: str
    occasion: str = ""

    @property
    def name(self) -> str:
        """The id of its job and the key of its message, such as `notify:LD-12:claimed:U1:0`."""
        return f"{NOTIFY}:LD-{self.ticket}:{self.kind}:{self.person}:{self.occasion}"

    @property
    def arguments(self) -> tuple[int, str, str, str]:
        """The arguments of its job."""
        return self.ticket, self.kind, self.person, self.occasion

    def enqueue(self, session: Session, now: dt.datetime) -> None:
        """Enqueue sending it."""
        store_jobs.enqueue(
            session,
            self.name,
            NOTIFY,
            *self.arguments,
            ticket=self.ticket,
            partition=person_partition(self.person),
            due_at=now,
        )


def enqueue_notifications(session: Session, ticket: Ticket, before: int, now: dt.datetime) -> None:
    """Enqueue the notifications of all events after the first `before`."""
    for index, event in enumerate(ticket.history[before:], before):
        for notification in _notifications_for(session, ticket, event):
            if notification.person != event["who"]:
                notification.enqueue(session, now)
        if event["what"] in ("reopened", "helped"):
            _enqueue_updates(session, ticket, now)
        if event["what"] in ("reopened", "withdrawn"):
            _enqueue_thread_note(session, ticket.id, ticket, index, now)
        if event["what"] == "merged":  # it is posted in the other thread too
            _enqueue_thread_note(session, event["ticket"], ticket, index, now)


def _notifications_for(session: Session, ticket: Ticket, event: TicketEvent) -> list[Notification]:
    """Return the direct messages about an event.

    Only the first claim is reported to the reporter. Reporters of merged tickets are notified of
    the resolution too.
    """
    reopen_count = str(ticket.count_events("reopened"))
    claimed = Notification(ticket.id, CLAIMED, ticket.reporter, reopen_count)
    match event["what"]:
        case "claimed":
            return [claimed]
        case "handed":
            handed = str(ticket.count_events("handed"))
            handover = Notification(ticket.id, HANDED, event["to"], handed)
            return [handover] if event["to"] == ticket.reporter else [claimed, handover]
        case "woken":
            woken = str(ticket.count_events("woken"))
            return [Notification(ticket.id, WOKEN, event["to"], woken)]
        case "resolved" | "merged" | "withdrawn":
            others = tickets.list_duplicate_reporters(session, ticket.id)
            people = sorted({ticket.reporter, *others})
            return [Notification(ticket.id, RESOLVED, person, reopen_count) for person in people]
    return []


def _enqueue_updates(session: Session, ticket: Ticket, now: dt.datetime) -> None:
    """Enqueue updates of messages whose buttons are outdated."""
    sent_notifications = [
        *sent.list_sent(session, ticket.id, RESOLVED),
        *sent.list_sent(session, ticket.id, OFFERED),
    ]
    for sent_notification in sent_notifications:
        notification = Notification(
            ticket.id, sent_notification.kind, sent_notification.person, sent_notification.key
        )
        name = notification.name.replace(NOTIFY, UPDATE, 1)
        store_jobs.enqueue(
            session, name, UPDATE, *notification.arguments, ticket=ticket.id, due_at=now
        )


def _enqueue_thread_note(
    session: Session, thread: int, ticket: Ticket, index: int, now: dt.datetime
) -> None:
    """Enqueue a note in the thread of ticket `thread` about an event in a ticket's history."""
    name = f"{POST_NOTE}:LD-{thread}:{ticket.label}:{index}"
    arguments = (thread, ticket.id, index)
    store_jobs.enqueue(session, name, POST_NOTE, *arguments, ticket=thread, due_at=now)


def enqueue_reopen_offer(
    session: Session, ticket: Ticket, ts: str, now: dt.datetime, *, channel: str = ""
) -> None:
    """Enqueue the offer to open a ticket again, after the reply `ts` of its reporter.

    `channel` is the direct channel of the reply, "" for a reply in the ticket's thread.
    """
    occasion = f"{ts}:{channel}" if channel else ts
    name = f"{OFFER_REOPEN}:{ticket.label}:{occasion}"
    arguments = (ticket.id, ts, channel)
    store_jobs.enqueue(session, name, OFFER_REOPEN, *arguments, ticket=ticket.id, due_at=now)
