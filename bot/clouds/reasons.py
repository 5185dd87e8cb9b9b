"""Why an error of a cloud leaves data missing, and when to retry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from bot.call import MissingReason
from bot.clouds.errors import NotYetPublishedError
from bot.errors import (
    CloudDataExpiredError,
    CloudError,
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudRefusedError,
    CloudServerError,
    CloudUnreachableError,
    CloudUnsupportedError,
)

_RETRY_AFTER: Final = dt.timedelta(seconds=60)  # after a failure that may be temporary
# The first match counts: a subclass comes before its base.
_REASONS: Final[Sequence[tuple[type[CloudError], MissingReason]]] = (
    (NotYetPublishedError, MissingReason.NOT_OUT_YET),
    (CloudQuotaExceededError, MissingReason.OVER_QUOTA),
    (CloudDataExpiredError, MissingReason.FORGOTTEN),
    (CloudServerError, MissingReason.UNREACHABLE),
    (CloudRefusedError, MissingReason.REFUSED),
    (CloudUnreachableError, MissingReason.UNREACHABLE),
    (CloudInvalidResponseError, MissingReason.UNREADABLE),
    (CloudUnsupportedError, MissingReason.UNSUPPORTED),
)


def retry_time(error: CloudError, now: dt.datetime) -> dt.datetime | None:
    """Return when a retry may succeed; None: it will not."""
    if isinstance(error, CloudQuotaExceededError):
        return error.retry_at
    return now + _RETRY_AFTER if error.retryable else None


def reason_for(error: CloudError) -> MissingReason:
    """Return the reason that is displayed for data missing after this error."""
    return next(reason for kind, reason in _REASONS if isinstance(error, kind))
