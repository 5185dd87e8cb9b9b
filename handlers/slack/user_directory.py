"""Slack users: locale, time zone, name, and whether they are support. Cached."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from cachetools import TTLCache
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.i18n.translator import Translator
from bot.services.cache import FallbackCache
from bot.services.preferences.languages import Languages
from bot.settings import Settings
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


@dataclass(frozen=True, slots=True)
class Profile:
    """A user's locale, time zone and name; empty when Slack did not answer."""

    locale: str = ""
    timezone: str = ""
    name: str = field(default="", compare=False)  # does not change how texts are rendered
    is_bot: bool = field(default=False, compare=False)


class UserDirectory:
    """Users' profiles from Slack, and renderers in the languages they chose."""

    def __init__(self, clients: SlackClients, languages: Languages, settings: Settings) -> None:
        self._clients = clients
        self._languages = languages
        self._settings = settings
        self._profiles: FallbackCache[Profile] = FallbackCache(PROFILE_TTL_S)
        self._support_members: FallbackCache[frozenset[str]] = FallbackCache(SUPPORT_TTL_S)
        self._support_requests: dict[str, asyncio.Future[frozenset[str]]] = {}
        self._recently_failed: TTLCache[tuple[str, str], bool] = TTLCache(_MAX_BACKOFFS, _BACKOFF_S)

    async def renderer(self, team: str, person: str) -> Renderer:
        """Return a renderer for a private surface: the reader's language and time zone."""
        profile = await self.profile(team, person)
        translator = await self._languages.of_reader(
            team, person, profile.locale or None, profile.timezone or None
        )
        return Renderer(translator, mask=self._settings.mask_uids)

    def last_renderer(self, team: str, person: str) -> Renderer:
        """Return a renderer without asking anybody, from what was known last."""
        profile = self._profiles.last((team, person)) or Profile()
        translator = self._languages.last_of_reader(
            team, person, profile.locale or None, profile.timezone or None
        )
        return Renderer(translator, mask=self._settings.mask_uids)

    async def channel_renderer(self, team: str, channel: str) -> Renderer:
        """Return a renderer for a channel, in its language."""
        translator = await self._languages.of_channel(team, channel)
        return Renderer(translator, mask=self._settings.mask_uids)

    def renderer_for_locale(self, locale: str, timezone: str) -> Renderer:
        """Return a renderer for the locale and time zone stored with an inquiry."""
        return Renderer(Translator(locale, timezone), mask=self._settings.mask_uids)

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
        answer = await asyncio.wait_for(pending, _TIMEOUT_S)
        user: dict[str, Any] = answer.get("user") or {}
        name = str(user.get("real_name") or user.get("name") or "")
        is_bot = bool(user.get("is_bot"))
        return Profile(str(user.get("locale") or ""), str(user.get("tz") or ""), name, is_bot)

    async def is_support(self, team: str, person: str) -> bool | None:
        """Return whether a user is in SUPPORT_GROUP; without one, in the escalation channel.

        When Slack does not answer, the members fetched last count; None when there are none.
        """
        members: frozenset[str] | None
        try:
            members = await self._wait_for_support_members(team)
        except _SLACK_ERRORS as error:
            log.warning("could not fetch the support members: %s", _error_name(error))
            members = self._support_members.last((team,))
        return None if members is None else person in members

    async def _wait_for_support_members(self, team: str) -> frozenset[str]:
        """Return the support members; a slow request goes on, so that a second try has them."""
        pending = self._support_requests.get(team)
        if pending is None:
            pending = asyncio.ensure_future(
                self._support_members.get((team,), lambda: self._fetch_support_members(team))
            )
            self._support_requests[team] = pending
            pending.add_done_callback(lambda done: self._end_support_request(team, done))
        return await asyncio.wait_for(asyncio.shield(pending), _TIMEOUT_S)

    def _end_support_request(self, team: str, done: asyncio.Future[frozenset[str]]) -> None:
        del self._support_requests[team]
        if not done.cancelled():
            done.exception()  # read, or asyncio logs it when nobody waits any more

    async def _fetch_support_members(self, team: str) -> frozenset[str]:
        client = await self._clients.of(team)
        group = self._settings.support_group
        if group:
            answer = await client.usergroups_users_list(usergroup=group)
            return frozenset(answer.get("users") or [])
        pages = await client.conversations_members(
            channel=self._settings.escalation_channel, limit=_PAGE_SIZE
        )
        return frozenset([user async for page in pages for user in page.get("members") or []])


def _error_name(error: Exception) -> str:
    if isinstance(error, SlackApiError):
        return error_code(error)
    return type(error).__name__
