"""Volcengine against the simulated one over real HTTP: what truly happened comes out."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.call import IssueType, Metric, Report
from bot.diagnosis import examine
from bot.ports import Window
from bot.sandbox.clouds import Clouds
from bot.sandbox.scenario import build_lesson

NOON_S = 1795176000
FIVE = dt.timedelta(minutes=5)
KINDS = {
    "wifi_weak_student": "network.wifi_weak",
    "uplink_loss_video": "network.loss",
    "downlink_loss_audio": "network.loss",
    "cpu_high_student": "device.cpu_high",
    "stopped_video_teacher": "user_action.stopped_sending",
    "latency_down_video": "network.latency",
    "latency_up_video": "network.latency",
    "healthy": "none",
}


@pytest.fixture
async def clouds(clock: Any) -> AsyncIterator[Clouds]:
    """A lesson of each kind in the last hour on a simulated Volcengine."""
    lessons = [
        build_lesson(kind, kind, seed=number, started_at=NOON_S - 3000)
        for number, kind in enumerate(KINDS)
    ]
    made = Clouds(lessons, clock=clock.timestamp)
    async with made.serve():
        yield made


@pytest.fixture
def volcengine(clouds: Clouds, make_volcengine: Any) -> Any:
    """Our Volcengine over HTTP."""
    return make_volcengine(clouds.volcengine_url)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_verdict_is_right(kind: str, clouds: Clouds, volcengine: Any) -> None:
    """Found by room, told by metrics, and named as what it truly was."""
    lesson = clouds.lesson(kind)
    assert lesson is not None
    at = dt.datetime.fromtimestamp(lesson.complaint.at, dt.UTC)
    window = Window.around(at, FIVE)
    calls = await volcengine.find_calls("kids", kind, window)
    (call,) = calls
    assert call.covers(at)
    record = await volcengine.fetch_record(call, ["10001", "20002"], window)
    assert () == record.missing
    assert {"10001", "20002"} == {stay.uid for stay in record.participants}
    report = Report(
        app="kids",
        cname=kind,
        teacher_uid="10001",
        student_uid="20002",
        abnormal_side=lesson.complaint.abnormal_side,
        issue_type=IssueType.COMPLAINT,
        occurred_at=at,
    )
    verdict = examine(report, calls, record.series, (), participants=record.participants)
    expected = lesson.expected
    assert KINDS[kind] == expected.cause == verdict.cause
    assert (expected.media, expected.direction) == (verdict.media, verdict.direction)
    assert expected.side == verdict.side


async def test_all_27_metrics_are_read(clouds: Clouds, volcengine: Any) -> None:
    """V9: whatever the fields are called, each of the document's metrics is known."""
    window = Window.around(dt.datetime.fromtimestamp(NOON_S - 1500, dt.UTC), FIVE)
    (call,) = await volcengine.find_calls("kids", "healthy", window)
    record = await volcengine.fetch_record(call, ["10001", "20002"], window)
    known = {s.code.value for s in record.series if s.metric is not Metric.OTHER}
    other = {s.code.value for s in record.series if s.metric is Metric.OTHER}
    assert 27 == len(known)
    assert {"decode_qp"} == other
    assert [] == clouds.over_quota


async def test_the_check_proves_the_key(volcengine: Any, clouds: Clouds) -> None:
    """Doctor hears the version we use, for one cheap call."""
    assert "2020-12-01" == await volcengine.check("kids")
    assert {"ListRoomInfo": 1} == dict(clouds.counts)
