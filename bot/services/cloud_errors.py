"""The state of a ticket's cloud report after an error."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.cloud_report import ReportState
from bot.errors import (
    CloudError,
    CloudInvalidResponseError,
    CloudRefusedError,
    CloudServerError,
    CloudUnreachableError,
    CloudUnsupportedError,
)

KEY_RETRY_INTERVAL: Final = dt.timedelta(minutes=5)  # between attempts while a key is wrong
_KEY_STATUSES: Final = (401, 403)  # a wrong key or plan, which the operator has to fix
_GATEWAY_ERRORS: Final = (502, 504)  # the cloud behind the gateway may have accepted it


def classify_report_failure(
    error: CloudError, now: dt.datetime, reportable_until: dt.datetime
) -> tuple[ReportState, dt.datetime | None]:
    """Return the report's state, and when to retry if not after the default backoff.

    The cloud accepts no report of a call after `reportable_until`.
    """
    if may_have_arrived(error):
        return ReportState.UNCONFIRMED, None
    if isinstance(error, CloudUnsupportedError):
        return ReportState.UNSUPPORTED, None
    if error.retryable:
        return ReportState.PENDING, None
    is_fixable = isinstance(error, CloudRefusedError) and error.status in _KEY_STATUSES
    should_retry = is_fixable and now < reportable_until
    return ReportState.REFUSED, now + KEY_RETRY_INTERVAL if should_retry else None


def may_have_arrived(error: CloudError) -> bool:
    """Return whether the cloud may have accepted the report despite the error."""
    if isinstance(error, CloudUnreachableError):
        return error.maybe_arrived
    if isinstance(error, CloudServerError):
        return error.status in _GATEWAY_ERRORS
    return isinstance(error, CloudInvalidResponseError)
