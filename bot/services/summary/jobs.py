"""The jobs of the weekly summary: when each week is due, and posting each once.

A summary's row is written when its job is enqueued; the job's row is the lock.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from bot.cron import next_due
from bot.errors import LagdeskError
from bot.i18n.messages import message
from bot.jobs.run import Queue, Run, job
from bot.ports import Destination, MessageRef, Priority, Topic
from bot.services.app_metrics.service import AppMetricsService
from bot.services.context import Context
from bot.services.publishing import Publisher
from bot.services.summary.report import WeekReport
from bot.services.summary.service import CSV, MAX_GAP, SummaryService
from bot.services.summary.week_over_week import WeeklyMetrics, week_over_week_changes
from bot.services.summary.weeks import Week, last_complete
from bot.services.tickets import export
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.summary import weeks as store

log = logging.getLogger(__name__)

POST, DETAILS, HEARTBEAT = "weekly", "weekly_details", "uptime"
MAX_CATCH_UP_WEEKS: Final = 4  # after a longer outage only the newest weeks are posted
HEARTBEAT_INTERVAL: Final = dt.timedelta(minutes=10)
_STAGGER: Final = dt.timedelta(seconds=4)  # so that missed weeks are posted in order
_WAIT_S, _POLL_S = 60, 0.2
_TOPICS: Final = (Topic.USAGE, Topic.EXPERIENCE)


class SummaryPosts(Protocol):
    """Posts weekly summaries. Every method raises SlackError."""

    async def workspace(self) -> str:
        """The workspace of the configured token."""

    async def post(self, team: str, channel: str, report: WeekReport, run: Run) -> MessageRef:
        """Post a week's summary."""

    async def post_details(
        self,
        thread: Destination,
        report: WeekReport,
        weekly_metrics: Sequence[WeeklyMetrics],
        run: Run,
    ) -> MessageRef:
        """Post the details in the summary's thread."""

    async def send_file(self, team: str, person: str, name: str, content: bytes) -> None:
        """Upload a file to a person's direct messages."""


class SummaryJobs:
    """Schedules the weekly summary and posts each week once."""

    def __init__(
        self,
        context: Context,
        summary: SummaryService,
        app_metrics: AppMetricsService,
        publisher: Publisher,
        posts: SummaryPosts,
    ) -> None:
        self._context = context
        self._summary = summary
        self._app_metrics = app_metrics
        self._publisher = publisher
        self._posts = posts
        self._schedule = context.settings.summary_schedule
        self._published: set[str] = set()  # keys of the posts made by this object

    async def start(self) -> None:
        """Enqueue what is due and the next week; safe to repeat."""
        now = self._context.clock.now()

        def work(session: Session) -> None:
            store_jobs.enqueue(session, f"{HEARTBEAT}:lagdesk", HEARTBEAT, due_at=now)
            self._enqueue_due(session, now)

        await self._context.commit(work)

    @job(HEARTBEAT, Queue.BACKGROUND)
    async def record_heartbeat(self, run: Run) -> dt.datetime | None:
        """Record that Lagdesk runs, to distinguish a week without tickets from an outage."""
        now = self._context.clock.now()

        def work(session: Session) -> None:
            store.record_uptime(session, now, MAX_GAP)
            self._enqueue_due(session, now)  # a workspace may have chosen a channel since

        await self._context.commit(work)
        log.debug("%s: recorded", run.key)
        return now + HEARTBEAT_INTERVAL

    def _enqueue_due(self, session: Session, now: dt.datetime) -> None:
        """Enqueue the summaries of each channel that are due, and the next one."""
        for team, channel in self._context.workspaces.summary_channels.items():
            newest = store.find_newest(session, channel, self._stored(team))
            if newest is not None and newest.posted_at is None and newest.due_at > now:
                continue
            known = Week.read(newest.week) if newest else None
            for index, (week, due_at) in enumerate(self.upcoming(known, now, team)):
                at = max(due_at, now + _STAGGER * (index + 1))
                self._enqueue(session, week, channel, self._stored(team), at)

    def _stored(self, team: str) -> str:
        """Return a workspace as rows of summaries name it."""
        return team if self._context.settings.has_oauth else ""

    def upcoming(
        self, known: Week | None, now: dt.datetime, team: str
    ) -> list[tuple[Week, dt.datetime]]:
        """Return weeks after the newest known one with their due times; the last is in the future.

        At each time of the schedule the last complete week is due, once. Without a known week
        the first summary is due at the next time of the schedule.
        """
        zone = self._summary.zone(team)
        if known is None:
            at = next_due(self._schedule, now, zone)
            return [(last_complete(at, zone), at)]
        weeks: list[tuple[Week, dt.datetime]] = []
        week = max(known.shift(1), self._summary.last_week(team).shift(1 - MAX_CATCH_UP_WEEKS))
        while True:
            at = next_due(self._schedule, week.until(zone), zone)
            week = last_complete(at, zone)
            weeks.append((week, at))
            if at > now:
                return weeks
            week = week.shift(1)

    def _enqueue(
        self, session: Session, week: Week, channel: str, team: str, due_at: dt.datetime
    ) -> None:
        store.enqueue(session, week.label, channel, team, due_at)
        name = job_name(POST, week, channel, team)
        store_jobs.enqueue(session, name, POST, week.label, channel, team, due_at=due_at)

    @job(POST, Queue.BACKGROUND)
    async def post(self, run: Run, label: str, channel: str, team: str = "") -> None:
        """Post a week's summary, unless it is posted."""
        now = self._context.clock.now()
        await self._context.commit(lambda session: self._enqueue_due(session, now))
        summary, week = await self._find_summary(label, channel, team)
        if summary is None or summary.posted_at is not None:
            return
        where = Destination(team or await self._posts.workspace(), channel)
        posted, is_new = await self._publisher.publish_once(
            run,
            where,
            week.until(self._summary.zone(where.team)),
            lambda: self._post(where.team, channel, week, run),
        )
        if is_new:
            self._published.add(run.key)
        await self._save_posted(summary, week, posted)

    async def _post(self, team: str, channel: str, week: Week, run: Run) -> MessageRef:
        report = await self._summary.count(week, team)
        return await self._posts.post(team, channel, report, run)

    @job(DETAILS, Queue.BACKGROUND)
    async def post_details(self, run: Run, label: str, channel: str, team: str = "") -> None:
        """Post the details in the summary's thread, unless they are posted."""
        summary, week = await self._find_summary(label, channel, team)
        if summary is None or not summary.ts or summary.details_ts:
            return
        metrics: dict[str, float] = {}
        where = Destination(team or await self._posts.workspace(), channel, summary.ts)

        async def post() -> MessageRef:
            report = await self._summary.count(week, where.team)
            weekly_metrics = await self._fetch_metrics(week, where)
            metrics.update(
                (key, mean) for each in weekly_metrics for key, mean in each.means.items()
            )
            return await self._posts.post_details(where, report, weekly_metrics, run)

        since = week.until(self._summary.zone(where.team))
        posted, _ = await self._publisher.publish_once(run, where, since, post)

        def work(session: Session) -> None:
            stored = store.find(session, label, channel, team)
            if stored is not None:
                stored.details_ts = posted.ts
                stored.metrics = metrics or stored.metrics

        await self._context.store.transact(work)

    async def _fetch_metrics(self, week: Week, where: Destination) -> list[WeeklyMetrics]:
        """Fetch the usage and quality of a workspace's apps, with scheduled priority."""
        before, zone = week.shift(-1).label, self._summary.zone(where.team)
        stored_team = self._stored(where.team)
        known = await self._context.store.read(
            lambda session: store.find(session, before, where.channel, stored_team)
        )
        previous_means = (known.metrics if known else None) or {}
        metrics = []
        for app in self._context.clouds_of(where.team):
            for topic in _TOPICS:
                app_metrics = await self._app_metrics.fetch(app, topic, priority=Priority.SCHEDULED)
                changes = week_over_week_changes(app_metrics, week, zone, previous_means)
                metrics.append(WeeklyMetrics(app_metrics, changes))
        return metrics

    async def _find_summary(
        self, label: str, channel: str, team: str
    ) -> tuple[store.WeeklySummary | None, Week]:
        """Find a summary by its week; None when the workspace no longer has them in the channel."""
        summary = await self._context.store.read(
            lambda session: store.find(session, label, channel, team)
        )
        channels = self._context.workspaces.summary_channels
        is_current = any(
            (self._stored(each), chosen) == (team, channel) for each, chosen in channels.items()
        )
        return (summary if is_current else None), Week.read(label)

    async def _save_posted(
        self, summary: store.WeeklySummary, week: Week, posted: MessageRef
    ) -> None:
        now = self._context.clock.now()

        def work(session: Session) -> None:
            channel, team = summary.channel, summary.team
            stored = store.find(session, summary.week, channel, team)
            if stored is not None:
                stored.ts, stored.posted_at = posted.ts, now
            name = job_name(DETAILS, week, channel, team)
            store_jobs.enqueue(session, name, DETAILS, week.label, channel, team, due_at=now)

        await self._context.commit(work)

    async def post_now(
        self, week: Week, team: str, run_now: Callable[[str], Awaitable[bool]]
    ) -> bool:
        """Post a week's summary in a workspace's channel from the terminal; return if it is new.

        `run_now` runs a job here unless it runs elsewhere: then this waits, and runs it if the
        other process failed. Raises SlackError when Slack refuses it; a worker will retry.
        """
        channel, team = self._context.workspaces.summary_channels[team], self._stored(team)
        name = job_name(POST, week, channel, team)

        def start(session: Session) -> bool:
            summary = store.find(session, week.label, channel, team)
            if summary is not None and summary.posted_at is not None:
                return False
            self._enqueue(session, week, channel, team, self._context.clock.now())
            return True

        for _ in range(int(_WAIT_S / _POLL_S)):
            if not await self._context.store.transact(start):
                return False
            if await run_now(name):
                await run_now(job_name(DETAILS, week, channel, team))
                return name in self._published
            await asyncio.sleep(_POLL_S)
        raise LagdeskError(message("Another process is posting this summary right now. Try again."))

    @job(CSV, Queue.BACKGROUND)
    async def send_csv(self, run: Run, label: str, team: str, person: str) -> None:
        """Send the week's tickets as a file to whoever requested it."""
        _ = run
        tickets = await self._summary.list_tickets(Week.read(label), team)
        out = io.StringIO(newline="")
        export.write_tickets(tickets, out, "csv")
        content = out.getvalue().encode("utf-8-sig")  # without a BOM Excel garbles Chinese
        await self._posts.send_file(team, person, f"lagdesk-{label}.csv", content)


def job_name(kind: str, week: Week, channel: str, team: str) -> str:
    """Name a week's job in a channel: `weekly:2026-W46:T1:C1`, without a team without OAuth."""
    return ":".join(filter(None, (kind, week.label, team, channel)))
