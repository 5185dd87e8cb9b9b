"""Reporting calls, acting on tickets, and lists of tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from bot.call import IssueType, Side
from bot.cloud_report import CloudReport, ReportState
from bot.diagnosis.verdict import accepted_cause
from bot.errors import InputError
from bot.i18n.messages import message
from bot.services.context import Context
from bot.services.diagnosis.job_kinds import CHART, DIAGNOSE
from bot.services.escalation.schedule import (
    WAKE,
    enqueue_page,
    plan_step,
    schedule_escalation,
    step_job,
)
from bot.services.notifications import rules
from bot.services.notifications.relay import relay_to_reporter
from bot.services.tickets import replies
from bot.services.tickets.access import (
    find_correctable,
    find_for_support,
    find_visible,
    require_right,
)
from bot.services.tickets.enqueue import (
    CARD,
    REPORT,
    answer_job,
    complete_step_job,
    enqueue,
    job_of,
)
from bot.services.tickets.filters import TicketFilters
from bot.services.tickets.recent_classes import RecentClasses
from bot.services.tickets.snippets import matching_replies
from bot.services.tickets.submission import Submission, initial_report_state, normalize, validate
from bot.services.webhooks.events import FILED, enqueue_events, event_jobs
from bot.store import Session
from bot.store.batched_read import BatchedRead
from bot.store.jobs import enqueue_all
from bot.store.tickets import lists, tickets
from bot.store.tickets.lists import TicketPage, TicketQuery
from bot.ticket import Status, Ticket

__all__ = ["TicketPage", "TicketService"]

_AFTER_CARD: Final = (rules.CONFIRM, DIAGNOSE)  # run after the card, unless it is late
CARD_TIMEOUT: Final = dt.timedelta(seconds=10)
MAX_SNOOZE: Final = dt.timedelta(days=30)
Change = Callable[[Ticket, dt.datetime], None]
EnqueueJobs = Callable[[Session, Ticket, dt.datetime], None]


class TicketService:
    """Creates, changes and lists tickets."""

    def __init__(self, context: Context, recent: RecentClasses) -> None:
        self._context = context
        self.recent: Final = recent
        self._unresolved: BatchedRead[tuple[str, str], Ticket | None] = BatchedRead(
            context.store, lambda session, key: tickets.find_unresolved(session, *key)
        )

    def apps_of(self, team: str) -> tuple[str, ...]:
        """Return our names of the apps for which a workspace can report calls."""
        return tuple(self._context.clouds_of(team))

    def apps_for_report(self, team: str) -> tuple[str, ...]:
        """Return them for somebody who is about to report. Raises NotSetUpError."""
        self._context.workspaces.require_set_up(team)
        return self.apps_of(team)

    def clouds_of(self, team: str) -> frozenset[str]:
        """Return the names of the clouds of a workspace's apps."""
        return frozenset(cloud.name for cloud in self._context.clouds_of(team).values())

    @property
    def canned_resolutions(self) -> tuple[str, ...]:
        """The company's own texts to resolve tickets with; empty for the usual ones."""
        return self._context.settings.resolutions

    async def report_call(self, submission: Submission) -> Ticket:
        """Create a ticket and enqueue its jobs; the same origin returns the same ticket.

        Raises InputError with a message per field.
        """
        clouds, now = self._context.clouds_of(submission.team), self._context.clock.now()
        normalized = normalize(submission, clouds)
        try:
            validate(normalized, clouds, now)
        except InputError:
            existing = await self._find_existing(normalized)
            if existing is None:
                raise
            return existing
        new = self._build_ticket(normalized, now)
        ticket = await self._context.commit(
            lambda session: self._create_ticket(session, new, normalized, now)
        )
        self.recent.add_report(new.team, new.reporter)
        return ticket

    async def _find_existing(self, submission: Submission) -> Ticket | None:
        """Find the ticket of a form that comes again, after its call became too old to report."""
        return await self._context.store.read(
            lambda session: tickets.find_by_origin(session, submission.team, submission.origin)
        )

    def _create_ticket(
        self, session: Session, new: Ticket, submission: Submission, now: dt.datetime
    ) -> Ticket:
        step = plan_step(new, self._context.workspaces.policy_of(new.team), now)
        ticket, is_new = tickets.get_or_create(session, new)
        if is_new:
            due = {CARD: now, **dict.fromkeys(_AFTER_CARD, now + CARD_TIMEOUT)}
            if ticket.cloud_report.state is ReportState.PENDING:
                due[REPORT] = now
            jobs = [job_of(ticket, job, due_at) for job, due_at in due.items()]
            if submission.response_url:
                jobs.append(answer_job(ticket, submission.response_url, now + CARD_TIMEOUT))
            if submission.workflow_execution:
                jobs.append(
                    complete_step_job(ticket, submission.workflow_execution, now + CARD_TIMEOUT)
                )
            jobs += event_jobs(self._context.settings, ticket, FILED, now, who=ticket.reporter)
            enqueue_all(session, [*jobs, step_job(ticket, step)] if step else jobs)
        return ticket

    def _build_ticket(self, submission: Submission, now: dt.datetime) -> Ticket:
        cloud = self._context.clouds[submission.app]
        occurred_at = submission.occurred_at or now
        fields = vars(submission) | {
            "cloud": cloud.name,
            "abnormal_side": Side(submission.abnormal_side),
            "issue_type": int(IssueType(int(submission.issue_type))),
            "occurred_at": min(occurred_at, now),
            "created_at": now,
            "cloud_report": CloudReport(state=initial_report_state(cloud, self._context.settings)),
        }
        del fields["response_url"], fields["workflow_execution"]
        return Ticket(**fields)

    async def claim(self, team: str, number: int, person: str) -> Ticket:
        """Claim a ticket. Raises ConflictError when another person has claimed it."""
        return await self._act(team, number, person, lambda t, now: t.claim(person, now))

    async def unclaim(self, team: str, number: int, person: str) -> Ticket:
        """Make a claimed ticket open again; its escalation starts anew."""
        return await self._act(team, number, person, lambda t, now: t.unclaim(person, now))

    async def snooze(self, team: str, number: int, person: str, until: dt.datetime) -> Ticket:
        """Claim a ticket until a moment, after which it is open again. Raises InputError."""
        if not dt.timedelta(0) < until - self._context.clock.now() <= MAX_SNOOZE:
            raise InputError({"at": message("Choose a time within the next 30 days.")})
        return await self._act(
            team,
            number,
            person,
            lambda t, now: t.snooze(until, person, now),
            lambda session, ticket, _now: enqueue(session, ticket, WAKE, until),
        )

    async def escalate(self, team: str, number: int, person: str) -> Ticket:
        """Notify the support group now."""

        def change(ticket: Ticket, now: dt.datetime) -> None:
            ticket.escalate(now, person)

        return await self._act(team, number, person, change, enqueue_page)

    async def resolve(
        self, team: str, number: int, person: str, *, cause: str, resolution: str
    ) -> Ticket:
        """Resolve a ticket with its cause and what was done."""
        return await self._act(
            team,
            number,
            person,
            lambda t, now: t.resolve(person, now, cause=cause, resolution=resolution),
        )

    async def accept_verdict(self, team: str, number: int, person: str) -> Ticket:
        """Resolve a ticket with the cause of its verdict, without words."""

        def change(ticket: Ticket, now: dt.datetime) -> None:
            ticket.resolve(person, now, cause=accepted_cause(ticket.verdict), resolution="")

        return await self._act(team, number, person, change)

    async def list_linked(self, ticket: Ticket) -> Sequence[Ticket]:
        """Return the tickets linked to one that are not resolved."""
        return await self._context.store.read(
            lambda session: tickets.list_unresolved(session, ticket.related)
        )

    async def resolve_linked(self, team: str, number: int, person: str) -> None:
        """Resolve the tickets that are linked to a resolved one as that one was."""
        ticket = await self.find_for_support(team, number, person)
        cause, resolution = ticket.resolved_cause, ticket.resolution
        for other in await self.list_linked(ticket):
            await self.resolve(team, other.id, person, cause=cause, resolution=resolution)

    async def reopen(self, team: str, number: int, person: str) -> Ticket:
        """Open a resolved ticket again; allowed to support and its reporter.

        The report of a withdrawn ticket is then sent after all.
        """
        return await self._act(
            team,
            number,
            person,
            lambda t, now: t.reopen(person, now),
            lambda session, ticket, now: enqueue(session, ticket, REPORT, now),
            allow_reporter=True,
        )

    async def diagnose_again(self, team: str, number: int, person: str) -> Ticket:
        """Enqueue another diagnosis; allowed to support and the reporter."""
        return await self._act(
            team,
            number,
            person,
            lambda t, _now: t.mark_changed(),
            lambda session, ticket, now: enqueue(session, ticket, DIAGNOSE, now),
            allow_reporter=True,
        )

    async def _act(
        self,
        team: str,
        number: int,
        person: str,
        change: Change,
        enqueue_more: EnqueueJobs | None = None,
        *,
        allow_reporter: bool = False,
    ) -> Ticket:
        """Change a ticket in one transaction and enqueue what follows, at least a card update."""
        is_support = await self._context.permissions.is_support(team, person)
        now, policy = self._context.clock.now(), self._context.workspaces.policy_of(team)

        def work(session: Session) -> Ticket:
            ticket = tickets.lock(session, number, team)
            require_right(
                self._context, ticket, person, is_support=is_support, or_reporter=allow_reporter
            )
            previous_status, before = ticket.status, len(ticket.history)
            change(ticket, now)
            if ticket.status is Status.OPEN and previous_status is not Status.OPEN:
                ticket.restart_escalation(now, person)
            schedule_escalation(session, ticket, policy, now)
            enqueue(session, ticket, CARD, now)
            if enqueue_more is not None:
                enqueue_more(session, ticket, now)
            rules.enqueue_notifications(session, ticket, before, now)
            enqueue_events(session, self._context.settings, ticket, before, now)
            return ticket

        return await self._context.commit(work)

    async def find_correctable(self, team: str, number: int, person: str) -> Ticket:
        """Return a ticket to a person who may correct it; NotAllowedError for others."""
        return await find_correctable(self._context, team, number, person)

    async def find_for_support(self, team: str, number: int, person: str) -> Ticket:
        """Return a ticket to a person who may act on it; NotAllowedError for others."""
        return await find_for_support(self._context, team, number, person)

    async def find_visible(self, team: str, number: int, person: str) -> Ticket:
        """Return a ticket to support or to its reporter; NotAllowedError for others."""
        return await find_visible(self._context, team, number, person)

    async def find_unresolved(self, team: str, cname: str) -> Ticket | None:
        """Return the newest unresolved ticket about a channel, for anybody about to report it."""
        return await self._unresolved.get((team, cname))

    async def save_reply(self, reply: replies.Reply) -> None:
        """Store a thread reply if the thread is a ticket's."""
        now = self._context.clock.now()

        def work(session: Session) -> None:
            ticket = replies.save_reply(session, reply)
            if ticket is not None:
                relay_to_reporter(session, ticket, reply, now)
            if ticket is not None and replies.asks_to_reopen(ticket, reply):
                rules.enqueue_reopen_offer(session, ticket, reply.ts, now)

        await self._context.commit(work)

    async def redraw_chart(self, team: str, number: int, person: str) -> None:
        """Draw and upload a ticket's chart again: Slack has deleted it.

        Raises NotAllowedError unless the person is support or reported the ticket.
        """
        await find_visible(self._context, team, number, person)
        now = self._context.clock.now()

        def work(session: Session) -> None:
            ticket = tickets.lock(session, number, team)
            ticket.thread.chart_file_id = ""
            enqueue(session, ticket, CHART, now)

        await self._context.commit(work)

    async def list_tickets(self, query: TicketQuery, person: str) -> TicketPage:
        """Return a page of tickets: support sees all, other people those they reported."""
        allowed = await self._restrict(query, person)
        return await self._context.store.read(lambda session: lists.page(session, allowed))

    async def find_tickets(self, team: str, person: str, filters: TicketFilters) -> TicketPage:
        """Return a page of what this person may see, as `list_tickets`. Raises InputError."""
        allowed = await self._restrict(filters.query(team, person, self.apps_of(team)), person)
        return await self._context.store.read(
            lambda session: lists.page(session, allowed, filters.size)
        )

    async def matching_replies(
        self, team: str, person: str, matched: Sequence[Ticket], words: Sequence[str]
    ) -> Mapping[int, str]:
        """Return excerpts of thread replies that match, by ticket number; empty for non-support."""
        if not words or not await self._context.permissions.is_support(team, person):
            return {}
        return await self._context.store.read(
            lambda session: matching_replies(session, matched, words)
        )

    async def _restrict(self, query: TicketQuery, person: str) -> TicketQuery:
        """Restrict a query to what this person may see."""
        if query.reporter == person:
            return query
        is_support = await self._context.permissions.is_support(query.team, person)
        if is_support is None:  # an incomplete list would look like a complete one
            raise self._context.refusal(query.team, is_support=None)
        if is_support:
            return query
        nothing = query.reporter is not None  # another person's
        return replace(
            query, reporter=person, involved_user=None, before=0 if nothing else query.before
        )

    def stream_tickets(self, since: dt.datetime | None) -> Iterator[Ticket]:
        """Yield every ticket, oldest first, for export; no transaction waits for the reader."""
        last = 0
        while batch := self._context.store.read_sync(
            partial(tickets.list_after, number=last, since=since)
        ):
            yield from batch
            last = batch[-1].id
