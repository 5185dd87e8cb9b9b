"""Which notifications follow from an event of a ticket."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.jobs.run import Queue
from bot.services.tickets.enqueue import TicketJob, enqueue, person_partition
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.notifications import sent
from bot.store.tickets import tickets
from bot.ticket import Ticket

NOTIFY: Final = "notify"  # privately
UPDATE: Final = "update_notification"  # edit what was sent
POST_NOTE: Final = "thread_note"  # in a ticket's thread
OFFER_REOPEN: Final = "reopen_offer"  # to open a ticket again
CONFIRM: Final = TicketJob(  # sends or edits the reporter's message about a ticket
    "confirm", Queue.MESSAGES, lambda ticket: person_partition(ticket.reporter)
)
FILED: Final = "filed"  # the reporter's message, of which each ticket has one
HANDED: Final = "handed"  # to the new assignee
WOKEN: Final = "woken"  # a snooze is over
ALERTED: Final = "alerted"  # to a lead, once a ticket
DELAYED: Final = "delayed"  # the ticket's thread cannot be opened yet
OFFERED: Final = "offered"
_RESOLVED_TOO: Final = dt.timedelta(minutes=1)  # who resolves one is asked about the others
_SHOWN_TO_REPORTER: Final = frozenset(
    (
        *("claimed", "unclaimed", "handed", "resolved", "merged", "withdrawn", "reopened"),
        *("helped", "corrected", "snoozed", "woken"),
    )
)
_NOTED: Final = ("reopened", "withdrawn", "issue_created", "issue_refused")  # in the thread
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
    """Enqueue the private messages, edits and notes of all events after the first `before`."""
    events = ticket.history[before:]
    if any(event["what"] in _SHOWN_TO_REPORTER for event in events):
        _enqueue_edits(session, ticket, now)
    for index, event in enumerate(events, before):
        if event["what"] == "handed" and event["to"] != event["who"]:
            handed = str(ticket.count_events("handed"))
            Notification(ticket.id, HANDED, event["to"], handed).enqueue(session, now)
        if event["what"] == "woken":
            woken = str(ticket.count_events("woken"))
            Notification(ticket.id, WOKEN, event["to"], woken).enqueue(session, now)
        if event["what"] in _NOTED:
            _enqueue_thread_note(session, ticket.id, ticket, index, now)
        if event["what"] == "resolved":
            _enqueue_notes_to_linked(session, ticket, index, now)
        if event["what"] == "merged":  # it is posted in the other thread too
            _enqueue_thread_note(session, event["ticket"], ticket, index, now)


def _enqueue_edits(session: Session, ticket: Ticket, now: dt.datetime) -> None:
    """Enqueue edits of the messages that say how it is with the ticket, or with its duplicates."""
    for each in (ticket, *tickets.list_duplicates(session, ticket.id)):
        enqueue(session, each, CONFIRM, now)
    for kind in (ALERTED, OFFERED):
        for row in sent.list_sent(session, ticket.id, kind):
            notification = Notification(ticket.id, row.kind, row.person, row.key)
            name = notification.name.replace(NOTIFY, UPDATE, 1)
            store_jobs.enqueue(
                session, name, UPDATE, *notification.arguments, ticket=ticket.id, due_at=now
            )


def _enqueue_notes_to_linked(
    session: Session, ticket: Ticket, index: int, now: dt.datetime
) -> None:
    """Enqueue notes in the threads of linked tickets, unless they are resolved soon, too."""
    for other in tickets.list_unresolved(session, ticket.related):
        _enqueue_thread_note(session, other.id, ticket, index, now + _RESOLVED_TOO)


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
