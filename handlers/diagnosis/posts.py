"""Posts of diagnoses: in the ticket's thread, and in response to an inquiry."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.jobs.run import Run
from bot.ports import Destination, Diagnosis, Inquiry, MessageRef, UploadedImage
from bot.ticket import Ticket
from handlers.diagnosis.chart_upload import (
    ChartUploader,
    chart_image_block,
    send_when_file_ready,
)
from handlers.diagnosis.feedback import feedback_blocks
from handlers.diagnosis.hints import hint_blocks
from handlers.diagnosis.view import (
    diagnosis_fallback_text,
    inquiry_response,
    thread_blocks,
)
from handlers.slack.api_errors import respond_privately
from handlers.slack.chart_support import ChartSupport, Result_co, SendCallback
from handlers.slack.posting import SlackPoster
from handlers.slack.user_directory import UserDirectory
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer


class SlackDiagnosisPosts:
    """Posts diagnoses: tickets have a picture, or native charts where the workspace chose them."""

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
        self._chart_uploader = ChartUploader(poster, users)

    async def upload_chart(self, ticket: Ticket, diagnosis: Diagnosis) -> UploadedImage | None:
        """Draw and upload the ticket's chart; None without data."""
        return await self._chart_uploader.upload(ticket, diagnosis)

    async def post_diagnosis(self, ticket: Ticket, diagnosis: Diagnosis, run: Run) -> MessageRef:
        """Post the diagnosis in the ticket's thread."""
        renderer = await self._users.channel_renderer(ticket.team, ticket.thread.channel)
        text = diagnosis_fallback_text(diagnosis, renderer)

        async def post(*, native: bool) -> MessageRef:
            blocks = _diagnosis_post(ticket, diagnosis, renderer, native=native)
            thread = Destination.thread_of(ticket)
            return await self._poster.post(thread, run, text, blocks, fall_back_to_text=not native)

        return await self._send(ticket.team, post)

    async def update_diagnosis(self, ticket: Ticket, diagnosis: Diagnosis) -> None:
        """Update the diagnosis in the ticket's thread."""
        renderer = await self._users.channel_renderer(ticket.team, ticket.thread.channel)
        text = diagnosis_fallback_text(diagnosis, renderer)
        post = MessageRef(ticket.thread.channel, ticket.thread.diagnosis_ts)

        async def edit(*, native: bool) -> None:
            blocks = _diagnosis_post(ticket, diagnosis, renderer, native=native)
            await send_when_file_ready(
                lambda: self._poster.update(
                    *(ticket.team, post, text, blocks), fall_back_to_text=not native
                )
            )

        await self._send(ticket.team, edit)

    async def _send(self, team: str, send: SendCallback[Result_co]) -> Result_co:
        """Send a ticket's diagnosis, with the charts that the workspace chose."""
        if await self._has_native_charts(team):
            return await self._chart_support.send_with_fallback(team, send)
        return await send(native=False)

    async def answer(self, inquiry: Inquiry, diagnosis: Diagnosis) -> None:
        """Respond to an inquiry privately."""
        renderer = self._users.renderer_for_locale(inquiry.locale, inquiry.timezone)
        text, (headline, *rest) = inquiry_response(diagnosis, renderer)

        async def answer(*, native: bool) -> None:
            if native:
                blocks = [headline, *_native_chart_blocks(diagnosis, renderer), *rest]
                await respond_privately(inquiry.response_url, text, blocks)
            else:
                await self._chart_uploader.answer(
                    inquiry, diagnosis, renderer, text, [headline, *rest]
                )

        await self._chart_support.send_with_fallback(inquiry.team, answer)


def _diagnosis_post(
    ticket: Ticket, diagnosis: Diagnosis, renderer: Renderer, *, native: bool
) -> list[Block]:
    """Build the diagnosis with charts under the headline, and the feedback buttons at its end."""
    headline, *rest = thread_blocks(diagnosis, renderer)
    image_blocks = [chart_image_block(ticket, renderer)] if ticket.thread.chart_file_id else []
    blocks = (_native_chart_blocks(diagnosis, renderer) if native else []) or image_blocks
    hints = hint_blocks(ticket, diagnosis.verdict, renderer)
    feedback = feedback_blocks(ticket, diagnosis.verdict, renderer)
    return [headline, *hints, *blocks, *rest, *feedback]


def _native_chart_blocks(diagnosis: Diagnosis, renderer: Renderer) -> list[Block]:
    from handlers.diagnosis.charts import (  # noqa: PLC0415 - numpy is slow to import
        native_chart_blocks,
    )

    return native_chart_blocks(diagnosis, renderer)
