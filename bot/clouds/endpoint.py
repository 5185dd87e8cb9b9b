"""What one call of a cloud is: its path, its limits, where it is documented. No rows here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

Plan = Literal["standard", "premium", "enterprise"]
Method = Literal["GET", "POST", "PUT", "DELETE"]
DAY_S: Final = 86400


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` within any `per_s` seconds."""

    calls: int
    per_s: float


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call of a cloud, where it is documented, and what it may cost.

    `daily` counts calls of a UTC day. `look_back` is how far the cloud remembers, `max_span` the
    longest stretch one question may cover, `row_cap` how many rows one answer holds at most,
    `delay_s` how long data takes to appear. None: the document sets no limit. Endpoints that
    share a `budget` share one allowance; by default each has its own. `used` says where its
    answers appear in the product.
    """

    cloud: str
    name: str
    path: str
    document: str
    method: Method = "GET"
    rates: tuple[Rate, ...] = ()
    daily: int | None = None
    look_back: dt.timedelta | None = None
    max_span: dt.timedelta | None = None
    row_cap: int | None = None
    delay_s: float = 0.0
    generation: str = ""
    plan: Plan | None = None
    budget: str = ""
    used: str = ""

    def account(self, app_id: str) -> str:
        """The name under which calls for this app are counted."""
        return f"{self.cloud}.{self.budget or self.name}.{app_id}"

    @property
    def delay(self) -> dt.timedelta:
        """How long data takes to appear."""
        return dt.timedelta(seconds=self.delay_s)
