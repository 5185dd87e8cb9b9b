from __future__ import annotations

import datetime as dt

import pytest

from bot.errors import CloudQuotaExceededError, LagdeskError, SlackRateLimitedError
from bot.i18n.messages import message
from bot.jobs.retries import next_attempt

NOON = dt.datetime(2026, 11, 9, 12, 0, tzinfo=dt.UTC)
NO = message("Slack did not answer.")


def _limited(retry_after_s: float) -> SlackRateLimitedError:
    return SlackRateLimitedError(NO, code="ratelimited", retry_after_s=retry_after_s)


def _over_quota(retry_in_s: float) -> CloudQuotaExceededError:
    at = NOON + dt.timedelta(seconds=retry_in_s)
    return CloudQuotaExceededError(NO, cloud="huawei", endpoint="scale", retry_at=at)


@pytest.mark.parametrize(
    ("error", "failures", "wait_s", "ours"),
    [
        (LagdeskError(NO), 0, 5, True),
        (LagdeskError(NO), 1, 10, True),
        (LagdeskError(NO), 2, 20, True),
        (LagdeskError(NO), 6, 300, True),
        (LagdeskError(NO), 5000, 300, True),
        (_limited(30), 0, 30, False),
        (_limited(1), 0, 1, False),
        (_limited(1), 6, 1, False),
        (_over_quota(60), 2, 60, False),
        (_over_quota(-1), 1, 10, True),
    ],
)
def test_next_try(error: Exception, failures: int, wait_s: float, ours: bool) -> None:  # noqa: FBT001 - a table's column
    """Pauses double up to five minutes; what Slack asks for is kept, and a cloud's later moment."""
    assert (NOON + dt.timedelta(seconds=wait_s), ours) == next_attempt(error, failures, NOON)
