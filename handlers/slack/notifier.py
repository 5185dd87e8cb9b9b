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

from bot.errors import SpeakRefusedError
from bot.escalation import Policy
from bot.ports import Asked, Diagnosis, Posted, Uploaded
from bot.settings import Settings
from bot.ticket import Ticket
from handlers.diagnosis import verdict_message as diagnosis_message
from handlers.diagnosis.chart_upload import Pictures, charts_of, picture_block, send_with_file
from handlers.diagnosis.feedback import judging_block
from handlers.slack.api_errors import WRONG, answer_privately, sent, translate
from handlers.slack.chart_support import NativeBlocks
from handlers.slack.clients import Clients
from handlers.slack.user_directory import People
from handlers.tickets import card as tickets_card
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Voice

log = logging.getLogger(__name__)

Read = Callable[..., Awaitable[Any]]  # one page of a channel or a thread
PlaceOf = Callable[[AsyncWebClient], Awaitable[tuple[str, Read]]]  # where to look, and how
EVENT_TYPE: Final = "lagdesk_post"
_PAGE: Final = 200
_PAGES: Final = 10  # two thousand posts back, and not further
_IN_CHANNEL: Final = ("card:", "incident:")
_DIRECT: Final = ("confirm:", "explain:")  # keys of what is told to the reporter alone


class SlackSpeaker:
    """Speaks in the workspace a ticket belongs to."""

    def __init__(
        self, clients: Clients, people: People, settings: Settings, native: NativeBlocks
    ) -> None:
        self._clients = clients
        self._people = people
        self._settings = settings
        self._native = native
        self._pictures = Pictures(clients, people)
        self.has_menu: Callable[[Ticket], bool] = lambda _ticket: False

    def _card(self, ticket: Ticket, voice: Voice) -> list[Block]:
        policy = Policy.of(self._settings)
        return tickets_card.ticket_card(ticket, voice, policy, has_menu=self.has_menu(ticket))

    async def upload_picture(self, ticket: Ticket, diagnosis: Diagnosis) -> Uploaded | None:
        """Draw what was measured and give it to Slack; None when there is nothing to draw."""
        return await self._pictures.upload(ticket, diagnosis)

    async def post_card(self, ticket: Ticket, key: str) -> Posted:
        """Post the ticket's card in the escalation channel."""
        channel = self._settings.escalation_channel
        voice = await self._people.channel_voice(ticket.team, channel)
        text, shown = tickets_card.ticket_notice(ticket, voice), self._card(ticket, voice)
        return await self._post(ticket.team, channel, key, text, shown)

    async def update_card(self, ticket: Ticket) -> None:
        """Draw the ticket's card anew where it stands."""
        voice = await self._people.channel_voice(ticket.team, ticket.channel)
        text, shown = tickets_card.ticket_notice(ticket, voice), self._card(ticket, voice)
        await self._update(ticket, ticket.card_ts, text, shown)

    async def post_diagnosis(self, ticket: Ticket, diagnosis: Diagnosis, key: str) -> Posted:
        """Post what was found in the ticket's thread."""
        voice = await self._people.channel_voice(ticket.team, ticket.channel)
        text = diagnosis_message.diagnosis_notice(diagnosis, voice)

        async def post(*, native: bool) -> Posted:
            return await self._post(
                ticket.team,
                ticket.channel,
                key,
                text,
                _diagnosis_post(ticket, diagnosis, voice, native=native),
                thread_ts=ticket.card_ts,
                or_text=not native,
            )

        return await self._native.offer(ticket.team, post)

    async def update_diagnosis(self, ticket: Ticket, diagnosis: Diagnosis) -> None:
        """Edit the post in the ticket's thread."""
        voice = await self._people.channel_voice(ticket.team, ticket.channel)
        text = diagnosis_message.diagnosis_notice(diagnosis, voice)
        client = await self._clients.of(ticket.team)

        async def edit(*, native: bool) -> None:
            shown = _diagnosis_post(ticket, diagnosis, voice, native=native)
            place = partial(client.chat_update, channel=ticket.channel, ts=ticket.diagnosis_ts)
            await send_with_file(partial(place, text=text, blocks=shown))

        await self._native.offer(ticket.team, edit)

    async def confirm(self, ticket: Ticket, key: str) -> Posted:
        """Tell the reporter privately that the ticket is filed, with a link to its thread."""
        voice = await self._people.voice(ticket.team, ticket.reporter)
        text, shown = tickets_card.confirmation(ticket, voice)
        return await self._post(ticket.team, ticket.reporter, key, text, shown)

    async def explain(self, ticket: Ticket, diagnosis: Diagnosis, key: str) -> Posted:
        """Tell the reporter privately why the call was bad, with a link to the thread."""
        voice = await self._people.voice(ticket.team, ticket.reporter)
        text, shown = diagnosis_message.explanation(ticket, diagnosis, voice)
        return await self._post(ticket.team, ticket.reporter, key, text, shown)

    async def permalink(self, ticket: Ticket) -> str:
        """The card's address, "" when Slack does not tell it."""
        return await self.link(ticket.team, Posted(ticket.channel, ticket.card_ts))

    async def link(self, team: str, place: Posted) -> str:
        """A post's address, "" when Slack does not tell it."""
        client = await self._clients.of(team)
        try:
            answer = await client.chat_getPermalink(channel=place.channel, message_ts=place.ts)
        except (SlackClientError, TimeoutError, aiohttp.ClientError) as error:
            log.info("no permalink for %s: %s", place.ts, type(error).__name__)
            return ""
        return str(answer.get("permalink") or "")

    async def answer(self, asked: Asked, diagnosis: Diagnosis) -> None:
        """Answer somebody who asked about a channel, privately."""
        voice = self._people.voice_of(asked.locale, asked.timezone)
        text, (headline, *rest) = diagnosis_message.private_answer(diagnosis, voice)

        async def answer(*, native: bool) -> None:
            if native:
                shown = [headline, *charts_of(diagnosis, voice), *rest]
                await answer_privately(asked, text, shown)
            else:
                await self._pictures.answer(asked, diagnosis, voice, text, [headline, *rest])

        await self._native.offer(asked.team, answer)

    async def find(self, ticket: Ticket, key: str, since: dt.datetime) -> Posted | None:
        """Look for a post with this key that may have arrived without an answer."""
        return await self._look(
            ticket.team, key, since, lambda client: self._place_of(client, ticket, key)
        )

    async def _place_of(self, client: AsyncWebClient, ticket: Ticket, key: str) -> tuple[str, Read]:
        """Where a post with this key would stand, and how to read there."""
        if key.startswith(_DIRECT):
            return await _direct(client, ticket.reporter)
        if key.startswith(_IN_CHANNEL):
            channel = self._settings.escalation_channel
            return channel, partial(client.conversations_history, channel=channel)
        channel = ticket.channel
        read = partial(client.conversations_replies, channel=channel, ts=ticket.card_ts)
        return channel, read

    async def tell(self, team: str, person: str, key: str, text: str, shown: list[Block]) -> Posted:
        """Tell somebody something privately."""
        return await self._post(team, person, key, text, shown)

    async def find_told(
        self, team: str, person: str, key: str, since: dt.datetime
    ) -> Posted | None:
        """Look in somebody's direct channel for a message with this key."""

        async def look(client: AsyncWebClient) -> tuple[str, Read]:
            return await _direct(client, person)

        return await self._look(team, key, since, look)

    async def _look(
        self, team: str, key: str, since: dt.datetime, place_of: PlaceOf
    ) -> Posted | None:
        client = await self._clients.of(team)
        try:
            channel, pages = await place_of(client)
            return await find_key(pages, key, channel, str(since.timestamp()))
        except (SlackClientError, TimeoutError, aiohttp.ClientError) as error:
            translated = translate(error)
            if translated.code == "missing_scope":  # an optional one: better twice than never
                return None
            raise translated from error

    async def whisper(self, ticket: Ticket, person: str, text: str, shown: list[Block]) -> None:
        """Say something in the ticket's thread that only one person sees."""
        client = await self._clients.of(ticket.team)
        await sent(
            client.chat_postEphemeral(
                channel=ticket.channel,
                user=person,
                thread_ts=ticket.card_ts,
                text=text,
                blocks=shown,
            )
        )

    async def post_in_thread(
        self, ticket: Ticket, key: str, text: str, shown: list[Block] | None
    ) -> Posted:
        """Post something in the ticket's thread."""
        return await self._post(
            ticket.team, ticket.channel, key, text, shown, thread_ts=ticket.card_ts
        )

    async def edit_in_thread(self, ticket: Ticket, ts: str, text: str, shown: list[Block]) -> None:
        """Edit something in the ticket's thread."""
        await self._update(ticket, ts, text, shown)

    async def reply(
        self, team: str, place: Posted, key: str, text: str, shown: list[Block]
    ) -> Posted:
        """Post something in the thread of any message."""
        return await self._post(team, place.channel, key, text, shown, thread_ts=place.ts)

    async def find_reply(
        self, team: str, place: Posted, key: str, since: dt.datetime
    ) -> Posted | None:
        """Look for a post with this key in the thread of any message."""

        async def look(client: AsyncWebClient) -> tuple[str, Read]:
            read = partial(client.conversations_replies, channel=place.channel, ts=place.ts)
            return place.channel, read

        return await self._look(team, key, since, look)

    async def post_in_channel(
        self, team: str, channel: str, key: str, text: str, shown: list[Block]
    ) -> Posted:
        """Post something of its own in a channel."""
        return await self._post(team, channel, key, text, shown)

    async def edit_in_channel(
        self, team: str, place: Posted, text: str, shown: list[Block]
    ) -> None:
        """Edit what stands in a channel."""
        client = await self._clients.of(team)
        edit = client.chat_update(channel=place.channel, ts=place.ts, text=text, blocks=shown)
        await sent(edit)

    async def is_support(self, team: str, person: str) -> bool:
        """Tell whether this person may act on tickets."""
        return await self._people.is_support(team, person)

    async def _post(
        self,
        team: str,
        channel: str,
        key: str,
        text: str,
        shown: list[Block] | None,
        *,
        thread_ts: str | None = None,
        or_text: bool = True,
    ) -> Posted:
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
            answer = await sent(post(blocks=shown))
        except SpeakRefusedError as error:
            if error.code not in WRONG or not shown or not or_text:
                raise
            answer = await sent(post())  # bare words are better than nothing
        return Posted(str(answer["channel"]), str(answer["ts"]))

    async def _update(self, ticket: Ticket, ts: str, text: str, shown: list[Block]) -> None:
        client = await self._clients.of(ticket.team)
        await sent(client.chat_update(channel=ticket.channel, ts=ts, text=text, blocks=shown))


def _diagnosis_post(
    ticket: Ticket, diagnosis: Diagnosis, voice: Voice, *, native: bool
) -> list[Block]:
    """The diagnosis with charts or a picture under the headline, and the question at its end."""
    headline, *rest = diagnosis_message.thread_card(diagnosis, voice)
    picture = [picture_block(ticket, voice)] if ticket.picture_file else []
    shown = (charts_of(diagnosis, voice) if native else []) or picture
    return [headline, *shown, *rest, *judging_block(ticket, diagnosis.verdict, voice)]


async def _direct(client: AsyncWebClient, person: str) -> tuple[str, Read]:
    """Somebody's direct channel, and how to read there."""
    opened = await client.conversations_open(users=[person])
    channel = str(opened["channel"]["id"])
    return channel, partial(client.conversations_history, channel=channel)


async def find_key(read: Read, key: str, channel: str, oldest: str) -> Posted | None:
    """Look through the posts since `oldest` for the one whose metadata has this key."""
    cursor = ""
    for _ in range(_PAGES):
        answer = await read(
            oldest=oldest, limit=_PAGE, include_all_metadata=True, cursor=cursor or None
        )
        for post in answer.get("messages") or []:
            metadata = post.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            if metadata.get("event_type") == EVENT_TYPE and payload.get("key") == key:
                return Posted(channel, str(post["ts"]))
        cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break
    return None
