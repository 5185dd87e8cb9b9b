"""Posting to Slack: messages with keys, edits, looking up earlier posts, files, permalinks.

Every method raises SlackError and nothing else; `post` LeaseLostError too.
"""

from __future__ import annotations

import datetime as dt
import logging
from functools import partial
from typing import Any, Final

import aiohttp
from cachetools import LRUCache
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackContentRefusedError, SlackError, SlackUnreachableError
from bot.i18n.messages import message
from bot.jobs.run import Run
from bot.ports import Destination, MessageRef
from handlers.slack.api_errors import SlackFileNotReadyError, call_slack, slack_unavailable
from handlers.slack.clients import SlackClients
from handlers.ui.block_kit import Block

log = logging.getLogger(__name__)

_EVENT_TYPE: Final = "lagdesk_post"
_HTTP_OK: Final = 200
_PAGE_SIZE: Final = 200
_MAX_TEXT: Final = 3000  # chat.update takes no more than 4000
_MAX_LOGGED: Final = 1000
_MAX_PAGES: Final = 10  # posts are looked up among the newest two thousand


class SlackPoster:
    """Posts messages, and finds them again by the key in their metadata."""

    def __init__(self, clients: SlackClients) -> None:
        self._clients = clients
        self._logged: LRUCache[str, str] = LRUCache(_MAX_LOGGED)

    async def post(
        self,
        where: Destination,
        run: Run,
        text: str,
        blocks: list[Block] | None = None,
        *,
        fall_back_to_text: bool = True,
    ) -> MessageRef:
        """Post a message; only its text when Slack rejects the blocks, if so wished.

        Raises LeaseLostError when another worker may post it by now.
        """
        client = await self._clients.of(where.team)
        send = partial(
            client.chat_postMessage,
            channel=where.person or where.channel,
            thread_ts=where.thread_ts or None,
            metadata={"event_type": _EVENT_TYPE, "event_payload": {"key": run.key}},
            unfurl_links=False,
            unfurl_media=False,
        )
        try:
            with run.sending():  # only now: what is in the message may have taken long to fetch
                response = await call_slack(send(text=text, blocks=blocks))
        except SlackContentRefusedError as error:
            plain = plain_text(text, error)
            if not fall_back_to_text or not (blocks or len(plain) < len(text)):
                raise
            self._log_refusal(run.key, error)
            with run.sending():
                response = await call_slack(send(text=plain))
        return MessageRef(str(response["channel"]), str(response["ts"]))

    async def update(
        self,
        team: str,
        message_ref: MessageRef,
        text: str,
        blocks: list[Block],
        *,
        fall_back_to_text: bool = True,
    ) -> None:
        """Edit a message; only its text remains when Slack rejects the blocks, if so wished."""
        client = await self._clients.of(team)
        edit = partial(client.chat_update, channel=message_ref.channel, ts=message_ref.ts)
        try:
            await call_slack(edit(text=text, blocks=blocks))
        except SlackContentRefusedError as error:
            if not fall_back_to_text or isinstance(error, SlackFileNotReadyError):
                raise
            self._log_refusal(message_ref.ts, error)
            await call_slack(edit(text=plain_text(text, error), blocks=[]))

    def _log_refusal(self, name: str, error: SlackContentRefusedError) -> None:
        """Log what Slack refused, once for each message and reason."""
        if self._logged.get(name) != str(error):
            self._logged[name] = str(error)
            log.error("%s is posted as plain text: %s", name, error)

    async def post_ephemeral(
        self, where: Destination, person: str, text: str, blocks: list[Block]
    ) -> None:
        """Post a message that only one person sees."""
        client = await self._clients.of(where.team)
        await call_slack(
            client.chat_postEphemeral(
                channel=where.channel,
                user=person,
                thread_ts=where.thread_ts,
                text=text,
                blocks=blocks,
            )
        )

    async def find(
        self, where: Destination, key: str, since: dt.datetime, gone_ts: str = ""
    ) -> MessageRef | None:
        """Find an earlier post by its key; None also without the scope to read there."""
        client = await self._clients.of(where.team)
        try:
            found: MessageRef | None = await call_slack(_find(client, where, key, since, gone_ts))
        except SlackError as error:
            if error.code == "missing_scope":  # optional: rather post twice than never
                return None
            raise
        return found

    async def upload(
        self, team: str, name: str, content: bytes, *, title: str, channel: str | None = None
    ) -> str:
        """Upload a file and return its id; with `channel` also share it there."""
        client = await self._clients.of(team)
        target = await call_slack(
            client.files_getUploadURLExternal(filename=name, length=len(content))
        )
        await self._send_bytes(str(target["upload_url"]), content)
        file_id = str(target["file_id"])
        file: dict[str, str | None] = {"id": file_id, "title": title}
        await call_slack(client.files_completeUploadExternal(files=[file], channel_id=channel))
        return file_id

    async def _send_bytes(self, url: str, content: bytes) -> None:
        try:
            async with self._clients.session.post(url, data=content) as response:
                status = response.status
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise slack_unavailable(error) from error
        if status != _HTTP_OK:
            why = message("Slack did not accept the file.")
            raise SlackUnreachableError(why, code=f"http_{status}", maybe_arrived=False)

    async def direct_channel(self, team: str, person: str) -> str:
        """Return the channel of the direct messages with a person."""
        client = await self._clients.of(team)
        return str((await call_slack(client.conversations_open(users=[person])))["channel"]["id"])

    async def permalink(self, team: str, message_ref: MessageRef) -> str:
        """Return a message's permalink; "" when Slack does not answer."""
        client = await self._clients.of(team)
        try:
            response = await client.chat_getPermalink(
                channel=message_ref.channel, message_ts=message_ref.ts
            )
        except (SlackClientError, TimeoutError, aiohttp.ClientError) as error:
            log.info("no permalink of %s: %s", message_ref.ts, type(error).__name__)
            return ""
        return str(response.get("permalink") or "")


def plain_text(text: str, error: SlackContentRefusedError) -> str:
    """Return a text that Slack takes in place of a refused message, with Slack's code."""
    return f"{text[:_MAX_TEXT]}\n:warning: Slack: `{error.code}`"


async def _find(
    client: AsyncWebClient, where: Destination, key: str, since: dt.datetime, gone_ts: str
) -> MessageRef | None:
    channel = where.channel
    if where.person:
        channel = str((await client.conversations_open(users=[where.person]))["channel"]["id"])
    read: partial[Any] = partial(client.conversations_history, channel=channel)
    if where.thread_ts:
        read = partial(client.conversations_replies, channel=channel, ts=where.thread_ts)
    pages = await read(oldest=str(since.timestamp()), limit=_PAGE_SIZE, include_all_metadata=True)
    number = 0
    async for page in pages:
        for post in page.get("messages") or []:
            if _key_of(post) == key and post["ts"] != gone_ts:
                return MessageRef(channel, str(post["ts"]))
        number += 1
        if number == _MAX_PAGES:
            break
    return None


def _key_of(post: dict[str, Any]) -> str | None:
    metadata = post.get("metadata") or {}
    if metadata.get("event_type") != _EVENT_TYPE:
        return None
    return (metadata.get("event_payload") or {}).get("key")
