"""One endpoint of a cloud: path, limits, and the document they come from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Plan = Literal["standard", "premium", "enterprise"]
Method = Literal["GET", "POST", "PUT", "DELETE"]
DAY_S: Final = 86400


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `calls` within any `period_s` seconds."""

    calls: int
    period_s: float


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of a cloud, the document that describes it, and its limits.

    `daily_limit` counts calls of a UTC day. `lookback` is how long the cloud keeps data,
    `max_span` the longest window one request may cover, `max_rows` the most rows of one response,
    `delay_s` how many seconds data takes to appear. None: the document sets no limit. Endpoints
    with the same `quota_group` share one quota; by default each has its own.
    """

    cloud: str
    name: str
    path: str
    document: str
    method: Method = "GET"
    rates: tuple[RateLimit, ...] = ()
    daily_limit: int | None = None
    lookback: dt.timedelta | None = None
    max_span: dt.timedelta | None = None
    max_rows: int | None = None
    delay_s: float = 0.0
    generation: str = ""
    plan: Plan | None = None
    quota_group: str = ""

    def bucket(self, app_id: str) -> str:
        """The name under which calls for this app are counted."""
        return f"{self.cloud}.{self.quota_group or self.name}.{app_id}"

    @property
    def delay(self) -> dt.timedelta:
        """How long data takes to appear."""
        return dt.timedelta(seconds=self.delay_s)

    @property
    def retention(self) -> dt.timedelta:
        """`lookback`, of an endpoint that has one; LookupError for any other."""
        if self.lookback is None:
            raise LookupError(f"{self.name} has no lookback")
        return self.lookback

    @property
    def page_size(self) -> int:
        """`max_rows`, of an endpoint that has one; LookupError for any other."""
        if self.max_rows is None:
            raise LookupError(f"{self.name} has no max_rows")
        return self.max_rows

    def is_for(self, generation: str, plan: str | None) -> bool:
        """Return whether this generation of the API has it, in this plan."""
        return self.generation in ("", generation) and self.plan in (None, plan)


def select_endpoint(
    endpoints: Iterable[Endpoint], name: str, *, generation: str = "", plan: str | None = None
) -> Endpoint:
    """Return the endpoint of this name; KeyError when there is none."""
    for endpoint in endpoints:
        if endpoint.name == name and endpoint.is_for(generation, plan):
            return endpoint
    raise KeyError(f"{name} {generation} {plan}".strip())


def hours(number: float) -> dt.timedelta:
    """Return a time span in hours."""
    return dt.timedelta(hours=number)


def days(number: float) -> dt.timedelta:
    """Return a time span in days."""
    return dt.timedelta(days=number)
