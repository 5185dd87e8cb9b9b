"""Which verdicts about a labelled call are right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.call import Direction, Metric, Side
from bot.diagnosis import UNKNOWN, Verdict
from bot.sandbox.scenario import Expected
from tests.bench.accounts import Account

NONE: Final = "none"
HEALTHY: Final = (NONE, UNKNOWN)
CONNECTION: Final = (
    *("connection.failed", "reconnect.network_down", "reconnect.ip_changed"),
    "reconnect.timeout",
)
_NOT_PLACED: Final = frozenset({NONE, UNKNOWN, "unknown.other"})
# Causes that no metric distinguishes; only a cloud's own finding does.
_ALIKE: Final = (
    frozenset({"user_action.module_off", "user_action.stopped_sending"}),
    frozenset({"reconnect.ip_changed", "reconnect.network_down"}),
    frozenset({"device.app_cpu_high", "device.cpu_high"}),
    frozenset({"session.removed", "session.peer_offline"}),
)


@dataclass(frozen=True, slots=True)
class Expectation:
    """Any of `causes` is right, at `side` and in `direction` where given.

    `limits`: the highest confidence at which a cause is still right. A cloud needs one of the
    metrics `needs` to see the fault (None: every cloud sees it), or, with `in_events`, events.
    """

    causes: frozenset[str]
    side: Side | None = None
    direction: Direction | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    needs: frozenset[Metric] | None = None
    in_events: bool = False

    def accepts(self, verdict: Verdict) -> bool:
        """Return whether a verdict is right."""
        sure = verdict.confidence or 0
        if verdict.cause not in self.causes or sure > self.limits.get(verdict.cause, 1):
            return False
        if verdict.cause in _NOT_PLACED:
            return True
        return self.side in (None, verdict.side) and self.direction in (None, verdict.direction)

    def is_visible(self, account: Account) -> bool:
        """Return whether this cloud can see the fault."""
        by_metrics = self.needs is None or bool(self.needs & account.metrics)
        return by_metrics or (self.in_events and account.has_events)


def expect(
    *causes: str,
    side: Side | None = None,
    direction: Direction | None = None,
    limits: Mapping[str, float] | None = None,
    needs: frozenset[Metric] | None = None,
) -> Expectation:
    """Build the expectation of any of these causes."""
    return Expectation(frozenset(causes), side, direction, limits or {}, needs)


def expect_fault(expected: Expected) -> Expectation:
    """Build the expectation of a simulated fault, and of what no metric tells from it."""
    causes = {expected.cause}.union(*(alike for alike in _ALIKE if expected.cause in alike))
    direction = expected.direction if expected.cause.startswith("network.") else None
    return Expectation(
        frozenset(causes),
        expected.side,
        direction,
        needs=_needs(expected),
        in_events=True,
    )


def _needs(expected: Expected) -> frozenset[Metric] | None:
    if expected.cause == "network.jitter":
        return frozenset({Metric.JITTER})
    if expected.cause == "network.latency":
        is_up = expected.direction is Direction.UP
        return frozenset({Metric.UPLINK_LATENCY if is_up else Metric.DOWNLINK_LATENCY})
    return frozenset() if expected.cause.startswith(("join.", "session.")) else None
