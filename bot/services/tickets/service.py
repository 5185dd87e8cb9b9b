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
from bot.ports import Asked, Clock, Cloud, Diagnosis, Speaker
from bot.services.diagnosis.evidence import recall_verdict
from bot.services.diagnosis.service import Examiner
from bot.services.escalation.schedule import plan
from bot.services.notifications import rules
from bot.services.permissions import refuse
from bot.services.preferences.languages import Languages
from bot.services.tickets import replies
from bot.services.tickets.snippets import matching_replies
from bot.services.tickets.submission import Submission, check, tidy
from bot.settings import Settings
from bot.store import Session, Store, models
from bot.store import jobs as store_jobs
from bot.store.diagnosis import feedback
from bot.store.diagnosis.feedback import Judged, Judgement, Precision
from bot.store.tickets import lists, tickets
from bot.store.tickets.lists import TicketPage, TicketQuery
from bot.ticket import ReportState, Status, Ticket

_WITH_CARD: Final = ("confirm", "diagnose")  # they come with the card, if it comes in time
CARD_PATIENCE: Final = dt.timedelta(seconds=10)
Wake = Callable[[], Awaitable[None]]
Change = Callable[[Ticket, dt.datetime], None]


class Desk:
    """Everything that is decided is decided here. `wake` tells the engine that work is owed."""

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
        self.examiner: Final = Examiner(clouds, clock)
        self.policy: Final = Policy.of(settings)
        self.speaker: Speaker | None = None
        self.wake: Wake = _wake_nobody

    async def report_call(self, submission: Submission) -> Ticket:
        """File a ticket and owe what follows; the same origin gives the same ticket.

        Raises InputError with a message per field.
        """
        tidied, now = tidy(submission, self.clouds), self.clock.now()
        known = await self.store.read(
            lambda session: tickets.find_by_origin(session, tidied.team, tidied.origin)
        )
        if known is not None:
            return known
        check(tidied, self.clouds, now)
        ticket = await self.store.transact(lambda session: self._file(session, tidied, now))
        await self.wake()
        return ticket

    def _file(self, session: Session, submission: Submission, now: dt.datetime) -> Ticket:
        ticket, is_new = tickets.add_once(session, self._draft(submission, now))
        if is_new:
            owe(session, ticket, "card", now)
            for kind in _WITH_CARD:
                owe(session, ticket, kind, now + CARD_PATIENCE)
            if ticket.report_state is ReportState.PENDING:
                owe(session, ticket, "report", now)
            plan(session, ticket, self.policy, now)
        return ticket

    def _draft(self, submission: Submission, now: dt.datetime) -> Ticket:
        cloud = self.clouds[submission.app]
        occurred_at = submission.occurred_at or now
        fields = asdict(submission) | {
            "cloud": cloud.name,
            "abnormal_side": Side(submission.abnormal_side),
            "issue_type": int(IssueType(int(submission.issue_type))),
            "occurred_at": min(occurred_at, now),
            "created_at": now,
            "report_state": first_report_state(cloud, self.settings),
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
        return await self._act(team, number, person, lambda t, now: t.reopen(person, now), own=True)

    async def diagnose_again(self, team: str, number: int, person: str) -> Ticket:
        """Ask the cloud again about a ticket; its reporter may do so too."""
        return await self._act(
            team, number, person, lambda t, _now: t.touch(), ("diagnose",), own=True
        )

    async def _act(
        self,
        team: str,
        number: int,
        person: str,
        change: Change,
        owed: tuple[str, ...] = (),
        *,
        own: bool = False,
    ) -> Ticket:
        """Change a ticket in one transaction, then have its card drawn anew."""
        is_support = await self.is_support(team, person)
        now = self.clock.now()

        def work(session: Session) -> Ticket:
            ticket = tickets.lock(session, number, team)
            if not is_support and not (own and ticket.reporter == person):
                raise refuse(self.settings)
            was, before = ticket.status, len(ticket.steps)
            change(ticket, now)
            if ticket.status is Status.OPEN and was is not Status.OPEN:
                ticket.begin_waiting(now, person)
            session.add(ticket)
            plan(session, ticket, self.policy, now)
            for kind in ("card", *owed):
                owe(session, ticket, kind, now)
            rules.follow(session, ticket, before, now)
            return ticket

        ticket = await self.store.transact(work)
        await self.wake()
        return ticket

    async def may_act(self, team: str, number: int, person: str) -> Ticket:
        """Show a ticket to somebody who is about to act on it; NotAllowedError for others."""
        if not await self.is_support(team, person):
            raise refuse(self.settings)
        return await self.store.read(lambda session: tickets.find(session, number, team))

    async def keep_reply(self, reply: replies.Reply) -> None:
        """Keep what somebody wrote in a thread, if the thread is a ticket's."""
        now = self.clock.now()

        def work(session: Session) -> bool:
            ticket = replies.keep(session, reply)
            if ticket is None or not replies.asks_to_reopen(ticket, reply):
                return False
            rules.owe_offer(session, ticket, reply.ts, now)
            return True

        if await self.store.transact(work):
            await self.wake()

    async def judge(self, team: str, number: int, person: str, judgement: Judgement) -> None:
        """Keep what somebody says of a ticket's verdict; a later word replaces an earlier."""
        now = self.clock.now()

        def work(session: Session) -> None:
            ticket = tickets.find(session, number, team)
            cause = str((ticket.verdict or {}).get("cause") or "")
            judged = Judged(
                ticket=ticket.id, person=person, team=team, cause=cause, judgement=judgement, at=now
            )
            feedback.judge(session, judged)

        await self.store.transact(work)

    async def details(self, team: str, number: int) -> tuple[Ticket, Diagnosis]:
        """Show what stands behind a verdict, from what was kept; NotFoundError without one."""

        def work(session: Session) -> tuple[Ticket, Diagnosis | None]:
            ticket = tickets.find(session, number, team)
            return ticket, recall_verdict(session, ticket)

        ticket, diagnosis = await self.store.read(work)
        if diagnosis is None:
            raise NotFoundError(
                message("Nothing is known about %(ticket)s yet.", ticket=ticket.label)
            )
        return ticket, diagnosis

    async def redraw(self, ticket: Ticket) -> None:
        """Have a ticket's picture drawn again from what was kept: Slack has it no more."""
        now = self.clock.now()

        def work(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            stored.picture_file = ""
            session.add(stored)
            owe(session, stored, "picture", now)

        await self.store.transact(work)
        await self.wake()

    async def accuracy(self, team: str, over: dt.timedelta) -> list[Precision]:
        """Say how often people agreed with each cause."""
        since = self.clock.now() - over
        return await self.store.read(lambda session: feedback.precision(session, team, since))

    async def try_again(self) -> None:
        """Try now what was put off, since what was closed is open again."""
        now = self.clock.now()
        await self.store.transact(lambda session: store_jobs.hasten(session, now))
        await self.wake()

    async def is_support(self, team: str, person: str) -> bool:
        """Tell whether this person may act on tickets."""
        return self.speaker is not None and await self.speaker.is_support(team, person)

    async def find_ticket(self, team: str, number: int, person: str) -> Ticket:
        """Show one ticket to somebody who may see it: support, or whoever reported it.

        Those whose tickets were merged into it reported it, too.
        """

        def work(session: Session) -> tuple[Ticket, set[str]]:
            ticket = tickets.find(session, number, team)
            return ticket, {ticket.reporter, *tickets.reporters_of_duplicates(session, number)}

        ticket, reporters = await self.store.read(work)
        if person not in reporters and not await self.is_support(team, person):
            others = message("You can only see tickets you reported; support sees all.")
            raise refuse(self.settings, others)
        return ticket

    async def list_tickets(self, query: TicketQuery, person: str) -> TicketPage:
        """Show a page of tickets: all to support, their own to everybody else."""
        allowed = await self._narrowed(query, person)
        return await self.store.read(lambda session: lists.page(session, allowed))

    async def matching_replies(
        self, team: str, person: str, found: Sequence[Ticket], words: Sequence[str]
    ) -> Mapping[int, str]:
        """Show support where in the threads words were found; nobody else reads those."""
        if not words or not await self.is_support(team, person):
            return {}
        return await self.store.read(lambda session: matching_replies(session, found, words))

    async def _narrowed(self, query: TicketQuery, person: str) -> TicketQuery:
        """Take out what this person may not see."""
        if query.reporter == person or await self.is_support(query.team, person):
            return query
        nothing = query.reporter is not None  # somebody else's
        return replace(query, reporter=person, concerns=None, before=0 if nothing else query.before)

    def stream_tickets(self, since: dt.datetime | None) -> Iterator[Ticket]:
        """Yield every ticket, oldest first, for export."""
        with Session(self.store.engine) as session:
            yield from tickets.stream(session, since)

    async def ask(self, origin: str, asked: Asked) -> None:
        """Take a question about a channel; it is answered by a job.

        Raises InputError when the app is unknown or the channel's name impossible.
        """
        cloud = self.clouds.get(asked.app)
        if cloud is None:
            names = ", ".join(self.clouds)
            unknown = message(
                "There is no app called %(app)s. Apps: %(apps)s.", app=asked.app, apps=names
            )
            raise InputError({"app": unknown})
        if not cloud.capabilities.cname.fullmatch(asked.cname):
            raise InputError({"cname": cloud.capabilities.cname_hint})
        now = self.clock.now()

        def work(session: Session) -> None:
            question = models.Question(id=origin, asked_at=now, **asdict(asked))
            if session.get(models.Question, origin) is None:
                session.add(question)
                store_jobs.owe(session, f"answer:{origin}", "answer", due_at=now)

        await self.store.transact(work)
        await self.wake()


def owe(session: Session, ticket: Ticket, kind: str, due_at: dt.datetime) -> None:
    """Owe a duty of a ticket; people can be called several times, everything else is one."""
    name = f"{kind}:{ticket.label}"
    if kind == "call_group":
        name = f"{name}:{ticket.revision}"
        if session.get(models.Duty, name) is not None:  # of a click that came twice
            return
    store_jobs.owe(session, name, kind, ticket=ticket.id, due_at=due_at)


def first_report_state(cloud: Cloud, settings: Settings) -> ReportState:
    """Whether a call of this cloud is reported to it, before it was tried."""
    options = next(c.options for c in settings.clouds if c.name == cloud.name)
    if options.get("report") == "off":
        return ReportState.OFF
    return ReportState.PENDING if cloud.capabilities.reports else ReportState.UNSUPPORTED


async def _wake_nobody() -> None:
    """No engine runs here; whoever runs one finds what is owed."""
