"""`/lagdesk`: help, settings, setup, languages, charts, audit log, policy, health checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import InputError
from bot.i18n.messages import Message, message
from bot.i18n.traditional import to_simplified
from bot.locales import BOTH, LANGUAGES, LOCALES
from bot.ports import Topic
from bot.services.admin.audit_log import AuditLogService
from bot.services.admin.healthcheck import HealthCheckRequests
from bot.services.diagnosis.feedback import FeedbackService
from bot.services.escalation.on_call import OnCallService
from bot.services.preferences.service import NATIVE, PICTURE, PreferencesService
from bot.services.prefill.cleaning import clean_name
from bot.services.summary.service import SummaryService
from bot.services.workspaces.directory import Workspaces
from handlers.admin.audit_view import recent_actions
from handlers.app_metrics.command import QualityHandlers
from handlers.commands import LAGDESK
from handlers.diagnosis.accuracy import ACCURACY_PERIOD, accuracy
from handlers.escalation.lines import policy_text
from handlers.preferences.handlers import PreferencesModal
from handlers.slack.request import Body, Requester, inquiry_of, trigger_id_of
from handlers.slack.user_directory import UserDirectory
from handlers.summary.handlers import preview
from handlers.ui.block_kit import Block
from handlers.ui.help import help_text
from handlers.workspaces.handlers import SetupHandlers

_AUTO: Final = "auto"  # follow Slack
_CHOICES: Final = {  # what people write for a choice
    **dict.fromkeys(("中文", "chinese"), "zh"),
    **dict.fromkeys(("英文", "英语", "english"), "en"),
    **dict.fromkeys(("自动",), _AUTO),
    **dict.fromkeys(("双语", "中英文"), BOTH),
    **dict.fromkeys(("图片",), PICTURE),
    **dict.fromkeys(("原生",), NATIVE),
}


@dataclass(frozen=True, slots=True)
class LagdeskServices:
    """The services behind the words of `/lagdesk`."""

    preferences: PreferencesService
    summary: SummaryService
    audit_log: AuditLogService
    feedback: FeedbackService
    health_checks: HealthCheckRequests
    on_call: OnCallService


class LagdeskCommandHandlers:
    """Handles the words after `/lagdesk`."""

    def __init__(
        self,
        services: LagdeskServices,
        modal: PreferencesModal,
        setup: SetupHandlers,
        quality: QualityHandlers,
        *,
        workspaces: Workspaces,
        users: UserDirectory,
    ) -> None:
        self._services = services
        self._modal = modal
        self._setup = setup
        self._quality = quality
        self._workspaces = workspaces
        self._users = users
        self._choose = {
            "language": self._choose_language,
            "channel-language": self._choose_channel_language,
            "charts": self._choose_charts,
        }

    def register(self, app: AsyncApp) -> None:
        """Register the command."""
        app.command(LAGDESK.name)(self.answer)

    async def answer(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Answer the word after the command; with help when there is none."""
        text = " ".join(clean_name(str(body.get("text") or "")).lower().split())
        typed, _, argument = text.partition(" ")
        word = LAGDESK.find_word(typed)
        if word == "settings":
            await self._modal.open(body, client)
            await ack()
            return
        if word == "setup":
            await self._setup.open(body, client)
            await ack()
            return
        if word == "quality":
            await self._quality.inquire(body, argument or Topic.TREND)
            await ack()
            return
        text, blocks = await self._reply(Requester.of(body), word, argument, body)
        await ack(text=text, blocks=blocks, response_type="ephemeral")

    async def _reply(
        self, requester: Requester, word: str, argument: str, body: Body
    ) -> tuple[str, list[Block]]:
        """Return the answer to a word: text, and blocks where it has some."""
        msg = None
        match word:
            case "summary":
                return await preview(self._services.summary, self._users, requester)
            case "audit":
                return await recent_actions(
                    self._services.audit_log, self._users, requester, argument
                )
            case "language" | "channel-language" | "charts":
                choice = to_simplified(argument)
                msg = await self._choose[word](requester, _CHOICES.get(choice, choice))
            case "accuracy":
                rows = await self._services.feedback.accuracy(requester.team, ACCURACY_PERIOD)
                msg = accuracy(rows)
            case "doctor":
                msg = await self._run_health_check(requester, body)
            case "" | "help" | "policy":
                pass
            case _:
                raise InputError(
                    {"text": message("There is no command /lagdesk %(word)s.", word=word)}
                )
        renderer = await self._users.renderer(requester.team, requester.person)
        if msg is not None:
            return renderer.mrkdwn(msg), []
        if word == "policy":
            policy = self._workspaces.policy_of(requester.team)
            on_call = await self._services.on_call.look_up_all(requester.team)
            return policy_text(policy, renderer, on_call), []
        rights = await self._users.rights(requester.team, requester.person)
        return help_text(renderer.translator.locale, rights), []

    async def _choose_language(self, requester: Requester, argument: str) -> Message:
        choices = (*LANGUAGES, _AUTO)
        if argument not in choices:
            raise InputError({"text": _choose_one_of(choices)})
        await self._services.preferences.set_language(
            requester.team, requester.person, "" if argument == _AUTO else argument
        )
        if argument == _AUTO:
            return message("Lagdesk follows the language of your Slack again.")
        return message("Lagdesk will now use English with you.")

    async def _choose_channel_language(self, requester: Requester, argument: str) -> Message:
        if argument not in LOCALES:
            raise InputError({"text": _choose_one_of(LOCALES)})
        await self._services.preferences.set_channel_language(
            requester.team, requester.person, requester.channel, argument
        )
        chosen = LANGUAGES if argument == BOTH else (argument,)
        return message(
            "What Lagdesk posts in this channel is now in: %(languages)s.",
            languages=[LANGUAGES[name].name for name in chosen],
        )

    async def _choose_charts(self, requester: Requester, argument: str) -> Message:
        if argument not in (NATIVE, PICTURE):
            raise InputError({"text": _choose_one_of((NATIVE, PICTURE))})
        are_native = argument == NATIVE
        await self._services.preferences.set_native_charts(
            requester.team, requester.person, are_native=are_native
        )
        if are_native:
            return message("Tickets now have two charts that Slack draws.")
        return message("Tickets now have a picture of up to four measurements.")

    async def _run_health_check(self, requester: Requester, body: Body) -> Message:
        """Acknowledge; a job responds with the results."""
        renderer = await self._users.renderer(requester.team, requester.person)
        inquiry = inquiry_of(
            body,
            renderer.translator,
        )
        await self._services.health_checks.request(trigger_id_of(body), inquiry)
        return message("Running the health check …")


def _choose_one_of(choices: Sequence[str]) -> Message:
    return message("Choose one of: %(choices)s.", choices=list(choices))
