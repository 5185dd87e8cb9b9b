"""What a failed report means: tried again, refused, or perhaps arrived and left alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.cloud_report import ReportState
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
from bot.i18n.messages import message
from bot.services.cloud_errors import KEY_RETRY_INTERVAL, classify_report_failure

NOW = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
REASON = message("no")
AT: Any = {"cloud": "agora", "endpoint": "reportV2"}


@pytest.mark.parametrize(
    ("error", "state", "pause"),
    [
        (CloudUnreachableError(REASON, maybe_arrived=True, **AT), ReportState.UNCONFIRMED, None),
        (CloudUnreachableError(REASON, maybe_arrived=False, **AT), ReportState.PENDING, None),
        (CloudInvalidResponseError(REASON, **AT), ReportState.UNCONFIRMED, None),
        (CloudServerError(REASON, status=504, **AT), ReportState.UNCONFIRMED, None),
        (CloudServerError(REASON, status=502, **AT), ReportState.UNCONFIRMED, None),
        (CloudServerError(REASON, status=500, **AT), ReportState.PENDING, None),
        (CloudQuotaExceededError(REASON, retry_at=NOW, **AT), ReportState.PENDING, None),
        (CloudUnsupportedError(REASON, **AT), ReportState.UNSUPPORTED, None),
        (CloudDataExpiredError(REASON, status=400, **AT), ReportState.REFUSED, None),
        (CloudRefusedError(REASON, status=400, **AT), ReportState.REFUSED, None),
        (CloudRefusedError(REASON, status=401, **AT), ReportState.REFUSED, KEY_RETRY_INTERVAL),
        (CloudRefusedError(REASON, status=403, **AT), ReportState.REFUSED, KEY_RETRY_INTERVAL),
    ],
)
def test_judge_failure(error: CloudError, state: ReportState, pause: dt.timedelta | None) -> None:
    """Each kind of failure has its state; a key that can be mended is tried now and then."""
    later = NOW + dt.timedelta(days=1)
    assert (state, pause and NOW + pause) == classify_report_failure(error, NOW, later)


def test_what_the_cloud_forgot_is_not_tried_again() -> None:
    """A mended key does not help once the call is forgotten."""
    wrong_key = CloudRefusedError(REASON, status=401, **AT)
    assert classify_report_failure(wrong_key, NOW, NOW) == (ReportState.REFUSED, None)
