"""When a failed job is retried."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.errors import CloudQuotaExceededError, LagdeskError, SlackRateLimitedError

INITIAL_BACKOFF: Final = dt.timedelta(seconds=5)
MAX_BACKOFF: Final = dt.timedelta(minutes=5)


def plan_retry(error: Exception, failures: int, now: dt.datetime) -> tuple[dt.datetime | None, int]:
    """Return when to try again, None if that is useless, and the failures in a row to store.

    Pauses grow from 5 s to 5 min. Slack's Retry-After is kept as it is: a longer pause would only
    delay a channel's messages. What a cloud asks for stands when it is later than our pause.
    Neither counts as a failure. One that is given up until the next start is stored with one.
    """
    if isinstance(error, LagdeskError) and not error.retryable:
        return None, int(error.retried_at_start)
    if isinstance(error, SlackRateLimitedError):
        return now + dt.timedelta(seconds=error.retry_after_s), 0
    ours = now + min(INITIAL_BACKOFF * 2 ** min(failures, 10), MAX_BACKOFF)
    if isinstance(error, CloudQuotaExceededError) and error.retry_at > ours:
        return error.retry_at, 0
    return ours, failures + 1
