from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.app import House, open_house
from bot.call import IssueType, Lack, LackReason, Report, Side
from bot.clouds.agora.events import unsettled
from bot.ports import Gathering, Window
from bot.sandbox.clouds import AgoraAccount, Clouds
from bot.sandbox.scenario import Lesson, demo_lessons
from bot.services.diagnosis.event_poller import EAGER, EASY, RARE, Collector, next_look_at
from bot.services.diagnosis.service import REACH
from bot.settings import read_settings
from bot.store import jobs as store_jobs
from bot.store.diagnosis.events import SqlEventBook
from bot.store.models import Duty
from tests.conftest import MovedClock

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
DIAGNOSIS = "live/diagnosis"
OpenHouse = Callable[..., Any]


@pytest.fixture
async def clouds(moved_clock: MovedClock) -> AsyncIterator[Clouds]:
    """Agora with two classes of ours; noon, so that no day ends within a test."""
    moved_clock.offset_s = NOON.timestamp() - moved_clock()
    lessons = [
        each for each in demo_lessons(moved_clock()) if each.cname in {"class_77_1", "class_77_2"}
    ]
    async with Clouds(lessons, clock=moved_clock).serve() as served:
        yield served


@pytest.fixture
def open_one(clouds: Clouds, moved_clock: MovedClock, tmp_path: Path) -> OpenHouse:
    """Open a house on the same database: as many as there are processes."""

    @asynccontextmanager
    async def open_it(**more: str) -> AsyncIterator[House]:
        account = AgoraAccount()
        told = {
            "DATABASE_URL": f"sqlite:///{tmp_path / 'lagdesk.db'}",
            "AGORA_APPS": f"kids={account.apps['kids']}",
            "AGORA_CUSTOMER_ID": account.customer_id,
            "AGORA_CUSTOMER_SECRET": account.customer_secret,
            "AGORA_BASE_URL": clouds.agora_url,
            "AGORA_API": "seed",
            **more,
        }
        async with open_house(read_settings(told), clock=moved_clock) as house:
            yield house

    return open_it


async def collect_for(house: House, clock: MovedClock, span: dt.timedelta) -> Sequence[dt.datetime]:
    """Carry the duty out whenever it is due, for so long; returns when it was carried out."""
    collector, duty = Collector(house.desk), Duty(name="collect:kids", kind="collect", due_at=NOON)
    looked, end = [clock.now()], clock.now() + span
    while (due_at := await collector.collect(duty)) is not None and due_at < end:
        clock.move((due_at - clock.now()).total_seconds())
        looked.append(clock.now())
    return looked


def complaint(lesson: Lesson | None, at: dt.datetime) -> Report:
    """A complaint about a class, just now."""
    assert lesson is not None
    uids = {"teacher_uid": "10001", "student_uid": "20002"}
    return Report(
        app="kids",
        cname=lesson.cname,
        abnormal_side=Side.STUDENT,
        issue_type=IssueType.COMPLAINT,
        occurred_at=at,
        **uids,
    )


def left(calls: int | None, *, behind: bool = False) -> Gathering:
    """What a look left."""
    return Gathering(is_behind=behind, left=calls)


@pytest.mark.parametrize(
    ("gathered", "is_awaited", "is_night", "pause"),
    [
        (left(900), True, False, EAGER),
        (left(900, behind=True), False, True, EAGER),
        (left(900), False, False, EASY),
        (left(900), False, True, RARE),
        (left(None), False, False, EASY),
        (left(72), True, False, RARE),
        (left(73), True, False, EAGER),
        (left(0), True, False, dt.timedelta(hours=12)),
    ],
)
def test_pace(
    gathered: Gathering, *, is_awaited: bool, is_night: bool, pause: dt.timedelta
) -> None:
    """Every minute while somebody waits, rarely else, and enough is kept until midnight."""
    chosen = next_look_at(NOON, gathered, is_awaited=is_awaited, is_night=is_night)
    assert pause == chosen - NOON


async def test_nothing_of_the_last_hours_is_missed(
    open_one: OpenHouse, clouds: Clouds, moved_clock: MovedClock
) -> None:
    """Whatever happens while Lagdesk runs is seen, and no quota broken; quiet hours cost little."""
    began = moved_clock.now()
    async with open_one() as house:
        await collect_for(house, moved_clock, dt.timedelta(hours=2))
        seen = Window(began, moved_clock.now() - dt.timedelta(minutes=13))
        looks = await SqlEventBook(house.store).looks("kids", seen)
    assert [] == unsettled(looks, seen)
    assert [] == clouds.over_quota
    assert clouds.counts[DIAGNOSIS] <= 60


async def test_collected_events_outlive_the_cloud(
    open_one: OpenHouse, clouds: Clouds, moved_clock: MovedClock
) -> None:
    """Three hours later, when the cloud has forgotten, a complaint is still told of its events."""
    at = moved_clock.now() - dt.timedelta(minutes=10)
    async with open_one() as house:
        await collect_for(house, moved_clock, dt.timedelta(minutes=30))
        asked = clouds.counts[DIAGNOSIS]
        moved_clock.move(3 * 3600)
        told = await house.desk.examiner.examine(complaint(clouds.lesson("class_77_2"), at))
    assert asked == clouds.counts[DIAGNOSIS]
    assert {"class_77_2"} == {event.cname for event in told.events}
    assert Lack.MINUTES not in {lack.what for lack in told.verdict.missing}


async def test_what_nobody_saw_is_named(
    open_one: OpenHouse, clouds: Clouds, moved_clock: MovedClock
) -> None:
    """Minutes older than the hour that nobody looked at are missing, from when to when."""
    at = NOON - dt.timedelta(minutes=10)
    moved_clock.move(3 * 3600)
    async with open_one() as house:
        told = await house.desk.examiner.examine(complaint(clouds.lesson("class_77_2"), at))
    (lack,) = [lack for lack in told.verdict.missing if lack.what is Lack.MINUTES]
    assert LackReason.FORGOTTEN is lack.why
    assert "2026-11-20T11:48" == lack.detail[:16]


async def test_twenty_tickets_cost_one_look(
    open_one: OpenHouse, clouds: Clouds, moved_clock: MovedClock
) -> None:
    """Ten complaints in each of two processes within half a minute: one call in the end."""
    async with AsyncExitStack() as stack:
        houses = [await stack.enter_async_context(open_one()) for _ in range(2)]
        kids = [house.desk.clouds["kids"] for house in houses]
        moments = [moved_clock.now() - dt.timedelta(seconds=n) for n in range(20)]
        moved_clock.move(120 + 150 + 10)
        for _ in range(2):
            told = await asyncio.gather(
                *(
                    kids[n % 2].fetch_events("kids", "class_77_2", Window.around(at, REACH))
                    for n, at in enumerate(moments)
                )
            )
            moved_clock.move(61)
    assert 1 == clouds.counts[DIAGNOSIS]
    assert [] == [lack for each in told for lack in each.missing]
    assert all(each.events for each in told)


async def test_people_come_first(
    open_one: OpenHouse, clouds: Clouds, moved_clock: MovedClock
) -> None:
    """When somebody has just asked, the background steps back and returns after the minute."""
    async with open_one() as house:
        lesson = clouds.lesson("class_77_2")
        await house.desk.examiner.examine(
            complaint(lesson, moved_clock.now() - dt.timedelta(minutes=30))
        )
        due_at = await Collector(house.desk).collect(
            Duty(name="collect:kids", kind="collect", due_at=NOON)
        )
    assert 1 == clouds.counts[DIAGNOSIS]
    assert due_at is not None
    assert 62 < (due_at - moved_clock.now()).total_seconds() < 64


async def test_a_look_is_owed_once_an_app(open_one: OpenHouse, moved_clock: MovedClock) -> None:
    """Every start owes the same duty, a minute from now."""
    async with open_one() as house:
        for _ in range(2):
            await Collector(house.desk).begin()
        due_at = await house.store.read(store_jobs.next_due)
        assert {"collect": 1} == await house.store.read(store_jobs.count_owed)
    assert due_at is not None
    assert 60 < (due_at - moved_clock.now()).total_seconds() < 70


@pytest.mark.parametrize("name", ["collect:kids", "collect:gone"])
async def test_nothing_is_collected_of_today(
    open_one: OpenHouse, clouds: Clouds, name: str
) -> None:
    """In today's generation, and of an app that was removed, there is nothing to collect."""
    async with open_one(AGORA_API="current") as house:
        await Collector(house.desk).begin()
        assert {} == await house.store.read(store_jobs.count_owed)
        duty = Duty(name=name, kind="collect", due_at=NOON)
        assert None is await Collector(house.desk).collect(duty)
    assert 0 == clouds.counts[DIAGNOSIS]


@pytest.mark.parametrize(
    ("fault", "minutes"), [("http_500", 5), ("reset", 5), ("html", 5), ("http_403", 60)]
)
async def test_a_cloud_that_fails_is_asked_later(
    open_one: OpenHouse, clouds: Clouds, moved_clock: MovedClock, fault: str, minutes: int
) -> None:
    """An outage passes in minutes; a right that is missing is looked at an hour later."""
    if fault == "http_403":
        clouds.agora.deny(DIAGNOSIS)
    else:
        clouds.fail_next(DIAGNOSIS, fault, 5)  # type: ignore[arg-type]
    async with open_one() as house:
        due_at = await Collector(house.desk).collect(
            Duty(name="collect:kids", kind="collect", due_at=NOON)
        )
    assert due_at is not None
    assert minutes == round((due_at - moved_clock.now()).total_seconds() / 60)
