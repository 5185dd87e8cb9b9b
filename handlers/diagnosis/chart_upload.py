"""The picture of a call: drawn, uploaded in Slack's three steps, shown in the ticket's thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError

from bot import charts
from bot.charts import Picture
from bot.diagnosis import HEALTHY, UNKNOWN, Verdict
from bot.errors import SpeakError, SpeakRefusedError, SpeakUnreachableError
from bot.i18n.messages import Message, message
from bot.ports import FILE_GONE, Asked, Diagnosis, Uploaded
from bot.ticket import Ticket
from handlers.diagnosis.lines import who_of
from handlers.slack.api_errors import BAD_BLOCKS, answer_privately, sent, unreachable
from handlers.slack.clients import Clients
from handlers.slack.user_directory import People
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.causes import cause_name
from handlers.ui.forms import SIDES
from handlers.ui.native_charts import chart_of
from handlers.ui.renderer import Voice

log = logging.getLogger(__name__)

_UPLOADED: Final = 200
_READY_TRIES: Final = 5
_ANSWER_WAITS_S: Final = (0.0, 1.5)  # an address for answers takes five in all
_READY_WAIT_S: Final = 0.3  # Slack looks at a fresh file first; doubled at each try


class Pictures:
    """Draws and uploads pictures for one Slack."""

    def __init__(self, clients: Clients, people: People) -> None:
        self._clients = clients
        self._people = people

    async def upload(self, ticket: Ticket, diagnosis: Diagnosis) -> Uploaded | None:
        """Draw and upload; None when there is nothing to draw."""
        voice = await self._people.channel_voice(ticket.team, ticket.channel)
        return await self.draw(ticket.team, ticket.label, diagnosis, voice)

    async def draw(
        self, team: str, label: str, diagnosis: Diagnosis, voice: Voice
    ) -> Uploaded | None:
        """Draw and upload what is about something called `label`; None without anything to draw."""
        picture = choose_picture(diagnosis, voice)
        if not picture.panels:
            return None
        png = await asyncio.to_thread(charts.draw, picture, voice.words)
        file_id = await self._upload(team, label, png, voice)
        return Uploaded(file_id, charts.alt_text(picture, voice.words))

    async def answer(
        self, asked: Asked, diagnosis: Diagnosis, voice: Voice, text: str, shown: list[Block]
    ) -> None:
        """Answer somebody privately, with a picture under the headline where Slack takes one."""
        picture = await self._drawn_for(asked, diagnosis, voice)
        for wait_s in _ANSWER_WAITS_S if picture else ():
            await asyncio.sleep(wait_s)
            try:
                await answer_privately(asked, text, [shown[0], *picture, *shown[1:]])
            except SpeakRefusedError as error:
                if error.code not in BAD_BLOCKS:
                    raise
            else:
                return
        await answer_privately(asked, text, shown)

    async def _drawn_for(self, asked: Asked, diagnosis: Diagnosis, voice: Voice) -> list[Block]:
        try:
            uploaded = await self.draw(asked.team, asked.cname, diagnosis, voice)
        except SpeakError as error:
            log.info("no picture for a question: %s", error)
            return []
        return [uploaded_block(uploaded, asked.cname, voice)] if uploaded else []

    async def _upload(self, team: str, label: str, png: bytes, voice: Voice) -> str:
        client = await self._clients.of(team)
        name = f"{label}.png"
        place = await sent(client.files_getUploadURLExternal(filename=name, length=len(png)))
        await self._send_bytes(str(place["upload_url"]), png)
        title = _title(label, voice)
        file_id = str(place["file_id"])
        await sent(client.files_completeUploadExternal(files=[{"id": file_id, "title": title}]))
        return file_id

    async def _send_bytes(self, url: str, png: bytes) -> None:
        try:
            async with self._clients.session.post(url, data=png) as answer:
                status = answer.status
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise unreachable(error) from error
        if status != _UPLOADED:
            spoken = message("Slack did not take the picture.")
            raise SpeakUnreachableError(spoken, code=f"http_{status}", maybe_arrived=False)


def picture_block(ticket: Ticket, voice: Voice) -> Block:
    """The picture of a ticket's call, as it was uploaded."""
    uploaded = Uploaded(ticket.picture_file, ticket.picture_alt)
    return uploaded_block(uploaded, ticket.label, voice)


def uploaded_block(uploaded: Uploaded, label: str, voice: Voice) -> Block:
    """A picture of something called `label`, as it was uploaded."""
    title = _title(label, voice)
    return block_kit.image("picture", uploaded.file_id, alt_text=uploaded.alt_text, title=title)


def _title(label: str, voice: Voice) -> str:
    return voice.plain(message("%(ticket)s: what was measured", ticket=label))


def charts_of(diagnosis: Diagnosis, voice: Voice) -> list[Block]:
    """The decisive panels as Slack's own charts, and in words what those cannot show."""
    picture = choose_picture(diagnosis, voice)
    told = charts.native(picture, voice.words)
    if not told:
        return []
    shown = [chart_of(f"chart-{number}", chart) for number, chart in enumerate(told)]
    said = "\n".join(voice.markup(line) for line in charts.beside_native(picture))
    return [*shown, block_kit.context("charts", said)]


async def send_with_file(send: Callable[[], Awaitable[Any]]) -> Any:
    """Post or edit with a fresh file; Slack refuses it until it has looked at it itself."""
    for attempt in range(_READY_TRIES):
        try:
            return await sent(_unless_unready(send()))
        except _UnreadyError:
            await asyncio.sleep(_READY_WAIT_S * 2**attempt)
    spoken = message("Slack did not take the picture.")
    raise SpeakUnreachableError(spoken, code=FILE_GONE, maybe_arrived=False)


class _UnreadyError(Exception):
    """Slack has not looked at the file yet."""


async def _unless_unready(call: Awaitable[Any]) -> Any:
    try:
        return await call
    except SlackApiError as error:
        if "invalid slack file" in str(error.response.get("errors") or ""):
            raise _UnreadyError from error
        raise


def choose_picture(diagnosis: Diagnosis, voice: Voice) -> Picture:
    """Choose what to draw, people named as this surface may name them."""
    uids = [diagnosis.report.uid_of(side) for side in SIDES]
    return charts.choose(
        diagnosis.report,
        diagnosis.series,
        diagnosis.verdict,
        title=_headline(diagnosis.verdict),
        names={uid: who_of(diagnosis, uid, voice.uid(uid)) for uid in uids},
        is_reported=diagnosis.named is None,
    )


def _headline(verdict: Verdict) -> Message:
    """The verdict without uids, which a picture would keep for ever."""
    if verdict.cause == HEALTHY:
        return message("The call looked healthy")
    if verdict.cause == UNKNOWN:
        return message("Not enough data to say why")
    who = SIDES[verdict.side] if verdict.side else message("Somebody")
    cause = cause_name(verdict.cause, verdict.media, verdict.direction)
    return message("%(who)s: %(cause)s", who=who, cause=cause)
