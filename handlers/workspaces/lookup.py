"""Channels and user groups that `/lagdesk setup` names, looked up in Slack."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

from bot.errors import SlackAccessLostError, SlackTokenError
from bot.services.workspaces.setup import SlackChannel
from handlers.slack.api_errors import call_slack
from handlers.slack.clients import SlackClients

_TIMEOUT_S: Final = 1.5  # Slack waits three seconds for the form's answer


class SlackLookups:
    """Looks them up with the bot's token."""

    def __init__(self, clients: SlackClients) -> None:
        self._clients = clients

    async def channel(self, team: str, channel: str) -> SlackChannel | None:
        """Return a channel; None when the bot cannot see one with this id."""
        client = await self._clients.of(team)
        try:
            answer = await _in_time(client.conversations_info(channel=channel))
        except SlackTokenError:  # of no channel in particular
            raise
        except SlackAccessLostError:
            return None
        info = answer.get("channel") or {}
        return SlackChannel(
            name=str(info.get("name") or channel),
            is_private=bool(info.get("is_private")),
            is_shared=bool(info.get("is_ext_shared") or info.get("is_pending_ext_shared")),
            is_archived=bool(info.get("is_archived")),
            has_bot=bool(info.get("is_member")),
        )

    async def group(self, team: str, name: str) -> str | None:
        """Return the id of a user group, by its id or handle; None when there is none."""
        client = await self._clients.of(team)
        wanted = name.strip("@<>").rpartition("^")[2].partition("|")[0]
        answer = await _in_time(client.usergroups_list(team_id=team))
        groups = answer.get("usergroups") or []
        names = ({each.get("id"), each.get("handle"), each.get("name")} for each in groups)
        found = (each for each, known in zip(groups, names, strict=True) if wanted in known)
        return next((str(each["id"]) for each in found), None)


async def _in_time(call: Awaitable[Any]) -> Any:
    return await call_slack(asyncio.wait_for(call, _TIMEOUT_S))
