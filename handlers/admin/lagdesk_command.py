"""The story of /lagdesk: help, and whose language."""

from __future__ import annotations

from typing import Final

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import InputError
from bot.i18n.messages import Message, message
from bot.ports import Asked
from bot.services.admin import healthcheck
from bot.services.permissions import refuse
from bot.services.tickets.service import Desk
from handlers.admin.audit_view import look_back
from handlers.diagnosis.feedback import ACCURACY_OVER, accuracy
from handlers.escalation.lines import policy_text
from handlers.preferences.modal import open_preferences
from handlers.slack.errors import Asker, Body, trigger_of
from handlers.slack.user_directory import People
from handlers.summary.command import preview
from handlers.ui.help import help_text

_LANGUAGES: Final = {"zh": "zh", "en": "en", "auto": ""}
_CHANNEL_LANGUAGES: Final = {"zh": "zh", "en": "en", "both": "both"}


class SettingsStory:
    """Somebody asks for help or chooses a language."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._people = people

    def register(self, app: AsyncApp) -> None:
        """Listen for the command."""
        app.command("/lagdesk")(self.answer)

    async def answer(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Carry out the word after the command; help when there is none."""
        asker = Asker.of(body)
        word, *rest = [*str(body.get("text") or "").lower().split(), "", ""][:2]
        match word:
            case "" | "help":
                said = None
            case "summary":
                text, shown = await preview(self._desk, self._people, asker)
                await ack(text=text, blocks=shown, response_type="ephemeral")
                return
            case "audit":
                text, shown = await look_back(self._desk, self._people, asker, rest[0])
                await ack(text=text, blocks=shown, response_type="ephemeral")
                return
            case "settings" | "notify":
                await open_preferences(self._desk, self._people, body, client)
                await ack()
                return
            case "language":
                said = await self._choose_language(asker, rest[0])
            case "channel-language":
                said = await self._choose_channel_language(asker, rest[0])
            case "policy":
                voice = await self._people.voice(asker.team, asker.person)
                told = policy_text(self._desk.policy, voice)
                await ack(text=told, response_type="ephemeral")
                return
            case "accuracy":
                found = await self._desk.accuracy(asker.team, ACCURACY_OVER)
                said = accuracy(found)
            case "doctor":
                said = await self._call_doctor(asker, body)
            case _:
                raise InputError({"text": message("There is no /lagdesk %(word)s.", word=word)})
        voice = await self._people.voice(asker.team, asker.person)
        text = voice.markup(said) if said else help_text(voice)
        await ack(text=text, response_type="ephemeral")

    async def _choose_language(self, asker: Asker, wish: str) -> Message:
        if wish not in _LANGUAGES:
            raise InputError({"text": message("Choose zh, en or auto.")})
        await self._desk.languages.choose_for_reader(asker.team, asker.person, _LANGUAGES[wish])
        if wish == "auto":
            return message("Lagdesk follows the language of your Slack again.")
        return message("Lagdesk speaks English to you now.")

    async def _choose_channel_language(self, asker: Asker, wish: str) -> Message:
        if wish not in _CHANNEL_LANGUAGES:
            raise InputError({"text": message("Choose zh, en or both.")})
        if not await self._desk.is_support(asker.team, asker.person):
            raise refuse(
                self._desk.settings, message("Only support can choose a channel's language.")
            )
        await self._desk.languages.choose_for_channel(
            asker.team, asker.channel, _CHANNEL_LANGUAGES[wish]
        )
        return message("What Lagdesk posts in this channel is now in: %(language)s.", language=wish)

    async def _call_doctor(self, asker: Asker, body: Body) -> Message:
        """Take the call and say so; a job answers it."""
        voice = await self._people.voice(asker.team, asker.person)
        asked = Asked(
            team=asker.team,
            person=asker.person,
            channel=asker.channel,
            answer_url=str(body.get("response_url") or ""),
            locale=voice.words.locale,
            timezone=voice.words.timezone,
            app="",
            cname="",
        )
        await healthcheck.call(self._desk, trigger_of(body), asked)
        return message("Checking how Lagdesk is doing …")
