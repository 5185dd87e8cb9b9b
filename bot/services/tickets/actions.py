"""Actions on tickets: hand over, merge, link, correct, decide about reports, rate a resolution."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.call import CLOUD_NAMES
from bot.causes import WITHDRAWN
from bot.cloud_report import ReportState
from bot.diagnosis import Verdict
from bot.errors import ConflictError, InputError
from bot.i18n.messages import Message, message
from bot.services.context import Context
from bot.services.diagnosis.likely_call import nearest_moment
from bot.services.diagnosis.likely_people import likely_people
from bot.services.escalation.schedule import schedule_escalation
from bot.services.notifications import rules
from bot.services.notifications.relay import MOST_ASKED, ask_which, relay_to_support
from bot.services.tickets import replies
from bot.services.tickets.access import find_correctable, find_for_support, require_right
from bot.services.tickets.corrections import audit_values, restart_diagnosis, validated_values
from bot.services.tickets.enqueue import CARD, REPORT, enqueue
from bot.services.tickets.issue_jobs import enqueue_issue
from bot.services.tickets.recent_classes import RecentClasses
from bot.services.tickets.submission import Submission, initial_report_state
from bot.services.tickets.suggestions import suggested_tickets
from bot.services.webhooks.events import enqueue_events
from bot.store import Session
from bot.store.admin import audit_log
from bot.store.admin.audit_log import AuditEntry
from bot.store.notifications import sent as answers
from bot.store.tickets import tickets
from bot.ticket import CALL_FIELDS, Ticket
from bot.tracker_issue import TrackerIssue, find_issue, open_trackers, with_issue

_REPLY_WINDOW: Final = dt.timedelta(days=1)  # later it is about something else
_CORRECTED_SINCE: Final = message("The report has been corrected since.")
_NO_TRACKER: Final = message("Tickets can no longer be handed over there.")
_ONLY_REPORTER_RATES: Final = message(
    "Only the reporter can say whether it helped. Support can reopen the ticket if it did not."
)
_ONLY_REPORTER_WITHDRAWS: Final = message(
    "Only the reporter can withdraw a ticket. Support resolves it."
)


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """Who acts on which ticket. `origin` is the submitted Slack view: one view acts once."""

    team: str
    number: int
    person: str
    origin: str


@dataclass(frozen=True, slots=True)
class TicketLinks:
    """A ticket with its linked tickets."""

    ticket: Ticket
    linked: tuple[Ticket, ...] = ()


class TicketActions:
    """Hands over, merges, links and corrects tickets."""

    def __init__(self, context: Context, recent: RecentClasses) -> None:
        self._context = context
        self._recent = recent

    async def load_links(self, team: str, number: int, person: str) -> TicketLinks:
        """Return a ticket and its related tickets to support; NotAllowedError for others."""
        ticket = await find_for_support(self._context, team, number, person)

        def work(session: Session) -> TicketLinks:
            linked = (session.get(Ticket, other) for other in ticket.related)
            return TicketLinks(ticket, tuple(filter(None, linked)))

        return await self._context.store.read(work)

    async def suggest(self, team: str, number: int, person: str, text: str) -> Sequence[Ticket]:
        """Return the other tickets that match a text, to link or merge a ticket with."""
        ticket = await find_for_support(self._context, team, number, person)
        now = self._context.clock.now()

        def work(session: Session) -> Sequence[Ticket]:
            suggested = suggested_tickets(session, ticket, text, person, now)
            return [*{each.id: each for each in suggested if each.id != ticket.id}.values()]

        return await self._context.store.read(work)

    async def hand_over(self, request: ActionRequest, to: str) -> Ticket:
        """Assign a ticket to a person who may act on it, and notify them."""
        is_support = await self._context.permissions.is_support(request.team, to)
        if is_support is None:
            raise self._context.refusal(request.team, is_support=None)
        if not is_support:
            raise InputError({"person": message("This person is not support. Choose another.")})
        detail = {"to": to}
        return await self._act(
            request, "hand_over", detail, lambda t, now: t.hand_over(to, request.person, now)
        )

    async def create_issue(self, request: ActionRequest, tracker: str) -> Ticket:
        """Have a ticket's issue created in a tracker, once; again after a refusal."""

        def work(session: Session, ticket: Ticket, now: dt.datetime) -> None:
            if tracker not in self._context.workspaces.of(request.team).trackers:
                raise ConflictError(_NO_TRACKER)
            if open_trackers(ticket.issues, [tracker]):
                refused = find_issue(ticket.issues, tracker)
                attempted_at = refused.attempted_at if refused else None
                issue = TrackerIssue(tracker, request.person, attempted_at=attempted_at)
                ticket.issues = with_issue(ticket.issues, issue)
                ticket.mark_changed()
                enqueue_issue(session, ticket, tracker, now)

        return await self._change(request, "create_issue", {"tracker": tracker}, work)

    async def merge(self, request: ActionRequest, into: int) -> Ticket:
        """Close a ticket as a duplicate of another one."""

        def change(session: Session, ticket: Ticket, other: Ticket, now: dt.datetime) -> None:
            if tickets.list_duplicates(session, ticket.id):
                raise ConflictError(
                    message(
                        "Other tickets are duplicates of %(ticket)s. Merge in the other direction.",
                        ticket=ticket.label,
                    )
                )
            ticket.merge(other, request.person, now)

        return await self._act_on_pair(request, into, "merge", change)

    async def link(self, request: ActionRequest, other: int) -> Ticket:
        """Link two tickets."""
        return await self._act_on_pair(
            request,
            other,
            "link",
            lambda _session, one, two, now: one.link(two, request.person, now),
        )

    async def unlink(self, request: ActionRequest, other: int) -> Ticket:
        """Remove the link between two tickets."""
        return await self._act_on_pair(
            request,
            other,
            "unlink",
            lambda _session, one, two, now: one.unlink(two, request.person, now),
        )

    async def decide_report(self, request: ActionRequest, attempt: int, *, arrived: bool) -> Ticket:
        """Decide about an unconfirmed report to the cloud: it arrived, or it is sent again.

        The same decision about the same attempt takes effect once.
        """

        def work(session: Session, ticket: Ticket, now: dt.datetime) -> None:
            if not arrived:
                self._require_reports(ticket)
            changed = ticket.decide_report(attempt, request.person, now, arrived=arrived)
            if changed and not arrived:
                enqueue(session, ticket, REPORT, now)

        action = "report_arrived" if arrived else "report_again"
        return await self._change(request, action, {"attempt": attempt}, work)

    def _require_reports(self, ticket: Ticket) -> None:
        """Raise ConflictError when the cloud takes no reports."""
        cloud, settings = self._context.clouds.get(ticket.app), self._context.settings
        if cloud is None or initial_report_state(cloud, settings) is not ReportState.PENDING:
            raise ConflictError(
                message(
                    "Reports to %(cloud)s are switched off, so this one cannot be sent again.",
                    cloud=CLOUD_NAMES[ticket.cloud],
                )
            )

    async def confirm_resolved(self, team: str, number: int, person: str) -> Ticket:
        """Store that the resolution helped; only the reporter may do so."""
        request = ActionRequest(team, number, person, "")
        return await self._act(
            request,
            "",
            {},
            lambda t, now: t.confirm_resolved(person, now),
            only_reporter=_ONLY_REPORTER_RATES,
        )

    async def withdraw(self, request: ActionRequest) -> Ticket:
        """Withdraw a ticket; only the reporter may do so."""
        return await self._act(
            request,
            "withdraw",
            {},
            lambda t, now: t.withdraw(request.person, now, cause=WITHDRAWN),
            only_reporter=_ONLY_REPORTER_WITHDRAWS,
        )

    async def handle_message(self, answer: replies.Reply) -> None:
        """Pass a reporter's direct reply on to support; after the end offer to reopen.

        Of several unresolved tickets the reporter is asked which one is meant.
        """
        now = self._context.clock.now()

        def work(session: Session) -> None:
            unresolved = answers.list_written_to(session, rules.FILED, answer, MOST_ASKED)
            if len(unresolved) == 1 and answer.text:
                relay_to_support(session, unresolved[0], answer, now)
                return
            ticket = answers.find_answered(session, rules.FILED, answer, now - _REPLY_WINDOW)
            if ticket is not None and replies.asks_to_reopen(ticket, answer):
                rules.enqueue_reopen_offer(session, ticket, answer.ts, now, channel=answer.channel)
            elif unresolved and answer.text:
                ask_which(session, unresolved, answer, now)

        await self._context.commit(work)

    async def use_likely_call(self, request: ActionRequest) -> Ticket:
        """Correct a report to the call that was found instead of it; its reporter may, too."""

        def work(session: Session, ticket: Ticket, now: dt.datetime) -> None:
            likely = Verdict.from_json(ticket.verdict).likely_call if ticket.verdict else None
            if likely is None or likely.app not in self._context.clouds_of(ticket.team):
                raise ConflictError(_CORRECTED_SINCE)
            moments = (ticket.occurred_at, ticket.created_at)
            at = next(
                (each for each in moments if likely.covers(each)),
                nearest_moment(likely, ticket.occurred_at, now),
            )
            values = {"app": likely.app, "cloud": likely.cloud, "cname": likely.cname}
            if ticket.correct({**values, "occurred_at": at}, request.person, now) & CALL_FIELDS:
                restart_diagnosis(self._context, session, ticket, now)

        return await self._correct(request, "use_call", {}, work)

    async def use_likely_person(self, request: ActionRequest, index: int) -> Ticket:
        """Correct a uid that was not in the call to one that was; its reporter may, too."""

        def work(session: Session, ticket: Ticket, now: dt.datetime) -> None:
            verdict = Verdict.from_json(ticket.verdict) if ticket.verdict else None
            people = likely_people(ticket.report, verdict) if verdict else ()
            if index >= len(people):
                raise ConflictError(_CORRECTED_SINCE)
            side, uid = people[index]
            ticket.correct({f"{side.value}_uid": uid}, request.person, now)
            restart_diagnosis(self._context, session, ticket, now)

        return await self._correct(request, "use_person", {}, work)

    async def correct(self, request: ActionRequest, submission: Submission) -> Ticket:
        """Correct a report; its reporter may, too. Raises InputError with a message per field.

        A different call is diagnosed again. It is reported to its cloud only if no report was
        sent yet: one that may have arrived is not repeated.
        """
        before = await find_correctable(self._context, request.team, request.number, request.person)
        values = validated_values(self._context, before, submission)

        def work(session: Session, ticket: Ticket, now: dt.datetime) -> None:
            changed = ticket.correct(values, request.person, now)
            if changed & CALL_FIELDS:
                restart_diagnosis(self._context, session, ticket, now)

        detail = {"to": audit_values(values)}
        return await self._correct(request, "correct", detail, work)

    async def _correct(
        self,
        request: ActionRequest,
        action: str,
        detail: Mapping[str, Any],
        change: Callable[[Session, Ticket, dt.datetime], None],
    ) -> Ticket:
        """Change what was reported; the reporter's next form must not repeat the mistake."""
        ticket = await self._change(request, action, detail, change, or_reporter=True)
        self._recent.remove(ticket.team, ticket.reporter)
        return ticket

    async def _act(
        self,
        request: ActionRequest,
        action: str,
        detail: Mapping[str, Any],
        change: Callable[[Ticket, dt.datetime], None],
        *,
        only_reporter: Message | None = None,
    ) -> Ticket:
        return await self._change(
            request,
            action,
            detail,
            lambda _session, ticket, now: change(ticket, now),
            only_reporter=only_reporter,
        )

    async def _act_on_pair(
        self,
        request: ActionRequest,
        other: int,
        action: str,
        change: Callable[[Session, Ticket, Ticket, dt.datetime], None],
    ) -> Ticket:
        def work(session: Session, ticket: Ticket, now: dt.datetime) -> None:
            second = tickets.lock(session, other, request.team)
            before = len(second.history)
            change(session, ticket, second, now)
            if len(second.history) > before:
                enqueue(session, second, CARD, now)

        return await self._change(
            request, action, {"other": other}, work, first=min(request.number, other)
        )

    async def _change(
        self,
        request: ActionRequest,
        action: str,
        detail: Mapping[str, Any],
        change: Callable[[Session, Ticket, dt.datetime], None],
        *,
        first: int | None = None,
        only_reporter: Message | None = None,
        or_reporter: bool = False,
    ) -> Ticket:
        """Change a ticket in one transaction, with its audit entry and the jobs that follow.

        `first` is locked first, so that two people who merge the same tickets wait for each other.
        With `only_reporter` nobody else may do it; it is what others read.
        """
        is_support, now = (
            await self._context.permissions.is_support(request.team, request.person),
            self._context.clock.now(),
        )
        policy = self._context.workspaces.policy_of(request.team)

        def work(session: Session) -> Ticket:
            if first is not None:
                tickets.lock(session, first, request.team)
            ticket = tickets.lock(session, request.number, request.team)
            require_right(
                self._context,
                ticket,
                request.person,
                is_support=is_support,
                or_reporter=or_reporter,
                only_reporter=only_reporter,
            )
            if action and not audit_log.add_entry(session, _entry(request, action, detail, now)):
                return ticket  # the form was delivered twice
            before = len(ticket.history)
            change(session, ticket, now)
            schedule_escalation(session, ticket, policy, now)
            enqueue(session, ticket, CARD, now)
            rules.enqueue_notifications(session, ticket, before, now)
            enqueue_events(session, self._context.settings, ticket, before, now)
            return ticket

        return await self._context.commit(work)


def _entry(
    request: ActionRequest, action: str, detail: Mapping[str, Any], now: dt.datetime
) -> AuditEntry:
    return AuditEntry(
        team=request.team,
        person=request.person,
        action=f"ticket.{action}",
        ticket=request.number,
        origin=request.origin,
        detail=dict(detail),
        at=now,
    )
