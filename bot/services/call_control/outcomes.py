"""The state of a room command after an error of the cloud."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.call_control import RoomCommandState
from bot.errors import CloudError, CloudQuotaExceededError, CloudRefusedError
from bot.services.cloud_errors import may_have_arrived

_RETRY_DELAY: Final = dt.timedelta(seconds=10)
_NOT_FOUND: Final = 404  # its code is that of a 400, so the status decides (W38)


def is_not_found(error: CloudError) -> bool:
    """Return whether the error means that the room or job does not exist."""
    return isinstance(error, CloudRefusedError) and error.status == _NOT_FOUND


def classify_command_failure(
    error: CloudError, now: dt.datetime, until: dt.datetime
) -> tuple[RoomCommandState, dt.datetime | None]:
    """Return the state of a command that is useful until a moment, after a failure.

    OrderState.WAITING has the time of the next attempt.
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
