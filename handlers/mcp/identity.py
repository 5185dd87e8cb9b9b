"""Who sends a request: a person by their access token, or Slack's assistant for a person."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
from aiohttp import web

from bot.decoding import decode_json
from bot.services.access_tokens.service import AccessTokens
from bot.services.context import explain_cancellation
from bot.services.permissions import membership_unknown
from handlers.api.server import accepted_language
from handlers.http_server import read_body
from handlers.slack.installed import InstalledWorkspaces
from handlers.slack.signature import SlackSignature, claims_to_be_slack

Result = TypeVar("Result")
_BEARER: Final = re.compile(r"Bearer +(\S+)", re.IGNORECASE)
_TIMEOUT_S: Final = 2.0  # a tool needs the rest of the time that a connection has
_PERSON: Final = re.compile(r"[UW][A-Z0-9]{1,30}")


class _SlackIdentity(msgspec.Struct, frozen=True):
    user_id: str = ""
    team_id: str = ""
    enterprise_id: str | None = None


class _Meta(msgspec.Struct, frozen=True):
    slack: _SlackIdentity = _SlackIdentity()


class _Params(msgspec.Struct, frozen=True, rename={"meta": "_meta"}):
    meta: _Meta = _Meta()


class _SlackRequest(msgspec.Struct, frozen=True):
    """The part of Slack's requests that names a person (Slack, "Slackbot MCP client")."""

    method: str = ""
    params: _Params | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """A person of a workspace. `language`: that of the request, "" when it names none of ours."""

    team: str
    person: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Identified:
    """A request of somebody known.

    `caller` is None where Slack asks for itself, which tools there are. `body` is None when it is
    too long or unreadable.
    """

    caller: Caller | None
    body: bytes | None


class CallerIdentification:
    """Identifies callers. Whoever is not known, or is no longer in the workspace, is refused."""

    def __init__(
        self, tokens: AccessTokens, signature: SlackSignature, installed: InstalledWorkspaces
    ) -> None:
        self._tokens = tokens
        self._signature = signature
        self._installed = installed

    async def identify(self, request: web.Request) -> Identified | None:
        """Return the caller and the body; None for a request that is refused.

        Raises LagdeskError when nobody can find out.
        """
        if claims_to_be_slack(request):
            return await self._identify_slack(request)
        match = _BEARER.fullmatch(request.headers.get("Authorization", ""))
        found = await _in_time(self._tokens.find_person(match[1])) if match else None
        if found is None:
            return None
        caller = Caller(found.team, found.person, _language_of(request))
        return Identified(caller, await read_body(request))

    async def _identify_slack(self, request: web.Request) -> Identified | None:
        """Identify whom Slack's signature vouches for. A call of a tool must name a person."""
        body = await self._signature.read_body(request)
        if body is None:
            return None
        try:
            sent = decode_json(body, _SlackRequest)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Identified(None, body)  # answered as malformed
        slack = sent.params.meta.slack if sent.params else _SlackIdentity()
        if not slack.user_id and not slack.team_id and sent.method != "tools/call":
            return Identified(None, body)
        if not _PERSON.fullmatch(slack.user_id) or not slack.team_id:
            return None
        has = self._installed.has(slack.team_id, slack.enterprise_id or "")
        if not await _in_time(has):
            return None
        return Identified(Caller(slack.team_id, slack.user_id, _language_of(request)), body)


async def _in_time(lookup: Awaitable[Result]) -> Result:
    """Return what was looked up. Raises LagdeskError, also when it takes too long."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return await lookup
    except TimeoutError as error:
        raise (explain_cancellation(error.__cause__) or membership_unknown()) from error


def _language_of(request: web.Request) -> str:
    return accepted_language(request.headers.get("Accept-Language", ""))
