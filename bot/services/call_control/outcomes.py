"""What it means that an order about a room was not taken. Sends nothing."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.errors import CloudError, CloudOverQuotaError, CloudRefusedError
from bot.services.cloud_errors import may_have_arrived
from bot.store.call_control.room_commands import OrderState

_PAUSE: Final = dt.timedelta(seconds=10)
_NOT_FOUND: Final = 404  # its code is that of a 400, so the status decides (W38)


def is_missing(error: CloudError) -> bool:
    """Tell whether the cloud knows no such room or job."""
    return isinstance(error, CloudRefusedError) and error.status == _NOT_FOUND


def judge(
    error: CloudError, now: dt.datetime, until: dt.datetime
) -> tuple[OrderState, dt.datetime | None]:
    """Return what a failure means for an order that makes sense until a moment.

    With OrderState.WAITING comes the moment of the next try.
    """
    if may_have_arrived(error):
        return OrderState.UNCONFIRMED, None
    if is_missing(error):
        return OrderState.NOT_THERE, None
    if not error.retryable:
        return OrderState.REFUSED, None
    asked = error.retry_at if isinstance(error, CloudOverQuotaError) else now
    again_at = max(asked, now + _PAUSE)
    if again_at > until:
        return OrderState.TOO_LATE, None
    return OrderState.WAITING, again_at
