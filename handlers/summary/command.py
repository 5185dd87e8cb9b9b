"""The weekly summary's story: posted by a job, previewed privately, its tickets as a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Final

import aiohttp
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackClientError

from bot.clouds import Memory
from bot.errors import InputError, SpeakClosedError, SpeakUnreachableError
from bot.i18n.messages import message
from bot.ports import Posted
from bot.services.summary.jobs import Weekly
from bot.services.summary.report import WeekReport
from bot.services.summary.week_over_week import CloudWeek
from bot.services.summary.weeks import Week
from bot.services.tickets.service import Desk
from bot.store.summary.weeks import Summary, list_teams
from handlers.slack.api_errors import refusal, sent, translate, unreachable
from handlers.slack.chart_support import NativeBlocks
from handlers.slack.clients import Clients
from handlers.slack.errors import Asker, Body
from handlers.slack.notifier import EVENT_TYPE, find_key
from handlers.slack.oauth import Installs
from handlers.slack.user_directory import People
from handlers.summary.view import details_blocks, details_notice, headline, summary_blocks
from handlers.ui.block_kit import Block

_TAKEN: Final = 200


class SlackAnnouncer:
    """Posts summaries. Implements `bot.services.summary.jobs.Announcer`."""

    def __init__(self, desk: Desk, clients: Clients, people: People, native: NativeBlocks) -> None:
        self._desk = desk
        self._clients = clients
        self._people = people
        self._native = native

    async def workspace(self, channel: str) -> str:
        """The workspace a channel is in: the only one, or the one that knows the channel."""
        if not self._desk.settings.has_oauth:
            return str((await sent(self._clients.default.auth_test()))["team_id"])
        for team in await self._desk.store.read(list_teams):
            client = await self._clients.of(team)
            try:
                await sent(client.conversations_info(channel=channel))
            except SpeakClosedError:
                continue
            return team
        raise SpeakClosedError(refusal("channel_not_found"), code="channel_not_found")

    async def post(self, team: str, channel: str, report: WeekReport, key: str) -> Posted:
        """Post with Slack's own charts, or with text where the workspace refuses those."""
        voice = await self._people.channel_voice(team, channel)
        text = voice.notice(headline(report))

        async def post(*, native: bool) -> Posted:
            shown = summary_blocks(report, voice, native=native, button=True)
            return await self._post(team, channel, key, text, shown)

        return await self._native.offer(team, post)

    async def post_details(
        self, place: Summary, report: WeekReport, told: Sequence[CloudWeek], key: str
    ) -> Posted:
        """Post the details in the summary's thread."""
        voice = await self._people.channel_voice(place.team, place.channel)
        shown = details_blocks(report, told, voice)
        text = details_notice(report, voice)
        return await self._post(place.team, place.channel, key, text, shown, thread_ts=place.ts)

    async def _post(
        self,
        team: str,
        channel: str,
        key: str,
        text: str,
        shown: list[Block],
        *,
        thread_ts: str | None = None,
    ) -> Posted:
        client = await self._clients.of(team)
        posted = client.chat_postMessage(
            channel=channel,
            text=text,
            blocks=shown,
            thread_ts=thread_ts,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
            unfurl_links=False,
            unfurl_media=False,
        )
        answer = await sent(posted)
        return Posted(str(answer["channel"]), str(answer["ts"]))

    async def find(self, place: Summary, key: str, since: dt.datetime) -> Posted | None:
        """Look for a post with this key that may have arrived without an answer."""
        client = await self._clients.of(place.team)
        read = partial(client.conversations_history, channel=place.channel)
        if place.ts:
            read = partial(client.conversations_replies, channel=place.channel, ts=place.ts)
        try:
            return await find_key(read, key, place.channel, str(since.timestamp()))
        except (SlackClientError, TimeoutError, aiohttp.ClientError) as error:
            translated = translate(error)
            if translated.code == "missing_scope":  # an optional one: better twice than never
                return None
            raise translated from error

    async def send_file(self, team: str, person: str, name: str, content: bytes) -> None:
        """Give somebody a file in their direct channel."""
        client = await self._clients.of(team)
        opened = await sent(client.conversations_open(users=[person]))
        place = await sent(client.files_getUploadURLExternal(filename=name, length=len(content)))
        await self._send_bytes(str(place["upload_url"]), content)
        file: dict[str, str | None] = {"id": str(place["file_id"]), "title": name}
        channel = str(opened["channel"]["id"])
        await sent(client.files_completeUploadExternal(files=[file], channel_id=channel))

    async def _send_bytes(self, url: str, content: bytes) -> None:
        try:
            async with self._clients.session.post(url, data=content) as answer:
                status = answer.status
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise unreachable(error) from error
        if status != _TAKEN:
            spoken = message("Slack did not take the file.")
            raise SpeakUnreachableError(spoken, code=f"http_{status}", maybe_arrived=False)


class SummaryStory:
    """Somebody looks at a week before it is posted, or wants its tickets."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._people = people
        self._weekly = Weekly(desk)

    def register(self, app: AsyncApp) -> None:
        """Listen for the button."""
        app.action("summary.csv")(self.send_csv)

    async def send_csv(self, ack: AsyncAck, body: Body) -> None:
        """Owe the presser the file; a job sends it privately."""
        asker, action = Asker.of(body), body["actions"][0]
        try:
            week = Week.read(str(action.get("value") or ""))
        except ValueError:
            raise InputError({"text": message("There is no such week.")}) from None
        origin = str(action.get("action_ts") or body.get("trigger_id") or "")
        await self._weekly.ask_csv(asker.team, asker.person, week, origin)
        await ack()


async def preview(desk: Desk, people: People, asker: Asker) -> tuple[str, list[Block]]:
    """The last complete week and this one so far, for one reader: notice text and blocks."""
    weekly = Weekly(desk)
    voice = await people.voice(asker.team, asker.person)
    shown: list[Block] = []
    texts: list[str] = []
    team = asker.team if desk.settings.has_oauth else None
    is_support = await desk.is_support(asker.team, asker.person)
    for week in (weekly.last_week, weekly.this_week):
        report = await weekly.count(week, team)
        if not is_support:  # others may see their own tickets, and how many there are
            report = replace(report, oldest=())
        told = summary_blocks(report, voice, native=False, button=is_support and report.is_over)
        shown += [{**block, "block_id": f"{block['block_id']}-{week.label}"} for block in told]
        texts.append(voice.notice(headline(report)))
    return "\n".join(texts), shown


@asynccontextmanager
async def open_announcer(desk: Desk, memory: Memory) -> AsyncIterator[SlackAnnouncer]:
    """Connect to Slack for one post from a terminal."""
    settings = desk.settings
    token_of = Installs(desk).token_of if settings.has_oauth else None
    async with Clients(settings.slack_api_url, settings.slack_bot_token, token_of) as clients:
        people = People(clients, desk.languages, settings)
        yield SlackAnnouncer(desk, clients, people, NativeBlocks(memory, desk.clock))
