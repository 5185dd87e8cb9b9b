"""When a duty that failed is tried again. Nothing here waits."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.errors import CloudOverQuotaError, SpeakLimitedError

FIRST_PAUSE: Final = dt.timedelta(seconds=5)
LONGEST_PAUSE: Final = dt.timedelta(minutes=5)
_MOST_DOUBLINGS: Final = 10  # far beyond the longest pause; keeps the power small


def pause_after(failures: int) -> dt.timedelta:
    """Return how long to wait after one more failure than `failures`: 5 s, 10 s … 5 min."""
    doubled = FIRST_PAUSE * (1 << min(failures, _MOST_DOUBLINGS))
    return min(doubled, LONGEST_PAUSE)


def asked_moment(error: Exception, now: dt.datetime) -> dt.datetime | None:
    """Return when the other side asked us to come back, None when it did not."""
    if isinstance(error, CloudOverQuotaError):
        return error.retry_at
    if isinstance(error, SpeakLimitedError):
        return now + dt.timedelta(seconds=error.retry_after_s)
    return None


def next_try(error: Exception, failures: int, now: dt.datetime) -> tuple[dt.datetime, bool]:
    """Return when to try again, and whether that moment is our own choice.

    What the other side asks for stands when it is later than our pause.
    """
    ours = now + pause_after(failures)
    asked = asked_moment(error, now)
    return (asked, False) if asked is not None and asked > ours else (ours, True)
