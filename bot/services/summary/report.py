"""A week in numbers, counted from its tickets. Pure: no clock, no database, no words."""

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
from bot.escalation import LAST_STEP
from bot.services.summary.weeks import Week
from bot.store.diagnosis.feedback import Judgement
from bot.store.summary.weeks import Outline
from bot.ticket import Status

UNKNOWN: Final = "unknown"
_REPEATED: Final = 2  # from here on a room or a person is named
_LISTED: Final = 10
_NINETY: Final = 0.9
Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something was reported, this week and the week before."""

    key: str
    count: int
    before: int


@dataclass(frozen=True, slots=True)
class Waits:
    """How long tickets waited, in seconds; `slow_s` is the 90th percentile, None: there are none.

    The percentile is the nearest rank: the wait of a ticket that there was.
    """

    count: int = 0
    median_s: float | None = None
    slow_s: float | None = None

    @classmethod
    def of(cls, waits_s: Iterable[float]) -> Waits:
        """Count waits."""
        ordered = sorted(waits_s)
        if not ordered:
            return cls()
        rank = math.ceil(_NINETY * len(ordered)) - 1
        return cls(len(ordered), statistics.median(ordered), ordered[rank])


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """A ticket nobody has resolved."""

    number: int
    cname: str
    status: Status
    created_at: dt.datetime
    permalink: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """A room or somebody about whom there was more than one ticket."""

    app: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Day:
    """One day's tickets."""

    day: dt.date
    reported: int
    resolved: int


@dataclass(frozen=True, slots=True)
class Judgements:
    """What people said of the week's verdicts."""

    right: int = 0
    partly: int = 0
    wrong: int = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return self.right + self.partly + self.wrong

    @property
    def share(self) -> float:
        """The share that said yes, 0 to 1; partly counts half."""
        return (self.right + self.partly / 2) / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True)
class Escalations:
    """How many tickets people were called for, how often, and for how many to the last step."""

    tickets: int = 0
    calls: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What became of what was resolved: reporters said that it helped, or it was opened again."""

    helped: int = 0
    reopened: int = 0


@dataclass(frozen=True, slots=True)
class WeekReport:
    """A week in numbers. `until` is the end of what is counted: now, while the week goes on.

    `gaps` are the times at which Lagdesk did not run, so that nothing could be reported.
    `is_comparable` says that the week before was collected too.
    """

    week: Week
    since: dt.datetime
    until: dt.datetime
    is_over: bool
    reported: int
    before: int
    resolved: int
    types: tuple[Tally, ...] = ()
    causes: tuple[Tally, ...] = ()
    apps: tuple[Tally, ...] = ()
    sides: tuple[Tally, ...] = ()
    claim: Waits = Waits()
    resolve: Waits = Waits()
    open_count: int = 0
    oldest: tuple[OpenTicket, ...] = ()
    rooms: tuple[Repeated, ...] = ()
    people: tuple[Repeated, ...] = ()
    judgements: Judgements = Judgements()
    escalations: Escalations = Escalations()
    afterwards: Afterwards = Afterwards()
    days: tuple[Day, ...] = ()
    gaps: tuple[Span, ...] = ()
    is_comparable: bool = True

    @property
    def is_uncollected(self) -> bool:
        """Tell whether Lagdesk did not run at all, so that silence means nothing."""
        return _length(self.gaps) >= self.until - self.since and not self.reported


def count_week(
    week: Week,
    tickets: Sequence[Outline],
    said: Sequence[Judgement],
    runs: Sequence[Span],
    *,
    now: dt.datetime,
    zone: ZoneInfo,
    patience: dt.timedelta,
    earlier_runs: Sequence[Span] = (),
) -> WeekReport:
    """Count a week. `tickets` reach back a week further, `runs` are when Lagdesk ran.

    `earlier_runs` are those of the week before: what was hardly collected is nothing to compare
    with, unless something was reported in it.
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
        types=_tally(new, old, lambda each: str(each.issue_type)),
        causes=_tally(new, old, cause_of_ticket),
        apps=_tally(new, old, lambda each: each.app),
        sides=_tally(new, old, lambda each: each.abnormal_side.value),
        claim=Waits.of(_seconds(each.created_at, each.claimed_at) for each in claimed),
        resolve=Waits.of(_seconds(each.created_at, each.resolved_at) for each in resolved),
        open_count=len(waiting),
        oldest=tuple(map(_open, waiting[:_LISTED])),
        rooms=_repeated((each.app, each.cname) for each in new),
        people=_repeated((each.app, _abnormal_uid(each)) for each in new),
        judgements=_judgements(said),
        escalations=_escalations(tickets, since, until),
        afterwards=_afterwards(tickets, resolved, since, until),
        days=_days(week, new, resolved, zone),
        gaps=find_gaps(runs, since, until, patience),
        is_comparable=bool(old) or _length(earlier_runs) >= (end - since) / 2,
    )


def cause_of_ticket(ticket: Outline) -> str:
    """What was wrong: what support closed it with, else what the verdict says."""
    if ticket.status is Status.RESOLVED and ticket.resolved_cause not in ("", UNKNOWN):
        return ticket.resolved_cause
    return ticket.judged or UNKNOWN


def _abnormal_uid(ticket: Outline) -> str:
    is_teacher = ticket.abnormal_side is Side.TEACHER
    return ticket.teacher_uid if is_teacher else ticket.student_uid


def find_gaps(
    runs: Sequence[Span], since: dt.datetime, until: dt.datetime, patience: dt.timedelta
) -> tuple[Span, ...]:
    """Return the parts of a span longer than `patience` that no run covers."""
    edges = [(since, since), *sorted(runs), (until, until)]
    return tuple(
        (before[1], after[0])
        for before, after in pairwise(edges)
        if after[0] - before[1] > patience
    )


def _length(spans: Sequence[Span]) -> dt.timedelta:
    return sum((end - start for start, end in spans), dt.timedelta())


def _within(moment: dt.datetime | None, since: dt.datetime, until: dt.datetime) -> bool:
    return moment is not None and since <= moment < until


def _seconds(start: dt.datetime, end: dt.datetime | None) -> float:
    return max(0.0, ((end or start) - start).total_seconds())


def _tally(
    new: Sequence[Outline], old: Sequence[Outline], key: Callable[[Outline], str]
) -> tuple[Tally, ...]:
    """Count by a key, the most frequent first; what is gone since last week is listed too."""
    now, before = Counter(map(key, new)), Counter(map(key, old))
    keys = sorted(now.keys() | before.keys(), key=lambda each: (-now[each], -before[each], each))
    return tuple(Tally(each, now[each], before[each]) for each in keys)


def _repeated(names: Iterable[tuple[str, str]]) -> tuple[Repeated, ...]:
    counted = sorted(Counter(names).items(), key=lambda each: (-each[1], each[0]))
    often = [(app, name, count) for (app, name), count in counted if count >= _REPEATED]
    return tuple(Repeated(*each) for each in often[:_LISTED])


def _open(ticket: Outline) -> OpenTicket:
    return OpenTicket(
        ticket.number, ticket.cname, ticket.status, ticket.created_at, ticket.permalink or ""
    )


def _judgements(said: Sequence[Judgement]) -> Judgements:
    counts = Counter(said)
    return Judgements(counts[Judgement.RIGHT], counts[Judgement.PARTLY], counts[Judgement.WRONG])


def _escalations(tickets: Sequence[Outline], since: dt.datetime, until: dt.datetime) -> Escalations:
    called = [_steps(ticket, "called", since, until) for ticket in tickets]
    called = [steps for steps in called if steps]
    last = sum(any(step["step"] >= LAST_STEP for step in steps) for steps in called)
    return Escalations(len(called), sum(map(len, called)), last)


def _afterwards(
    tickets: Sequence[Outline],
    resolved: Sequence[Outline],
    since: dt.datetime,
    until: dt.datetime,
) -> Afterwards:
    reopened = sum(bool(_steps(ticket, "reopened", since, until)) for ticket in tickets)
    return Afterwards(sum(ticket.helped is True for ticket in resolved), reopened)


def _steps(
    ticket: Outline, what: str, since: dt.datetime, until: dt.datetime
) -> list[dict[str, Any]]:
    """What happened to a ticket within a span, of one kind."""
    return [
        step
        for step in ticket.steps
        if step["what"] == what and since <= dt.datetime.fromisoformat(step["at"]) < until
    ]


def _days(
    week: Week, new: Sequence[Outline], resolved: Sequence[Outline], zone: ZoneInfo
) -> tuple[Day, ...]:
    came = Counter(each.created_at.astimezone(zone).date() for each in new)
    went = Counter(
        each.resolved_at.astimezone(zone).date() for each in resolved if each.resolved_at
    )
    return tuple(Day(day, came[day], went[day]) for day in week.days)
