"""Slack's rate limits as token buckets."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.slack.errors import rate_limited


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class RateLimiter:
    """Buckets by name; `clock` returns epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def acquire(self, name: str, *, every_s: float, burst: int) -> None:
        """Take one token, or raise `ratelimited` with the whole seconds until the next one."""
        now = self._clock()
        bucket = self._buckets.setdefault(name, _Bucket(float(burst), now))
        bucket.tokens = min(float(burst), bucket.tokens + (now - bucket.filled_at) / every_s)
        bucket.filled_at = now
        if bucket.tokens < 1 - 1e-9:
            raise rate_limited(max(1, math.ceil((1 - bucket.tokens) * every_s)))
        bucket.tokens -= 1
