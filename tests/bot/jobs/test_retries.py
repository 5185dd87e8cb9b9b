from __future__ import annotations

import datetime as dt

import pytest

from bot.errors import (
    CloudQuotaExceededError,
    IntegrationBusyError,
    LagdeskError,
    SlackContentRefusedError,
    SlackRateLimitedError,
    SlackUnreachableError,
)
from bot.i18n.messages import message
from bot.jobs.retries import plan_retry

NOON = dt.datetime(2026, 11, 9, 12, 0, tzinfo=dt.UTC)
NO = message("Slack did not answer.")
AWAY = SlackUnreachableError(NO, code="timeout", maybe_arrived=False)


def _limited(retry_after_s: float) -> SlackRateLimitedError:
    return SlackRateLimitedError(NO, code="ratelimited", retry_after_s=retry_after_s)


def _over_quota(retry_in_s: float) -> CloudQuotaExceededError:
    at = NOON + dt.timedelta(seconds=retry_in_s)
    return CloudQuotaExceededError(NO, cloud="huawei", endpoint="scale", retry_at=at)


def _busy(retry_after_s: float) -> IntegrationBusyError:
    return IntegrationBusyError(NO, service="jira", status=429, retry_after_s=retry_after_s)


@pytest.mark.parametrize(
    ("error", "failures", "wait_s", "stored"),
    [
        (AWAY, 0, 5, 1),
        (AWAY, 1, 10, 2),
        (AWAY, 2, 20, 3),
        (AWAY, 6, 300, 7),
        (AWAY, 5000, 300, 5001),
        (ZeroDivisionError(), 0, 5, 1),
        (_limited(30), 0, 30, 0),
        (_limited(1), 0, 1, 0),
        (_limited(1), 6, 1, 0),
        (_over_quota(60), 2, 60, 0),
        (_over_quota(-1), 1, 10, 2),
        (_busy(60), 2, 60, 0),
        (_busy(0), 1, 10, 2),
        (LagdeskError(NO), 3, None, 0),
        (SlackContentRefusedError(NO, code="invalid_blocks"), 0, None, 1),
    ],
)
def test_next_try(error: Exception, failures: int, wait_s: float | None, stored: int) -> None:
    """Pauses double up to five minutes; what Slack asks for is kept, and another's later moment.

    What is given up until the next start is stored as a failure.
    """
    again_at = None if wait_s is None else NOON + dt.timedelta(seconds=wait_s)
    assert plan_retry(error, failures, NOON) == (again_at, stored)
