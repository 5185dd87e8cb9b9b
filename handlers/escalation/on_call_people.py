"""The people of rotas as Slack users."""

from __future__ import annotations

import re
from typing import Any, Final

from bot.errors import SlackError, SlackTokenError
from bot.i18n.messages import message
from bot.services.cache import FallbackCache
from handlers.slack.api_errors import call_slack
from handlers.slack.clients import SlackClients

_TTL_S: Final = 3600.0
_USER_ID: Final = re.compile(r"[UW][A-Z0-9]{8,20}")
_NOT_FOUND: Final = frozenset({"users_not_found", "user_not_found", "user_not_visible"})
_NO_SCOPE: Final = message(
    "Lagdesk may not find people by e-mail address: it lacks the scope users:read.email."
)


class SlackPeopleFinder:
    """Finds people by e-mail address (scope users:read.email) or by Slack user id."""

    def __init__(self, clients: SlackClients) -> None:
        self._clients = clients
        self._found: FallbackCache[str] = FallbackCache(_TTL_S)

    async def find_user(self, team: str, person: str) -> str:
        """Return a person's Slack user id, "" for who is not, or no longer, in the workspace.

        Raises SlackError.
        """
        if user := self._found.fresh((team, person)):
            return user
        user = await self._ask(team, person)
        if user:
            self._found.put((team, person), user)
        return user

    async def _ask(self, team: str, person: str) -> str:
        client = await self._clients.of(team)
        if _USER_ID.fullmatch(person):
            call = client.users_info(user=person)
        elif "@" in person:
            call = client.users_lookupByEmail(email=person)
        else:
            return ""
        try:
            answer = await call_slack(call)
        except SlackError as error:
            if error.code in _NOT_FOUND:
                return ""
            if error.code == "missing_scope":
                raise SlackTokenError(_NO_SCOPE, code=error.code) from error
            raise
        user: dict[str, Any] = answer.get("user") or {}
        return "" if user.get("deleted") or user.get("is_bot") else str(user.get("id") or "")
