"""What each cloud says it supports, and how long it keeps and delays data."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from bot.call import IssueType, Report, Side
from bot.errors import CloudRefusedError, CloudUnsupportedError

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
AGORA = {"reports", "events"}
HUAWEI = {"events", "rooms", "recording", "occupancy"}
# cloud, options | what it supports, look-back in days, delay in s, largest uid
CLOUDS: list[tuple[str, dict[str, str], set[str], float, float, int | None]] = [
    ("agora", {"api": "seed"}, AGORA, 3, 150, 4294967295),
    ("agora", {"api": "seed", "report": "off"}, {"events"}, 3, 150, 4294967295),
    ("agora", {"api": "auto"}, AGORA, 3, 150, 4294967295),
    ("agora", {"api": "current"}, {"reports", "call_statistics"}, 7, 150, 4294967295),
    (
        "agora",
        {"api": "current", "plan": "standard"},
        {"reports", "call_statistics"},
        1,
        300,
        4294967295,
    ),
    ("volcengine", {}, {"occupancy"}, 14, 100, None),
    ("huawei", {}, HUAWEI, 5, 300, None),
]
FLAGS = ("reports", "events", "rooms", "recording", "occupancy", "call_statistics")


@pytest.mark.parametrize("case", CLOUDS, ids=lambda case: f"{case[0]}-{case[1]}")
def test_capabilities(case: Any, light: Any) -> None:
    """As documented, by generation and plan."""
    name, options, supported, days, delay_s, uid_max = case
    found = light(name, **options).capabilities
    assert {flag for flag in FLAGS if getattr(found, flag)} == supported
    assert found.lookback == dt.timedelta(days=days)
    assert found.metrics_delay == dt.timedelta(seconds=delay_s)
    assert found.uid_max == uid_max


def report(**changes: Any) -> Report:
    """A report of a teacher about a student."""
    fields: dict[str, Any] = {
        "app": "kids",
        "cname": "class",
        "teacher_uid": "1",
        "student_uid": "4294967295",
        "abnormal_side": Side.TEACHER,
        "issue_type": IssueType.HELP,
        "occurred_at": NOON,
    }
    return Report(**(fields | changes))


async def test_a_report_with_the_largest_uid(light: Any, mock_api: Any) -> None:
    """The largest is allowed, one more is refused before a request is sent."""
    mock_api.respond("reportV2", {"code": 200})
    agora = light("agora")
    await agora.send_report(report())
    sent = json.loads(mock_api.requests[0].content)
    assert (sent["student_uid"], sent["abnormal_uid"], "comments" in sent) == (2**32 - 1, 1, False)
    with pytest.raises(CloudRefusedError) as caught:
        await agora.send_report(report(teacher_uid="4294967296"))
    assert (caught.value.status, caught.value.code) == (0, "uid")
    assert len(mock_api.requests) == 1


@pytest.mark.parametrize(
    ("api", "status", "error"),
    [
        ("current", 404, CloudUnsupportedError),
        ("current", 403, CloudRefusedError),
        ("seed", 404, CloudRefusedError),
    ],
)
async def test_a_report_that_is_refused(
    api: str, status: int, error: type[Exception], light: Any, mock_api: Any
) -> None:
    """Today's API may have no such endpoint."""
    mock_api.respond("reportV2", b"", status)
    with pytest.raises(error):
        await light("agora", api=api).send_report(report())
