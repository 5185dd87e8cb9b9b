"""Volcengine against its fake over HTTP: the results match what the scenario simulated."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.call import Call, IssueType, Metric, Report
from bot.diagnosis.diagnosis import diagnose
from bot.errors import (
    CloudError,
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudRefusedError,
    CloudServerError,
    CloudUnreachableError,
)
from bot.ports import Window
from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import build_simulated_call

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
async def clouds(clock: Any) -> AsyncIterator[FakeClouds]:
    """A fake Volcengine with a call of each kind in the last hour."""
    sim_calls = [
        build_simulated_call(kind, kind, seed=number, started_at=NOON_S - 3000)
        for number, kind in enumerate(KINDS)
    ]
    made = FakeClouds(sim_calls, clock=clock.timestamp)
    async with made.serve():
        yield made


@pytest.fixture
def volcengine(clouds: FakeClouds, make_volcengine: Any) -> Any:
    """Our Volcengine over HTTP."""
    return make_volcengine(clouds.volcengine_url)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_verdict_is_right(kind: str, clouds: FakeClouds, volcengine: Any) -> None:
    """The call is found by its room, and the verdict is the simulated cause."""
    sim_call = clouds.sim_call(kind)
    assert sim_call is not None
    at = dt.datetime.fromtimestamp(sim_call.complaint.at, dt.UTC)
    window = Window.around(at, FIVE)
    calls = await volcengine.find_calls("kids", kind, window)
    (call,) = calls
    assert call.covers(at)
    record = await volcengine.fetch_record(call, ["10001", "20002"], window)
    assert record.missing == ()
    assert {session.uid for session in record.participants} == {"10001", "20002"}
    report = Report(
        app="kids",
        cname=kind,
        teacher_uid="10001",
        student_uid="20002",
        abnormal_side=sim_call.complaint.abnormal_side,
        issue_type=IssueType.COMPLAINT,
        occurred_at=at,
    )
    verdict = diagnose(report, calls, record.series, (), participants=record.participants)
    expected = sim_call.expected
    assert KINDS[kind] == expected.cause == verdict.cause
    assert (expected.media, expected.direction) == (verdict.media, verdict.direction)
    assert expected.side == verdict.side


async def test_all_27_metrics_are_parsed(clouds: FakeClouds, volcengine: Any) -> None:
    """V9: each of the document's metrics is known, under any field name."""
    window = Window.around(dt.datetime.fromtimestamp(NOON_S - 1500, dt.UTC), FIVE)
    (call,) = await volcengine.find_calls("kids", "healthy", window)
    record = await volcengine.fetch_record(call, ["10001", "20002"], window)
    known = {s.code.value for s in record.series if s.metric is not Metric.OTHER}
    other = {s.code.value for s in record.series if s.metric is Metric.OTHER}
    assert len(known) == 27
    assert other == {"decode_qp"}
    assert clouds.over_quota == []


async def test_the_check_proves_the_key(volcengine: Any, clouds: FakeClouds) -> None:
    """The check returns the Version in use, with one cheap request."""
    assert str(await volcengine.check("kids")) == "The key works (2020-12-01)."
    assert dict(clouds.counts) == {"ListRoomInfo": 1}


FAULTS: list[tuple[Any, type[CloudError]]] = [
    ("http_500", CloudServerError),
    ("http_503", CloudServerError),
    ("http_429", CloudQuotaExceededError),
    ("code_300", CloudQuotaExceededError),
    ("reset", CloudUnreachableError),
    ("html", CloudInvalidResponseError),
    ("truncated_json", CloudInvalidResponseError),
    ("empty", CloudInvalidResponseError),
    ("wrong_types", CloudInvalidResponseError),
]


@pytest.mark.parametrize("action", ["ListRoomInfo", "ListUserInfo", "ListCallDetail"])
@pytest.mark.parametrize(("fault", "error"), FAULTS)
async def test_every_fault_has_its_error(
    fault: Any, error: type[CloudError], action: str, clouds: FakeClouds, volcengine: Any
) -> None:
    """Faults of the network or the cloud raise a CloudError that names the Action."""
    window = Window.around(dt.datetime.fromtimestamp(NOON_S - 1500, dt.UTC), FIVE)
    call = Call("volcengine", "kids", "c1", "healthy", window.since)
    clouds.fail_next(action, fault, times=3)
    request = (
        volcengine.find_calls("kids", "healthy", window)
        if action == "ListRoomInfo"
        else volcengine.fetch_record(call, ["10001"], window)
    )
    with pytest.raises(error) as caught:
        await request
    assert action == caught.value.endpoint


async def test_temporary_fault_is_retried(clouds: FakeClouds, volcengine: Any) -> None:
    """After one 503 a second attempt, with a new signature, succeeds."""
    clouds.fail_next("ListRoomInfo", "http_503")
    assert str(await volcengine.check("kids")) == "The key works (2020-12-01)."


@pytest.mark.parametrize("with_200", [False, True])
async def test_v10_missing_right_is_reported(
    with_200: Any, clouds: FakeClouds, volcengine: Any
) -> None:
    """V10: HTTP 403 or 200 give the same error with the next step."""
    clouds.volcengine.errors_with_200 = with_200
    clouds.volcengine.deny("ListRoomInfo")
    with pytest.raises(CloudRefusedError) as caught:
        await volcengine.check("kids")
    assert (caught.value.status, caught.value.code) == (403, "AccessDenied")


async def test_many_requests_stay_within_the_limits(clouds: FakeClouds, volcengine: Any) -> None:
    """Thirty different requests at ten a second all succeed."""
    window = Window.around(dt.datetime.fromtimestamp(NOON_S - 1500, dt.UTC), FIVE)
    for number in range(30):
        await volcengine.find_calls("kids", f"room_{number}", window)
    assert clouds.counts["ListRoomInfo"] == 30
    assert clouds.over_quota == []


async def test_identical_requests_are_cached(clouds: FakeClouds, volcengine: Any) -> None:
    """An identical request is served from the cache."""
    window = Window.around(dt.datetime.fromtimestamp(NOON_S - 1500, dt.UTC), FIVE)
    for _ in range(3):
        (call,) = await volcengine.find_calls("kids", "healthy", window)
        await volcengine.fetch_record(call, ["10001", "20002"], window)
    assert dict(clouds.counts) == {"ListRoomInfo": 1, "ListUserInfo": 1, "ListCallDetail": 1}
