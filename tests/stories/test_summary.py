"""The story of the weekly summary: posted once a week, whatever runs, falls over or is silent."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.sandbox.slack import Workspace
from bot.sandbox.slack.seed import SUPPORT_GROUP
from bot.services.summary.jobs import Weekly
from bot.services.summary.weeks import Week
from bot.store import Session
from bot.store.rate_limits import SqlMemory
from bot.store.summary import weeks as store
from handlers.summary.command import open_announcer
from tests.conftest import MovedClock, Stage, faults_of
from tests.scenario_helpers import World, open_world, report, text_of, whispers

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = 3600.0


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Slack and the clouds, on a Wednesday at noon in Shanghai."""
    clock = MovedClock()
    start = Week.of(clock.now(), SHANGHAI).shift(1).since(SHANGHAI)
    clock.move((start - clock.now()).total_seconds() + (48 + 12) * HOUR)
    async with open_world(tmp_path, clock) as made:
        yield made
        assert [] == faults_of(made.workspace)


def leads(workspace: Workspace) -> str:
    """The channel of the weekly numbers."""
    return workspace.channel("leads").id


def posts(world: World) -> list[dict[str, Any]]:
    """The summaries in their channel."""
    return world.workspace.messages(leads(world.workspace))


def thread(world: World) -> list[dict[str, Any]]:
    """The only summary and what is said under it."""
    (post,) = posts(world)
    return world.workspace.messages(leads(world.workspace), post["ts"])


async def ran_all_week(stage: Stage, days: float = 12) -> None:
    """Note that Lagdesk has run since so many days."""
    now = stage.clock.now()

    def work(session: Session) -> None:
        store.note_running(session, now - dt.timedelta(days=days), dt.timedelta(days=99))
        store.note_running(session, now, dt.timedelta(days=99))

    await stage.house.store.transact(work)


async def to_monday(stage: Stage, zone: ZoneInfo = SHANGHAI, hours: float = 9.01) -> None:
    """Go on to the next Monday, a little after nine, with everything due done."""
    monday = Week.of(stage.clock.now(), zone).shift(1).since(zone)
    await ran_all_week(stage)
    await stage.pass_time((monday - stage.clock.now()).total_seconds() + hours * HOUR)
    await stage.settled()


async def test_a_week_without_tickets(world: World) -> None:
    """Said as such, on Monday at nine and not before, once; the next week again."""
    async with world.lagdesk(SUMMARY_CHANNEL=leads(world.workspace)) as stage:
        await stage.settled()
        week = Week.of(stage.clock.now(), SHANGHAI)
        await to_monday(stage, hours=8.9)
        assert [] == posts(world)
        await stage.pass_time(0.2 * HOUR)
        await stage.pass_time(HOUR)
        post, *_ = thread(world)
        assert week.label in post["text"]
        assert "not collected" not in post["text"]
        await to_monday(stage)
        assert week.shift(1).label in text_of(posts(world)[-1])


async def test_nobody_was_there(world: World) -> None:
    """A week in which Lagdesk did not run is not one in which nothing happened."""
    channel = leads(world.workspace)
    async with world.lagdesk(SUMMARY_CHANNEL=channel) as stage:
        await ran_all_week(stage)
        await stage.settled()
    world.clock.move(13 * 24 * HOUR)
    async with world.lagdesk(SUMMARY_CHANNEL=channel) as stage:
        await stage.settled()
        await stage.pass_time(5)
        first, second = posts(world)
        assert "nothing was reported" in first["text"]
        assert "was not running from" in text_of(first)
        assert "not collected" in second["text"]


async def test_a_week_with_twelve_tickets(world: World) -> None:
    """Counted by type, cause, app and side, with charts; details are in the thread."""
    async with world.lagdesk(SUMMARY_CHANNEL=leads(world.workspace)) as stage:
        sam = world.workspace.person("sam")
        for number in range(12):
            await report(sam, f"room-{number % 11}", issue_type=str(number % 4 + 1))
        await stage.settled()
        team = (await _first(stage)).team
        await stage.house.desk.claim(team, 1, sam.id)
        await stage.house.desk.escalate(team, 2, sam.id)
        await to_monday(stage)
        post = posts(world)[0]
        assert "12 tickets" in post["text"]
        assert 2 == sum(block["type"] == "data_visualization" for block in post["blocks"])
        for said in (
            "Complaint: 3",
            "kids: 12",
            "Student: 12",
            "Time to claim",
            "Still open*: 12",
            "Escalated*: 1 ticket (calls: 1, up to the last step: 0)",
            "LD-1",
        ):
            assert said in text_of(post)
        _, details = thread(world)
        for said in ("room-0 (kids): 2 tickets", "•••02", "Usage and quality"):
            assert said in text_of(details)
        assert "20002" not in text_of(post) + text_of(details)


async def _first(stage: Stage) -> Any:
    return next(stage.house.desk.stream_tickets(None))


async def test_everybody_posts_at_once(world: World) -> None:
    """A worker and two terminals at the same moment: one posts, the others say that it was."""
    async with world.lagdesk(SUMMARY_CHANNEL=leads(world.workspace)) as stage:
        await stage.settled()
        await to_monday(stage, hours=8.9)
        world.clock.move(0.2 * HOUR)
        desk, memory = stage.house.desk, SqlMemory(stage.house.store)
        async with open_announcer(desk, memory) as one, open_announcer(desk, memory) as two:
            terminals = [Weekly(desk, announcer) for announcer in (one, two)]
            week = terminals[0].last_week
            new = await asyncio.gather(*(each.post_now(week) for each in terminals))
            await stage.settled()
            assert sum(new) <= 1
            assert 1 == len(posts(world))
            assert 2 == len(thread(world))
            assert [False, False] == [await each.post_now(week) for each in terminals]
            await stage.pass_time(11)
        assert 1 == len(posts(world))


@pytest.mark.parametrize("after_effect", [True, False])
async def test_down_on_monday_and_lost_answers(world: World, *, after_effect: bool) -> None:
    """Made up at the start; when Slack lost the answer, the post is looked for first."""
    channel = leads(world.workspace)
    async with world.lagdesk(SUMMARY_CHANNEL=channel) as stage:
        await ran_all_week(stage)
        await stage.settled()
    world.clock.move(5 * 24 * HOUR)
    world.workspace.fail_next("chat.postMessage", "http_500", after_effect=after_effect)
    async with world.lagdesk(SUMMARY_CHANNEL=channel) as stage:
        await stage.settled()
        await stage.pass_time(11)
    async with world.lagdesk(SUMMARY_CHANNEL=channel) as stage:
        await stage.pass_time(61)
        assert 2 == len(thread(world))


@pytest.mark.parametrize(
    ("locale", "expected", "absent"),
    [
        ("en", "nothing was reported", "没有"),
        ("zh", "没有人提交问题", "nothing"),
        ("both", "nothing was reported", "\0"),
    ],
)
async def test_the_channels_language(world: World, locale: str, expected: str, absent: str) -> None:
    """The channel's choice, or the company's."""
    async with world.lagdesk(
        SUMMARY_CHANNEL=leads(world.workspace), DEFAULT_LOCALE=locale
    ) as stage:
        await stage.settled()
        await to_monday(stage)
        assert expected in posts(world)[0]["text"]
        assert absent not in text_of(posts(world)[0])


async def test_a_cloud_that_does_not_answer(world: World) -> None:
    """Is named in the thread with the reason; the summary is there all the same."""
    async with world.lagdesk(SUMMARY_CHANNEL=leads(world.workspace)) as stage:
        await stage.settled()
        await to_monday(stage, hours=8.9)
        world.clouds.fail_next("*", "http_500", times=99)
        await stage.pass_time(0.2 * HOUR)
        _, details = thread(world)
        assert "not collected. Agora" in text_of(details)


async def test_a_zone_with_summer_time(world: World) -> None:
    """Nine in the morning is nine in New York, on both sides of a change."""
    zone = ZoneInfo("America/New_York")
    async with world.lagdesk(
        SUMMARY_CHANNEL=leads(world.workspace), TIMEZONE="America/New_York"
    ) as stage:
        await stage.settled()
        await to_monday(stage, zone, 8.9)
        assert [] == posts(world)
        await stage.pass_time(0.2 * HOUR)
        assert 1 == len(posts(world))


async def test_a_workspace_without_charts(world: World) -> None:
    """Gets the same numbers as text."""
    async with world.lagdesk(SUMMARY_CHANNEL=leads(world.workspace)) as stage:
        await report(world.workspace.person("sam"), "room-1")
        await stage.settled()
        await to_monday(stage, hours=8.9)
        world.workspace.fail_next("chat.postMessage", "invalid_blocks")
        await stage.pass_time(0.2 * HOUR)
        assert "█" in text_of(posts(world)[0])
        world.workspace.calls.clear()


async def test_preview_and_file(world: World) -> None:
    """A preview is private, with both weeks; the file comes to whoever pressed, nobody else."""
    async with world.lagdesk(SUMMARY_CHANNEL=leads(world.workspace)) as stage:
        sam, maya = (world.workspace.person(name) for name in ("sam", "maya"))
        await report(sam, "room-1")
        await stage.settled()
        await sam.command("/lagdesk", "summary")
        shown = whispers(sam)[-1]
        now = Week.of(stage.clock.now(), SHANGHAI)
        assert now.label in shown
        assert now.shift(-1).label in shown
        assert "1 ticket (" in shown
        assert "The oldest is <" in shown
        await world.workspace.person("guest").command("/lagdesk", "summary")
        seen = whispers(world.workspace.person("guest"))[-1]
        assert ("*Still open*: 1" in seen, "LD-1" in seen) == (True, False)
        assert [] == posts(world)
        await to_monday(stage)
        await maya.click(posts(world)[0], "summary.csv")
        await stage.settled()
        (message,) = [m for m in world.workspace.messages(maya.direct()) if m.get("files")]
        assert f"lagdesk-{now.label}.csv" == message["files"][0]["name"]
        await sam.command("/lagdesk", "audit")
        assert f"<@{maya.id}> downloaded the tickets of week {now.label}" in whispers(sam)[-1]
        assert 1 == len(posts(world))
    async with world.lagdesk(
        SUMMARY_CHANNEL=leads(world.workspace), SUPPORT_GROUP=SUPPORT_GROUP
    ) as stage:
        await maya.click(posts(world)[0], "summary.csv")
        await stage.settled()
        assert "the members of the support user group" in whispers(maya, "leads")[-1]
        assert 1 == sum(bool(m.get("files")) for m in world.workspace.messages(maya.direct()))
