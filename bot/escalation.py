"""The escalation policy: who is notified of an unclaimed ticket, and when.

    step 1   support, or else who is on call by name, one delay after the ticket was filed
    step 2   support again, one delay later
    step 3   ESCALATE_TO by name, or support a last time, one delay later

Who is on call (ON_CALL) is notified by name at each step, and alone at the first. When nobody on
call can be found, support is.

A delay is ESCALATE_AFTER; half of it while the class is live, and from the second step on twice
as long once it has ended. Quiet hours defer a step to their end, unless the class is live.
A call that looked healthy is escalated once, after two delays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from bot.causes import HEALTHY
from bot.quiet_hours import NEVER_QUIET, QuietHours
from bot.settings import Settings
from bot.targets import Targets
from bot.ticket import LAST_GROUP_STEP, Status, Ticket

FIRST_STEP: Final = 1
LAST_STEP: Final = 3


class EscalationTarget(StrEnum):
    """Who is notified."""

    SUPPORT = "support"
    ON_CALL = "on_call"  # who is on call for the app, by name
    LEADS = "leads"  # the people of ESCALATE_TO, by name
    LAST = "last"  # support again, as there are no leads


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """A future step; `is_deferred`: quiet hours moved it to their end."""

    number: int
    at: dt.datetime
    target: EscalationTarget
    is_deferred: bool = False


@dataclass(frozen=True, slots=True)
class EscalationEvent:
    """A step that was taken; `person` escalated it, "" for the clock.

    `people` were notified by name. `escalation_id` is unique within the ticket.
    """

    number: int
    at: dt.datetime
    target: EscalationTarget
    person: str
    people: tuple[str, ...]
    escalation_id: int


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings of the escalation steps described in this module, and the targets."""

    after: dt.timedelta = dt.timedelta(minutes=15)
    leads: tuple[str, ...] = ()
    quiet: QuietHours = NEVER_QUIET
    targets: Targets = field(default_factory=Targets)
    on_call: frozenset[str] = frozenset()  # the apps that have a rota

    @classmethod
    def of(cls, settings: Settings) -> Policy:
        """Read the policy from the settings."""
        return cls(
            after=dt.timedelta(seconds=settings.escalate_after_s),
            leads=settings.escalate_to,
            quiet=settings.quiet_hours,
            targets=Targets.of(settings),
            on_call=frozenset(app for app in settings.apps if settings.on_call.rota_of(app)),
        )

    def delay(self, number: int, *, is_live: bool | None) -> dt.timedelta:
        """Return the delay before a step; `is_live` is None when it is unknown."""
        if is_live:
            return self.after / 2
        return self.after * 2 if is_live is False and number > 1 else self.after

    def target(self, number: int, *, has_on_call: bool = False) -> EscalationTarget:
        """Return whom a step notifies; `has_on_call`: somebody on call can be called."""
        if number == FIRST_STEP and has_on_call:
            return EscalationTarget.ON_CALL
        if number <= LAST_GROUP_STEP:
            return EscalationTarget.SUPPORT
        return EscalationTarget.LEADS if self.leads else EscalationTarget.LAST

    def people(self, number: int, on_call: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the people a step notifies by name; `on_call` are those on call."""
        leads = self.leads if number > LAST_GROUP_STEP else ()
        return tuple(dict.fromkeys([*on_call, *leads]))


def next_step(ticket: Ticket, policy: Policy, now: dt.datetime) -> EscalationStep | None:
    """Return the next step and when it is due as of now, None when there is none."""
    if ticket.status is not Status.OPEN or ticket.duplicate_of is not None:
        return None
    number, is_healthy = ticket.escalation_step + 1, ticket.cause == HEALTHY
    if number > (1 if is_healthy else LAST_STEP):
        return None
    delay = policy.delay(number, is_live=ticket.is_live) * (2 if is_healthy else 1)
    due_at = _delay_started_at(ticket) + delay
    target = policy.target(number, has_on_call=ticket.app in policy.on_call)
    if ticket.is_live:
        return EscalationStep(number, due_at, target)
    quiet_until = policy.quiet.after(max(due_at, now))
    is_deferred = quiet_until > max(due_at, now)
    return EscalationStep(number, quiet_until if is_deferred else due_at, target, is_deferred)


def escalations_of(ticket: Ticket) -> Sequence[EscalationEvent]:
    """Return the steps taken since the ticket was filed or reopened, oldest first."""
    taken: list[EscalationEvent] = []
    for step in ticket.history:
        if step.get("what") == "waiting":
            taken.clear()
        elif step.get("what") == "called":
            taken.append(_read(step))
    return taken


def find_escalation(ticket: Ticket, escalation_id: int) -> EscalationEvent | None:
    """Return one of a ticket's escalations, also from before it was reopened."""
    escalations = (_read(step) for step in ticket.history if step.get("what") == "called")
    return next((each for each in escalations if each.escalation_id == escalation_id), None)


def _read(step: Mapping[str, Any]) -> EscalationEvent:
    return EscalationEvent(
        number=step["step"],
        at=dt.datetime.fromisoformat(step["at"]),
        target=EscalationTarget(step["whom"]),
        person=step["who"],
        people=tuple(step["people"]),
        escalation_id=step["call"],
    )


def _delay_started_at(ticket: Ticket) -> dt.datetime:
    """Return when the delay before the next step started; repeating a step does not restart it."""
    started_at, last = ticket.created_at, 0
    for step in ticket.history:
        if step.get("what") == "waiting":
            started_at, last = dt.datetime.fromisoformat(step["at"]), 0
        elif step.get("what") == "called" and step["step"] > last:
            started_at, last = dt.datetime.fromisoformat(step["at"]), step["step"]
    return started_at
