"""Implements ports.Inspector: asks Slack what it grants us. Decides nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.i18n.messages import Message, message
from bot.ports import Asked, Finding, Health
from bot.settings import Settings
from handlers.admin import healthcheck_view
from handlers.slack.api_errors import answer_privately
from handlers.slack.clients import Clients, error_code
from handlers.slack.manifest import OPTIONAL_SCOPES, SCOPES
from handlers.slack.user_directory import People

_SCOPES_HEADER: Final = "x-oauth-scopes"
_TOKEN: Final = message("Slack token")
_SCOPES: Final = message("Slack scopes")
_GROUP: Final = message("Support group")


class SlackInspector:
    """Looks at one workspace."""

    def __init__(self, clients: Clients, people: People, settings: Settings) -> None:
        self._clients = clients
        self._people = people
        self._settings = settings

    async def inspect(self, team: str) -> Sequence[Finding]:
        """Look at token, scopes, channels and group; without a token at nothing else."""
        client = await self._clients.of(team)
        answer = await _ask(client.auth_test())
        if isinstance(answer, Message):
            advice = message(
                "%(why)s Copy the token again from the app's page (OAuth & Permissions).",
                why=answer,
            )
            return [Finding("slack.token", _TOKEN, Health.FAILED, advice)]
        told = message(
            "Accepted in %(team)s, as %(bot)s.",
            team=str(answer.get("team") or "?"),
            bot=str(answer.get("user") or "?"),
        )
        return [
            Finding("slack.token", _TOKEN, Health.OK, told),
            _scopes(answer.headers),
            *await self._channels(client),
            await self._group(client),
            *[await _lead(client, person) for person in self._settings.escalate_to],
        ]

    async def tell(self, question: Asked, findings: Sequence[Finding]) -> None:
        """Tell somebody privately what was found."""
        voice = self._people.voice_of(question.locale, question.timezone)
        text, shown = healthcheck_view.card(findings, voice)
        await answer_privately(question, text, shown)

    async def _channels(self, client: AsyncWebClient) -> list[Finding]:
        escalation, summary = self._settings.escalation_channel, self._settings.summary_channel
        found = []
        if escalation:
            label = message("Escalation channel")
            found.append(
                await _channel(client, "slack.escalation_channel", label, escalation, Health.FAILED)
            )
        if summary:
            label = message("Summary channel")
            found.append(
                await _channel(client, "slack.summary_channel", label, summary, Health.WARNING)
            )
        return found

    async def _group(self, client: AsyncWebClient) -> Finding:
        name, group = "slack.support_group", self._settings.support_group
        if not group:
            told = message("Not set: the members of the escalation channel are support.")
            return Finding(name, _GROUP, Health.OK, told)
        answer = await _ask(client.usergroups_users_list(usergroup=group))
        if isinstance(answer, Message):
            told = message("%(why)s Check SUPPORT_GROUP: nobody can act on tickets.", why=answer)
            return Finding(name, _GROUP, Health.FAILED, told)
        told = message("Members: %(count)s.", count=len(answer.get("users") or []))
        return Finding(name, _GROUP, Health.OK, told)


async def _lead(client: AsyncWebClient, person: str) -> Finding:
    """Look whether somebody whom tickets are escalated to is there."""
    name, label = f"slack.escalate_to.{person}", message("Escalation to %(person)s", person=person)
    answer = await _ask(client.users_info(user=person))
    if isinstance(answer, Message):
        told = message("%(why)s Check ESCALATE_TO.", why=answer)
        return Finding(name, label, Health.WARNING, told)
    found: dict[str, Any] = answer.get("user") or {}
    if found.get("deleted") or found.get("is_bot"):
        left = message("Nobody reads what is written there. Check ESCALATE_TO.")
        return Finding(name, label, Health.WARNING, left)
    shown = str(found.get("real_name") or found.get("name") or person)
    return Finding(name, label, Health.OK, message("This is %(name)s.", name=shown))


async def _channel(
    client: AsyncWebClient, name: str, label: Message, channel: str, bad: Health
) -> Finding:
    answer = await _ask(client.conversations_info(channel=channel))
    if isinstance(answer, Message):
        told = message(
            "%(why)s Check the channel's id, and invite Lagdesk to the channel.", why=answer
        )
        return Finding(name, label, bad, told)
    found: dict[str, Any] = answer.get("channel") or {}
    shown = str(found.get("name") or channel)
    if found.get("is_archived"):
        told = message("#%(channel)s is archived. Choose another, or unarchive it.", channel=shown)
        return Finding(name, label, bad, told)
    if not found.get("is_member"):
        told = message(
            "Lagdesk is not in #%(channel)s. Type /invite @Lagdesk there.", channel=shown
        )
        return Finding(name, label, bad, told)
    return Finding(name, label, Health.OK, message("Lagdesk is in #%(channel)s.", channel=shown))


def _scopes(headers: Any) -> Finding:
    name = "slack.scopes"
    told = {str(key).lower(): value for key, value in dict(headers or {}).items()}
    granted = _split(told.get(_SCOPES_HEADER))
    if not granted:
        unknown = message("Slack does not tell which scopes the token has.")
        return Finding(name, _SCOPES, Health.WARNING, unknown)
    lacking = [scope for scope in SCOPES if scope not in granted]
    needed = [scope for scope in lacking if scope not in OPTIONAL_SCOPES]
    if needed:
        add = message(
            "Missing: %(scopes)s. Add them on the app's page and install the app again.",
            scopes=", ".join(needed),
        )
        return Finding(name, _SCOPES, Health.FAILED, add)
    if lacking:
        could = message(
            "Not granted: %(scopes)s. Lagdesk works, but does less.",
            scopes=", ".join(lacking),
        )
        return Finding(name, _SCOPES, Health.WARNING, could)
    return Finding(name, _SCOPES, Health.OK, message("Everything is granted."))


def _split(value: object) -> set[str]:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value or "")
    return {scope.strip() for scope in text.split(",") if scope.strip()}


async def _ask(call: Awaitable[Any]) -> Any:
    """Ask Slack; a failure becomes what is said about it."""
    try:
        return await call
    except SlackApiError as error:
        code = error_code(error) or f"http_{error.response.status_code}"
        return message("Slack refused: %(code)s.", code=code)
    except (SlackClientError, TimeoutError, aiohttp.ClientError, OSError):
        return message("Slack does not answer.")
