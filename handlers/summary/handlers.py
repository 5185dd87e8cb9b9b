"""The weekly summary's button and its private preview."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.errors import InputError
from bot.i18n.messages import message
from bot.services.summary.service import SummaryService
from bot.services.summary.weeks import Week
from handlers.slack.request import Body, Requester
from handlers.slack.user_directory import UserDirectory
from handlers.summary.view import headline, summary_blocks
from handlers.ui.block_kit import Block


class SummaryHandlers:
    """Handles the button that sends the week's tickets as a file."""

    def __init__(self, summary: SummaryService) -> None:
        self._summary = summary

    def register(self, app: AsyncApp) -> None:
        """Register the button."""
        app.action("summary.csv")(self.send_csv)

    async def send_csv(self, ack: AsyncAck, body: Body) -> None:
        """Request the file; a job sends it by direct message."""
        requester, action = Requester.of(body), body["actions"][0]
        try:
            week = Week.read(str(action.get("value") or ""))
        except ValueError:
            raise InputError({"text": message("There is no such week.")}) from None
        origin = str(action.get("action_ts") or body.get("trigger_id") or "")
        await self._summary.request_csv(requester.team, requester.person, week, origin)
        await ack()


async def preview(
    summary: SummaryService, users: UserDirectory, requester: Requester
) -> tuple[str, list[Block]]:
    """Build the last complete week and the current one: top-level text and blocks."""
    renderer = await users.renderer(requester.team, requester.person)
    blocks: list[Block] = []
    texts: list[str] = []
    is_support, reports = await summary.preview(requester.team, requester.person)
    for report in reports:
        week_blocks = summary_blocks(
            report, renderer, native=False, button=is_support and report.is_over
        )
        blocks += [
            {**block, "block_id": f"{block['block_id']}-{report.week.label}"}
            for block in week_blocks
        ]
        texts.append(renderer.fallback_text(headline(report)))
    return "\n".join(texts), blocks
