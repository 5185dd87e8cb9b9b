"""How long a week's tickets waited, and which targets they met."""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.store.summary.weeks import WeeklyTicketRow
from bot.targets import Targets

_P90: Final = 0.9
_RESOLVED_BY: Final = ("resolved", "merged", "withdrawn")
_CLAIMED_BY: Final = ("claimed", "handed", *_RESOLVED_BY)
TimeSpan = tuple[dt.datetime, dt.datetime]


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
            if target is not None and is_within(ticket.created_at + target, *span):
                reached_at = _first_at(ticket, reached_by)
                results.append(reached_at is not None and reached_at <= ticket.created_at + target)
        return cls(sum(results), len(results))


NO_WAITS: Final = WaitTimes()
NO_TARGET: Final = TargetCount()


@dataclass(frozen=True, slots=True)
class AppTimes:
    """How long tickets waited, and how many met their targets; `app` is "" for all apps."""

    app: str
    claim: WaitTimes
    claim_target: TargetCount
    resolve: WaitTimes
    resolve_target: TargetCount

    @classmethod
    def of(
        cls, app: str, tickets: Sequence[WeeklyTicketRow], targets: Targets, span: TimeSpan
    ) -> AppTimes:
        """Count the waits that ended within a span."""
        claimed = [each for each in tickets if is_within(each.claimed_at, *span)]
        resolved = [each for each in tickets if is_within(each.resolved_at, *span)]
        return cls(
            app,
            WaitTimes.of(_seconds(each.created_at, each.claimed_at) for each in claimed),
            TargetCount.of(tickets, targets.claim_within, _CLAIMED_BY, span),
            WaitTimes.of(_seconds(each.created_at, each.resolved_at) for each in resolved),
            TargetCount.of(tickets, targets.resolve_within, _RESOLVED_BY, span),
        )


def times_of_apps(
    tickets: Sequence[WeeklyTicketRow], targets: Targets, span: TimeSpan
) -> tuple[AppTimes, ...]:
    """Count for each app that has a target."""
    return tuple(
        AppTimes.of(app, [each for each in tickets if each.app == app], targets, span)
        for app in sorted({each.app for each in tickets})
        if targets.claim_within(app) or targets.resolve_within(app)
    )


def is_within(moment: dt.datetime | None, since: dt.datetime, until: dt.datetime) -> bool:
    """Return whether something happened in a span."""
    return moment is not None and since <= moment < until


def _seconds(start: dt.datetime, end: dt.datetime | None) -> float:
    return max(0.0, ((end or start) - start).total_seconds())


def _first_at(ticket: WeeklyTicketRow, what: tuple[str, ...]) -> dt.datetime | None:
    """Return when the first event of these kinds happened to a ticket."""
    times = (event["at"] for event in ticket.history if event["what"] in what)
    first = next(times, None)
    return None if first is None else dt.datetime.fromisoformat(first)
