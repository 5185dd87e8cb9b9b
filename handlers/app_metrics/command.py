"""The story of /quality: somebody asks about a whole app and is answered privately."""

from __future__ import annotations

from collections.abc import Sequence

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.i18n.messages import message
from bot.ports import Asked, Overview
from bot.services.app_metrics.service import Overviews
from bot.services.preferences import service as preferences_service
from bot.services.tickets.service import Desk
from handlers.app_metrics.view import TOPICS, notice, overview_blocks
from handlers.slack.api_errors import answer_privately
from handlers.slack.chart_support import NativeBlocks
from handlers.slack.errors import Asker, Body, trigger_of
from handlers.slack.user_directory import People


class QualityStory:
    """Somebody asks how good an app is, or how much it is used."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._overviews = Overviews(desk)
        self._people = people

    def register(self, app: AsyncApp) -> None:
        """Listen for the command."""
        app.command("/quality")(self.ask)

    async def ask(self, ack: AsyncAck, body: Body) -> None:
        """Take the question and say so; a job answers it."""
        asker = Asker.of(body)
        apps = await preferences_service.apps_of(self._desk, asker.team, asker.person)
        wanted = self._overviews.read(str(body.get("text") or ""), apps)
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


class OverviewTeller:
    """Answers privately where somebody asked. Implements `Teller` of the service."""

    def __init__(self, people: People, native: NativeBlocks) -> None:
        self._people = people
        self._native = native

    async def tell(self, question: Asked, overview: Overview, others: Sequence[str]) -> None:
        """Show charts and tables, or text where the workspace refuses those."""
        voice = self._people.voice_of(question.locale, question.timezone)
        text = notice(overview, voice)

        async def answer(*, native: bool) -> None:
            shown = overview_blocks(overview, others, voice, native=native)
            await answer_privately(question, text, shown)

        await self._native.offer(question.team, answer)
