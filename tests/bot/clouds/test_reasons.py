"""Why data is missing after an error, and when a retry may succeed."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.call import MissingReason
from bot.clouds import errors
from bot.clouds.endpoints import find_endpoint
from bot.clouds.reasons import reason_for, retry_time
from bot.errors import CloudError

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(hours=3)
IN_A_MINUTE = NOON + dt.timedelta(minutes=1)
LISTS = find_endpoint("agora", "lists", generation="seed")

ERRORS: list[tuple[CloudError, MissingReason, dt.datetime | None]] = [
    (
        errors.not_yet_published(LISTS, LATER, status=0, code=""),
        MissingReason.NOT_OUT_YET,
        LATER,
    ),
    (errors.quota_exceeded(LISTS, LATER), MissingReason.OVER_QUOTA, LATER),
    (errors.data_expired(LISTS), MissingReason.FORGOTTEN, None),
    (errors.server_error(LISTS, status=503), MissingReason.UNREACHABLE, IN_A_MINUTE),
    (errors.refused(LISTS, status=401), MissingReason.REFUSED, None),
    (
        errors.unreachable(LISTS, "timeout", maybe_arrived=True),
        MissingReason.UNREACHABLE,
        IN_A_MINUTE,
    ),
    (errors.invalid_response(LISTS, "ts"), MissingReason.UNREADABLE, IN_A_MINUTE),
    (errors.unsupported("agora", "x"), MissingReason.UNSUPPORTED, None),
]


@pytest.mark.parametrize(("error", "reason", "retry_at"), ERRORS)
def test_each_error_has_its_reason(
    error: CloudError, reason: MissingReason, retry_at: dt.datetime | None
) -> None:
    """The cloud's own time, a minute after what may be temporary, never for the rest."""
    assert reason_for(error) is reason
    assert retry_time(error, NOON) == retry_at
