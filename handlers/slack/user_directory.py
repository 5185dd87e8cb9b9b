"""Who is who in Slack: a person's locale and zone, and who is support. Remembered for a while."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.i18n.translator import Translator
from bot.services.preferences.languages import Languages
from bot.settings import Settings
from handlers.slack.clients import SlackClients, error_code
from handlers.ui.renderer import Renderer

log = logging.getLogger(__name__)
Value = TypeVar("Value")

PROFILE_TTL_S: Final = 3600.0
SUPPORT_TTL_S: Final = 60.0
_SLACK_ERRORS: Final = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)
_TIMEOUT_S: Final = 1.0  # a form has to open within three seconds, whoever is slow
_BACKOFF_S: Final = 3.0
_PAGE_SIZE: Final = 200


@dataclass(frozen=True, slots=True)
class Profile:
    """What Slack knows of a person's language, zone and name; empty when it did not say."""

    locale: str = ""
    timezone: str = ""
    name: str = field(default="", compare=False)  # who they are is not how they are spoken to
    is_bot: bool = field(default=False, compare=False)


class TtlCache(Generic[Value]):
    """Remembers answers for `ttl_s` seconds; an answer that failed is not remembered."""

    def __init__(self, ttl_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._ttl_s = ttl_s
        self._clock = clock
        self._entries: dict[tuple[str, ...], tuple[float, Value]] = {}

    async def get(self, key: tuple[str, ...], fetch: Callable[[], Awaitable[Value]]) -> Value:
        """Return what is remembered, else ask."""
        entry = self._entries.get(key)
        if entry and self._clock() - entry[0] < self._ttl_s:
            return entry[1]
        value = await fetch()
        self._entries[key] = (self._clock(), value)
        return value

    def get_stale(self, key: tuple[str, ...]) -> Value | None:
        """Return what was known last, however old."""
        entry = self._entries.get(key)
        return entry[1] if entry else None

    def invalidate(self, key: tuple[str, ...]) -> None:
        """Ask anew next time; what was known stays for when no answer comes."""
        if key in self._entries:
            self._entries[key] = (-math.inf, self._entries[key][1])


class UserDirectory:
    """Answers about people, from Slack and from what they chose."""

    def __init__(self, clients: SlackClients, languages: Languages, settings: Settings) -> None:
        self._clients = clients
        self._languages = languages
        self._settings = settings
        self._profiles: TtlCache[Profile] = TtlCache(PROFILE_TTL_S)
        self._support_members: TtlCache[frozenset[str]] = TtlCache(SUPPORT_TTL_S)
        self._unavailable_until: dict[tuple[str, str], float] = {}

    async def renderer(self, team: str, person: str) -> Renderer:
        """A private surface's voice: the reader's own language and zone."""
        profile = await self.profile(team, person)
        translator = await self._languages.of_reader(
            team, person, profile.locale or None, profile.timezone or None
        )
        return Renderer(translator, mask=self._settings.mask_uids)

    async def channel_renderer(self, team: str, channel: str) -> Renderer:
        """A shared surface's voice."""
        translator = await self._languages.of_channel(team, channel)
        return Renderer(translator, mask=self._settings.mask_uids)

    def renderer_for_locale(self, locale: str, timezone: str) -> Renderer:
        """The voice a question was asked in."""
        translator = Translator(
            "both" if locale == "both" else "en" if locale == "en" else "zh", timezone
        )
        return Renderer(translator, mask=self._settings.mask_uids)

    async def profile(self, team: str, person: str) -> Profile:
        """Locale and zone as Slack has them; what was known last when Slack does not answer."""
        key = (team, person)
        cached = self._profiles.get_stale(key) or Profile()
        if time.monotonic() < self._unavailable_until.get(key, 0.0):
            return cached  # one request asks several times, and has three seconds in all
        try:
            return await self._profiles.get(key, lambda: self._fetch_profile(team, person))
        except _SLACK_ERRORS as error:
            log.info("users.info gave no locale: %s", _error_name(error))
            self._unavailable_until[key] = time.monotonic() + _BACKOFF_S
            return cached

    async def name(self, team: str, person: str) -> str:
        """A person's name, for where naming them should not call them; "" when it is unknown."""
        return (await self.profile(team, person)).name

    def invalidate(self, team: str, person: str) -> None:
        """Ask Slack anew about somebody whose profile changed."""
        self._profiles.invalidate((team, person))

    async def _fetch_profile(self, team: str, person: str) -> Profile:
        client = await self._clients.of(team)
        pending = client.users_info(user=person, include_locale=True)
        answer = await asyncio.wait_for(pending, _TIMEOUT_S)
        user: dict[str, Any] = answer.get("user") or {}
        name = str(user.get("real_name") or user.get("name") or "")
        is_bot = bool(user.get("is_bot"))
        return Profile(str(user.get("locale") or ""), str(user.get("tz") or ""), name, is_bot)

    async def is_support(self, team: str, person: str) -> bool:
        """Tell whether somebody is in SUPPORT_GROUP, or without one in the escalation channel."""
        try:
            pending = self._support_members.get((team,), lambda: self._fetch_support_members(team))
            members = await asyncio.wait_for(pending, _TIMEOUT_S)
        except _SLACK_ERRORS as error:
            log.warning("cannot tell who is support: %s", _error_name(error))
            members = self._support_members.get_stale((team,)) or frozenset()
        return person in members

    async def _fetch_support_members(self, team: str) -> frozenset[str]:
        client = await self._clients.of(team)
        group = self._settings.support_group
        if group:
            answer = await client.usergroups_users_list(usergroup=group)
            return frozenset(answer.get("users") or [])
        people: set[str] = set()
        cursor = ""
        while True:
            answer = await client.conversations_members(
                channel=self._settings.escalation_channel, limit=_PAGE_SIZE, cursor=cursor or None
            )
            people |= set(answer.get("members") or [])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return frozenset(people)


def _error_name(error: Exception) -> str:
    if isinstance(error, SlackApiError):
        return error_code(error)
    return type(error).__name__
