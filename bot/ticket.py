"""The ticket: its table and its pure transitions. No clock, no database, no Slack in here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Index,
    String,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from bot.call import IssueType, Report, Side
from bot.errors import ConflictError
from bot.i18n.messages import PersonId, message

_MAX_URGENCY_STEPS: Final = 9  # what is escalated oftener is not more urgent
LAST_GROUP_STEP: Final = 2  # whom the step after it calls the policy says
_REPEAT_CLICK_WINDOW: Final = dt.timedelta(
    seconds=60
)  # who presses again so soon wants nothing more


CALL_FIELDS: Final = frozenset(  # those that say which call is meant, and whose side of it
    ("app", "cloud", "cname", "teacher_uid", "student_uid", "abnormal_side", "occurred_at")
)


class UtcTime(TypeDecorator[dt.datetime]):
    """An aware moment, kept in UTC; SQLite would forget the zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Store the moment as naive UTC."""
        _ = dialect
        return None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(
        self, value: dt.datetime | None, dialect: Dialect
    ) -> dt.datetime | None:
        """Give the moment its zone back."""
        _ = dialect
        return None if value is None else value.replace(tzinfo=dt.UTC)


class EnumText(TypeDecorator[StrEnum]):
    """A member of an enumeration, kept as its plain text; no database type to migrate."""

    impl = String
    cache_ok = True

    def __init__(self, members: type[StrEnum]) -> None:
        super().__init__(20)
        self.members = members

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        """Store the text, refusing what is no member."""
        _ = dialect
        return None if value is None else self.members(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Give the member back."""
        _ = dialect
        return None if value is None else self.members(value)


class Status(StrEnum):
    """Where a ticket stands."""

    OPEN = "open"
    CLAIMED = "claimed"
    RESOLVED = "resolved"


class ReportState(StrEnum):
    """What became of the report to the cloud."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"  # it may have arrived, no answer came; never sent again blindly
    UNSUPPORTED = "unsupported"  # this cloud has no such call
    OFF = "off"  # switched off by a setting


MAYBE_SENT_STATES: Final = frozenset(
    (ReportState.ACCEPTED, ReportState.UNCONFIRMED)
)  # the cloud, perhaps


def _json_list() -> Any:
    """An empty list, kept as JSON; change it by assigning a new one."""
    return Field(
        default_factory=list, sa_type=JSON, sa_column_kwargs={"server_default": text("'[]'")}
    )


class Ticket(SQLModel, table=True):
    """One reported call. `LD-<number>` is its name."""

    __table_args__ = (
        UniqueConstraint("team", "origin"),
        Index("ix_ticket_queue", "team", "status", "urgency", "number"),
        Index("ix_ticket_status", "team", "status", "number"),
        Index("ix_ticket_app", "team", "app", "number"),
        Index("ix_ticket_cause", "team", "cause", "number"),
        Index("ix_ticket_assignee", "team", "assignee", "number"),
        Index("ix_ticket_reporter", "team", "reporter", "number"),
        Index("ix_ticket_cname", "team", "cname", "number"),
        Index("ix_ticket_thread", "channel", "card_ts"),
        Index("ix_ticket_teacher", "app", "teacher_uid", "number"),
        Index("ix_ticket_student", "app", "student_uid", "number"),
    )

    number: int | None = Field(default=None, primary_key=True)
    team: str = ""
    origin: str  # the Slack view or event it came from: one makes one ticket
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
    assignee: str | None = None
    claimed_at: dt.datetime | None = Field(default=None, sa_type=UtcTime, index=True)
    escalated_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    escalation_step: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    escalates_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)  # the next step
    resolved_at: dt.datetime | None = Field(default=None, sa_type=UtcTime, index=True)
    resolver: str | None = None
    resolution: str = ""
    resolved_cause: str = ""
    report_state: ReportState = Field(default=ReportState.PENDING, sa_type=EnumText(ReportState))
    report_attempts: int = 0
    report_attempted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    report_reason: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    channel: str = ""
    card_ts: str = ""
    permalink: str = ""
    origin_channel: str = ""
    diagnosis_ts: str = ""
    chart_file_id: str = ""  # Slack's id of the picture in the diagnosis
    chart_alt_text: str = ""  # what it shows, in words
    cause: str = ""  # of the verdict, to look for
    at_fault_uid: str = ""  # likewise
    verdict: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    diagnosed_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    incident: int | None = Field(default=None, index=True)
    incident_permalink: str = Field(default="", sa_column_kwargs={"server_default": ""})
    duplicate_of: int | None = Field(default=None, index=True)
    related: list[int] = _json_list()  # tickets people linked to this one
    history: list[dict[str, Any]] = _json_list()  # who did what when: {"what", "who", "at", ...}
    helped: bool | None = None  # what the reporter says of the resolution
    is_live: bool | None = None  # the class still goes on, as far as the cloud told
    class_ended_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    urgency: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    revision: int = 0  # grows with every change people can see on the card

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
        """The complaint as the clouds and the diagnosis take it."""
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

    def mark_changed(self) -> None:
        """Note that the card has to be drawn again, how urgent it is, and that nobody is called."""
        self.revision += 1
        if self.status is not Status.OPEN or self.duplicate_of is not None:
            self.escalates_at = None  # whatever made it so
        calls = self.escalation_step if self._is_unattended else 0
        self.urgency = min(calls, _MAX_URGENCY_STEPS) * 2 + int(bool(self.is_live))

    def add_event(self, what: str, now: dt.datetime, who: str = "", **more: Any) -> None:
        """Write down what happened to the ticket, for its card and for whoever asks later."""
        step = {"what": what, "who": who, "at": now.isoformat(), **more}
        self.history = [*self.history, step]
        self.mark_changed()

    def claim(self, person: str, now: dt.datetime) -> None:
        """Somebody takes the ticket; ConflictError when somebody has it, or it is resolved."""
        if self.status is Status.CLAIMED and self.assignee == person:
            return  # a click that came twice
        if self.status is Status.CLAIMED:
            raise ConflictError(
                message(
                    "%(person)s has already claimed %(ticket)s.",
                    person=PersonId(self.assignee or ""),
                    ticket=self.label,
                )
            )
        self._require_unresolved()
        self.status, self.assignee, self.claimed_at = Status.CLAIMED, person, now
        self.add_event("claimed", now, person)

    def hand_over(self, to: str, person: str, now: dt.datetime) -> None:
        """Somebody else has the ticket from now on, whoever had it; ConflictError when resolved."""
        self._require_unresolved()
        if self.status is Status.CLAIMED and self.assignee == to:
            return
        self.status, self.assignee, self.claimed_at = Status.CLAIMED, to, now
        self.add_event("handed", now, person, to=to)

    def escalate(self, now: dt.datetime, person: str = "") -> None:
        """Somebody has the group called; ConflictError when the ticket is resolved."""
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
        """Write down that people are called; `person` had it done, "" when it was the clock.

        `people` are those who are called by name.
        """
        self.escalated_at, self.escalation_step = now, step
        call = self.revision + 1  # tells the calls of a ticket apart
        more = {"whom": target, "people": list(people), "step": step, "call": call}
        self.add_event("called", now, person, **more)

    def resolve(self, person: str, now: dt.datetime, *, cause: str, resolution: str) -> None:
        """The ticket is done; ConflictError when it already was, unless in the same words."""
        said = (self.status, self.resolver, self.resolved_cause, self.resolution)
        if said == (Status.RESOLVED, person, cause, resolution):
            return  # a form that came twice
        self._require_unresolved()
        self._close(person, now)
        self.resolved_cause, self.resolution = cause, resolution
        self.add_event("resolved", now, person)

    def merge(self, into: Ticket, person: str, now: dt.datetime) -> None:
        """The ticket is done with: another one tells of the same thing.

        ConflictError for itself, for what is a duplicate too, and when it is resolved already.
        """
        if self.duplicate_of == into.id:
            return
        self._require_unresolved()
        if into.id == self.id:
            raise ConflictError(message("A ticket cannot be merged with itself."))
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
        self.add_event("merged", now, person, ticket=into.id, link=into.permalink, over=is_over)

    def reopen(self, person: str, now: dt.datetime) -> None:
        """The ticket is open again; ConflictError when it is not resolved."""
        if self.status is not Status.RESOLVED:
            raise ConflictError(message("%(ticket)s is not resolved.", ticket=self.label))
        self.status, self.assignee, self.claimed_at = Status.OPEN, None, None
        self.resolved_at, self.resolver, self.escalated_at = None, None, None
        self.duplicate_of, self.helped = None, None
        self.add_event("reopened", now, person)

    def confirm_resolved(self, person: str, now: dt.datetime) -> None:
        """The reporter says that the resolution helped; ConflictError when there is none."""
        if self.status is not Status.RESOLVED:
            raise ConflictError(message("%(ticket)s is not resolved.", ticket=self.label))
        if not self.helped:
            self.helped = True
            self.add_event("helped", now, person)

    def link(self, other: Ticket, person: str, now: dt.datetime) -> None:
        """Both tickets name each other; ConflictError for itself."""
        if other.id == self.id:
            raise ConflictError(message("A ticket cannot be linked to itself."))
        for one, two in ((self, other), (other, self)):
            if two.id not in one.related:
                one.related = sorted([*one.related, two.id])
                one.add_event("linked", now, person, ticket=two.id, link=two.permalink)

    def unlink(self, other: Ticket, person: str, now: dt.datetime) -> None:
        """Neither ticket names the other any more."""
        for one, two in ((self, other), (other, self)):
            if two.id in one.related:
                one.related = [number for number in one.related if number != two.id]
                one.add_event("unlinked", now, person, ticket=two.id)

    def correct(self, said: Mapping[str, Any], person: str, now: dt.datetime) -> frozenset[str]:
        """Put right what the report said, and tell which fields changed.

        Another call was judged then: its verdict goes. The report to the cloud is not sent again
        when it may have arrived; the step keeps that it told of the call before.
        """
        changed = frozenset(name for name in said if getattr(self, name) != said[name])
        if not changed:
            return changed
        sent = self.report_state in MAYBE_SENT_STATES or self.report_attempted_at is not None
        more = {"reported_to": self.cloud} if sent and changed & CALL_FIELDS else {}
        for name in changed:
            setattr(self, name, said[name])
        if changed & CALL_FIELDS:
            self.verdict, self.diagnosed_at = None, None
            self.cause, self.at_fault_uid, self.chart_file_id = "", "", ""
        self.add_event("corrected", now, person, fields=sorted(changed), **more)
        return changed

    def count_events(self, *what: str) -> int:
        """How often one of these things happened to the ticket."""
        return sum(step["what"] in what for step in self.history)

    def previously_reported_cloud(self) -> str | None:
        """The cloud that was told of the call as it stood before it was corrected."""
        clouds = (step["reported_to"] for step in reversed(self.history) if "reported_to" in step)
        return next(clouds, None)

    @property
    def _is_unattended(self) -> bool:
        """Nobody has the ticket, or whoever has it called for help since."""
        called_at, claimed_at = self.escalated_at, self.claimed_at
        return called_at is not None and (claimed_at is None or called_at > claimed_at)

    def _close(self, person: str, now: dt.datetime) -> None:
        self.status, self.resolver, self.resolved_at = Status.RESOLVED, person, now
        self.helped = None

    def restart_escalation(self, now: dt.datetime, person: str) -> None:
        """The ticket is open again, and waits as if it had just been filed."""
        self.escalated_at, self.escalation_step, self.escalates_at = None, 0, None
        self.add_event("waiting", now, person)

    def _require_unresolved(self) -> None:
        if self.status is Status.RESOLVED:
            raise ConflictError(message("%(ticket)s is already resolved.", ticket=self.label))
