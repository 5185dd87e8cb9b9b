"""What it means that an order about a room was not taken. Sends nothing."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.call_control import RoomCommandState
from bot.errors import CloudError, CloudQuotaExceededError, CloudRefusedError
from bot.services.cloud_errors import may_have_arrived

_RETRY_DELAY: Final = dt.timedelta(seconds=10)
_NOT_FOUND: Final = 404  # its code is that of a 400, so the status decides (W38)


def is_not_found(error: CloudError) -> bool:
    """Tell whether the cloud knows no such room or job."""
    return isinstance(error, CloudRefusedError) and error.status == _NOT_FOUND


def classify_command_failure(
    error: CloudError, now: dt.datetime, until: dt.datetime
) -> tuple[RoomCommandState, dt.datetime | None]:
    """Return what a failure means for an order that makes sense until a moment.

    With OrderState.WAITING comes the moment of the next try.
    """
    if may_have_arrived(error):
        return RoomCommandState.UNCONFIRMED, None
    if is_not_found(error):
        return RoomCommandState.NOT_FOUND, None
    if not error.retryable:
        return RoomCommandState.REFUSED, None
    earliest = error.retry_at if isinstance(error, CloudQuotaExceededError) else now
    retry_at = max(earliest, now + _RETRY_DELAY)
    if retry_at > until:
        return RoomCommandState.EXPIRED, None
    return RoomCommandState.PENDING, retry_at
