"""Charts of a call uploaded to Slack as images."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from bot.errors import SlackError, SlackUnreachableError
from bot.i18n.messages import message
from bot.ports import FILE_GONE, Diagnosis, Inquiry, UploadedImage
from bot.ticket import Ticket
from handlers.slack.api_errors import SlackFileNotReadyError
from handlers.slack.picture_answers import answer_with_picture
from handlers.slack.posting import SlackPoster
from handlers.slack.user_directory import UserDirectory
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer

log = logging.getLogger(__name__)

_MAX_ATTEMPTS: Final = 5
_RETRY_DELAY_S: Final = 0.3  # while Slack processes a new file; doubled at each retry


class ChartUploader:
    """Draws charts and uploads them."""

    def __init__(self, poster: SlackPoster, users: UserDirectory) -> None:
        self._poster = poster
        self._users = users

    async def upload(self, ticket: Ticket, diagnosis: Diagnosis) -> UploadedImage | None:
        """Draw and upload a ticket's chart; None without data."""
        renderer = await self._users.channel_renderer(ticket.team, ticket.thread.channel)
        return await self.draw(ticket.team, ticket.label, diagnosis, renderer)

    async def draw(
        self, team: str, label: str, diagnosis: Diagnosis, renderer: Renderer
    ) -> UploadedImage | None:
        """Draw and upload a chart titled with `label`; None without data."""
        drawn = await asyncio.to_thread(_draw, diagnosis, renderer)
        if drawn is None:
            return None
        png, alt_text = drawn
        file_id = await self._poster.upload(
            team, f"{label}.png", png, title=_title(label, renderer)
        )
        return UploadedImage(file_id, alt_text)

    async def answer(
        self,
        inquiry: Inquiry,
        diagnosis: Diagnosis,
        renderer: Renderer,
        text: str,
        blocks: list[Block],
    ) -> None:
        """Answer an inquiry privately, with a chart under the headline if Slack accepts it."""
        chart = await self._chart_blocks_for(inquiry, diagnosis, renderer)
        await answer_with_picture(
            inquiry.response_url,
            text,
            with_picture=[blocks[0], *chart, *blocks[1:]] if chart else None,
            without=blocks,
        )

    async def _chart_blocks_for(
        self, inquiry: Inquiry, diagnosis: Diagnosis, renderer: Renderer
    ) -> list[Block]:
        try:
            uploaded = await self.draw(inquiry.team, inquiry.cname, diagnosis, renderer)
        except SlackError as error:
            log.info("could not upload the chart of an inquiry: %s", error)
            return []
        return [uploaded_image_block(uploaded, inquiry.cname, renderer)] if uploaded else []


def _draw(diagnosis: Diagnosis, renderer: Renderer) -> tuple[bytes, str] | None:
    from handlers.diagnosis.charts import draw_chart  # noqa: PLC0415 - Pillow is slow to import

    return draw_chart(diagnosis, renderer)


def chart_image_block(ticket: Ticket, renderer: Renderer) -> Block:
    """Build the block of a ticket's uploaded chart."""
    uploaded = UploadedImage(ticket.thread.chart_file_id, ticket.thread.chart_alt_text)
    return uploaded_image_block(uploaded, ticket.label, renderer)


def uploaded_image_block(uploaded: UploadedImage, label: str, renderer: Renderer) -> Block:
    """Build the block of an uploaded chart titled with `label`."""
    title = _title(label, renderer)
    return block_kit.image("picture", uploaded.file_id, alt_text=uploaded.alt_text, title=title)


def _title(label: str, renderer: Renderer) -> str:
    title = message("%(ticket)s: what was measured", ticket=label)
    return renderer.plain_text(title.in_facts(label, message("what was measured")))


async def send_when_file_ready(send: Callable[[], Awaitable[None]]) -> None:
    """Post or edit with a new file; retry while Slack is still processing the file.

    Raises SlackUnreachableError with the code FILE_GONE when it does not accept the file.
    """
    for attempt in range(_MAX_ATTEMPTS):
        try:
            return await send()
        except SlackFileNotReadyError:
            await asyncio.sleep(_RETRY_DELAY_S * 2**attempt)
    user_message = message("Slack did not accept the image.")
    raise SlackUnreachableError(user_message, code=FILE_GONE, maybe_arrived=False)
