"""The figures of a week, counted from its tickets by pure functions."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.call import Side
from bot.causes import NO_VERDICT, UNKNOWN, WITHDRAWN
from bot.escalation import LAST_STEP
from bot.services.summary.times import (
    NO_TARGET,
    NO_WAITS,
    AppTimes,
    TargetCount,
    TimeSpan,
    WaitTimes,
    is_within,
    times_of_apps,
)
from bot.services.summary.weeks import Week
from bot.store.diagnosis.feedback import Rating
from bot.store.summary.weeks import WeeklyTicketRow
from bot.targets import Targets
from bot.ticket import Status

_REPEATED_FROM: Final = 2  # tickets from which on a room or a person is listed
_MAX_LISTED: Final = 10
_NO_TARGETS: Final = Targets()


@dataclass(frozen=True, slots=True)
class WeeklyCount:
    """How often something was reported, this week and the week before."""

    key: str
    count: int
    before: int


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """An unresolved ticket."""

    number: int
    cname: str
    status: Status
    created_at: dt.datetime
    permalink: str


@dataclass(frozen=True, slots=True)
class RepeatedSubject:
    """A room or a person with more than one ticket."""

    app: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class DailyCount:
    """One day's tickets."""

    day: dt.date
    reported: int
    resolved: int


@dataclass(frozen=True, slots=True)
class FeedbackCounts:
    """The ratings of the week's verdicts."""

    right: int = 0
    partly: int = 0
    wrong: int = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return self.right + self.partly + self.wrong

    @property
    def share(self) -> float:
        """The share rated right, 0 to 1; partly counts half."""
        return (self.right + self.partly / 2) / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True)
class EscalationCounts:
    """How many tickets were escalated, how many alerts were sent, and how many reached the end."""

    tickets: int = 0
    alerts: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class ResolutionOutcomes:
    """How many resolutions helped, by the reporters' feedback, and how many were reopened.

    `withdrawn`: how many of the resolved tickets their reporters have taken back.
    """

    helped: int = 0
    reopened: int = 0
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class WeekReport:
    """The figures of a week. `until` is the end of the counted time: now in the current week.

    `gaps` are the times at which Lagdesk did not run, so that nobody could report.
    `is_comparable`: Lagdesk ran in the week before too.
    """

    week: Week
    since: dt.datetime
    until: dt.datetime
    is_over: bool
    reported: int
    before: int
    resolved: int
    types: tuple[WeeklyCount, ...] = ()
    causes: tuple[WeeklyCount, ...] = ()
    apps: tuple[WeeklyCount, ...] = ()
    sides: tuple[WeeklyCount, ...] = ()
    claim: WaitTimes = NO_WAITS
    resolve: WaitTimes = NO_WAITS
    claim_target: TargetCount = NO_TARGET
    resolve_target: TargetCount = NO_TARGET
    app_times: tuple[AppTimes, ...] = ()  # of the apps with targets
    open_count: int = 0
    oldest: tuple[OpenTicket, ...] = ()
    rooms: tuple[RepeatedSubject, ...] = ()
    people: tuple[RepeatedSubject, ...] = ()
    feedback: FeedbackCounts = FeedbackCounts()
    escalations: EscalationCounts = EscalationCounts()
    resolution_outcomes: ResolutionOutcomes = ResolutionOutcomes()
    days: tuple[DailyCount, ...] = ()
    gaps: tuple[TimeSpan, ...] = ()
    is_comparable: bool = True

    @property
    def is_uncollected(self) -> bool:
        """Return whether Lagdesk did not run at all, so that no reports mean nothing."""
        return _length(self.gaps) >= self.until - self.since and not self.reported


def build_week_report(
    week: Week,
    tickets: Sequence[WeeklyTicketRow],
    feedback: Sequence[Rating],
    runs: Sequence[TimeSpan],
    *,
    now: dt.datetime,
    zone: ZoneInfo,
    max_gap: dt.timedelta,
    earlier_runs: Sequence[TimeSpan] = (),
    targets: Targets = _NO_TARGETS,
) -> WeekReport:
    """Count a week. `tickets` reach back a week further, `runs` are when Lagdesk ran.

    `earlier_runs` are those of the week before: a week in which Lagdesk hardly ran is compared
    with only if something was reported in it.
    """
    early, since, end = week.shift(-1).since(zone), week.since(zone), week.until(zone)
    until = min(end, now)
    new = [each for each in tickets if since <= each.created_at < until]
    old = [each for each in tickets if early <= each.created_at < since]
    times = AppTimes.of("", tickets, targets, (since, until))
    resolved = [each for each in tickets if is_within(each.resolved_at, since, until)]
    waiting = [
        each for each in tickets if each.status is not Status.RESOLVED and each.created_at < until
    ]
    waiting.sort(key=lambda each: each.created_at)
    return WeekReport(
        week=week,
        since=since,
        until=until,
        is_over=now >= end,
        reported=len(new),
        before=len(old),
        resolved=len(resolved),
        types=_count_by(new, old, lambda each: str(each.issue_type)),
        causes=_count_by(new, old, cause_of_ticket),
        apps=_count_by(new, old, lambda each: each.app),
        sides=_count_by(new, old, lambda each: each.abnormal_side.value),
        claim=times.claim,
        resolve=times.resolve,
        claim_target=times.claim_target,
        resolve_target=times.resolve_target,
        app_times=times_of_apps(tickets, targets, (since, until)),
        open_count=len(waiting),
        oldest=tuple(map(_open, waiting[:_MAX_LISTED])),
        rooms=_repeated((each.app, each.cname) for each in new),
        people=_repeated((each.app, _abnormal_uid(each)) for each in new),
        feedback=_count_feedback(feedback),
        escalations=_escalations(tickets, since, until),
        resolution_outcomes=_resolution_outcomes(tickets, resolved, since, until),
        days=_days(week, new, resolved, zone),
        gaps=find_gaps(runs, since, until, max_gap),
        is_comparable=bool(old) or _length(earlier_runs) >= (end - since) / 2,
    )


def cause_of_ticket(ticket: WeeklyTicketRow) -> str:
    """Return the cause chosen by support, else the result of the verdict, else `no_verdict`."""
    chosen = ticket.resolved_cause if ticket.status is Status.RESOLVED else ""
    if chosen not in ("", UNKNOWN):
        return chosen
    return ticket.cause or chosen or NO_VERDICT


def _abnormal_uid(ticket: WeeklyTicketRow) -> str:
    is_teacher = ticket.abnormal_side is Side.TEACHER
    return ticket.teacher_uid if is_teacher else ticket.student_uid


def find_gaps(
    runs: Sequence[TimeSpan], since: dt.datetime, until: dt.datetime, max_gap: dt.timedelta
) -> tuple[TimeSpan, ...]:
    """Return the parts of a span longer than `max_gap` that no run covers."""
    edges = [(since, since), *sorted(runs), (until, until)]
    return tuple(
        (before[1], after[0]) for before, after in pairwise(edges) if after[0] - before[1] > max_gap
    )


def _length(spans: Sequence[TimeSpan]) -> dt.timedelta:
    return sum((end - start for start, end in spans), dt.timedelta())


def _count_by(
    new: Sequence[WeeklyTicketRow],
    old: Sequence[WeeklyTicketRow],
    key: Callable[[WeeklyTicketRow], str],
) -> tuple[WeeklyCount, ...]:
    """Count by a key, the most frequent first; with keys that only last week has."""
    now, before = Counter(map(key, new)), Counter(map(key, old))
    keys = sorted(now.keys() | before.keys(), key=lambda each: (-now[each], -before[each], each))
    return tuple(WeeklyCount(each, now[each], before[each]) for each in keys)


def _repeated(names: Iterable[tuple[str, str]]) -> tuple[RepeatedSubject, ...]:
    counted = sorted(Counter(names).items(), key=lambda each: (-each[1], each[0]))
    often = [(app, name, count) for (app, name), count in counted if count >= _REPEATED_FROM]
    return tuple(RepeatedSubject(*each) for each in often[:_MAX_LISTED])


def _open(ticket: WeeklyTicketRow) -> OpenTicket:
    return OpenTicket(
        ticket.number, ticket.cname, ticket.status, ticket.created_at, ticket.permalink or ""
    )


def _count_feedback(feedback: Sequence[Rating]) -> FeedbackCounts:
    counts = Counter(feedback)
    return FeedbackCounts(counts[Rating.RIGHT], counts[Rating.PARTLY], counts[Rating.WRONG])


def _escalations(
    tickets: Sequence[WeeklyTicketRow], since: dt.datetime, until: dt.datetime
) -> EscalationCounts:
    alerts = [_steps(ticket, "called", since, until) for ticket in tickets]
    alerts = [steps for steps in alerts if steps]
    last = sum(any(step["step"] >= LAST_STEP for step in steps) for steps in alerts)
    return EscalationCounts(len(alerts), sum(map(len, alerts)), last)


def _resolution_outcomes(
    tickets: Sequence[WeeklyTicketRow],
    resolved: Sequence[WeeklyTicketRow],
    since: dt.datetime,
    until: dt.datetime,
) -> ResolutionOutcomes:
    reopened = sum(bool(_steps(ticket, "reopened", since, until)) for ticket in tickets)
    return ResolutionOutcomes(
        sum(ticket.helped is True for ticket in resolved),
        reopened,
        sum(ticket.resolved_cause == WITHDRAWN for ticket in resolved),
    )


def _steps(
    ticket: WeeklyTicketRow, what: str, since: dt.datetime, until: dt.datetime
) -> list[dict[str, Any]]:
    """Return the events of one kind in a ticket's history within a span."""
    return [
        step
        for step in ticket.history
        if step["what"] == what and since <= dt.datetime.fromisoformat(step["at"]) < until
    ]


def _days(
    week: Week, new: Sequence[WeeklyTicketRow], resolved: Sequence[WeeklyTicketRow], zone: ZoneInfo
) -> tuple[DailyCount, ...]:
    reported_by_day = Counter(each.created_at.astimezone(zone).date() for each in new)
    resolved_by_day = Counter(
        each.resolved_at.astimezone(zone).date() for each in resolved if each.resolved_at
    )
    return tuple(DailyCount(day, reported_by_day[day], resolved_by_day[day]) for day in week.days)
