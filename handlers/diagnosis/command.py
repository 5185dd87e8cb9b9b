"""The story of /diagnose: somebody asks about a channel and is answered privately."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.i18n.messages import message
from bot.ports import Asked
from bot.services.diagnosis.arguments import read_diagnose
from bot.services.preferences import service as preferences_service
from bot.services.tickets.service import Desk
from handlers.slack.errors import Asker, Body, trigger_of
from handlers.slack.user_directory import People


class DiagnoseStory:
    """Somebody asks why a call is bad."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._people = people

    def register(self, app: AsyncApp) -> None:
        """Listen for the command."""
        app.command("/diagnose")(self.ask)

    async def ask(self, ack: AsyncAck, body: Body) -> None:
        """Take the question and say so; a job answers it."""
        asker = Asker.of(body)
        apps = await preferences_service.apps_of(self._desk, asker.team, asker.person)
        wanted = read_diagnose(str(body.get("text") or ""), apps)
        voice = await self._people.voice(asker.team, asker.person)
        asked = Asked(
            team=asker.team,
            person=asker.person,
            channel=asker.channel,
            answer_url=str(body.get("response_url") or ""),
            locale=voice.words.locale,
            timezone=voice.words.timezone,
            app=wanted.app,
            cname=wanted.cname,
            since_s=wanted.since_s,
        )
        await self._desk.ask(trigger_of(body), asked)
        looking = message("Looking at %(cname)s …", cname=wanted.cname)
        await ack(text=voice.markup(looking), response_type="ephemeral")
