"""When a failed job is retried."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.errors import (
    CloudQuotaExceededError,
    IntegrationBusyError,
    LagdeskError,
    SlackRateLimitedError,
)

INITIAL_BACKOFF: Final = dt.timedelta(seconds=5)
MAX_BACKOFF: Final = dt.timedelta(minutes=5)


def plan_retry(error: Exception, failures: int, now: dt.datetime) -> tuple[dt.datetime | None, int]:
    """Return when to try again, None if that is useless, and the failures in a row to store.

    Pauses grow from 5 s to 5 min. Slack's Retry-After is kept as it is: a longer pause would only
    delay a channel's messages. What a cloud or another service asks for stands when it is later
    than our pause. Neither counts as a failure. One that is given up until the next start is
    stored with one.
    """
    if isinstance(error, LagdeskError) and not error.retryable:
        return None, int(error.retried_at_start)
    if isinstance(error, SlackRateLimitedError):
        return now + dt.timedelta(seconds=error.retry_after_s), 0
    ours = now + min(INITIAL_BACKOFF * 2 ** min(failures, 10), MAX_BACKOFF)
    asked_for = _asked_for(error, now)
    if asked_for is not None and asked_for > ours:
        return asked_for, 0
    return ours, failures + 1


def _asked_for(error: Exception, now: dt.datetime) -> dt.datetime | None:
    if isinstance(error, CloudQuotaExceededError):
        return error.retry_at
    if isinstance(error, IntegrationBusyError):
        return now + dt.timedelta(seconds=error.retry_after_s)
    return None
