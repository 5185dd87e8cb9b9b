"""The figures of a week, counted from its tickets by pure functions."""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.call import Side
from bot.causes import NO_VERDICT, UNKNOWN, WITHDRAWN
from bot.escalation import LAST_STEP
from bot.services.summary.weeks import Week
from bot.store.diagnosis.feedback import Rating
from bot.store.summary.weeks import WeeklyTicketRow
from bot.targets import Targets
from bot.ticket import Status

_REPEATED_FROM: Final = 2  # tickets from which on a room or a person is listed
_MAX_LISTED: Final = 10
_P90: Final = 0.9
_NO_TARGETS: Final = Targets()
_RESOLVED_BY: Final = ("resolved", "merged", "withdrawn")
_CLAIMED_BY: Final = ("claimed", "handed", *_RESOLVED_BY)
TimeSpan = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, slots=True)
class WeeklyCount:
    """How often something was reported, this week and the week before."""

    key: str
    count: int
    before: int


@dataclass(frozen=True, slots=True)
class WaitTimes:
    """How long tickets waited, in seconds; `p90_s` is the 90th percentile, None without tickets.

    The percentile is the nearest rank, so always the wait of an actual ticket.
    """

    count: int = 0
    median_s: float | None = None
    p90_s: float | None = None

    @classmethod
    def of(cls, waits_s: Iterable[float]) -> WaitTimes:
        """Count waits."""
        ordered = sorted(waits_s)
        if not ordered:
            return cls()
        rank = math.ceil(_P90 * len(ordered)) - 1
        return cls(len(ordered), statistics.median(ordered), ordered[rank])


@dataclass(frozen=True, slots=True)
class TargetCount:
    """Of the tickets whose target fell into the week, how many met it."""

    met: int = 0
    count: int = 0

    @classmethod
    def of(
        cls,
        tickets: Iterable[WeeklyTicketRow],
        within: Callable[[str], dt.timedelta | None],
        reached_by: tuple[str, ...],
        span: TimeSpan,
    ) -> TargetCount:
        """Count tickets; `within` is an app's target, `reached_by` the events that meet it."""
        results = []
        for ticket in tickets:
            target = within(ticket.app)
            if target is not None and _within(ticket.created_at + target, *span):
                reached_at = _first_at(ticket, reached_by)
                results.append(reached_at is not None and reached_at <= ticket.created_at + target)
        return cls(sum(results), len(results))


@dataclass(frozen=True, slots=True)
class AppTimes:
    """How long one app's tickets waited, and how many met its targets."""

    app: str
    claim: WaitTimes
    claim_target: TargetCount
    resolve: WaitTimes
    resolve_target: TargetCount


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
    claim: WaitTimes = WaitTimes()
    resolve: WaitTimes = WaitTimes()
    claim_target: TargetCount = TargetCount()
    resolve_target: TargetCount = TargetCount()
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
    claimed = [each for each in tickets if _within(each.claimed_at, since, until)]
    resolved = [each for each in tickets if _within(each.resolved_at, since, until)]
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
        claim=WaitTimes.of(_seconds(each.created_at, each.claimed_at) for each in claimed),
        resolve=WaitTimes.of(_seconds(each.created_at, each.resolved_at) for each in resolved),
        claim_target=TargetCount.of(tickets, targets.claim_within, _CLAIMED_BY, (since, until)),
        resolve_target=TargetCount.of(
            tickets, targets.resolve_within, _RESOLVED_BY, (since, until)
        ),
        app_times=tuple(
            _app_times(app, tickets, targets, (since, until))
            for app in sorted({each.app for each in tickets})
            if targets.claim_within(app) or targets.resolve_within(app)
        ),
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


def _app_times(
    app: str, tickets: Iterable[WeeklyTicketRow], targets: Targets, span: TimeSpan
) -> AppTimes:
    own = [each for each in tickets if each.app == app]
    claimed = [each for each in own if _within(each.claimed_at, *span)]
    resolved = [each for each in own if _within(each.resolved_at, *span)]
    return AppTimes(
        app,
        WaitTimes.of(_seconds(each.created_at, each.claimed_at) for each in claimed),
        TargetCount.of(own, targets.claim_within, _CLAIMED_BY, span),
        WaitTimes.of(_seconds(each.created_at, each.resolved_at) for each in resolved),
        TargetCount.of(own, targets.resolve_within, _RESOLVED_BY, span),
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


def _within(moment: dt.datetime | None, since: dt.datetime, until: dt.datetime) -> bool:
    return moment is not None and since <= moment < until


def _seconds(start: dt.datetime, end: dt.datetime | None) -> float:
    return max(0.0, ((end or start) - start).total_seconds())


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


def _first_at(ticket: WeeklyTicketRow, what: tuple[str, ...]) -> dt.datetime | None:
    """Return when the first event of these kinds happened to a ticket."""
    times = (event["at"] for event in ticket.history if event["what"] in what)
    first = next(times, None)
    return None if first is None else dt.datetime.fromisoformat(first)


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
