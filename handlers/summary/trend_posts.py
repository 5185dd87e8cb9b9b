"""Private answers with the trend of the last weeks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.charts.week_grid import WeekGrid
from bot.errors import SlackError
from bot.ports import Inquiry, UploadedImage
from bot.services.summary.trend import QualityTrend
from handlers.slack.api_errors import respond_privately
from handlers.slack.chart_support import ChartSupport
from handlers.slack.picture_answers import answer_with_picture
from handlers.slack.posting import SlackPoster
from handlers.slack.user_directory import UserDirectory
from handlers.summary.trend_grid import alt_text, trend_title, week_grid
from handlers.summary.trend_view import native_trend_blocks, trend_blocks, trend_headline
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer

log = logging.getLogger(__name__)


class SlackTrendResponder:
    """Answers with a picture, or with native charts where the workspace chose them."""

    def __init__(
        self,
        poster: SlackPoster,
        users: UserDirectory,
        chart_support: ChartSupport,
        has_native_charts: Callable[[str], Awaitable[bool]],
    ) -> None:
        self._poster = poster
        self._users = users
        self._chart_support = chart_support
        self._has_native_charts = has_native_charts

    async def respond(self, inquiry: Inquiry, trend: QualityTrend) -> None:
        """Send the trend."""
        renderer = self._users.renderer_for_locale(inquiry.locale, inquiry.timezone)
        text = renderer.fallback_text(trend_headline(trend))

        async def send(*, native: bool) -> None:
            if native:
                blocks = trend_blocks(trend, renderer, native_trend_blocks(trend, renderer))
                await respond_privately(inquiry.response_url, text, blocks)
                return
            picture = await self._picture(inquiry, trend, renderer)
            await answer_with_picture(
                inquiry.response_url,
                text,
                with_picture=trend_blocks(trend, renderer, picture) if picture else None,
                without=trend_blocks(trend, renderer, ()),
            )

        if await self._has_native_charts(inquiry.team):
            await self._chart_support.send_with_fallback(inquiry.team, send)
        else:
            await send(native=False)

    async def _picture(
        self, inquiry: Inquiry, trend: QualityTrend, renderer: Renderer
    ) -> list[Block]:
        """Draw and upload the picture; nothing when there is nothing to draw, or Slack refuses."""
        if trend.is_empty:
            return []
        title = renderer.plain_text(trend_title(trend))
        try:
            uploaded = await self._upload(inquiry.team, title, trend, renderer)
        except SlackError as error:
            log.info("could not upload the picture of a trend: %s", error)
            return []
        return [
            block_kit.image("picture", uploaded.file_id, alt_text=uploaded.alt_text, title=title)
        ]

    async def _upload(
        self, team: str, title: str, trend: QualityTrend, renderer: Renderer
    ) -> UploadedImage:
        grid = week_grid(trend, renderer)
        png = await asyncio.to_thread(_draw, grid)
        file_id = await self._poster.upload(team, "quality-trend.png", png, title=title)
        return UploadedImage(file_id, alt_text(grid, renderer))


def _draw(grid: WeekGrid) -> bytes:
    from bot.charts.grid_drawing import draw_grid  # noqa: PLC0415 - Pillow is slow to import

    return draw_grid(grid)
