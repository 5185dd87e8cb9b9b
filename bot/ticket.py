"""The ticket: its table and its state transitions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import JSON, Index, UniqueConstraint, event
from sqlmodel import Field

from bot.call import ERASED, IssueType, Report, Side
from bot.cloud_report import CloudReport, ReportState
from bot.columns import EnumText, Row, UtcTime, json_list, part_of_row
from bot.errors import ConflictError
from bot.i18n.messages import PersonId, message
from bot.ticket_thread import TicketThread

ALERT_ORIGIN: Final = "alert:"
_MAX_URGENCY_STEPS: Final = 9  # further escalations do not raise the urgency
_SNOOZED_URGENCY: Final = -1  # after all others in the queue
LAST_GROUP_STEP: Final = 2  # the last step that always notifies the support group
_REPEAT_CLICK_WINDOW: Final = dt.timedelta(seconds=60)  # escalating again within it does nothing

CALL_FIELDS: Final = frozenset(  # which call, and which side of it had the problem
    ("app", "cloud", "cname", "teacher_uid", "student_uid", "abnormal_side", "occurred_at")
)


class Status(StrEnum):
    """A ticket's status."""

    OPEN = "open"
    CLAIMED = "claimed"
    RESOLVED = "resolved"


class Ticket(Row, table=True):
    """One reported call, named `LD-<number>`."""

    __table_args__ = (
        UniqueConstraint("team", "origin"),
        Index("ix_ticket_queue", "team", "status", "urgency", "number"),
        Index("ix_ticket_status", "team", "status", "number"),
        Index("ix_ticket_app", "team", "app", "number"),
        Index("ix_ticket_cause", "team", "cause", "number"),
        Index("ix_ticket_assignee", "team", "assignee", "number"),
        Index("ix_ticket_reporter", "team", "reporter", "number"),
        Index("ix_ticket_cname", "team", "cname", "number"),
        Index("ix_ticket_teacher", "app", "teacher_uid", "number"),
        Index("ix_ticket_student", "app", "student_uid", "number"),
    )

    number: int | None = Field(default=None, primary_key=True)
    team: str = ""
    origin: str  # the Slack view or event it was made from, at most once
    status: Status = Field(default=Status.OPEN, sa_type=EnumText(Status))
    app: str
    cloud: str
    cname: str
    teacher_uid: str
    student_uid: str
    abnormal_side: Side = Field(sa_type=EnumText(Side))
    issue_type: int
    occurred_at: dt.datetime = Field(sa_type=UtcTime)
    created_at: dt.datetime = Field(sa_type=UtcTime, index=True)
    comments: str = ""
    reporter: str
    language: str = Field(  # of the reporter, for its route; "" when unknown
        default="", sa_column_kwargs={"server_default": ""}
    )
    source_permalink: str = Field(  # of the message it was made from
        default="", sa_column_kwargs={"server_default": ""}
    )
    assignee: str | None = None
    claimed_at: dt.datetime | None = Field(default=None, sa_type=UtcTime, index=True)
    snoozed_until: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    escalated_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    escalation_step: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    escalates_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)  # the next step
    resolved_at: dt.datetime | None = Field(default=None, sa_type=UtcTime, index=True)
    resolver: str | None = None
    resolution: str = ""
    resolved_cause: str = ""
    cause: str = ""  # the result of the verdict, for lists and filters; "" until it is final
    at_fault_uid: str = ""  # likewise
    verdict: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    diagnosed_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    incident: int | None = Field(default=None, index=True)
    duplicate_of: int | None = Field(default=None, index=True)
    related: list[int] = json_list()  # tickets people linked to this one
    history: list[dict[str, Any]] = json_list()  # {"what", "who", "at", ...}, oldest first
    issues: list[dict[str, Any]] = json_list()  # in trackers, see bot/tracker_issue.py
    helped: bool | None = None  # the reporter's answer about the resolution
    is_live: bool | None = None  # whether the class is going on, as last returned by the cloud
    urgency: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    revision: int = 0  # incremented with every change of the card
    thread: TicketThread = part_of_row()
    cloud_report: CloudReport = part_of_row()

    @property
    def label(self) -> str:
        """The ticket's name, such as LD-12."""
        return f"LD-{self.number}"

    @property
    def id(self) -> int:
        """The number of a stored ticket."""
        if self.number is None:
            msg = "this ticket is not stored yet"
            raise ValueError(msg)
        return self.number

    @property
    def report(self) -> Report:
        """The complaint, as clouds and diagnosis take it."""
        return Report(
            app=self.app,
            cname=self.cname,
            teacher_uid=self.teacher_uid,
            student_uid=self.student_uid,
            abnormal_side=self.abnormal_side,
            issue_type=IssueType(self.issue_type),
            occurred_at=self.occurred_at,
            comments=self.comments,
        )

    @property
    def is_automatic(self) -> bool:
        """Whether a cloud's alert made it: its reporter is Lagdesk, which gets no messages."""
        return self.origin.startswith(ALERT_ORIGIN)

    @property
    def has_erased_participant(self) -> bool:
        """Whether its call must not be looked up again: that would bring a person back."""
        return ERASED in (self.teacher_uid, self.student_uid)

    def mark_changed(self) -> None:
        """Update what follows from a change: the revision, the urgency, the next escalation."""
        self.revision += 1
        if self.status is not Status.OPEN or self.duplicate_of is not None:
            self.escalates_at = None
        if self.status is not Status.CLAIMED:
            self.snoozed_until = None
        steps = self.escalation_step if self._is_unattended else 0
        urgency = min(steps, _MAX_URGENCY_STEPS) * 2 + int(bool(self.is_live))
        self.urgency = urgency if self.snoozed_until is None else _SNOOZED_URGENCY

    def add_event(self, what: str, now: dt.datetime, who: str = "", **more: Any) -> None:
        """Add an event to the ticket's history."""
        step = {"what": what, "who": who, "at": now.isoformat(), **more}
        self.history = [*self.history, step]
        self.mark_changed()

    def claim(self, person: str, now: dt.datetime) -> None:
        """Assign the ticket to a person. Raises ConflictError when it is claimed or resolved."""
        if self.status is Status.CLAIMED and self.assignee == person:
            return  # a repeated click
        if self.status is Status.CLAIMED:
            raise ConflictError(
                message(
                    "%(person)s has already claimed %(ticket)s, and can hand it over.",
                    person=PersonId(self.assignee or ""),
                    ticket=self.label,
                )
            )
        self._require_unresolved()
        self.status, self.assignee, self.claimed_at = Status.CLAIMED, person, now
        self.add_event("claimed", now, person)

    def unclaim(self, person: str, now: dt.datetime) -> None:
        """Make a claimed ticket open again. Raises ConflictError when it is resolved."""
        self._require_unresolved()
        if self.status is Status.OPEN:
            return  # a repeated click
        self._release()
        self.add_event("unclaimed", now, person)

    def snooze(self, until: dt.datetime, person: str, now: dt.datetime) -> None:
        """Claim the ticket until a moment. Raises ConflictError when it is resolved."""
        self._require_unresolved()
        if self.snoozed_until == until:
            return  # a repeated submission
        if self.status is Status.OPEN:
            self.claim(person, now)
        self.snoozed_until = until
        self.add_event("snoozed", now, person, until=until.isoformat())

    def wake(self, now: dt.datetime) -> None:
        """Make a snoozed ticket open again, without an assignee."""
        assignee = self.assignee
        self._release()
        self.add_event("woken", now, to=assignee)
        self.restart_escalation(now, "")

    def hand_over(self, to: str, person: str, now: dt.datetime) -> None:
        """Assign the ticket to somebody else. Raises ConflictError when it is resolved."""
        self._require_unresolved()
        if self.status is Status.CLAIMED and self.assignee == to:
            return
        self.status, self.assignee, self.claimed_at = Status.CLAIMED, to, now
        self.snoozed_until = None
        self.add_event("handed", now, person, to=to)

    def escalate(self, now: dt.datetime, person: str = "") -> None:
        """Notify the group, at a person's request. Raises ConflictError when it is resolved."""
        self._require_unresolved()
        if self.escalated_at is not None and now - self.escalated_at < _REPEAT_CLICK_WINDOW:
            return
        last = max(LAST_GROUP_STEP, self.escalation_step)
        self.record_escalation(min(self.escalation_step + 1, last), now, "support", person)

    def record_escalation(
        self,
        step: int,
        now: dt.datetime,
        target: str,
        person: str = "",
        people: Sequence[str] = (),
    ) -> None:
        """Record an escalation; `person` requested it, "" for the clock.

        `people` are those notified by name.
        """
        self.escalated_at, self.escalation_step = now, step
        escalation_id = self.revision + 1  # unique within the ticket
        more = {"whom": target, "people": list(people), "step": step, "call": escalation_id}
        self.add_event("called", now, person, **more)

    def resolve(self, person: str, now: dt.datetime, *, cause: str, resolution: str) -> None:
        """Resolve the ticket. Raises ConflictError when it is, with other values, already."""
        current = (self.status, self.resolver, self.resolved_cause, self.resolution)
        if current == (Status.RESOLVED, person, cause, resolution):
            return  # a repeated submission
        self._require_unresolved()
        self._close(person, now)
        self.resolved_cause, self.resolution = cause, resolution
        self.add_event("resolved", now, person)

    def withdraw(self, person: str, now: dt.datetime, *, cause: str) -> None:
        """Resolve the ticket because its reporter takes it back.

        Raises ConflictError when it is resolved with another cause.
        """
        if (self.status, self.resolved_cause) == (Status.RESOLVED, cause):
            return  # a repeated click
        self._require_unresolved()
        self._close(person, now)
        self.resolved_cause, self.resolution = cause, ""
        self.add_event("withdrawn", now, person)

    def merge(self, into: Ticket, person: str, now: dt.datetime) -> None:
        """Resolve the ticket as a duplicate of another one.

        Raises ConflictError for itself, for another duplicate, and when it is resolved already.
        """
        if self.duplicate_of == into.id:
            return
        self._require_unresolved()
        if into.id == self.id:
            raise ConflictError(message("A ticket cannot be merged with itself. Choose another."))
        if into.duplicate_of is not None:
            first = f"LD-{into.duplicate_of}"
            raise ConflictError(
                message(
                    "%(ticket)s is a duplicate of %(first)s. Merge into %(first)s instead.",
                    ticket=into.label,
                    first=first,
                )
            )
        self._close(person, now)
        self.duplicate_of, self.resolved_cause, self.resolution = into.id, "", ""
        is_over = into.status is Status.RESOLVED
        self.add_event(
            "merged", now, person, ticket=into.id, link=into.thread.permalink, over=is_over
        )

    def reopen(self, person: str, now: dt.datetime) -> None:
        """Reopen the ticket. Raises ConflictError when it is not resolved."""
        if self.status is not Status.RESOLVED:
            raise ConflictError(message("%(ticket)s is not resolved.", ticket=self.label))
        self._release()
        self.resolved_at, self.resolver, self.escalated_at = None, None, None
        self.duplicate_of, self.helped = None, None
        self.add_event("reopened", now, person)

    def confirm_resolved(self, person: str, now: dt.datetime) -> None:
        """Record that the resolution helped. Raises ConflictError when there is none."""
        if self.status is not Status.RESOLVED:
            raise ConflictError(message("%(ticket)s is not resolved.", ticket=self.label))
        if not self.helped:
            self.helped = True
            self.add_event("helped", now, person)

    def link(self, other: Ticket, person: str, now: dt.datetime) -> None:
        """Link two tickets to each other. Raises ConflictError for a ticket and itself."""
        if other.id == self.id:
            raise ConflictError(message("A ticket cannot be linked to itself. Choose another."))
        for one, two in ((self, other), (other, self)):
            if two.id not in one.related:
                one.related = sorted([*one.related, two.id])
                one.add_event("linked", now, person, ticket=two.id, link=two.thread.permalink)

    def set_permalink_of(self, other: Ticket, permalink: str) -> None:
        """Replace the permalink of a linked ticket's card in the history."""
        self.history = [
            event | {"link": permalink} if event.get("ticket") == other.id else event
            for event in self.history
        ]
        self.mark_changed()

    def unlink(self, other: Ticket, person: str, now: dt.datetime) -> None:
        """Remove the link between two tickets."""
        for one, two in ((self, other), (other, self)):
            if two.id in one.related:
                one.related = [number for number in one.related if number != two.id]
                one.add_event("unlinked", now, person, ticket=two.id)

    def correct(self, values: Mapping[str, Any], person: str, now: dt.datetime) -> frozenset[str]:
        """Correct the report's fields and return the names of those that changed.

        A change of `CALL_FIELDS` removes the verdict, which is about another call. A report that
        may have been sent is not sent again; the event records the cloud that has the old one.
        """
        changed = frozenset(name for name in values if getattr(self, name) != values[name])
        if not changed:
            return changed
        sent = self.cloud_report.may_have_arrived
        more = {"reported_to": self.cloud} if sent and changed & CALL_FIELDS else {}
        for name in changed:
            setattr(self, name, values[name])
        if changed & CALL_FIELDS:
            self.verdict, self.diagnosed_at = None, None
            self.cause, self.at_fault_uid, self.thread.chart_file_id = "", "", ""
        self.add_event("corrected", now, person, fields=sorted(changed), **more)
        return changed

    def decide_report(self, attempt: int, person: str, now: dt.datetime, *, arrived: bool) -> bool:
        """Accept an unconfirmed report or start it anew; return whether the state changed.

        `attempt` is the attempt that the decision is about, so that a second click does nothing
        when the report is unconfirmed again. Raises ConflictError when it is not unconfirmed.
        """
        what = "report_arrived" if arrived else "report_again"
        if any(e["what"] == what and e["attempt"] == attempt for e in self.history):
            return False
        report = self.cloud_report
        if report.state is not ReportState.UNCONFIRMED or report.attempts != attempt:
            raise ConflictError(
                message(
                    "The report of %(ticket)s is not unconfirmed any more. Its card shows the"
                    " state.",
                    ticket=self.label,
                )
            )
        report.set_state(ReportState.ACCEPTED if arrived else ReportState.PENDING)
        self.add_event(what, now, person, attempt=attempt)
        return True

    def was_resolved_as(self, cause: str) -> bool:
        """Return whether the ticket is resolved with this cause; a reopened one is not."""
        return self.status is Status.RESOLVED and self.resolved_cause == cause

    def count_events(self, *what: str) -> int:
        """Count the events of these kinds in the history."""
        return sum(step["what"] in what for step in self.history)

    @property
    def _is_unattended(self) -> bool:
        """Whether it was escalated, and not claimed since."""
        called_at, claimed_at = self.escalated_at, self.claimed_at
        return called_at is not None and (claimed_at is None or called_at > claimed_at)

    def _release(self) -> None:
        self.status, self.assignee, self.claimed_at = Status.OPEN, None, None

    def _close(self, person: str, now: dt.datetime) -> None:
        self.status, self.resolver, self.resolved_at = Status.RESOLVED, person, now
        self.helped = None

    def restart_escalation(self, now: dt.datetime, person: str) -> None:
        """Start the escalation steps anew, as if the ticket had just been filed."""
        self.escalated_at, self.escalation_step, self.escalates_at = None, 0, None
        self.add_event("waiting", now, person)

    def _require_unresolved(self) -> None:
        if self.status is Status.RESOLVED:
            raise ConflictError(
                message("%(ticket)s is already resolved. Reopen it first.", ticket=self.label)
            )


@event.listens_for(Ticket, "init")
def _add_parts(_target: Ticket, _args: Sequence[Any], values: dict[str, Any]) -> None:
    """Give a new ticket its thread and its cloud report."""
    for name, part in (("thread", TicketThread), ("cloud_report", CloudReport)):
        if name not in values:
            values[name] = part()
