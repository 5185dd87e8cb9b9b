"""What a failed report means: tried again, refused, or perhaps arrived and left alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.errors import (
    CloudBrokenError,
    CloudCannotError,
    CloudError,
    CloudForgotError,
    CloudNonsenseError,
    CloudOverQuotaError,
    CloudRefusedError,
    CloudUnreachableError,
)
from bot.i18n.messages import message
from bot.services.cloud_errors import MENDED_WITHIN, judge_failure
from bot.ticket import ReportState

NOW = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
SAID = message("no")
AT: Any = {"cloud": "agora", "endpoint": "reportV2"}


@pytest.mark.parametrize(
    ("error", "state", "pause"),
    [
        (CloudUnreachableError(SAID, maybe_arrived=True, **AT), ReportState.UNCONFIRMED, None),
        (CloudUnreachableError(SAID, maybe_arrived=False, **AT), ReportState.PENDING, None),
        (CloudNonsenseError(SAID, **AT), ReportState.UNCONFIRMED, None),
        (CloudBrokenError(SAID, status=504, **AT), ReportState.UNCONFIRMED, None),
        (CloudBrokenError(SAID, status=500, **AT), ReportState.PENDING, None),
        (CloudOverQuotaError(SAID, retry_at=NOW, **AT), ReportState.PENDING, None),
        (CloudCannotError(SAID, **AT), ReportState.UNSUPPORTED, None),
        (CloudForgotError(SAID, status=400, **AT), ReportState.REFUSED, None),
        (CloudRefusedError(SAID, status=400, **AT), ReportState.REFUSED, None),
        (CloudRefusedError(SAID, status=401, **AT), ReportState.REFUSED, MENDED_WITHIN),
        (CloudRefusedError(SAID, status=403, **AT), ReportState.REFUSED, MENDED_WITHIN),
    ],
)
def test_judge_failure(error: CloudError, state: ReportState, pause: dt.timedelta | None) -> None:
    """Each kind of failure has its state; a key that can be mended is tried now and then."""
    later = NOW + dt.timedelta(days=1)
    assert (state, pause and NOW + pause) == judge_failure(error, NOW, later)


def test_what_the_cloud_forgot_is_not_tried_again() -> None:
    """A mended key does not help once the call is forgotten."""
    wrong_key = CloudRefusedError(SAID, status=401, **AT)
    assert (ReportState.REFUSED, None) == judge_failure(wrong_key, NOW, NOW)
