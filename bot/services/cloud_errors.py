"""What it means for a ticket that its report to the cloud failed. Sends nothing."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.errors import (
    CloudBrokenError,
    CloudCannotError,
    CloudError,
    CloudNonsenseError,
    CloudRefusedError,
    CloudUnreachableError,
)
from bot.ticket import ReportState

MENDED_WITHIN: Final = dt.timedelta(minutes=5)  # how often we look whether a key was mended
_KEY_STATUSES: Final = (401, 403)  # a wrong key or plan is mended by whoever runs Lagdesk
_GATEWAY_TIMEOUT: Final = 504  # the cloud behind the gateway may have done what we asked


def judge_failure(
    error: CloudError, now: dt.datetime, remembered_until: dt.datetime
) -> tuple[ReportState, dt.datetime | None]:
    """Return the report's state, and when to try again where the pause is not the engine's.

    The cloud takes no report of a call after `remembered_until`.
    """
    if may_have_arrived(error):
        return ReportState.UNCONFIRMED, None
    if isinstance(error, CloudCannotError):
        return ReportState.UNSUPPORTED, None
    if error.retryable:
        return ReportState.PENDING, None
    is_mendable = isinstance(error, CloudRefusedError) and error.status in _KEY_STATUSES
    again = is_mendable and now < remembered_until
    return ReportState.REFUSED, now + MENDED_WITHIN if again else None


def may_have_arrived(error: CloudError) -> bool:
    """Tell whether the report may stand in the cloud although nobody said so."""
    if isinstance(error, CloudUnreachableError):
        return error.maybe_arrived
    if isinstance(error, CloudBrokenError):
        return error.status == _GATEWAY_TIMEOUT
    return isinstance(error, CloudNonsenseError)
