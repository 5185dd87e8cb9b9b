"""What Slack refused of its newer surfaces, by workspace: logged once, and shown by doctor."""

from __future__ import annotations

import logging
from typing import Final

from bot.errors import SlackError
from bot.i18n.messages import Message, message
from bot.ports import CheckResult, Health
from bot.services.admin.refused_links import RefusedLinks
from handlers.slack.manifest import WORK_OBJECT_SCOPES

log = logging.getLogger(__name__)

_LABEL: Final = message("Links to tickets")


class LinkRefusals:
    """Logs refusals of previews and side panels, each reason once, and checks what they need."""

    def __init__(self, refused: RefusedLinks, public_url: str) -> None:
        self._refused = refused
        self._public_url = public_url
        self._logged: set[tuple[str, str]] = set()

    async def note(self, team: str, error: SlackError) -> None:
        """Store a refusal; a reason that was logged is not logged again."""
        if error.retryable and not error.code:
            return
        if (team, error.code) not in self._logged:
            self._logged.add((team, error.code))
            log.warning("Slack shows no preview of links to tickets: %s", error)
            await self._refused.note(team, error.code)

    async def check(self, team: str, granted: set[str]) -> list[CheckResult]:
        """Check scopes, and refusals of the last days; nothing without PUBLIC_URL."""
        if not self._public_url:
            return []
        missing = [scope for scope in WORK_OBJECT_SCOPES if granted and scope not in granted]
        if missing:
            detail = message(
                "Not granted, so links to tickets have no preview: %(scopes)s. Install the manifest"
                " that lagdesk manifest --work-objects prints.",
                scopes=missing,
            )
            return [_result(Health.WARNING, detail)]
        code = await self._refused.last_code(team)
        if code:
            detail = message(
                "Slack refused a preview or a side panel: %(code)s. Enable Work Object Previews on"
                " the app's page, with the type Task; a workspace without them works without.",
                code=code,
            )
            return [_result(Health.WARNING, detail)]
        return [_result(Health.OK, message("Below %(url)s.", url=self._public_url))]


def _result(health: Health, detail: Message) -> CheckResult:
    return CheckResult("slack.links", _LABEL, health, detail)
