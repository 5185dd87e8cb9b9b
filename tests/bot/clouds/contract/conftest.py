"""Fixtures of the contract tests: a fake with simulated calls, our cloud, and a clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import pytest

from bot.call import Call, IssueType, Report
from bot.cloud_settings import CloudSettings
from bot.clouds import build_clouds
from bot.ports import Cloud, Window
from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import STUDENT_UID, TEACHER_UID, build_simulated_call
from bot.store.rate_limits import SqlKeyValueStore, SqlRateLimitStore
from tests.bot.clouds.contract.cloud_cases import CLOUD_CASES, CloudCase, SteppingClock

NOON_S: Final = 1795176000
NOON: Final = dt.datetime.fromtimestamp(NOON_S, dt.UTC)
FIVE: Final = dt.timedelta(minutes=5)
UIDS: Final = (str(TEACHER_UID), str(STUDENT_UID))
Build = Callable[[CloudSettings], Cloud]


@pytest.fixture(params=CLOUD_CASES, ids=lambda cloud_case: cloud_case.name)
def cloud_case(request: pytest.FixtureRequest) -> CloudCase:
    """Each kind of credentials of each cloud."""
    matches: CloudCase = request.param
    return matches


@pytest.fixture
def stepping_clock() -> SteppingClock:
    """A clock at noon that advances when all tasks sleep."""
    return SteppingClock(NOON)


@pytest.fixture
async def clouds(cloud_case: CloudCase, stepping_clock: SteppingClock) -> AsyncIterator[FakeClouds]:
    """A bad class, one that still runs, and a room that was used twice within the last hour."""
    sim_calls = [
        build_simulated_call("uplink_loss_video", "bad", seed=1, started_at=NOON_S - 3000),
        build_simulated_call("healthy", "running", seed=2, started_at=NOON_S - 2000, length_s=7200),
        build_simulated_call("healthy", "twice", seed=3, started_at=NOON_S - 3400, length_s=800),
        build_simulated_call("healthy", "twice", seed=4, started_at=NOON_S - 2300, length_s=1900),
    ]
    made = FakeClouds(
        sim_calls,
        clock=stepping_clock.timestamp,
        agora_generation="current" if cloud_case.name == "agora-current" else "seed",
    )
    async with made.serve():
        yield made


@pytest.fixture
async def build(
    stepping_clock: SteppingClock, store: Any, rate_limit_store: SqlRateLimitStore
) -> AsyncIterator[Build]:
    """Build a cloud from its settings; all are closed at the end."""
    made: list[Cloud] = []

    def build(settings: CloudSettings) -> Cloud:
        key_value_store = SqlKeyValueStore(store)
        matches = build_clouds(
            [settings],
            rate_limit_store=rate_limit_store,
            key_value_store=key_value_store,
            clock=stepping_clock,
            sleep=stepping_clock.sleep,
        )
        made.append(matches["kids"])
        return matches["kids"]

    yield build
    for cloud in made:
        await cloud.close()


@pytest.fixture
def cloud(cloud_case: CloudCase, clouds: FakeClouds, build: Build) -> Cloud:
    """Our cloud with the right key."""
    return build(cloud_case.settings(clouds))


def around(clouds: FakeClouds, cname: str) -> Window:
    """Return the five minutes around the complaint in a room."""
    sim_call = clouds.sim_call(cname)
    assert sim_call is not None
    return Window.around(dt.datetime.fromtimestamp(sim_call.complaint.at, dt.UTC), FIVE)


def complaint(clouds: FakeClouds, cname: str) -> Report:
    """Return the complaint about a room."""
    sim_call = clouds.sim_call(cname)
    assert sim_call is not None
    at = dt.datetime.fromtimestamp(sim_call.complaint.at, dt.UTC)
    suffers = sim_call.complaint.abnormal_side
    return Report("kids", cname, *UIDS, suffers, IssueType.COMPLAINT, at, "卡 & <b>")


def requests(
    cloud_case: CloudCase, cloud: Cloud, call: Call, window: Window
) -> dict[str, Callable[[], Awaitable[object]]]:
    """Return which method calls each endpoint of the fake."""
    requested: dict[str, Callable[[], Awaitable[object]]] = {
        cloud_case.find: lambda: cloud.find_calls("kids", "bad", window)
    }
    for name in cloud_case.record:
        requested[name] = lambda: cloud.fetch_record(call, UIDS, window)
    if cloud_case.events:
        requested[cloud_case.events] = lambda: cloud.fetch_events("kids", "bad", window)
    return requested
