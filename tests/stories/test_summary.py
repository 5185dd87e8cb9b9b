"""The story of the weekly summary: posted once a week, whatever runs, falls over or is silent."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.app import open_summary_jobs
from bot.sandbox.slack import Workspace
from bot.sandbox.slack.state.seed import SUPPORT_GROUP
from bot.services.summary.weeks import Week
from bot.store.summary import weeks as store
from tests.conftest import FakeClock, Harness, slack_errors_of
from tests.scenario_helpers import (
    ExternalServices,
    ephemeral_texts,
    open_external_services,
    report,
    text_of,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = 3600.0


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[ExternalServices]:
    """Slack and the clouds, on a Wednesday at noon in Shanghai."""
    clock = FakeClock()
    start = Week.of(clock.now(), SHANGHAI).shift(1).since(SHANGHAI)
    clock.move((start - clock.now()).total_seconds() + (48 + 12) * HOUR)
    async with open_external_services(tmp_path, clock) as made:
        yield made
        assert slack_errors_of(made.workspace) == []


def leads(workspace: Workspace) -> str:
    """The channel of the weekly numbers."""
    return workspace.channel("leads").id


def posts(services: ExternalServices) -> list[dict[str, Any]]:
    """The summaries in their channel."""
    return services.workspace.messages(leads(services.workspace))


def thread(services: ExternalServices) -> list[dict[str, Any]]:
    """Return the only summary and its replies."""
    (post,) = posts(services)
    return services.workspace.messages(leads(services.workspace), post["ts"])


async def ran_all_week(harness: Harness, days: float = 12) -> None:
    """Note that Lagdesk has run since so many days."""
    now = harness.clock.now()
    interval = store.UptimeInterval(since=now - dt.timedelta(days=days), until=now)
    await harness.application.store.transact(lambda session: session.merge(interval))


async def to_monday(harness: Harness, zone: ZoneInfo = SHANGHAI, hours: float = 9.01) -> None:
    """Go on to the next Monday, a little after nine, with everything due done."""
    monday = Week.of(harness.clock.now(), zone).shift(1).since(zone)
    await ran_all_week(harness)
    await harness.pass_time((monday - harness.clock.now()).total_seconds() + hours * HOUR)
    await harness.settled()


async def test_a_week_without_tickets(services: ExternalServices) -> None:
    """Said as such, on Monday at nine and not before, once; the next week again."""
    async with services.run_lagdesk(SUMMARY_CHANNEL=leads(services.workspace)) as harness:
        await harness.settled()
        week = Week.of(harness.clock.now(), SHANGHAI)
        await to_monday(harness, hours=8.9)
        assert posts(services) == []
        await harness.pass_time(0.2 * HOUR)
        await harness.pass_time(HOUR)
        post, *_ = thread(services)
        assert week.label in post["text"]
        assert "not collected" not in post["text"]
        await to_monday(harness)
        assert week.shift(1).label in text_of(posts(services)[-1])


async def test_nobody_was_there(services: ExternalServices) -> None:
    """A week in which Lagdesk did not run is not one in which nothing happened."""
    channel = leads(services.workspace)
    async with services.run_lagdesk(SUMMARY_CHANNEL=channel) as harness:
        await ran_all_week(harness)
        await harness.settled()
    services.clock.move(13 * 24 * HOUR)
    async with services.run_lagdesk(SUMMARY_CHANNEL=channel) as harness:
        await harness.settled()
        await harness.pass_time(5)
        first, second = posts(services)
        assert "nothing was reported" in first["text"]
        assert "was not running: " in text_of(first)
        assert "not collected" in second["text"]


async def test_a_week_with_twelve_tickets(services: ExternalServices) -> None:
    """Counted by type, cause, app and side, with charts; details are in the thread."""
    async with services.run_lagdesk(SUMMARY_CHANNEL=leads(services.workspace)) as harness:
        sam = services.workspace.person("sam")
        for number in range(12):
            await report(sam, f"room-{number % 11}", issue_type=str(number % 4 + 1))
        await harness.settled()
        team = (await _first(harness)).team
        await harness.slack.services.tickets.claim(team, 1, sam.id)
        await harness.slack.services.tickets.escalate(team, 2, sam.id)
        await to_monday(harness)
        post = posts(services)[0]
        assert "12 tickets" in post["text"]
        assert sum(block["type"] == "data_visualization" for block in post["blocks"]) == 2
        for phrase in (
            "Complaint: 3",
            "kids: 12",
            "Student: 12",
            "Time to claim",
            "Still open*: 12",
            "Escalated*: 1 ticket (alerts: 1, reached the last step: 0)",
            "LD-1",
        ):
            assert phrase in text_of(post)
        _, details = thread(services)
        for phrase in ("room-0 (kids): 2 tickets", "•••02", "Usage and quality"):
            assert phrase in text_of(details)
        assert "20002" not in text_of(post) + text_of(details)


async def test_a_week_ends_at_midnight(services: ExternalServices) -> None:
    """A ticket of Sunday's last second counts in that week, one of Monday's first in the next."""
    async with services.run_lagdesk(SUMMARY_CHANNEL=leads(services.workspace)) as harness:
        await harness.settled()
        week, sam = Week.of(harness.clock.now(), SHANGHAI), services.workspace.person("sam")
        monday = week.shift(1).since(SHANGHAI)
        await harness.pass_time((monday - harness.clock.now()).total_seconds() - 1)
        await report(sam, "sunday-1")
        await report(sam, "sunday-2")
        harness.clock.move(1)
        await report(sam, "monday-1")
        await ran_all_week(harness)
        await harness.pass_time(9.01 * HOUR)
        (post,) = posts(services)
        assert f"{week.label} " in post["text"]
        assert ": 2 tickets" in post["text"]
        await to_monday(harness)
        post = posts(services)[-1]
        assert f"{week.shift(1).label} " in post["text"]
        assert ": 1 ticket" in post["text"]


async def _first(harness: Harness) -> Any:
    return next(harness.slack.services.tickets.stream_tickets(None))


async def test_everybody_posts_at_once(services: ExternalServices) -> None:
    """A worker and two terminals at the same moment: one posts, the others say that it was."""
    async with services.run_lagdesk(SUMMARY_CHANNEL=leads(services.workspace)) as harness:
        await harness.settled()
        await to_monday(harness, hours=8.9)
        services.clock.move(0.2 * HOUR)
        application = harness.application
        async with open_summary_jobs(application) as one, open_summary_jobs(application) as two:
            terminals = (one, two)
            week = application.services.summary.last_week()
            new = await asyncio.gather(
                *(jobs.post_now(week, "", worker.run_now) for jobs, worker in terminals)
            )
            await harness.settled()
            assert sum(new) <= 1
            assert len(posts(services)) == 1
            assert len(thread(services)) == 2
            again = [await jobs.post_now(week, "", worker.run_now) for jobs, worker in terminals]
            assert again == [False, False]
            await harness.pass_time(11)
        assert len(posts(services)) == 1


@pytest.mark.parametrize("after_effect", [True, False])
async def test_down_on_monday_and_lost_answers(
    services: ExternalServices, *, after_effect: bool
) -> None:
    """Made up at the start; when Slack lost the answer, the post is looked for first."""
    channel = leads(services.workspace)
    async with services.run_lagdesk(SUMMARY_CHANNEL=channel) as harness:
        await ran_all_week(harness)
        await harness.settled()
    services.clock.move(5 * 24 * HOUR)
    services.workspace.fail_next("chat.postMessage", "http_500", after_effect=after_effect)
    async with services.run_lagdesk(SUMMARY_CHANNEL=channel) as harness:
        await harness.settled()
        await harness.pass_time(11)
    async with services.run_lagdesk(SUMMARY_CHANNEL=channel) as harness:
        await harness.pass_time(61)
        assert len(thread(services)) == 2


@pytest.mark.parametrize(
    ("locale", "expected", "absent"),
    [
        ("en", "nothing was reported", "没有"),
        ("zh", "没有人提交问题", "nothing"),
        ("both", "nothing was reported", "\0"),
    ],
)
async def test_the_channels_language(
    services: ExternalServices, locale: str, expected: str, absent: str
) -> None:
    """The channel's choice, or the company's."""
    async with services.run_lagdesk(
        SUMMARY_CHANNEL=leads(services.workspace), DEFAULT_LOCALE=locale
    ) as harness:
        await harness.settled()
        await to_monday(harness)
        assert expected in posts(services)[0]["text"]
        assert absent not in text_of(posts(services)[0])


async def test_a_cloud_that_does_not_answer(services: ExternalServices) -> None:
    """Is named in the thread with the reason; the summary is there all the same."""
    async with services.run_lagdesk(SUMMARY_CHANNEL=leads(services.workspace)) as harness:
        await harness.settled()
        await to_monday(harness, hours=8.9)
        services.clouds.fail_next("*", "http_500", times=99)
        await harness.pass_time(0.2 * HOUR)
        _, details = thread(services)
        assert "not collected. Agora" in text_of(details)


async def test_a_zone_with_summer_time(services: ExternalServices) -> None:
    """Nine in the morning is nine in New York, on both sides of a change."""
    zone = ZoneInfo("America/New_York")
    async with services.run_lagdesk(
        SUMMARY_CHANNEL=leads(services.workspace), TIMEZONE="America/New_York"
    ) as harness:
        await harness.settled()
        await to_monday(harness, zone, 8.9)
        assert posts(services) == []
        await harness.pass_time(0.2 * HOUR)
        assert len(posts(services)) == 1


async def test_a_workspace_without_charts(services: ExternalServices) -> None:
    """Gets the same numbers as text."""
    async with services.run_lagdesk(SUMMARY_CHANNEL=leads(services.workspace)) as harness:
        await report(services.workspace.person("sam"), "room-1")
        await harness.settled()
        await to_monday(harness, hours=8.9)
        services.workspace.fail_next("chat.postMessage", "invalid_blocks")
        await harness.pass_time(0.2 * HOUR)
        assert "█" in text_of(posts(services)[0])
        services.workspace.calls.clear()


async def test_details_that_slack_refuses(services: ExternalServices) -> None:
    """Their title alone would say nothing: the next start posts them whole."""
    channel = leads(services.workspace)
    async with services.run_lagdesk(SUMMARY_CHANNEL=channel) as harness:
        await harness.settled()
        await to_monday(harness, hours=8.9)
        services.workspace.fail_next(
            "chat.postMessage", "invalid_blocks", containing="Details of week"
        )
        await harness.pass_time(0.2 * HOUR)
        assert len(thread(services)) == 1
    async with services.run_lagdesk(SUMMARY_CHANNEL=channel) as harness:
        await harness.settled()
        assert len(thread(services)) == 2
    services.workspace.calls.clear()


async def test_preview_and_file(services: ExternalServices) -> None:
    """A preview is private, with both weeks; the file comes to whoever pressed, nobody else."""
    async with services.run_lagdesk(SUMMARY_CHANNEL=leads(services.workspace)) as harness:
        sam, maya = (services.workspace.person(name) for name in ("sam", "maya"))
        await report(sam, "room-1")
        await harness.settled()
        harness.clock.move(1)  # the preview counts what was reported before now
        await sam.command("/lagdesk", "summary")
        response = ephemeral_texts(sam)[-1]
        now = Week.of(harness.clock.now(), SHANGHAI)
        assert now.label in response
        assert now.shift(-1).label in response
        assert "1 ticket (" in response
        assert "The oldest is <" in response
        assert (response.count("summary.csv"), "data_visualization" in response) == (1, False)
        await services.workspace.person("guest").command("/lagdesk", "summary")
        seen = ephemeral_texts(services.workspace.person("guest"))[-1]
        seen_parts = [text in seen for text in ("*Still open*: 1", "LD-1", "summary.csv")]
        assert seen_parts == [True, False, False]
        assert posts(services) == []
        await to_monday(harness)
        await maya.click(posts(services)[0], "summary.csv", value="2026-W99")
        assert "There is no such week." in ephemeral_texts(maya, "leads")[-1]
        await maya.click(posts(services)[0], "summary.csv")
        await harness.settled()
        assert [ack.status for ack in await services.workspace.redeliver(1)] == [200]
        await harness.settled()
        (message,) = [
            m for m in services.workspace.messages(maya.dm_channel_id()) if m.get("files")
        ]
        assert message["files"][0]["name"] == f"lagdesk-{now.label}.csv"
        await sam.command("/lagdesk", "audit")
        assert (
            f"<@{maya.id}> downloaded the tickets of week {now.label}" in ephemeral_texts(sam)[-1]
        )
        assert len(posts(services)) == 1
    async with services.run_lagdesk(
        SUMMARY_CHANNEL=leads(services.workspace), SUPPORT_GROUP=SUPPORT_GROUP
    ) as harness:
        await maya.click(posts(services)[0], "summary.csv")
        await harness.settled()
        assert "the members of the support user group" in ephemeral_texts(maya, "leads")[-1]
        assert (
            sum(bool(m.get("files")) for m in services.workspace.messages(maya.dm_channel_id()))
            == 1
        )
