"""The story of /quality: somebody asks about a whole app and is answered privately."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.clouds import Memory
from bot.desk import Desk
from bot.desk.overviews import Overviews
from bot.errors import SpeakRefusedError
from bot.ports import Asked, Clock, Overview
from bot.words import message
from handlers.middleware import Asker, Body, trigger_of
from handlers.overviews import TOPICS, notice, overview_blocks
from handlers.people import People
from handlers.sending import BAD_BLOCKS, answer_privately

log = logging.getLogger(__name__)

_REFUSED_FOR: Final = dt.timedelta(days=7)  # a workspace may learn the new blocks meanwhile


class QualityStory:
    """Somebody asks how good an app is, or how much it is used."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._overviews = Overviews(desk)
        self._people = people

    def register(self, app: AsyncApp) -> None:
        """Listen for the command."""
        app.command("/quality")(self.ask)

    async def ask(self, ack: AsyncAck, body: Body) -> None:
        """Take the question and say so; a job answers it."""
        asker = Asker.of(body)
        wanted = self._overviews.read(str(body.get("text") or ""))
        voice = await self._people.voice(asker.team, asker.person)
        asked = Asked(
            team=asker.team,
            person=asker.person,
            channel=asker.channel,
            answer_url=str(body.get("response_url") or ""),
            locale=voice.words.locale,
            timezone=voice.words.timezone,
            app=wanted.app,
            cname="",
            topic=wanted.topic.value,
        )
        await self._overviews.ask(trigger_of(body), asked)
        looking = message(
            "Looking at %(app)s, %(topic)s …", app=wanted.app, topic=TOPICS[wanted.topic]
        )
        await ack(text=voice.markup(looking), response_type="ephemeral")


class NativeBlocks:
    """Which workspaces do not take Slack's own charts and tables yet."""

    def __init__(self, memory: Memory, clock: Clock) -> None:
        self._memory = memory
        self._clock = clock

    async def are_taken(self, team: str) -> bool:
        """Tell whether to try; a refusal is believed for a week."""
        refused_at = await self._memory.recall(_trait(team))
        if not refused_at:
            return True
        return self._clock.now() - dt.datetime.fromisoformat(refused_at) > _REFUSED_FOR

    async def refuse(self, team: str) -> None:
        """Remember that this workspace refused them."""
        now = self._clock.now()
        await self._memory.remember(_trait(team), now.isoformat(), now)


class OverviewTeller:
    """Answers privately where somebody asked. Implements `bot.desk.overviews.Teller`."""

    def __init__(self, people: People, native: NativeBlocks) -> None:
        self._people = people
        self._native = native

    async def tell(self, question: Asked, overview: Overview, others: Sequence[str]) -> None:
        """Show charts and tables, or text where the workspace refuses those."""
        voice = self._people.voice_of(question.locale, question.timezone)
        text = notice(overview, voice)
        if await self._native.are_taken(question.team):
            try:
                shown = overview_blocks(overview, others, voice, native=True)
                await answer_privately(question, text, shown)
            except SpeakRefusedError as error:
                if error.code not in BAD_BLOCKS:
                    raise
                log.warning("the workspace takes no charts and tables yet: %s", error.code)
                await self._native.refuse(question.team)
            else:
                return
        shown = overview_blocks(overview, others, voice, native=False)
        await answer_privately(question, text, shown)


def _trait(team: str) -> str:
    return f"slack.native_blocks_refused.{team}"
