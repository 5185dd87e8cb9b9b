"""The desk: what people and the clock may ask for, one verb each, one transaction each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Final

from bot.call import IssueType, Side
from bot.errors import InputError, NotFoundError
from bot.escalation import Policy
from bot.i18n.messages import message
from bot.ports import Clock, Cloud, Diagnosis, Inquiry, Notifier
from bot.services.diagnosis.evidence import load_diagnosis
from bot.services.diagnosis.service import DiagnosisService
from bot.services.escalation.schedule import schedule_escalation
from bot.services.notifications import rules
from bot.services.permissions import not_allowed
from bot.services.preferences.languages import Languages
from bot.services.tickets import replies
from bot.services.tickets.snippets import matching_replies
from bot.services.tickets.submission import Submission, normalize, validate
from bot.settings import Settings
from bot.store import Session, Store, models
from bot.store import jobs as store_jobs
from bot.store.diagnosis import feedback as feedback_store
from bot.store.diagnosis.feedback import CauseAccuracy, Rating, VerdictFeedback
from bot.store.tickets import lists, tickets
from bot.store.tickets.lists import TicketPage, TicketQuery
from bot.ticket import ReportState, Status, Ticket

_AFTER_CARD: Final = ("confirm", "diagnose")  # they come with the card, if it comes in time
CARD_TIMEOUT: Final = dt.timedelta(seconds=10)
NotifyWorkers = Callable[[], Awaitable[None]]
Change = Callable[[Ticket, dt.datetime], None]


class TicketService:
    """Everything people may ask for. `notify_workers` tells the workers of new jobs."""

    def __init__(
        self,
        *,
        store: Store,
        clouds: Mapping[str, Cloud],
        clock: Clock,
        settings: Settings,
    ) -> None:
        self.store: Final = store
        self.clouds: Final = clouds
        self.clock: Final = clock
        self.settings: Final = settings
        self.languages: Final = Languages(store, settings)
        self.diagnosis_service: Final = DiagnosisService(clouds, clock)
        self.policy: Final = Policy.of(settings)
        self.notifier: Notifier | None = None
        self.notify_workers: NotifyWorkers = _no_workers

    async def report_call(self, submission: Submission) -> Ticket:
        """File a ticket and owe what follows; the same origin gives the same ticket.

        Raises InputError with a message per field.
        """
        normalized, now = normalize(submission, self.clouds), self.clock.now()
        existing = await self.store.read(
            lambda session: tickets.find_by_origin(session, normalized.team, normalized.origin)
        )
        if existing is not None:
            return existing
        validate(normalized, self.clouds, now)
        ticket = await self.store.transact(
            lambda session: self._create_ticket(session, normalized, now)
        )
        await self.notify_workers()
        return ticket

    def _create_ticket(self, session: Session, submission: Submission, now: dt.datetime) -> Ticket:
        ticket, is_new = tickets.get_or_create(session, self._build_ticket(submission, now))
        if is_new:
            enqueue(session, ticket, "card", now)
            for kind in _AFTER_CARD:
                enqueue(session, ticket, kind, now + CARD_TIMEOUT)
            if ticket.report_state is ReportState.PENDING:
                enqueue(session, ticket, "report", now)
            schedule_escalation(session, ticket, self.policy, now)
        return ticket

    def _build_ticket(self, submission: Submission, now: dt.datetime) -> Ticket:
        cloud = self.clouds[submission.app]
        occurred_at = submission.occurred_at or now
        fields = asdict(submission) | {
            "cloud": cloud.name,
            "abnormal_side": Side(submission.abnormal_side),
            "issue_type": int(IssueType(int(submission.issue_type))),
            "occurred_at": min(occurred_at, now),
            "created_at": now,
            "report_state": initial_report_state(cloud, self.settings),
        }
        return Ticket(**fields)

    async def claim(self, team: str, number: int, person: str) -> Ticket:
        """Take a ticket. Raises ConflictError when somebody was first."""
        return await self._act(team, number, person, lambda t, now: t.claim(person, now))

    async def escalate(self, team: str, number: int, person: str) -> Ticket:
        """Call the group now."""

        def change(ticket: Ticket, now: dt.datetime) -> None:
            ticket.escalate(now, person)

        return await self._act(team, number, person, change, ("call_group",))

    async def resolve(
        self, team: str, number: int, person: str, *, cause: str, resolution: str
    ) -> Ticket:
        """Close a ticket with what was wrong and what was done."""
        return await self._act(
            team,
            number,
            person,
            lambda t, now: t.resolve(person, now, cause=cause, resolution=resolution),
        )

    async def reopen(self, team: str, number: int, person: str) -> Ticket:
        """Open a resolved ticket again; its reporter may do so too."""
        return await self._act(
            team, number, person, lambda t, now: t.reopen(person, now), allow_reporter=True
        )

    async def diagnose_again(self, team: str, number: int, person: str) -> Ticket:
        """Ask the cloud again about a ticket; its reporter may do so too."""
        return await self._act(
            team,
            number,
            person,
            lambda t, _now: t.mark_changed(),
            ("diagnose",),
            allow_reporter=True,
        )

    async def _act(
        self,
        team: str,
        number: int,
        person: str,
        change: Change,
        job_kinds: tuple[str, ...] = (),
        *,
        allow_reporter: bool = False,
    ) -> Ticket:
        """Change a ticket in one transaction, then have its card drawn anew."""
        is_support = await self.is_support(team, person)
        now = self.clock.now()

        def work(session: Session) -> Ticket:
            ticket = tickets.lock(session, number, team)
            if not is_support and not (allow_reporter and ticket.reporter == person):
                raise not_allowed(self.settings)
            previous_status, before = ticket.status, len(ticket.history)
            change(ticket, now)
            if ticket.status is Status.OPEN and previous_status is not Status.OPEN:
                ticket.restart_escalation(now, person)
            session.add(ticket)
            schedule_escalation(session, ticket, self.policy, now)
            for kind in ("card", *job_kinds):
                enqueue(session, ticket, kind, now)
            rules.enqueue_notifications(session, ticket, before, now)
            return ticket

        ticket = await self.store.transact(work)
        await self.notify_workers()
        return ticket

    async def get_for_support(self, team: str, number: int, person: str) -> Ticket:
        """Show a ticket to somebody who is about to act on it; NotAllowedError for others."""
        if not await self.is_support(team, person):
            raise not_allowed(self.settings)
        return await self.store.read(lambda session: tickets.find(session, number, team))

    async def save_reply(self, reply: replies.Reply) -> None:
        """Keep what somebody wrote in a thread, if the thread is a ticket's."""
        now = self.clock.now()

        def work(session: Session) -> bool:
            ticket = replies.save_reply(session, reply)
            if ticket is None or not replies.asks_to_reopen(ticket, reply):
                return False
            rules.enqueue_reopen_offer(session, ticket, reply.ts, now)
            return True

        if await self.store.transact(work):
            await self.notify_workers()

    async def save_feedback(self, team: str, number: int, person: str, rating: Rating) -> None:
        """Keep what somebody says of a ticket's verdict; a later word replaces an earlier."""
        now = self.clock.now()

        def work(session: Session) -> None:
            ticket = tickets.find(session, number, team)
            cause = str((ticket.verdict or {}).get("cause") or "")
            feedback = VerdictFeedback(
                ticket=ticket.id, person=person, team=team, cause=cause, rating=rating, at=now
            )
            feedback_store.save_feedback(session, feedback)

        await self.store.transact(work)

    async def details(self, team: str, number: int) -> tuple[Ticket, Diagnosis]:
        """Show what stands behind a verdict, from what was kept; NotFoundError without one."""

        def work(session: Session) -> tuple[Ticket, Diagnosis | None]:
            ticket = tickets.find(session, number, team)
            return ticket, load_diagnosis(session, ticket)

        ticket, diagnosis = await self.store.read(work)
        if diagnosis is None:
            raise NotFoundError(
                message("There is no diagnosis of %(ticket)s yet.", ticket=ticket.label)
            )
        return ticket, diagnosis

    async def redraw_chart(self, ticket: Ticket) -> None:
        """Have a ticket's picture drawn again from what was kept: Slack has it no more."""
        now = self.clock.now()

        def work(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            stored.chart_file_id = ""
            session.add(stored)
            enqueue(session, stored, "picture", now)

        await self.store.transact(work)
        await self.notify_workers()

    async def accuracy(self, team: str, over: dt.timedelta) -> list[CauseAccuracy]:
        """Say how often people agreed with each cause."""
        since = self.clock.now() - over
        return await self.store.read(
            lambda session: feedback_store.accuracy_by_cause(session, team, since)
        )

    async def retry_now(self) -> None:
        """Try now what was put off, since what was closed is open again."""
        now = self.clock.now()
        await self.store.transact(lambda session: store_jobs.retry_now(session, now))
        await self.notify_workers()

    async def is_support(self, team: str, person: str) -> bool:
        """Tell whether this person may act on tickets."""
        return self.notifier is not None and await self.notifier.is_support(team, person)

    async def find_ticket(self, team: str, number: int, person: str) -> Ticket:
        """Show one ticket to somebody who may see it: support, or whoever reported it.

        Those whose tickets were merged into it reported it, too.
        """

        def work(session: Session) -> tuple[Ticket, set[str]]:
            ticket = tickets.find(session, number, team)
            return ticket, {ticket.reporter, *tickets.list_duplicate_reporters(session, number)}

        ticket, reporters = await self.store.read(work)
        if person not in reporters and not await self.is_support(team, person):
            others = message("You can only see tickets you reported; support sees all.")
            raise not_allowed(self.settings, others)
        return ticket

    async def list_tickets(self, query: TicketQuery, person: str) -> TicketPage:
        """Show a page of tickets: all to support, their own to everybody else."""
        allowed = await self._restrict(query, person)
        return await self.store.read(lambda session: lists.page(session, allowed))

    async def matching_replies(
        self, team: str, person: str, matched: Sequence[Ticket], words: Sequence[str]
    ) -> Mapping[int, str]:
        """Show support where in the threads words were found; nobody else reads those."""
        if not words or not await self.is_support(team, person):
            return {}
        return await self.store.read(lambda session: matching_replies(session, matched, words))

    async def _restrict(self, query: TicketQuery, person: str) -> TicketQuery:
        """Take out what this person may not see."""
        if query.reporter == person or await self.is_support(query.team, person):
            return query
        nothing = query.reporter is not None  # somebody else's
        return replace(
            query, reporter=person, involved_user=None, before=0 if nothing else query.before
        )

    def stream_tickets(self, since: dt.datetime | None) -> Iterator[Ticket]:
        """Yield every ticket, oldest first, for export."""
        with Session(self.store.engine) as session:
            yield from tickets.stream(session, since)

    async def ask(self, origin: str, inquiry: Inquiry) -> None:
        """Take a question about a channel; it is answered by a job.

        Raises InputError when the app is unknown or the channel's name impossible.
        """
        cloud = self.clouds.get(inquiry.app)
        if cloud is None:
            names = ", ".join(self.clouds)
            unknown = message(
                "There is no app called %(app)s. Apps: %(apps)s.", app=inquiry.app, apps=names
            )
            raise InputError({"app": unknown})
        if not cloud.capabilities.cname.fullmatch(inquiry.cname):
            raise InputError({"cname": cloud.capabilities.cname_hint})
        now = self.clock.now()

        def work(session: Session) -> None:
            stored_inquiry = models.InquiryRow(id=origin, requested_at=now, **asdict(inquiry))
            if session.get(models.InquiryRow, origin) is None:
                session.add(stored_inquiry)
                store_jobs.enqueue(session, f"answer:{origin}", "answer", due_at=now)

        await self.store.transact(work)
        await self.notify_workers()


def enqueue(session: Session, ticket: Ticket, kind: str, due_at: dt.datetime) -> None:
    """Owe a duty of a ticket; people can be called several times, everything else is one."""
    name = f"{kind}:{ticket.label}"
    if kind == "call_group":
        name = f"{name}:{ticket.revision}"
        if session.get(models.Job, name) is not None:  # of a click that came twice
            return
    store_jobs.enqueue(session, name, kind, ticket=ticket.id, due_at=due_at)


def initial_report_state(cloud: Cloud, settings: Settings) -> ReportState:
    """Whether a call of this cloud is reported to it, before it was tried."""
    options = next(c.options for c in settings.clouds if c.name == cloud.name)
    if options.get("report") == "off":
        return ReportState.OFF
    return ReportState.PENDING if cloud.capabilities.reports else ReportState.UNSUPPORTED


async def _no_workers() -> None:
    """No engine runs here; whoever runs one finds what is owed."""
