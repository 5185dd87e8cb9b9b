"""Private responses with an app's metrics."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ports import AppMetrics, Inquiry
from handlers.app_metrics.view import fallback_text, metrics_blocks
from handlers.slack.api_errors import respond_privately
from handlers.slack.chart_support import ChartSupport
from handlers.slack.user_directory import UserDirectory


class SlackAppMetricsResponder:
    """Responds to inquiries, with native charts and tables where the workspace accepts them."""

    def __init__(self, users: UserDirectory, chart_support: ChartSupport) -> None:
        self._users = users
        self._chart_support = chart_support

    async def respond(self, inquiry: Inquiry, metrics: AppMetrics, others: Sequence[str]) -> None:
        """Send the metrics; `others` are the names of the other apps."""
        renderer = self._users.renderer_for_locale(inquiry.locale, inquiry.timezone)
        text = fallback_text(metrics, renderer)

        async def send(*, native: bool) -> None:
            blocks = metrics_blocks(metrics, others, renderer, native=native)
            await respond_privately(inquiry.response_url, text, blocks)

        await self._chart_support.send_with_fallback(inquiry.team, send)
