"""What people may do with a ticket beyond claiming and closing it: pass on, join, put right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.call import Side
from bot.errors import ConflictError, InputError, NotAllowedError
from bot.i18n.messages import message
from bot.services.escalation.schedule import plan
from bot.services.notifications import rules
from bot.services.permissions import refuse
from bot.services.tickets import replies
from bot.services.tickets.service import Desk, first_report_state, owe
from bot.services.tickets.submission import Submission, check, tidy
from bot.store import Session
from bot.store.admin import audit_log
from bot.store.admin.audit_log import AuditEntry
from bot.store.diagnosis import evidence
from bot.store.notifications import sent as answers
from bot.store.tickets import tickets
from bot.ticket import CALL_FIELDS, TOLD, ReportState, Ticket

_ANSWERED_WITHIN: Final = dt.timedelta(days=1)  # later it is about something else
_ONLY_REPORTER: Final = message("Only whoever reported the call can say whether it helped.")


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts on which ticket. `origin` is the Slack view it came from: one view acts once."""

    team: str
    number: int
    person: str
    origin: str


@dataclass(frozen=True, slots=True)
class Links:
    """A ticket with those it is linked to, and one that may tell of the same thing."""

    ticket: Ticket
    linked: tuple[Ticket, ...] = ()
    twin: Ticket | None = None


class Life:
    """The desk's further verbs about a ticket."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def look(self, team: str, number: int, person: str) -> Links:
        """Show a ticket and its neighbours to support; NotAllowedError for others."""
        ticket = await self._desk.may_act(team, number, person)

        def work(session: Session) -> Links:
            linked = (session.get(Ticket, other) for other in ticket.related)
            return Links(ticket, tuple(filter(None, linked)), tickets.find_twin(session, ticket))

        return await self._desk.store.read(work)

    async def hand_over(self, act: Act, to: str) -> Ticket:
        """Give a ticket to somebody who may act on it; they are told."""
        if not await self._desk.is_support(act.team, to):
            raise InputError({"person": message("This person is not support. Choose another.")})
        detail = {"to": to}
        return await self._act(
            act, "hand_over", detail, lambda t, now: t.hand_over(to, act.person, now)
        )

    async def merge(self, act: Act, into: int) -> Ticket:
        """Close a ticket as a duplicate of another one."""

        def change(session: Session, ticket: Ticket, other: Ticket, now: dt.datetime) -> None:
            if tickets.reporters_of_duplicates(session, ticket.id):
                raise ConflictError(
                    message(
                        "Other tickets are duplicates of %(ticket)s. Merge the other way round.",
                        ticket=ticket.label,
                    )
                )
            ticket.merge(other, act.person, now)

        return await self._act_on_two(act, into, "merge", change)

    async def link(self, act: Act, other: int) -> Ticket:
        """Let two tickets name each other."""
        return await self._act_on_two(
            act, other, "link", lambda _session, one, two, now: one.link(two, act.person, now)
        )

    async def unlink(self, act: Act, other: int) -> Ticket:
        """Let two tickets no longer name each other."""
        return await self._act_on_two(
            act, other, "unlink", lambda _session, one, two, now: one.unlink(two, act.person, now)
        )

    async def thank(self, team: str, number: int, person: str) -> Ticket:
        """Keep that the resolution helped; only the reporter can say so."""
        act = Act(team, number, person, "")
        return await self._act(act, "", {}, lambda t, now: t.thank(person, now), own=True)

    async def hear(self, answer: replies.Reply) -> None:
        """Take what a reporter answers privately to hearing that their ticket is resolved."""
        now = self._desk.clock.now()

        def work(session: Session) -> None:
            told = answers.answered(session, rules.RESOLVED, answer, now - _ANSWERED_WITHIN)
            ticket = session.get(Ticket, told.ticket) if told else None
            known = ticket is not None and ticket.team == answer.team
            if ticket is not None and known and replies.asks_to_reopen(ticket, answer):
                rules.owe_offer(session, ticket, f"{answer.ts}:{answer.channel}", now)

        await self._desk.store.transact(work)
        await self._desk.wake()

    async def correct(self, act: Act, said: Submission) -> Ticket:
        """Put right what a report said. Raises InputError with a message per field.

        Another call is diagnosed anew. It is reported to its cloud only if the cloud was told
        of none yet: what may have arrived is not sent again.
        """
        before = await self._desk.may_act(act.team, act.number, act.person)
        values = self._check(before, said)

        def work(session: Session, ticket: Ticket, now: dt.datetime) -> None:
            changed = ticket.correct(values, act.person, now)
            if changed & CALL_FIELDS:
                self._begin_anew(session, ticket, now)

        return await self._change(act, "correct", {"to": _plain(values)}, work)

    def _check(self, ticket: Ticket, said: Submission) -> dict[str, Any]:
        """What the form says, checked as a report is; what it leaves as it was needs no check."""
        tidied = _keep_moment(ticket, tidy(said, self._desk.clouds))
        try:
            check(tidied, self._desk.clouds, self._desk.clock.now())
        except InputError as error:
            left = {
                name: why for name, why in error.fields.items() if _differs(ticket, tidied, name)
            }
            if left:
                raise InputError(left) from None
        cloud = self._desk.clouds.get(tidied.app)
        return {
            "app": tidied.app,
            "cloud": cloud.name if cloud else ticket.cloud,
            "cname": tidied.cname,
            "teacher_uid": tidied.teacher_uid,
            "student_uid": tidied.student_uid,
            "abnormal_side": Side(tidied.abnormal_side),
            "issue_type": int(tidied.issue_type),
            "occurred_at": tidied.occurred_at or ticket.occurred_at,
        }

    def _begin_anew(self, session: Session, ticket: Ticket, now: dt.datetime) -> None:
        evidence.forget(session, ticket.id)
        owe(session, ticket, "diagnose", now)
        cloud = self._desk.clouds.get(ticket.app)
        if cloud is None or ticket.report_begun_at or ticket.report_state in TOLD:
            return
        ticket.report_state = first_report_state(cloud, self._desk.settings)
        ticket.report_reason = None
        if ticket.report_state is ReportState.PENDING:
            owe(session, ticket, "report", now)

    async def _act(
        self,
        act: Act,
        action: str,
        detail: Mapping[str, Any],
        change: Callable[[Ticket, dt.datetime], None],
        *,
        own: bool = False,
    ) -> Ticket:
        return await self._change(
            act, action, detail, lambda _session, ticket, now: change(ticket, now), own=own
        )

    async def _act_on_two(
        self,
        act: Act,
        other: int,
        action: str,
        change: Callable[[Session, Ticket, Ticket, dt.datetime], None],
    ) -> Ticket:
        def work(session: Session, ticket: Ticket, now: dt.datetime) -> None:
            second = tickets.lock(session, other, act.team)
            before = len(second.steps)
            change(session, ticket, second, now)
            session.add(second)
            if len(second.steps) > before:
                owe(session, second, "card", now)

        return await self._change(act, action, {"other": other}, work, first=min(act.number, other))

    async def _change(
        self,
        act: Act,
        action: str,
        detail: Mapping[str, Any],
        change: Callable[[Session, Ticket, dt.datetime], None],
        *,
        first: int | None = None,
        own: bool = False,
    ) -> Ticket:
        """Change a ticket in one transaction, note who did it, and owe what follows.

        `first` is locked first: two people who join the same two tickets wait for each other.
        """
        is_support, now = await self._desk.is_support(act.team, act.person), self._desk.clock.now()

        def work(session: Session) -> Ticket:
            if first is not None:
                tickets.lock(session, first, act.team)
            ticket = tickets.lock(session, act.number, act.team)
            if own and ticket.reporter != act.person:
                raise NotAllowedError(_ONLY_REPORTER)
            if not own and not is_support:
                raise refuse(self._desk.settings)
            if action and not audit_log.note(session, _entry(act, action, detail, now)):
                return ticket  # the form came twice
            before = len(ticket.steps)
            change(session, ticket, now)
            session.add(ticket)
            plan(session, ticket, self._desk.policy, now)
            owe(session, ticket, "card", now)
            rules.follow(session, ticket, before, now)
            return ticket

        ticket = await self._desk.store.transact(work)
        await self._desk.wake()
        return ticket


def _entry(act: Act, action: str, detail: Mapping[str, Any], now: dt.datetime) -> AuditEntry:
    return AuditEntry(
        team=act.team,
        person=act.person,
        action=f"ticket.{action}",
        ticket=act.number,
        origin=act.origin,
        detail=dict(detail),
        at=now,
    )


def _keep_moment(ticket: Ticket, said: Submission) -> Submission:
    """Slack's field knows no seconds: the same minute is the moment it was."""
    minutes = [at.timestamp() // 60 for at in (said.occurred_at, ticket.occurred_at) if at]
    if said.occurred_at is None or minutes[0] == minutes[-1]:
        return replace(said, occurred_at=ticket.occurred_at)
    return said


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was said, as the audit keeps it."""
    return {name: value if isinstance(value, int) else str(value) for name, value in values.items()}


def _differs(ticket: Ticket, said: Submission, name: str) -> bool:
    """Tell whether a field of the form says something new."""
    return bool(str(getattr(said, name)) != str(getattr(ticket, name)))
