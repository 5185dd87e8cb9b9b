"""Slack users: locale, time zone, name, and whether they are support. Cached."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from typing import Any, Final

import aiohttp
from cachetools import TTLCache
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.i18n.translator import Translator
from bot.services.cache import FallbackCache
from bot.services.context import Context
from bot.services.workspaces.settings import SupportMembers
from handlers.commands import Rights
from handlers.slack.clients import SlackClients, error_code
from handlers.ui.renderer import Renderer

log = logging.getLogger(__name__)

PROFILE_TTL_S: Final = 3600.0
SUPPORT_TTL_S: Final = 60.0
_SLACK_ERRORS: Final = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)
_TIMEOUT_S: Final = 1.0  # a form has to open within three seconds, whoever is slow
_BACKOFF_S: Final = 3.0  # one request reads a profile several times, and has three seconds in all
_MAX_BACKOFFS: Final = 10_000
_PAGE_SIZE: Final = 200
_GONE_CODES: Final = frozenset({"user_not_found", "user_not_visible"})
_ADMIN_FLAGS: Final = ("is_admin", "is_owner", "is_primary_owner")


@dataclass(frozen=True, slots=True)
class Profile:
    """A user's locale, time zone and name; empty when Slack did not answer.

    `is_gone`: deactivated, or not in the workspace.
    """

    locale: str = ""
    timezone: str = ""
    name: str = field(default="", compare=False)  # does not change how texts are rendered
    is_bot: bool = field(default=False, compare=False)
    is_admin: bool = field(default=False, compare=False)
    is_gone: bool = field(default=False, compare=False)


class UserDirectory:
    """Users' profiles from Slack, and renderers in the languages they chose."""

    def __init__(self, clients: SlackClients, context: Context) -> None:
        self._clients = clients
        self._languages = context.languages
        self._workspaces = context.workspaces
        self._mask_uids = context.settings.mask_uids
        self._profiles: FallbackCache[Profile] = FallbackCache(PROFILE_TTL_S)
        self._support_members: FallbackCache[frozenset[str]] = FallbackCache(SUPPORT_TTL_S)
        self._support_requests: dict[tuple[str, ...], asyncio.Future[frozenset[str]]] = {}
        self._recently_failed: TTLCache[tuple[str, str], bool] = TTLCache(_MAX_BACKOFFS, _BACKOFF_S)

    async def renderer(self, team: str, person: str) -> Renderer:
        """Return a renderer for a private surface: the reader's language and time zone."""
        profile = await self.profile(team, person)
        translator = await self._languages.of_reader(
            team, person, profile.locale or None, profile.timezone or None
        )
        return Renderer(translator, mask=self._mask_uids)

    def last_renderer(self, team: str, person: str) -> Renderer:
        """Return a renderer without asking anybody, from what was known last."""
        profile = self._profiles.last((team, person)) or Profile()
        translator = self._languages.last_of_reader(
            team, person, profile.locale or None, profile.timezone or None
        )
        return Renderer(translator, mask=self._mask_uids)

    async def channel_renderer(self, team: str, channel: str) -> Renderer:
        """Return a renderer for a channel, in its language."""
        translator = await self._languages.of_channel(team, channel)
        return Renderer(translator, mask=self._mask_uids)

    def renderer_for_locale(self, locale: str, timezone: str) -> Renderer:
        """Return a renderer for the locale and time zone stored with an inquiry."""
        return Renderer(Translator(locale, timezone), mask=self._mask_uids)

    async def profile(self, team: str, person: str) -> Profile:
        """Return a user's profile; the one fetched last when Slack does not answer."""
        key = (team, person)
        last = self._profiles.last(key) or Profile()
        if key in self._recently_failed:
            return last
        try:
            return await self._profiles.get(key, lambda: self._fetch_profile(team, person))
        except _SLACK_ERRORS as error:
            log.info("users.info failed: %s", _error_name(error))
            self._recently_failed[key] = True
            return last

    async def name(self, team: str, person: str) -> str:
        """Return a user's name, for texts that must not mention them; "" when unknown."""
        return (await self.profile(team, person)).name

    def invalidate(self, team: str, person: str) -> None:
        """Fetch a user's profile again next time."""
        self._profiles.invalidate((team, person))

    async def _fetch_profile(self, team: str, person: str) -> Profile:
        client = await self._clients.of(team)
        pending = client.users_info(user=person, include_locale=True)
        try:
            answer = await asyncio.wait_for(pending, _TIMEOUT_S)
        except SlackApiError as error:
            if error_code(error) not in _GONE_CODES:
                raise
            last = self._profiles.last((team, person)) or Profile()
            return replace(last, is_gone=True)
        user: dict[str, Any] = answer.get("user") or {}
        return Profile(
            locale=str(user.get("locale") or ""),
            timezone=str(user.get("tz") or ""),
            name=str(user.get("real_name") or user.get("name") or ""),
            is_bot=bool(user.get("is_bot")),
            is_admin=any(bool(user.get(name)) for name in _ADMIN_FLAGS),
            is_gone=bool(user.get("deleted")),
        )

    async def is_admin(self, team: str, person: str) -> bool | None:
        """Return whether a user is an admin or owner; None while Slack cannot be asked."""
        profile = await self.profile(team, person)
        return profile.is_admin if profile.name else None

    async def is_member(self, team: str, person: str) -> bool | None:
        """Return whether a user can still use the workspace; None while Slack cannot be asked."""
        profile = await self.profile(team, person)
        return not profile.is_gone if profile.name or profile.is_gone else None

    async def rights(self, team: str, person: str) -> Rights:
        """Return which commands a user may use; what Slack does not say counts as no right."""
        is_support, is_admin = await asyncio.gather(
            self.is_support(team, person), self.is_admin(team, person)
        )
        return Rights(bool(is_support), bool(is_admin))

    async def is_support(self, team: str, person: str) -> bool | None:
        """Return whether a user is in a support group of the workspace or of one of its routes.

        Without a group the members of the channel of the cards are support. When Slack does not
        answer, the members fetched last count; None when there are none.
        """
        sources = self._workspaces.of(team).support
        known = [self._support_members.fresh(_key_of(team, source)) for source in sources]
        if None in known:  # a task for each only where there is something to wait for
            known = await asyncio.gather(*(self._members(team, source) for source in sources))
        if any(members is not None and person in members for members in known):
            return True
        return None if None in known else False

    async def _members(self, team: str, source: SupportMembers) -> frozenset[str] | None:
        try:
            return await self._wait_for_members(team, source)
        except _SLACK_ERRORS as error:
            log.warning("could not fetch the support members: %s", _error_name(error))
            return self._support_members.last(_key_of(team, source))

    async def _wait_for_members(self, team: str, source: SupportMembers) -> frozenset[str]:
        """Return the members; a slow request goes on, so that a second try has them."""
        key = _key_of(team, source)
        pending = self._support_requests.get(key)
        if pending is None:
            pending = asyncio.ensure_future(
                self._support_members.get(key, lambda: self._fetch_members(team, source))
            )
            self._support_requests[key] = pending
            pending.add_done_callback(lambda done: self._end_support_request(key, done))
        return await asyncio.wait_for(asyncio.shield(pending), _TIMEOUT_S)

    def _end_support_request(
        self, key: tuple[str, ...], done: asyncio.Future[frozenset[str]]
    ) -> None:
        del self._support_requests[key]
        if not done.cancelled():
            done.exception()  # read, or asyncio logs it when nobody waits any more

    async def _fetch_members(self, team: str, source: SupportMembers) -> frozenset[str]:
        client = await self._clients.of(team)
        if source.group:
            # an organization's token needs the workspace
            answer = await client.usergroups_users_list(usergroup=source.group, team_id=team)
            return frozenset(answer.get("users") or [])
        pages = await client.conversations_members(channel=source.channel, limit=_PAGE_SIZE)
        return frozenset([user async for page in pages for user in page.get("members") or []])


def _key_of(team: str, source: SupportMembers) -> tuple[str, ...]:
    return (team, source.group, source.channel)


def _error_name(error: Exception) -> str:
    if isinstance(error, SlackApiError):
        return error_code(error)
    return type(error).__name__
