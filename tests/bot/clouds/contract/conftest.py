"""What the contract is held with: a twin with lessons, our cloud before it, a clock of turns."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import pytest

from bot.call import Call, IssueType, Report
from bot.clouds import build_clouds
from bot.ports import Cloud, Window
from bot.sandbox.clouds import Clouds
from bot.sandbox.scenario import STUDENT_UID, TEACHER_UID, build_lesson
from bot.settings import CloudSettings
from bot.store.rate_limits import SqlLedger, SqlMemory
from tests.bot.clouds.contract.cloud_cases import CARRIERS, Carrier, TurnClock

NOON_S: Final = 1795176000
NOON: Final = dt.datetime.fromtimestamp(NOON_S, dt.UTC)
FIVE: Final = dt.timedelta(minutes=5)
UIDS: Final = (str(TEACHER_UID), str(STUDENT_UID))
Build = Callable[[CloudSettings], Cloud]


@pytest.fixture(params=CARRIERS, ids=lambda carrier: carrier.name)
def carrier(request: pytest.FixtureRequest) -> Carrier:
    """Each way to each cloud in turn."""
    found: Carrier = request.param
    return found


@pytest.fixture
def turns() -> TurnClock:
    """A clock at noon that passes when nobody is awake."""
    return TurnClock(NOON)


@pytest.fixture
async def clouds(carrier: Carrier, turns: TurnClock) -> AsyncIterator[Clouds]:
    """A bad class, one that still runs, and a room that was used twice within the last hour."""
    lessons = [
        build_lesson("uplink_loss_video", "bad", seed=1, started_at=NOON_S - 3000),
        build_lesson("healthy", "running", seed=2, started_at=NOON_S - 2000, length_s=7200),
        build_lesson("healthy", "twice", seed=3, started_at=NOON_S - 3400, length_s=800),
        build_lesson("healthy", "twice", seed=4, started_at=NOON_S - 2300, length_s=1900),
    ]
    made = Clouds(
        lessons,
        clock=turns.timestamp,
        agora_generation="current" if carrier.name == "agora-current" else "seed",
    )
    async with made.serve():
        yield made


@pytest.fixture
async def build(turns: TurnClock, store: Any, ledger: SqlLedger) -> AsyncIterator[Build]:
    """Build a cloud from its settings; each is closed in the end."""
    made: list[Cloud] = []

    def build(settings: CloudSettings) -> Cloud:
        memory = SqlMemory(store)
        found = build_clouds(
            [settings], ledger=ledger, memory=memory, clock=turns, sleep=turns.sleep
        )
        made.append(found["kids"])
        return found["kids"]

    yield build
    for cloud in made:
        await cloud.close()


@pytest.fixture
def cloud(carrier: Carrier, clouds: Clouds, build: Build) -> Cloud:
    """Our side of the carrier, with the right key."""
    return build(carrier.settings(clouds))


def around(clouds: Clouds, cname: str) -> Window:
    """Return the five minutes around the complaint in a room."""
    lesson = clouds.lesson(cname)
    assert lesson is not None
    return Window.around(dt.datetime.fromtimestamp(lesson.complaint.at, dt.UTC), FIVE)


def complaint(clouds: Clouds, cname: str) -> Report:
    """Return what was complained about in a room."""
    lesson = clouds.lesson(cname)
    assert lesson is not None
    at = dt.datetime.fromtimestamp(lesson.complaint.at, dt.UTC)
    suffers = lesson.complaint.abnormal_side
    return Report("kids", cname, *UIDS, suffers, IssueType.COMPLAINT, at, "卡 & <b>")


def questions(
    carrier: Carrier, cloud: Cloud, call: Call, window: Window
) -> dict[str, Callable[[], Awaitable[object]]]:
    """Return who is asked for each endpoint of the twin."""
    asked: dict[str, Callable[[], Awaitable[object]]] = {
        carrier.find: lambda: cloud.find_calls("kids", "bad", window)
    }
    for name in carrier.record:
        asked[name] = lambda: cloud.fetch_record(call, UIDS, window)
    if carrier.events:
        asked[carrier.events] = lambda: cloud.fetch_events("kids", "bad", window)
    return asked
