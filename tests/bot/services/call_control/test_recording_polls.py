"""Looking after a recording: how often, until when, what its end says."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pytest

from bot.call import Code
from bot.call_control import RecordingState
from tests.bot.services.call_control.test_recording_jobs import SECOND, Studio, task
from tests.bot.services.conftest import ServiceHarness
from tests.bot.services.contexts import cloud_over_quota

HOUR: Final = dt.timedelta(hours=1)


async def test_polls_are_ever_rarer_while_nothing_changes(service_harness: ServiceHarness) -> None:
    """From ten seconds, doubled, to five minutes; a change begins anew."""
    studio = Studio(service_harness, recording=[*[task()] * 8, task("INIT"), task("INIT")])
    await studio.running()
    delays = [await studio.watch() for _ in range(10)]
    now = service_harness.clock.now()
    seconds = [(at - now) // SECOND for at in delays if at is not None]
    assert seconds == [20, 40, 80, 160, 300, 300, 300, 300, 10, 20]
    assert studio.control.calls[0] == ("recording", "kids", "j1")
    assert studio.posts.names == ["post", "update"]
    assert (await studio.row()).state is RecordingState.STARTING


async def test_long_wait_does_not_overflow(service_harness: ServiceHarness) -> None:
    """However often it was polled."""
    studio = Studio(service_harness, recording=[task()])
    await studio.running(poll_count=100_000)
    assert await studio.watch() == service_harness.clock.now() + 300 * SECOND


@pytest.mark.parametrize("state", ["STOPPED", None])
async def test_end_of_a_recording(service_harness: ServiceHarness, state: str | None) -> None:
    """With its moments and its reason; it is polled no more."""
    now = service_harness.clock.now()
    reason = Code("huawei.stop_reason", "2")
    ended = task(state, started_at=now - 2 * SECOND, stopped_at=now - SECOND, stop_reason=reason)
    studio = Studio(service_harness, recording=[ended])
    await studio.running()
    assert await studio.watch() is None
    row = await studio.row()
    assert (row.state, row.stop_reason) == (RecordingState.STOPPED, "2")
    assert (row.started_at, row.stopped_at) == (now - 2 * SECOND, now - SECOND)
    assert await studio.watch() is None
    assert studio.control.names == ["recording"]


async def test_end_without_a_moment_or_a_reason(service_harness: ServiceHarness) -> None:
    """It is the moment of the poll."""
    studio = Studio(service_harness, recording=[task("STOPPED")])
    started_at = service_harness.clock.now() - SECOND
    await studio.running(started_at=started_at)
    await studio.watch()
    row = await studio.row()
    assert (row.stopped_at, row.stop_reason, row.started_at) == (
        service_harness.clock.now(),
        "",
        started_at,
    )


async def test_answer_without_a_state_changes_none(service_harness: ServiceHarness) -> None:
    """The documented samples leave it out."""
    studio = Studio(service_harness, recording=[task(None)])
    await studio.running(reason={"id": "old", "params": {}})
    await studio.watch()
    row = await studio.row()
    assert (row.state, row.poll_count, row.reason) == (RecordingState.RUNNING, 1, None)


@pytest.mark.parametrize(("after", "is_polled"), [(24 * HOUR, True), (24 * HOUR + SECOND, False)])
async def test_recording_is_watched_for_a_day(
    service_harness: ServiceHarness, after: dt.timedelta, *, is_polled: bool
) -> None:
    """Then it is given up."""
    studio = Studio(service_harness, recording=[task()])
    await studio.running()
    service_harness.clock.move(after.total_seconds())
    at = await studio.watch()
    assert (studio.control.names == ["recording"]) is is_polled
    state = RecordingState.RUNNING if is_polled else RecordingState.ABANDONED
    assert (await studio.row()).state is state
    assert (at is not None) is is_polled


@pytest.mark.parametrize(
    "values",
    [{"job_id": ""}, {"state": RecordingState.STOPPED}, {"state": RecordingState.UNCONFIRMED}],
)
async def test_recording_that_is_not_polled(
    service_harness: ServiceHarness, values: dict[str, Any]
) -> None:
    """Without a job, or after its end; its post is up to date once."""
    studio = Studio(service_harness)
    await studio.running(**values)
    for _ in range(2):
        assert await studio.watch() is None
    assert studio.control.calls == []
    assert studio.posts.names == ["post"]


@pytest.mark.parametrize(("quota_s", "expected_s"), [(5, 40), (90, 90)])
async def test_poll_over_the_quota(
    service_harness: ServiceHarness, quota_s: int, expected_s: int
) -> None:
    """It waits at least as long as any other poll."""
    now = service_harness.clock.now()
    error = cloud_over_quota(now + quota_s * SECOND)
    studio = Studio(service_harness, recording=[error])
    await studio.running(poll_count=2)
    assert await studio.watch() == now + expected_s * SECOND
    assert (await studio.row()).poll_count == 3
