"""When a failed job is retried."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.errors import CloudQuotaExceededError, SlackRateLimitedError

INITIAL_BACKOFF: Final = dt.timedelta(seconds=5)
MAX_BACKOFF: Final = dt.timedelta(minutes=5)
_MOST_DOUBLINGS: Final = 10  # far beyond the longest pause; keeps the power small


def backoff(failures: int) -> dt.timedelta:
    """Return how long to wait after one more failure than `failures`: 5 s, 10 s … 5 min."""
    doubled = INITIAL_BACKOFF * (1 << min(failures, _MOST_DOUBLINGS))
    return min(doubled, MAX_BACKOFF)


def requested_retry_at(error: Exception, now: dt.datetime) -> dt.datetime | None:
    """Return when the other side asked us to come back, None when it did not."""
    if isinstance(error, CloudQuotaExceededError):
        return error.retry_at
    if isinstance(error, SlackRateLimitedError):
        return now + dt.timedelta(seconds=error.retry_after_s)
    return None


def next_attempt(error: Exception, failures: int, now: dt.datetime) -> tuple[dt.datetime, bool]:
    """Return when to try again, and whether that moment is our own choice.

    Slack's Retry-After is kept as it is: a longer pause would only delay a channel's messages.
    What a cloud asks for stands when it is later than our pause.
    """
    ours = now + backoff(failures)
    requested = requested_retry_at(error, now)
    if requested is not None and (requested > ours or isinstance(error, SlackRateLimitedError)):
        return requested, False
    return ours, True
