"""What an error of a cloud keeps from us: why, and until when. Asks nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from bot.call import LackReason
from bot.clouds.errors import TooEarlyError
from bot.errors import (
    CloudBrokenError,
    CloudCannotError,
    CloudError,
    CloudForgotError,
    CloudNonsenseError,
    CloudOverQuotaError,
    CloudRefusedError,
    CloudUnreachableError,
)

_ASK_AGAIN: Final = dt.timedelta(seconds=60)  # after a failure that may pass
# The first that fits counts: a special error stands before the one it is a kind of.
_REASONS: Final[Sequence[tuple[type[CloudError], LackReason]]] = (
    (TooEarlyError, LackReason.NOT_OUT_YET),
    (CloudOverQuotaError, LackReason.OVER_QUOTA),
    (CloudForgotError, LackReason.FORGOTTEN),
    (CloudBrokenError, LackReason.UNREACHABLE),
    (CloudRefusedError, LackReason.REFUSED),
    (CloudUnreachableError, LackReason.UNREACHABLE),
    (CloudNonsenseError, LackReason.UNREADABLE),
    (CloudCannotError, LackReason.UNSUPPORTED),
)


def retry_of(error: CloudError, now: dt.datetime) -> dt.datetime | None:
    """Return when asking again may bring what an error kept from us; None: it will not."""
    if isinstance(error, CloudOverQuotaError):
        return error.retry_at
    return now + _ASK_AGAIN if error.retryable else None


def reason_of(error: CloudError) -> LackReason:
    """Return why an error left something unknown."""
    return next(reason for kind, reason in _REASONS if isinstance(error, kind))
