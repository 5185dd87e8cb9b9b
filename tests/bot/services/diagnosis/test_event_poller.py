from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.application import Application, open_application
from bot.call import IssueType, MissingKind, MissingReason, Report, Side
from bot.clouds.agora.events import unscanned_windows
from bot.jobs.run import Run
from bot.ports import PollResult, Window
from bot.sandbox.clouds import AgoraAccount, FakeClouds
from bot.sandbox.scenario import SimulatedCall, demo_calls
from bot.services.diagnosis.event_poller import (
    FAST_INTERVAL,
    NORMAL_INTERVAL,
    SLOW_INTERVAL,
    EventPoller,
    next_poll_at,
)
from bot.services.diagnosis.service import WINDOW_MARGIN
from bot.settings import read_settings
from bot.store import jobs as store_jobs
from bot.store.diagnosis.events import SqlEventStore
from bot.store.models import Job
from tests.conftest import JITTER_S, FakeClock

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
DIAGNOSIS = "live/diagnosis"
RUN = Run("poll_events:kids")
OpenApplication = Callable[..., Any]


@pytest.fixture
async def clouds(fake_clock: FakeClock) -> AsyncIterator[FakeClouds]:
    """Agora with two classes of ours; noon, so that no day ends within a test."""
    fake_clock.move(NOON.timestamp() - fake_clock())
    sim_calls = [
        each for each in demo_calls(fake_clock()) if each.cname in {"class_77_1", "class_77_2"}
    ]
    async with FakeClouds(sim_calls, clock=fake_clock, jitter_s=JITTER_S).serve() as served:
        yield served


@pytest.fixture
def open_one(clouds: FakeClouds, fake_clock: FakeClock, tmp_path: Path) -> OpenApplication:
    """Open applications on the same database, one for each process."""

    @asynccontextmanager
    async def open_it(**more: str) -> AsyncIterator[Application]:
        account = AgoraAccount()
        diagnosis = {
            "DATABASE_URL": f"sqlite:///{tmp_path / 'lagdesk.db'}",
            "AGORA_APPS": f"kids={account.apps['kids']}",
            "AGORA_CUSTOMER_ID": account.customer_id,
            "AGORA_CUSTOMER_SECRET": account.customer_secret,
            "AGORA_BASE_URL": clouds.agora_url,
            "AGORA_API": "seed",
            **more,
        }
        async with open_application(read_settings(diagnosis), clock=fake_clock) as application:
            yield application

    return open_it


async def collect_for(
    application: Application, clock: FakeClock, span: dt.timedelta
) -> Sequence[dt.datetime]:
    """Run the job whenever it is due, for this long; return the times of its runs."""
    poller = EventPoller(application.context)
    looked, end = [clock.now()], clock.now() + span
    while (due_at := await poller.poll(RUN, "kids")) is not None and due_at < end:
        clock.move((due_at - clock.now()).total_seconds())
        looked.append(clock.now())
    return looked


def complaint(sim_call: SimulatedCall | None, at: dt.datetime) -> Report:
    """A complaint about a class, just now."""
    assert sim_call is not None
    uids = {"teacher_uid": "10001", "student_uid": "20002"}
    return Report(
        app="kids",
        cname=sim_call.cname,
        abnormal_side=Side.STUDENT,
        issue_type=IssueType.COMPLAINT,
        occurred_at=at,
        **uids,
    )


def left(calls: int | None, *, behind: bool = False) -> PollResult:
    """What a look left."""
    return PollResult(has_backlog=behind, left=calls)


@pytest.mark.parametrize(
    ("gathered", "has_unresolved_tickets", "is_night", "pause"),
    [
        (left(900), True, False, FAST_INTERVAL),
        (left(900, behind=True), False, True, FAST_INTERVAL),
        (left(900), False, False, NORMAL_INTERVAL),
        (left(900), False, True, SLOW_INTERVAL),
        (left(None), False, False, NORMAL_INTERVAL),
        (left(72), True, False, SLOW_INTERVAL),
        (left(73), True, False, FAST_INTERVAL),
        (left(0), True, False, dt.timedelta(hours=12)),
    ],
)
def test_pace(
    gathered: PollResult, *, has_unresolved_tickets: bool, is_night: bool, pause: dt.timedelta
) -> None:
    """Every minute while a report is open, else rarely; enough quota is left until midnight."""
    chosen = next_poll_at(
        NOON, gathered, has_unresolved_tickets=has_unresolved_tickets, is_night=is_night
    )
    assert pause == chosen - NOON


async def test_no_event_of_the_last_hours_is_missed(
    open_one: OpenApplication, clouds: FakeClouds, fake_clock: FakeClock
) -> None:
    """Whatever happens while Lagdesk runs is seen, and no quota broken; quiet hours cost little."""
    began = fake_clock.now()
    async with open_one() as application:
        await collect_for(application, fake_clock, dt.timedelta(hours=2))
        seen = Window(began, fake_clock.now() - dt.timedelta(minutes=13))
        scans = await SqlEventStore(application.store).scans("kids", seen)
    assert unscanned_windows(scans, seen) == []
    assert clouds.over_quota == []
    assert clouds.counts[DIAGNOSIS] <= 60


async def test_collected_events_outlive_the_cloud(
    open_one: OpenApplication, clouds: FakeClouds, fake_clock: FakeClock
) -> None:
    """Three hours later, when the cloud has deleted them, a complaint still gets its events."""
    at = fake_clock.now() - dt.timedelta(minutes=10)
    async with open_one() as application:
        await collect_for(application, fake_clock, dt.timedelta(minutes=30))
        requests = clouds.counts[DIAGNOSIS]
        fake_clock.move(3 * 3600)
        diagnosis = await application.services.diagnosis.diagnose(
            complaint(clouds.sim_call("class_77_2"), at)
        )
    assert requests == clouds.counts[DIAGNOSIS]
    assert {event.cname for event in diagnosis.events} == {"class_77_2"}
    assert MissingKind.MINUTES not in {
        missing_item.what for missing_item in diagnosis.verdict.missing
    }


async def test_unpolled_minutes_are_missing_items(
    open_one: OpenApplication, clouds: FakeClouds, fake_clock: FakeClock
) -> None:
    """Minutes older than an hour that were not polled are missing items, with start and end."""
    at = NOON - dt.timedelta(minutes=10)
    fake_clock.move(3 * 3600)
    async with open_one() as application:
        diagnosis = await application.services.diagnosis.diagnose(
            complaint(clouds.sim_call("class_77_2"), at)
        )
    (missing_item,) = [
        missing_item
        for missing_item in diagnosis.verdict.missing
        if missing_item.what is MissingKind.MINUTES
    ]
    assert MissingReason.FORGOTTEN is missing_item.why
    assert missing_item.detail[:16] == "2026-11-20T11:48"


async def test_twenty_tickets_cost_one_look(
    open_one: OpenApplication, clouds: FakeClouds, fake_clock: FakeClock
) -> None:
    """Ten complaints in each of two processes within half a minute: one call in the end."""
    async with AsyncExitStack() as stack:
        houses = [await stack.enter_async_context(open_one()) for _ in range(2)]
        kids = [application.context.clouds["kids"] for application in houses]
        moments = [fake_clock.now() - dt.timedelta(seconds=n) for n in range(20)]
        fake_clock.move(120 + 150 + 10)
        for _ in range(2):
            diagnosis = await asyncio.gather(
                *(
                    kids[n % 2].fetch_events("kids", "class_77_2", Window.around(at, WINDOW_MARGIN))
                    for n, at in enumerate(moments)
                )
            )
            fake_clock.move(61)
    assert clouds.counts[DIAGNOSIS] == 1
    assert [missing_item for each in diagnosis for missing_item in each.missing] == []
    assert all(each.events for each in diagnosis)


async def test_people_have_priority(
    open_one: OpenApplication, clouds: FakeClouds, fake_clock: FakeClock
) -> None:
    """Right after a user's request, polling pauses and resumes after a minute."""
    async with open_one() as application:
        sim_call = clouds.sim_call("class_77_2")
        await application.services.diagnosis.diagnose(
            complaint(sim_call, fake_clock.now() - dt.timedelta(minutes=30))
        )
        due_at = await EventPoller(application.context).poll(RUN, "kids")
    assert clouds.counts[DIAGNOSIS] == 1
    assert due_at is not None
    assert 62 < (due_at - fake_clock.now()).total_seconds() < 64


async def test_one_polling_job_per_app(open_one: OpenApplication, fake_clock: FakeClock) -> None:
    """Every start enqueues the same job, a minute from now."""
    async with open_one() as application:
        for _ in range(2):
            await EventPoller(application.context).start()
        job = await application.store.read(lambda session: session.get(Job, "poll_events:kids"))
        assert await application.store.read(store_jobs.count_pending) == {"poll_events": 1}
    assert job is not None
    assert 60 < (job.due_at - fake_clock.now()).total_seconds() < 70


@pytest.mark.parametrize("app", ["kids", "gone"])
async def test_nothing_is_polled_of_todays_api(
    open_one: OpenApplication, clouds: FakeClouds, app: str
) -> None:
    """With today's generation, or without the app, there is nothing to poll."""
    async with open_one(AGORA_API="current") as application:
        await EventPoller(application.context).start()
        assert await application.store.read(store_jobs.count_pending) == {}
        assert await EventPoller(application.context).poll(RUN, app) is None
    assert clouds.counts[DIAGNOSIS] == 0


@pytest.mark.parametrize(
    ("fault", "minutes"), [("http_500", 5), ("reset", 5), ("html", 5), ("http_403", 60)]
)
async def test_a_failing_cloud_is_retried_later(
    open_one: OpenApplication,
    clouds: FakeClouds,
    fake_clock: FakeClock,
    fault: str,
    minutes: int,
) -> None:
    """An outage passes in minutes; a right that is missing is looked at an hour later."""
    if fault == "http_403":
        clouds.agora.deny(DIAGNOSIS)
    else:
        clouds.fail_next(DIAGNOSIS, fault, 5)  # type: ignore[arg-type]
    async with open_one() as application:
        due_at = await EventPoller(application.context).poll(RUN, "kids")
    assert due_at is not None
    assert minutes == round((due_at - fake_clock.now()).total_seconds() / 60)
