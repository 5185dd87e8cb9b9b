"""Health checks of Slack: token, scopes, channels, group and leads."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Awaitable, Callable, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackError
from bot.i18n.messages import Duration, Message, message
from bot.ports import CheckResult, Health, Inquiry
from bot.services.workspaces.directory import Workspaces
from bot.services.workspaces.settings import WorkspaceSettings
from handlers.admin import healthcheck_view
from handlers.admin.block_checks import check_blocks
from handlers.slack.api_errors import respond_privately
from handlers.slack.clients import SlackClients, error_code
from handlers.slack.manifest import OPTIONAL_SCOPES, REQUIRED_SCOPES, SCOPES
from handlers.slack.user_directory import UserDirectory
from handlers.work_objects.refusals import LinkRefusals

_SCOPES_HEADER: Final = "x-oauth-scopes"
_TOKEN: Final = message("Slack token")
_APP_TOKEN: Final = message("Slack app-level token")
_CLOCK: Final = message("Clock")
_CLOCK_TOLERANCE_S: Final = 60.0
_SIGNATURE_MAX_AGE_S: Final = 300.0
_SCOPES: Final = message("Slack scopes")
_GROUP: Final = message("Support group")
_NOT_SET_UP: Final = message("Not chosen yet: an admin of the workspace types /lagdesk setup.")


class SlackHealthCheck:
    """Checks one workspace."""

    def __init__(
        self,
        clients: SlackClients,
        users: UserDirectory,
        workspaces: Workspaces,
        app_token: str,
        links: LinkRefusals,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._clients = clients
        self._users = users
        self._workspaces = workspaces
        self._app_token = app_token
        self._links = links
        self._now = now

    async def run_checks(self, team: str) -> Sequence[CheckResult]:
        """Check everything; with an invalid token nothing else."""
        settings = self._workspaces.of(team)
        try:
            client = await self._clients.of(team)
        except SlackError as error:
            return [CheckResult("slack.token", _TOKEN, Health.FAILED, error.user_message)]
        answer = await _try_call(client.auth_test())
        if isinstance(answer, Message):
            advice = message(
                "%(why)s Copy the token again from the app's page (OAuth & Permissions).",
                why=answer,
            )
            return [CheckResult("slack.token", _TOKEN, Health.FAILED, advice)]
        bot = str(answer.get("user") or "?")
        detail = message(
            "Valid in %(team)s, as %(bot)s.", team=str(answer.get("team") or "?"), bot=bot
        )
        return [
            CheckResult("slack.token", _TOKEN, Health.OK, detail),
            *await _check_app_token(client, self._app_token),
            *_check_clock(answer.headers, self._now()),
            _scopes(answer.headers),
            *await self._links.check(team, _granted(answer.headers)),
            *await _channels(client, settings, bot),
            *await _group(client, settings, team),
            *[await _lead(client, person) for person in settings.escalate_to],
            *await check_blocks(client, settings, dt.datetime.fromtimestamp(self._now(), dt.UTC)),
        ]

    async def send_results(self, inquiry: Inquiry, results: Sequence[CheckResult]) -> None:
        """Respond privately with the results."""
        renderer = self._users.renderer_for_locale(inquiry.locale, inquiry.timezone)
        text, blocks = healthcheck_view.results_message(results, renderer)
        await respond_privately(inquiry.response_url, text, blocks)


async def _check_app_token(client: AsyncWebClient, app_token: str) -> list[CheckResult]:
    """Ask for a connection of Socket Mode, without opening it."""
    if not app_token:
        return []
    answer = await _try_call(client.apps_connections_open(app_token=app_token))
    health, detail = Health.OK, message("Socket Mode can connect.")
    if isinstance(answer, Message):
        health, detail = (
            Health.FAILED,
            message(
                "%(why)s Generate an app-level token with the scope connections:write on the app's"
                " page (Basic Information), and set SLACK_APP_TOKEN to it.",
                why=answer,
            ),
        )
    return [CheckResult("slack.app_token", _APP_TOKEN, health, detail)]


def _check_clock(headers: Any, now: float) -> list[CheckResult]:
    """Compare this machine's clock with Slack's: signatures are valid for five minutes."""
    dates = {str(key).lower(): value for key, value in dict(headers or {}).items()}.get("date")
    try:
        slack = parsedate_to_datetime(dates[0] if isinstance(dates, list) else str(dates))
    except (ValueError, IndexError):
        return []
    ahead_s = now - slack.timestamp()
    if abs(ahead_s) < _CLOCK_TOLERANCE_S:
        return []
    detail = message(
        "The clock of this machine differs from Slack's by %(difference)s. Let it be set by NTP:"
        " requests are refused from five minutes on.",
        difference=Duration(abs(ahead_s)),
    )
    is_refused = abs(ahead_s) > _SIGNATURE_MAX_AGE_S
    health = Health.FAILED if is_refused else Health.WARNING
    return [CheckResult("clock", _CLOCK, health, detail)]


async def _channels(
    client: AsyncWebClient, settings: WorkspaceSettings, bot: str
) -> list[CheckResult]:
    escalation, summary = settings.escalation_channel, settings.summary_channel
    label, name = message("Escalation channel"), "slack.escalation_channel"
    if not escalation:
        return [CheckResult(name, label, Health.WARNING, _NOT_SET_UP)]
    results = [await _channel(client, name, label, escalation, Health.FAILED, bot=bot)]
    for channel in sorted(settings.ticket_channels - {escalation}):
        label = message("Channel of a route")
        name = f"slack.route.{channel}"
        results.append(await _channel(client, name, label, channel, Health.FAILED, bot=bot))
    if summary:
        label, name = message("Summary channel"), "slack.summary_channel"
        results.append(await _channel(client, name, label, summary, Health.WARNING, bot=bot))
    return results


async def _group(
    client: AsyncWebClient, settings: WorkspaceSettings, team: str
) -> list[CheckResult]:
    """Check who is support; nothing where nobody is yet. An organization's token needs the team."""
    name, group = "slack.support_group", settings.support_group
    if not group:
        channel = settings.escalation_channel
        return [await _support_by_channel(client, name, channel)] if channel else []
    answer = await _try_call(client.usergroups_users_list(usergroup=group, team_id=team or None))
    if isinstance(answer, Message):
        detail = message(
            "%(why)s Nobody can act on tickets: correct SUPPORT_GROUP, or type /lagdesk setup.",
            why=answer,
        )
        return [CheckResult(name, _GROUP, Health.FAILED, detail)]
    detail = message("Members: %(count)s.", count=len(answer.get("users") or []))
    return [CheckResult(name, _GROUP, Health.OK, detail)]


async def _support_by_channel(client: AsyncWebClient, name: str, channel: str) -> CheckResult:
    """Warn when others can be in the channel whose members are support."""
    answer = await _try_call(client.conversations_info(channel=channel))
    info = {} if isinstance(answer, Message) else answer.get("channel") or {}
    if info.get("is_ext_shared"):
        detail = message(
            "Not set: people of another company are in #%(channel)s and are support. Choose a user"
            " group with /lagdesk setup or SUPPORT_GROUP.",
            channel=str(info.get("name") or channel),
        )
        return CheckResult(name, _GROUP, Health.WARNING, detail)
    if info.get("is_private") is False:
        detail = message(
            "Not set: whoever joins #%(channel)s, a public channel, is support. Choose a user group"
            " with /lagdesk setup or SUPPORT_GROUP, or make the channel private.",
            channel=str(info.get("name") or channel),
        )
        return CheckResult(name, _GROUP, Health.WARNING, detail)
    detail = message("Not set: the members of the escalation channel are support.")
    return CheckResult(name, _GROUP, Health.OK, detail)


async def _lead(client: AsyncWebClient, person: str) -> CheckResult:
    """Check that a person of ESCALATE_TO exists and reads messages."""
    name, label = f"slack.escalate_to.{person}", message("Escalation to %(person)s", person=person)
    answer = await _try_call(client.users_info(user=person))
    if isinstance(answer, Message):
        detail = message("%(why)s Check ESCALATE_TO.", why=answer)
        return CheckResult(name, label, Health.WARNING, detail)
    user: dict[str, Any] = answer.get("user") or {}
    if user.get("deleted") or user.get("is_bot"):
        left = message("This account is deactivated or a bot. Check ESCALATE_TO.")
        return CheckResult(name, label, Health.WARNING, left)
    display_name = str(user.get("real_name") or user.get("name") or person)
    return CheckResult(name, label, Health.OK, message("This is %(name)s.", name=display_name))


async def _channel(
    client: AsyncWebClient,
    name: str,
    label: Message,
    channel: str,
    severity: Health,
    *,
    bot: str,
) -> CheckResult:
    answer = await _try_call(client.conversations_info(channel=channel))
    if isinstance(answer, Message):
        detail = message(
            "%(why)s If %(channel)s is a private channel, type /invite @%(bot)s there; else choose"
            " the channel with /lagdesk setup, or correct the id, which is at the bottom of the"
            " channel's details.",
            why=answer,
            channel=channel,
            bot=bot,
        )
        return CheckResult(name, label, severity, detail)
    info: dict[str, Any] = answer.get("channel") or {}
    channel_name = str(info.get("name") or channel)
    if info.get("is_archived"):
        detail = message(
            "#%(channel)s is archived. Choose another, or unarchive it.", channel=channel_name
        )
        return CheckResult(name, label, severity, detail)
    if not info.get("is_member"):
        detail = message(
            "Lagdesk is not in #%(channel)s. Type /invite @%(bot)s there.",
            channel=channel_name,
            bot=bot,
        )
        return CheckResult(name, label, severity, detail)
    return CheckResult(
        name, label, Health.OK, message("Lagdesk is in #%(channel)s.", channel=channel_name)
    )


def _scopes(headers: Any) -> CheckResult:
    name = "slack.scopes"
    granted = _granted(headers)
    if not granted:
        unknown = message("Slack does not say which scopes the token has.")
        return CheckResult(name, _SCOPES, Health.WARNING, unknown)
    missing = [scope for scope in SCOPES if scope not in granted]
    required = [scope for scope in missing if scope in REQUIRED_SCOPES]
    if required:
        add = message(
            "Missing: %(scopes)s. Add them on the app's page (OAuth & Permissions), and reinstall"
            " the app there.",
            scopes=required,
        )
        return CheckResult(name, _SCOPES, Health.FAILED, add)
    if missing:
        named = [
            message("%(scope)s (%(feature)s)", scope=scope, feature=OPTIONAL_SCOPES[scope])
            for scope in missing
        ]
        could = message("Not granted, so these features are missing: %(scopes)s.", scopes=named)
        return CheckResult(name, _SCOPES, Health.WARNING, could)
    return CheckResult(name, _SCOPES, Health.OK, message("All scopes are granted."))


def _granted(headers: Any) -> set[str]:
    """Return the scopes of the token; none when Slack does not name them."""
    lower_headers = {str(key).lower(): value for key, value in dict(headers or {}).items()}
    return _split(lower_headers.get(_SCOPES_HEADER))


def _split(value: object) -> set[str]:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value or "")
    return {scope.strip() for scope in text.split(",") if scope.strip()}


async def _try_call(call: Awaitable[Any]) -> Any:
    """Call Slack; a failure is returned as a message."""
    try:
        return await call
    except SlackApiError as error:
        code = error_code(error) or f"http_{error.response.status_code}"
        return message("Slack refused: %(code)s.", code=code)
    except (SlackClientError, TimeoutError, aiohttp.ClientError, OSError):
        return message("Slack does not respond.")
