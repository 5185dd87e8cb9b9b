"""The weekly summary's story: posted by a job, previewed privately, its tickets as a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Final

import aiohttp
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackClientError

from bot.errors import InputError, SlackAccessLostError, SlackUnreachableError
from bot.i18n.messages import message
from bot.ports import MessageRef
from bot.services.admin.installations import InstallationService
from bot.services.summary.report import WeekReport
from bot.services.summary.service import SummaryService
from bot.services.summary.week_over_week import WeeklyMetrics
from bot.services.summary.weeks import Week
from bot.settings import Settings
from bot.store.summary.weeks import WeeklySummary
from handlers.slack.api_errors import (
    call_slack,
    rejection_message,
    slack_unavailable,
    to_slack_error,
)
from handlers.slack.chart_support import ChartSupport
from handlers.slack.clients import SlackClients
from handlers.slack.notifier import EVENT_TYPE, find_by_key
from handlers.slack.request import Body, Requester
from handlers.slack.user_directory import UserDirectory
from handlers.summary.view import details_blocks, details_fallback_text, headline, summary_blocks
from handlers.ui.block_kit import Block

_HTTP_OK: Final = 200


class SlackSummaryPublisher:
    """Posts summaries. Implements `bot.services.summary.jobs.SummaryPublisher`."""

    def __init__(
        self,
        installations: InstallationService,
        settings: Settings,
        clients: SlackClients,
        users: UserDirectory,
        chart_support: ChartSupport,
    ) -> None:
        self._installations = installations
        self._has_oauth = settings.has_oauth
        self._clients = clients
        self._users = users
        self._chart_support = chart_support

    async def workspace(self, channel: str) -> str:
        """The workspace a channel is in: the only one, or the one that knows the channel."""
        if not self._has_oauth:
            return str((await call_slack(self._clients.default.auth_test()))["team_id"])
        for team in await self._installations.teams():
            client = await self._clients.of(team)
            try:
                await call_slack(client.conversations_info(channel=channel))
            except SlackAccessLostError:
                continue
            return team
        raise SlackAccessLostError(rejection_message("channel_not_found"), code="channel_not_found")

    async def post(self, team: str, channel: str, report: WeekReport, key: str) -> MessageRef:
        """Post with Slack's own charts, or with text where the workspace refuses those."""
        renderer = await self._users.channel_renderer(team, channel)
        text = renderer.fallback_text(headline(report))

        async def post(*, native: bool) -> MessageRef:
            blocks = summary_blocks(report, renderer, native=native, button=True)
            return await self._post(team, channel, key, text, blocks)

        return await self._chart_support.send_with_fallback(team, post)

    async def post_details(
        self,
        summary: WeeklySummary,
        report: WeekReport,
        cloud_weeks: Sequence[WeeklyMetrics],
        key: str,
    ) -> MessageRef:
        """Post the details in the summary's thread."""
        renderer = await self._users.channel_renderer(summary.team, summary.channel)
        blocks = details_blocks(report, cloud_weeks, renderer)
        text = details_fallback_text(report, renderer)
        return await self._post(
            summary.team, summary.channel, key, text, blocks, thread_ts=summary.ts
        )

    async def _post(
        self,
        team: str,
        channel: str,
        key: str,
        text: str,
        blocks: list[Block],
        *,
        thread_ts: str | None = None,
    ) -> MessageRef:
        client = await self._clients.of(team)
        posted = client.chat_postMessage(
            channel=channel,
            text=text,
            blocks=blocks,
            thread_ts=thread_ts,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
            unfurl_links=False,
            unfurl_media=False,
        )
        answer = await call_slack(posted)
        return MessageRef(str(answer["channel"]), str(answer["ts"]))

    async def find(self, summary: WeeklySummary, key: str, since: dt.datetime) -> MessageRef | None:
        """Look for a post with this key that may have arrived without an answer."""
        client = await self._clients.of(summary.team)
        read = partial(client.conversations_history, channel=summary.channel)
        if summary.ts:
            read = partial(client.conversations_replies, channel=summary.channel, ts=summary.ts)
        try:
            return await find_by_key(read, key, summary.channel, str(since.timestamp()))
        except (SlackClientError, TimeoutError, aiohttp.ClientError) as error:
            slack_error = to_slack_error(error)
            if slack_error.code == "missing_scope":  # an optional one: better twice than never
                return None
            raise slack_error from error

    async def send_file(self, team: str, person: str, name: str, content: bytes) -> None:
        """Give somebody a file in their direct channel."""
        client = await self._clients.of(team)
        opened = await call_slack(client.conversations_open(users=[person]))
        upload_target = await call_slack(
            client.files_getUploadURLExternal(filename=name, length=len(content))
        )
        await self._send_bytes(str(upload_target["upload_url"]), content)
        file: dict[str, str | None] = {"id": str(upload_target["file_id"]), "title": name}
        channel = str(opened["channel"]["id"])
        await call_slack(client.files_completeUploadExternal(files=[file], channel_id=channel))

    async def _send_bytes(self, url: str, content: bytes) -> None:
        try:
            async with self._clients.session.post(url, data=content) as answer:
                status = answer.status
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise slack_unavailable(error) from error
        if status != _HTTP_OK:
            user_message = message("Slack did not accept the file.")
            raise SlackUnreachableError(user_message, code=f"http_{status}", maybe_arrived=False)


class SummaryHandlers:
    """Somebody looks at a week before it is posted, or wants its tickets."""

    def __init__(self, summary: SummaryService) -> None:
        self._summary = summary

    def register(self, app: AsyncApp) -> None:
        """Listen for the button."""
        app.action("summary.csv")(self.send_csv)

    async def send_csv(self, ack: AsyncAck, body: Body) -> None:
        """Owe the presser the file; a job sends it privately."""
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
    """The last complete week and the current one, for one reader: fallback text and blocks."""
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
