"""Posts of weekly summaries and their details, and tickets sent as a file."""

from __future__ import annotations

from collections.abc import Sequence

from bot.jobs.run import Run
from bot.ports import Destination, MessageRef
from bot.services.summary.report import WeekReport
from bot.services.summary.week_over_week import WeeklyMetrics
from handlers.slack.api_errors import call_slack
from handlers.slack.chart_support import ChartSupport
from handlers.slack.clients import SlackClients
from handlers.slack.posting import SlackPoster
from handlers.slack.user_directory import UserDirectory
from handlers.summary.view import details_blocks, details_fallback_text, headline, summary_blocks


class SlackSummaryPosts:
    """Posts summaries, with native charts where the workspace accepts them."""

    def __init__(
        self,
        clients: SlackClients,
        users: UserDirectory,
        chart_support: ChartSupport,
    ) -> None:
        self._clients = clients
        self._poster = SlackPoster(clients)
        self._users = users
        self._chart_support = chart_support

    async def workspace(self) -> str:
        """Return the team of the configured token."""
        return str((await call_slack(self._clients.default.auth_test()))["team_id"])

    async def post(self, team: str, channel: str, report: WeekReport, run: Run) -> MessageRef:
        """Post a summary."""
        renderer = await self._users.channel_renderer(team, channel)
        text = renderer.fallback_text(headline(report))
        where = Destination(team, channel)

        async def post(*, native: bool) -> MessageRef:
            blocks = summary_blocks(report, renderer, native=native, button=True)
            return await self._poster.post(where, run, text, blocks, fall_back_to_text=False)

        return await self._chart_support.send_with_fallback(team, post)

    async def post_details(
        self,
        thread: Destination,
        report: WeekReport,
        weekly_metrics: Sequence[WeeklyMetrics],
        run: Run,
    ) -> MessageRef:
        """Post the details in the summary's thread."""
        renderer = await self._users.channel_renderer(thread.team, thread.channel)
        blocks = details_blocks(report, weekly_metrics, renderer)
        text = details_fallback_text(report, renderer)
        return await self._poster.post(thread, run, text, blocks, fall_back_to_text=False)

    async def send_file(self, team: str, person: str, name: str, content: bytes) -> None:
        """Send a person a file by direct message."""
        channel = await self._poster.direct_channel(team, person)
        await self._poster.upload(team, name, content, title=name, channel=channel)
