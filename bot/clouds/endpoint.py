"""What one call of a cloud is: its path, its limits, where it is documented. No rows here."""

from __future__ import annotations

import datetime as dt
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
    """One call of a cloud, where it is documented, and what it may cost.

    `daily_limit` counts calls of a UTC day. `look_back` is how far the cloud remembers, `max_span`
    the longest stretch one question may cover, `max_rows` how many rows one answer holds at most,
    `delay_s` how long data takes to appear. None: the document sets no limit. Endpoints that share
    a `quota_group` share one allowance; by default each has its own. `used_in` says where its
    answers appear in the product.
    """

    cloud: str
    name: str
    path: str
    document: str
    method: Method = "GET"
    rates: tuple[RateLimit, ...] = ()
    daily_limit: int | None = None
    look_back: dt.timedelta | None = None
    max_span: dt.timedelta | None = None
    max_rows: int | None = None
    delay_s: float = 0.0
    generation: str = ""
    plan: Plan | None = None
    quota_group: str = ""
    used_in: str = ""

    def bucket(self, app_id: str) -> str:
        """The name under which calls for this app are counted."""
        return f"{self.cloud}.{self.quota_group or self.name}.{app_id}"

    @property
    def delay(self) -> dt.timedelta:
        """How long data takes to appear."""
        return dt.timedelta(seconds=self.delay_s)
