"""The log of requests to a simulated cloud, and its rate limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

JITTER_S: Final = 0.1
_DAY_S: Final = 86400


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How often one app may call one endpoint; None: unlimited. Days are UTC."""

    per_second: int | None = None
    per_minute: int | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request with a valid key, and whether it was within the quota."""

    at: float
    app: str
    endpoint: str
    bucket: str
    query: Mapping[str, str]
    within_quota: bool


@dataclass(slots=True)
class RequestLog:
    """Every request, in order. Requests sent far enough apart may arrive `jitter_s` closer."""

    jitter_s: float = JITTER_S
    requests: list[LoggedRequest] = field(default_factory=list)
    _accepted: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def record(self, logged: LoggedRequest) -> None:
        """Record one request; only requests within the quota use it up."""
        self.requests.append(logged)
        if logged.within_quota:
            self._accepted.setdefault((logged.app, logged.bucket), []).append(logged.at)

    def exceeded_limit(self, now: float, app: str, bucket: str, limits: RateLimits) -> str:
        """Return the limit one more request would exceed: `qps`, `qpm`, `qpd`, or "" for none."""
        accepted = self._accepted.get((app, bucket), [])
        if _full(accepted, now - 1 + self.jitter_s, limits.per_second):
            return "qps"
        if _full(accepted, now - 60 + self.jitter_s, limits.per_minute):
            return "qpm"
        return "qpd" if _full(accepted, now // _DAY_S * _DAY_S, limits.per_day) else ""

    def counts(self, app: str | None = None) -> Counter[str]:
        """Count the requests by endpoint, of one app or of all."""
        return Counter(logged.endpoint for logged in self.requests if app in {None, logged.app})

    def times(self, endpoint: str, app: str | None = None) -> list[float]:
        """Return when an endpoint was called, in epoch seconds."""
        return [
            logged.at
            for logged in self.requests
            if logged.endpoint == endpoint and app in {None, logged.app}
        ]


def _full(accepted: list[float], since: float, limit: int | None) -> bool:
    return limit is not None and sum(at > since for at in accepted) >= limit


def max_in_window(times: Iterable[float], window_s: float) -> int:
    """Return the most calls that fall into any window of this length, in seconds."""
    ordered = sorted(times)
    maximum, first = 0, 0
    for last, at in enumerate(ordered):
        while at - ordered[first] >= window_s:
            first += 1
        maximum = max(maximum, last - first + 1)
    return maximum
