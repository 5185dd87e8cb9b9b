"""The job that creates the issue of a ticket in a tracker, once."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from bot.errors import (
    IntegrationBusyError,
    IntegrationError,
    IntegrationRefusedError,
    IntegrationUnreachableError,
)
from bot.i18n.messages import Message, message
from bot.i18n.serialization import dump_message
from bot.jobs.run import Queue, Run, job
from bot.ports import Diagnosis, IssueReference, IssueTracker, NewIssue
from bot.services.context import Context
from bot.services.diagnosis.evidence import load_diagnosis
from bot.services.notifications import rules
from bot.services.tickets.enqueue import CARD, enqueue
from bot.services.tickets.updates import find_ticket, update_ticket
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.tickets import tickets
from bot.ticket import Ticket
from bot.tracker_issue import IssueState, TrackerIssue, find_issue, with_issue

KIND: Final = "create_issue"
# A tracker finds an issue by its key only some seconds after it was created.
FIND_AFTER: Final = dt.timedelta(minutes=1)
_TOO_MANY_REQUESTS: Final = 429
_KEY_LENGTH: Final = 12
_NOT_SET_UP: Final = message("It is not set up any more.")


@dataclass(frozen=True, slots=True)
class IssueText:
    """A ticket in plain text, for people outside Slack."""

    title: str
    lines: Sequence[str]


class IssueWriter(Protocol):
    """Writes tickets as plain text, with uids masked as in the ticket's channel."""

    async def write(self, ticket: Ticket, diagnosis: Diagnosis | None) -> IssueText:
        """Return a ticket with its verdict and evidence."""


def enqueue_issue(session: Session, ticket: Ticket, tracker: str, now: dt.datetime) -> None:
    """Enqueue creating a ticket's issue in a tracker."""
    name = f"{KIND}:{ticket.label}:{tracker}"
    store_jobs.enqueue(session, name, KIND, ticket.id, tracker, ticket=ticket.id, due_at=now)


def issue_key(ticket: Ticket) -> str:
    """Return what finds a ticket's issue again; another Lagdesk's LD-12 has another one."""
    digest = hashlib.sha256(f"{ticket.team} {ticket.origin}".encode()).hexdigest()
    return f"lagdesk-{ticket.id}-{digest[:_KEY_LENGTH]}"


class IssueJobs:
    """Creates issues."""

    def __init__(self, context: Context, writer: IssueWriter) -> None:
        self._context = context
        self._writer = writer

    @job(KIND, Queue.DIAGNOSES)
    async def create_issue(self, run: Run, number: int, tracker: str) -> dt.datetime | None:
        """Create a ticket's issue; returns when to look whether an attempt has arrived.

        The attempt is stored before it is sent. One without an answer may have arrived: its
        issue is looked for before another one is created.
        """
        ticket = await find_ticket(self._context, number)
        issue = find_issue(ticket.issues, tracker)
        if issue is None or issue.state is not IssueState.PENDING:
            return None
        adapter = self._context.trackers.get(tracker)
        if adapter is None:
            await self._refuse(run, ticket, tracker, _NOT_SET_UP)
            return None
        if issue.attempted_at and self._context.clock.now() < issue.attempted_at + FIND_AFTER:
            return issue.attempted_at + FIND_AFTER
        try:
            reference = await self._find_or_create(run, ticket, issue, adapter)
        except IntegrationError as error:
            if not error.retryable:
                await self._refuse(run, ticket, tracker, error.user_message)
                return None
            await self._save_failure(run, ticket, tracker, error)
            raise
        await self._save_created(run, ticket, issue, reference)
        return None

    async def _find_or_create(
        self, run: Run, ticket: Ticket, issue: TrackerIssue, adapter: IssueTracker
    ) -> IssueReference:
        key = issue_key(ticket)
        if issue.attempted_at is not None:
            found = await adapter.find(key)
            if found is not None:
                return found
        new = await self._write(ticket, key)
        attempt = replace(issue, attempted_at=self._context.clock.now())
        await self._save(run, ticket, attempt)
        run.ensure_held()
        try:
            return await adapter.create(new)
        except IntegrationError as error:
            if not _may_have_arrived(error):
                await self._save(run, ticket, replace(attempt, attempted_at=None))
            raise

    async def _write(self, ticket: Ticket, key: str) -> NewIssue:
        diagnosis = await self._context.store.read(lambda session: load_diagnosis(session, ticket))
        text = await self._writer.write(ticket, diagnosis)
        return NewIssue(key, text.title, text.lines, ticket.thread.permalink)

    async def _save(self, run: Run, ticket: Ticket, issue: TrackerIssue) -> None:
        def change(stored: Ticket) -> None:
            stored.issues = with_issue(stored.issues, issue)

        await update_ticket(run, self._context, ticket, change)

    async def _save_failure(
        self, run: Run, ticket: Ticket, tracker: str, error: IntegrationError
    ) -> None:
        """Store why the issue is not created yet."""

        def change(stored: Ticket) -> None:
            issue = find_issue(stored.issues, tracker)
            if issue is not None:
                failed = replace(issue, reason=dump_message(error.user_message))
                stored.issues = with_issue(stored.issues, failed)
                stored.mark_changed()

        await update_ticket(run, self._context, ticket, change, CARD)

    async def _save_created(
        self, run: Run, ticket: Ticket, issue: TrackerIssue, reference: IssueReference
    ) -> None:
        created = replace(
            issue,
            state=IssueState.CREATED,
            attempted_at=None,
            reason=None,
            name=reference.name,
            url=reference.url,
        )
        await self._end(run, ticket, created, "issue_created")

    async def _refuse(self, run: Run, ticket: Ticket, tracker: str, reason: Message) -> None:
        """Store a refusal; an earlier attempt that may have arrived stays known."""
        issue = find_issue(ticket.issues, tracker)
        if issue is not None:
            refused = replace(issue, state=IssueState.REFUSED, reason=dump_message(reason))
            await self._end(run, ticket, refused, "issue_refused")

    async def _end(self, run: Run, ticket: Ticket, issue: TrackerIssue, event: str) -> None:
        """Store the outcome, with the note in the ticket's thread and the card."""
        now = self._context.clock.now()

        def work(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            before = len(stored.history)
            stored.issues = with_issue(stored.issues, issue)
            facts = {"tracker": issue.tracker, "name": issue.name, "url": issue.url}
            stored.add_event(event, now, issue.person, **facts, reason=issue.reason)
            enqueue(session, stored, CARD, now)
            rules.enqueue_notifications(session, stored, before, now)

        await run.end(self._context.store, work)


def _may_have_arrived(error: IntegrationError) -> bool:
    """Return whether the tracker may have created the issue although this error came."""
    if isinstance(error, IntegrationUnreachableError):
        return error.maybe_arrived
    if isinstance(error, IntegrationBusyError):
        return error.status != _TOO_MANY_REQUESTS
    return not isinstance(error, IntegrationRefusedError)
