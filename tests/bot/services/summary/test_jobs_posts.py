"""Posting a week's summary, its details and its file; and which weeks are due."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import count
from typing import Any, Final

import pytest

from bot.jobs.run import Run
from bot.ports import AppMetrics, Destination, MessageRef, Priority, Topic
from bot.services.publishing import Publisher
from bot.services.summary.jobs import SummaryJobs
from bot.services.summary.service import SummaryService
from bot.services.summary.weeks import Week
from bot.store.summary import weeks
from tests.bot.services.conftest import TEAM, ServiceHarness
from tests.bot.services.contexts import (
    NoMessages,
    PostedMessages,
    RecordedCalls,
    job_functions,
    with_settings,
)
from tests.bot.store.factories import make_ticket, store_tickets

LABEL: Final = "2026-W45"
SECOND: Final = dt.timedelta(seconds=1)
HOUR: Final = dt.timedelta(hours=1)
_channels = count(1)


class Summary:
    """The jobs of a channel of its own."""

    def __init__(self, harness: ServiceHarness, finder: Any = None, **results: Any) -> None:
        self.harness, self.channel = harness, f"C-SUMMARY-{next(_channels)}"
        self.posts = RecordedCalls(workspace=[TEAM] * 9, **results)
        settings = replace(harness.context.settings, summary_channel=self.channel)
        self.context = with_settings(harness.context, settings)
        self.metrics = RecordedCalls(fetch=[_overview(topic) for topic in Topic] * 2)
        publisher = Publisher(finder or NoMessages())
        summary = SummaryService(self.context)
        metrics: Any = self.metrics
        self.jobs = SummaryJobs(self.context, summary, metrics, publisher, self.posts)

    async def due(self, label: str = LABEL) -> None:
        """Store that the week's summary is due."""
        now = self.harness.clock.now()
        await self.context.store.transact(lambda s: weeks.enqueue(s, label, self.channel, "", now))

    async def row(self, label: str = LABEL) -> weeks.WeeklySummary:
        """Return the week's row."""
        row = await self.context.store.read(lambda s: weeks.find(s, label, self.channel, ""))
        assert row is not None
        return row


def _overview(topic: Topic) -> AppMetrics:
    at = dt.datetime(2026, 11, 11, tzinfo=dt.UTC)
    return AppMetrics(app="kids", cloud="agora", topic=topic, since=at, until=at, fetched_at=at)


async def test_week_is_posted_once(service_harness: ServiceHarness) -> None:
    """Its position is stored, its details and the next week are enqueued."""
    summary = Summary(service_harness, post=[MessageRef("C", "5.0")])
    await summary.due()
    for _ in range(2):
        await summary.jobs.post(Run("weekly:k"), LABEL, summary.channel)
    assert summary.posts.names == ["workspace", "post"]
    _, team, channel, report, run = summary.posts.calls[1]
    assert (team, channel, report.week.label, run.key) == (TEAM, summary.channel, LABEL, "weekly:k")
    row, now = await summary.row(), service_harness.clock.now()
    assert (row.ts, row.posted_at) == ("5.0", now)
    details = await service_harness.job(f"weekly_details:{LABEL}:{summary.channel}")
    assert details is not None
    assert (details.due_at, details.arguments) == (now, [LABEL, summary.channel, ""])
    following = await service_harness.job(f"weekly:2026-W46:{summary.channel}")
    assert following is not None
    monday = dt.datetime(2026, 11, 16, 1, tzinfo=dt.UTC)
    assert (following.due_at, following.arguments) == (monday, ["2026-W46", summary.channel, ""])


async def test_retry_finds_the_post(service_harness: ServiceHarness) -> None:
    """In the channel, since the end of the week."""
    finder = PostedMessages(k=MessageRef("C", "6.0"))
    summary = Summary(service_harness, finder)
    await summary.due()
    await summary.jobs.post(Run("k", is_retry=True), LABEL, summary.channel)
    assert summary.posts.names == ["workspace"]
    assert (await summary.row()).ts == "6.0"
    end = dt.datetime(2026, 11, 8, 16, tzinfo=dt.UTC)
    assert finder.searched == [(Destination(TEAM, summary.channel), "k", end - 30 * SECOND)]


@pytest.mark.parametrize("runs_elsewhere", [False, True])
async def test_post_from_the_terminal(
    service_harness: ServiceHarness, *, runs_elsewhere: bool
) -> None:
    """The post and its details run at once, there or in a worker; the same week again is not new."""
    summary, ran = Summary(service_harness), []
    jobs = summary.jobs
    if runs_elsewhere:
        worker = Summary(service_harness)
        jobs = SummaryJobs(
            summary.context,
            SummaryService(summary.context),
            worker.metrics,  # type: ignore[arg-type]
            Publisher(NoMessages()),
            summary.posts,
        )

    async def run_now(name: str) -> bool:
        assert await service_harness.job(name)
        ran.append(name)
        is_details = name.startswith("weekly_details:")
        await (jobs.post_details if is_details else jobs.post)(Run(name), LABEL, summary.channel)
        return not runs_elsewhere

    week = Week.read(LABEL)
    assert await summary.jobs.post_now(week, "", run_now) is not runs_elsewhere
    assert await summary.jobs.post_now(week, "", run_now) is False
    post, details = (f"{kind}:{LABEL}:{summary.channel}" for kind in ("weekly", "weekly_details"))
    assert ran == ([post] if runs_elsewhere else [post, details])
    assert summary.posts.names == ["workspace", "post", "workspace", "post_details"][: 2 * len(ran)]
    assert (await summary.row()).due_at == service_harness.clock.now()


async def test_former_channel_gets_nothing(service_harness: ServiceHarness) -> None:
    """Nor does a week without a row."""
    summary, former = Summary(service_harness), Summary(service_harness)
    await former.due()
    await summary.jobs.post(Run("k"), LABEL, former.channel)
    await summary.jobs.post_details(Run("k"), LABEL, former.channel)
    await summary.jobs.post(Run("k"), "2026-W01", summary.channel)
    await summary.jobs.post_details(Run("k"), "2026-W01", summary.channel)
    assert summary.posts.calls == []


async def test_details_are_posted_in_the_thread(service_harness: ServiceHarness) -> None:
    """Once, after the summary, with the usage and the experience of each app."""
    summary = Summary(service_harness, post=[MessageRef("C", "5.0")])
    await summary.due()
    details = (Run("details:k"), LABEL, summary.channel)
    await summary.jobs.post_details(*details)
    assert summary.posts.calls == []
    await summary.jobs.post(Run("weekly:k"), LABEL, summary.channel)
    for _ in range(2):
        await summary.jobs.post_details(*details)
    assert summary.posts.names == ["workspace", "post", "workspace", "post_details"]
    _, where, report, metrics, run = summary.posts.calls[3]
    assert where == Destination(TEAM, summary.channel, "5.0")
    assert (report.week.label, len(metrics), run.key) == (LABEL, 2, "details:k")
    assert summary.metrics.calls == [
        ("fetch", "kids", Topic.USAGE, Priority.SCHEDULED),
        ("fetch", "kids", Topic.EXPERIENCE, Priority.SCHEDULED),
    ]
    row = await summary.row()
    assert (row.details_ts, row.metrics) == ("4.0", None)


async def test_retry_finds_the_details(service_harness: ServiceHarness) -> None:
    """In the thread, since the end of the week."""
    finder = PostedMessages(k=MessageRef("C", "7.0"))
    summary = Summary(service_harness, finder, post=[MessageRef("C", "5.0")])
    await summary.due()
    await summary.jobs.post(Run("weekly:k"), LABEL, summary.channel)
    await summary.jobs.post_details(Run("k", is_retry=True), LABEL, summary.channel)
    assert summary.posts.names == ["workspace", "post", "workspace"]
    assert (await summary.row()).details_ts == "7.0"
    assert finder.searched[0][0] == Destination(TEAM, summary.channel, "5.0")


async def test_file_of_a_week(service_harness: ServiceHarness) -> None:
    """The tickets reported in it, for Excel too."""
    summary, zone = Summary(service_harness), SummaryService(service_harness.context).zone(TEAM)
    since, until = Week.read("2026-W40").since(zone), Week.read("2026-W40").until(zone)
    moments = {"before": since - SECOND, "first": since, "last": until - SECOND, "after": until}
    await service_harness.context.store.transact(
        lambda s: store_tickets(
            s, *(make_ticket(cname=n, created_at=at) for n, at in moments.items())
        )
    )
    await summary.jobs.send_csv(Run("k"), "2026-W40", TEAM, "U1")
    ((name, team, person, filename, content),) = summary.posts.calls
    assert (name, team, person, filename) == ("send_file", TEAM, "U1", "lagdesk-2026-W40.csv")
    assert content.startswith(b"\xef\xbb\xbfnumber,")
    rows = content.decode("utf-8-sig").splitlines()[1:]
    assert [row.split(",")[4] for row in rows] == ["first", "last"]


async def test_heartbeat_is_recorded_every_ten_minutes(service_harness: ServiceHarness) -> None:
    """To distinguish a week without tickets from an outage."""
    now = service_harness.clock.now()
    assert await Summary(service_harness).jobs.record_heartbeat(Run("k")) == now + HOUR / 6
    *_, last = await service_harness.context.store.read(lambda s: weeks.uptime(s, now - HOUR, now))
    assert last[1] == now


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (None, [("2026-W46", 16)]),
        ("2026-W45", [("2026-W46", 16)]),
        ("2026-W44", [("2026-W45", 9), ("2026-W46", 16)]),
        (
            "2026-W20",
            [
                ("2026-W42", -12),
                ("2026-W43", -5),
                ("2026-W44", 2),
                ("2026-W45", 9),
                ("2026-W46", 16),
            ],
        ),
    ],
)
def test_weeks_that_are_due(
    service_harness: ServiceHarness, known: str | None, expected: list[tuple[str, int]]
) -> None:
    """Those missed in the last four weeks and the next one, each on Monday at nine."""
    first = dt.datetime(2026, 10, 31, 1, tzinfo=dt.UTC)
    week = None if known is None else Week.read(known)
    upcoming = Summary(service_harness).jobs.upcoming(week, service_harness.clock.now(), TEAM)
    assert [(each.label, at) for each, at in upcoming] == [
        (label, first + day * 24 * HOUR) for label, day in expected
    ]


async def test_missed_weeks_are_posted_in_order(service_harness: ServiceHarness) -> None:
    """Four seconds apart; a start is safe to repeat."""
    summary, now = Summary(service_harness), service_harness.clock.now()
    await summary.due("2026-W43")

    def posted(session: Any) -> None:
        weeks.find(session, "2026-W43", summary.channel, "").posted_at = now  # type: ignore[union-attr]

    await summary.context.store.transact(posted)
    for _ in range(2):
        await summary.jobs.start()
    for label, due_at in (
        ("2026-W44", now + 4 * SECOND),
        ("2026-W45", now + 8 * SECOND),
        ("2026-W46", dt.datetime(2026, 11, 16, 1, tzinfo=dt.UTC)),
    ):
        job = await service_harness.job(f"weekly:{label}:{summary.channel}")
        assert job is not None
        assert job.due_at == due_at
        assert (await summary.row(label)).due_at == due_at
    assert await service_harness.job("uptime:lagdesk")


async def test_without_a_channel_nothing_is_due(service_harness: ServiceHarness) -> None:
    """Only the heartbeat is recorded."""
    summary = Summary(service_harness)
    settings = replace(summary.context.settings, summary_channel="")
    context = with_settings(summary.context, settings)
    service = SummaryService(context)
    nothing: Any = None
    await service_harness.finish_jobs()
    await SummaryJobs(context, service, nothing, nothing, nothing).start()
    assert await service_harness.job("uptime:lagdesk")
    assert await service_harness.job("weekly:2026-W46:") is None


def test_summary_handlers(service_harness: ServiceHarness) -> None:
    """The names under which jobs are stored."""
    made = Summary(service_harness).jobs
    assert job_functions(made) == {
        "weekly": made.post,
        "weekly_details": made.post_details,
        "weekly_csv": made.send_csv,
        "uptime": made.record_heartbeat,
    }
