"""Implements ports.Speaker: cards go out to Slack, Slack's refusals come back as SpeakError."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackRefusedError
from bot.escalation import Policy
from bot.ports import Diagnosis, Inquiry, MessageRef, UploadedImage
from bot.settings import Settings
from bot.ticket import Ticket
from handlers.diagnosis import view as diagnosis_message
from handlers.diagnosis.chart_upload import (
    ChartUploader,
    chart_image_block,
    native_chart_blocks,
    send_when_file_ready,
)
from handlers.diagnosis.feedback import feedback_blocks
from handlers.slack.api_errors import (
    INVALID_CONTENT_CODES,
    call_slack,
    respond_privately,
    to_slack_error,
)
from handlers.slack.chart_support import ChartSupport
from handlers.slack.clients import SlackClients
from handlers.slack.user_directory import UserDirectory
from handlers.tickets import card as tickets_card
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer

log = logging.getLogger(__name__)

ReadPage = Callable[..., Awaitable[Any]]  # one page of a channel or a thread
Locate = Callable[[AsyncWebClient], Awaitable[tuple[str, ReadPage]]]  # where to look, and how
EVENT_TYPE: Final = "lagdesk_post"
_PAGE_SIZE: Final = 200
_MAX_PAGES: Final = 10  # two thousand posts back, and not further
_CHANNEL_KEYS: Final = ("card:", "incident:")
_DIRECT_MESSAGE_KEYS: Final = ("confirm:", "explain:")  # keys of what is told to the reporter alone


class SlackNotifier:
    """Speaks in the workspace a ticket belongs to."""

    def __init__(
        self,
        clients: SlackClients,
        users: UserDirectory,
        settings: Settings,
        chart_support: ChartSupport,
        has_menu: Callable[[Ticket], bool],
    ) -> None:
        self._clients = clients
        self._users = users
        self._settings = settings
        self._chart_support = chart_support
        self._chart_uploader = ChartUploader(clients, users)
        self._has_menu = has_menu

    def _card(self, ticket: Ticket, renderer: Renderer) -> list[Block]:
        policy = Policy.of(self._settings)
        return tickets_card.ticket_card(ticket, renderer, policy, has_menu=self._has_menu(ticket))

    async def upload_chart(self, ticket: Ticket, diagnosis: Diagnosis) -> UploadedImage | None:
        """Draw what was measured and give it to Slack; None when there is nothing to draw."""
        return await self._chart_uploader.upload(ticket, diagnosis)

    async def post_card(self, ticket: Ticket, key: str) -> MessageRef:
        """Post the ticket's card in the escalation channel."""
        channel = self._settings.escalation_channel
        renderer = await self._users.channel_renderer(ticket.team, channel)
        text, blocks = (
            tickets_card.ticket_fallback_text(ticket, renderer),
            self._card(ticket, renderer),
        )
        return await self._post(ticket.team, channel, key, text, blocks)

    async def update_card(self, ticket: Ticket) -> None:
        """Draw the ticket's card anew where it stands."""
        renderer = await self._users.channel_renderer(ticket.team, ticket.channel)
        text, blocks = (
            tickets_card.ticket_fallback_text(ticket, renderer),
            self._card(ticket, renderer),
        )
        await self._update(ticket, ticket.card_ts, text, blocks)

    async def post_diagnosis(self, ticket: Ticket, diagnosis: Diagnosis, key: str) -> MessageRef:
        """Post what was found in the ticket's thread."""
        renderer = await self._users.channel_renderer(ticket.team, ticket.channel)
        text = diagnosis_message.diagnosis_fallback_text(diagnosis, renderer)

        async def post(*, native: bool) -> MessageRef:
            return await self._post(
                ticket.team,
                ticket.channel,
                key,
                text,
                _diagnosis_post(ticket, diagnosis, renderer, native=native),
                thread_ts=ticket.card_ts,
                fall_back_to_text=not native,
            )

        return await self._chart_support.send_with_fallback(ticket.team, post)

    async def update_diagnosis(self, ticket: Ticket, diagnosis: Diagnosis) -> None:
        """Edit the post in the ticket's thread."""
        renderer = await self._users.channel_renderer(ticket.team, ticket.channel)
        text = diagnosis_message.diagnosis_fallback_text(diagnosis, renderer)
        client = await self._clients.of(ticket.team)

        async def edit(*, native: bool) -> None:
            blocks = _diagnosis_post(ticket, diagnosis, renderer, native=native)
            update = partial(client.chat_update, channel=ticket.channel, ts=ticket.diagnosis_ts)
            await send_when_file_ready(partial(update, text=text, blocks=blocks))

        await self._chart_support.send_with_fallback(ticket.team, edit)

    async def confirm(self, ticket: Ticket, key: str) -> MessageRef:
        """Tell the reporter privately that the ticket is filed, with a link to its thread."""
        renderer = await self._users.renderer(ticket.team, ticket.reporter)
        text, blocks = tickets_card.confirmation(ticket, renderer)
        return await self._post(ticket.team, ticket.reporter, key, text, blocks)

    async def explain(self, ticket: Ticket, diagnosis: Diagnosis, key: str) -> MessageRef:
        """Tell the reporter privately why the call was bad, with a link to the thread."""
        renderer = await self._users.renderer(ticket.team, ticket.reporter)
        text, blocks = diagnosis_message.explanation(ticket, diagnosis, renderer)
        return await self._post(ticket.team, ticket.reporter, key, text, blocks)

    async def permalink(self, ticket: Ticket) -> str:
        """The card's address, "" when Slack does not tell it."""
        return await self.link(ticket.team, MessageRef(ticket.channel, ticket.card_ts))

    async def link(self, team: str, message_ref: MessageRef) -> str:
        """A post's address, "" when Slack does not tell it."""
        client = await self._clients.of(team)
        try:
            answer = await client.chat_getPermalink(
                channel=message_ref.channel, message_ts=message_ref.ts
            )
        except (SlackClientError, TimeoutError, aiohttp.ClientError) as error:
            log.info("no permalink for %s: %s", message_ref.ts, type(error).__name__)
            return ""
        return str(answer.get("permalink") or "")

    async def answer(self, inquiry: Inquiry, diagnosis: Diagnosis) -> None:
        """Answer somebody who asked about a channel, privately."""
        renderer = self._users.renderer_for_locale(inquiry.locale, inquiry.timezone)
        text, (headline, *rest) = diagnosis_message.inquiry_response(diagnosis, renderer)

        async def answer(*, native: bool) -> None:
            if native:
                blocks = [headline, *native_chart_blocks(diagnosis, renderer), *rest]
                await respond_privately(inquiry, text, blocks)
            else:
                await self._chart_uploader.answer(
                    inquiry, diagnosis, renderer, text, [headline, *rest]
                )

        await self._chart_support.send_with_fallback(inquiry.team, answer)

    async def find(self, ticket: Ticket, key: str, since: dt.datetime) -> MessageRef | None:
        """Look for a post with this key that may have arrived without an answer."""
        return await self._find_post(
            ticket.team, key, since, lambda client: self._locate(client, ticket, key)
        )

    async def _locate(
        self, client: AsyncWebClient, ticket: Ticket, key: str
    ) -> tuple[str, ReadPage]:
        """Where a post with this key would stand, and how to read there."""
        if key.startswith(_DIRECT_MESSAGE_KEYS):
            return await _direct_channel(client, ticket.reporter)
        if key.startswith(_CHANNEL_KEYS):
            channel = self._settings.escalation_channel
            return channel, partial(client.conversations_history, channel=channel)
        channel = ticket.channel
        read = partial(client.conversations_replies, channel=channel, ts=ticket.card_ts)
        return channel, read

    async def send_direct_message(
        self, team: str, person: str, key: str, text: str, blocks: list[Block]
    ) -> MessageRef:
        """Tell somebody something privately."""
        return await self._post(team, person, key, text, blocks)

    async def find_direct_message(
        self, team: str, person: str, key: str, since: dt.datetime
    ) -> MessageRef | None:
        """Look in somebody's direct channel for a message with this key."""

        async def locate_channel(client: AsyncWebClient) -> tuple[str, ReadPage]:
            return await _direct_channel(client, person)

        return await self._find_post(team, key, since, locate_channel)

    async def _find_post(
        self, team: str, key: str, since: dt.datetime, locate: Locate
    ) -> MessageRef | None:
        client = await self._clients.of(team)
        try:
            channel, pages = await locate(client)
            return await find_by_key(pages, key, channel, str(since.timestamp()))
        except (SlackClientError, TimeoutError, aiohttp.ClientError) as error:
            slack_error = to_slack_error(error)
            if slack_error.code == "missing_scope":  # an optional one: better twice than never
                return None
            raise slack_error from error

    async def post_ephemeral(
        self, ticket: Ticket, person: str, text: str, blocks: list[Block]
    ) -> None:
        """Say something in the ticket's thread that only one person sees."""
        client = await self._clients.of(ticket.team)
        await call_slack(
            client.chat_postEphemeral(
                channel=ticket.channel,
                user=person,
                thread_ts=ticket.card_ts,
                text=text,
                blocks=blocks,
            )
        )

    async def post_in_thread(
        self, ticket: Ticket, key: str, text: str, blocks: list[Block] | None
    ) -> MessageRef:
        """Post something in the ticket's thread."""
        return await self._post(
            ticket.team, ticket.channel, key, text, blocks, thread_ts=ticket.card_ts
        )

    async def edit_in_thread(self, ticket: Ticket, ts: str, text: str, blocks: list[Block]) -> None:
        """Edit something in the ticket's thread."""
        await self._update(ticket, ts, text, blocks)

    async def reply(
        self, team: str, message_ref: MessageRef, key: str, text: str, blocks: list[Block]
    ) -> MessageRef:
        """Post something in the thread of any message."""
        return await self._post(
            team, message_ref.channel, key, text, blocks, thread_ts=message_ref.ts
        )

    async def find_reply(
        self, team: str, message_ref: MessageRef, key: str, since: dt.datetime
    ) -> MessageRef | None:
        """Look for a post with this key in the thread of any message."""

        async def locate_channel(client: AsyncWebClient) -> tuple[str, ReadPage]:
            read = partial(
                client.conversations_replies, channel=message_ref.channel, ts=message_ref.ts
            )
            return message_ref.channel, read

        return await self._find_post(team, key, since, locate_channel)

    async def post_in_channel(
        self, team: str, channel: str, key: str, text: str, blocks: list[Block]
    ) -> MessageRef:
        """Post something of its own in a channel."""
        return await self._post(team, channel, key, text, blocks)

    async def edit_in_channel(
        self, team: str, message_ref: MessageRef, text: str, blocks: list[Block]
    ) -> None:
        """Edit what stands in a channel."""
        client = await self._clients.of(team)
        edit = client.chat_update(
            channel=message_ref.channel, ts=message_ref.ts, text=text, blocks=blocks
        )
        await call_slack(edit)

    async def _post(
        self,
        team: str,
        channel: str,
        key: str,
        text: str,
        blocks: list[Block] | None,
        *,
        thread_ts: str | None = None,
        fall_back_to_text: bool = True,
    ) -> MessageRef:
        client = await self._clients.of(team)
        post = partial(
            client.chat_postMessage,
            channel=channel,
            text=text,
            thread_ts=thread_ts or None,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
            unfurl_links=False,
            unfurl_media=False,
        )
        try:
            answer = await call_slack(post(blocks=blocks))
        except SlackRefusedError as error:
            if error.code not in INVALID_CONTENT_CODES or not blocks or not fall_back_to_text:
                raise
            answer = await call_slack(post())  # bare words are better than nothing
        return MessageRef(str(answer["channel"]), str(answer["ts"]))

    async def _update(self, ticket: Ticket, ts: str, text: str, blocks: list[Block]) -> None:
        client = await self._clients.of(ticket.team)
        await call_slack(
            client.chat_update(channel=ticket.channel, ts=ts, text=text, blocks=blocks)
        )


def _diagnosis_post(
    ticket: Ticket, diagnosis: Diagnosis, renderer: Renderer, *, native: bool
) -> list[Block]:
    """The diagnosis with charts or a picture under the headline, and the question at its end."""
    headline, *rest = diagnosis_message.thread_blocks(diagnosis, renderer)
    image_blocks = [chart_image_block(ticket, renderer)] if ticket.chart_file_id else []
    blocks = (native_chart_blocks(diagnosis, renderer) if native else []) or image_blocks
    return [headline, *blocks, *rest, *feedback_blocks(ticket, diagnosis.verdict, renderer)]


async def _direct_channel(client: AsyncWebClient, person: str) -> tuple[str, ReadPage]:
    """Somebody's direct channel, and how to read there."""
    opened = await client.conversations_open(users=[person])
    channel = str(opened["channel"]["id"])
    return channel, partial(client.conversations_history, channel=channel)


async def find_by_key(read: ReadPage, key: str, channel: str, oldest: str) -> MessageRef | None:
    """Look through the posts since `oldest` for the one whose metadata has this key."""
    pages = await read(oldest=oldest, limit=_PAGE_SIZE, include_all_metadata=True)
    number = 0
    async for page in pages:
        for post in page.get("messages") or []:
            metadata = post.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            if metadata.get("event_type") == EVENT_TYPE and payload.get("key") == key:
                return MessageRef(channel, str(post["ts"]))
        number += 1
        if number == _MAX_PAGES:
            break
    return None
