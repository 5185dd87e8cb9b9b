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

from bot.i18n.translator import Words
from bot.services.preferences.languages import Languages
from bot.settings import Settings
from handlers.slack.clients import Clients, error_code
from handlers.ui.renderer import Voice

log = logging.getLogger(__name__)
Value = TypeVar("Value")

PROFILE_TTL_S: Final = 3600.0
STAFF_TTL_S: Final = 60.0
_AWAY: Final = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)
_PATIENCE_S: Final = 1.0  # a form has to open within three seconds, whoever is slow
_SILENCE_S: Final = 3.0
_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Profile:
    """What Slack knows of a person's language, zone and name; empty when it did not say."""

    locale: str = ""
    timezone: str = ""
    name: str = field(default="", compare=False)  # who they are is not how they are spoken to
    is_bot: bool = field(default=False, compare=False)


class Memory(Generic[Value]):
    """Remembers answers for `ttl_s` seconds; an answer that failed is not remembered."""

    def __init__(self, ttl_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._ttl_s = ttl_s
        self._clock = clock
        self._known: dict[tuple[str, ...], tuple[float, Value]] = {}

    async def get(self, key: tuple[str, ...], ask: Callable[[], Awaitable[Value]]) -> Value:
        """Return what is remembered, else ask."""
        found = self._known.get(key)
        if found and self._clock() - found[0] < self._ttl_s:
            return found[1]
        value = await ask()
        self._known[key] = (self._clock(), value)
        return value

    def get_stale(self, key: tuple[str, ...]) -> Value | None:
        """Return what was known last, however old."""
        found = self._known.get(key)
        return found[1] if found else None

    def forget(self, key: tuple[str, ...]) -> None:
        """Ask anew next time; what was known stays for when no answer comes."""
        if key in self._known:
            self._known[key] = (-math.inf, self._known[key][1])


class People:
    """Answers about people, from Slack and from what they chose."""

    def __init__(self, clients: Clients, languages: Languages, settings: Settings) -> None:
        self._clients = clients
        self._languages = languages
        self._settings = settings
        self._profiles: Memory[Profile] = Memory(PROFILE_TTL_S)
        self._staff: Memory[frozenset[str]] = Memory(STAFF_TTL_S)
        self._silent_until: dict[tuple[str, str], float] = {}

    async def voice(self, team: str, person: str) -> Voice:
        """A private surface's voice: the reader's own language and zone."""
        profile = await self.profile(team, person)
        words = await self._languages.of_reader(
            team, person, profile.locale or None, profile.timezone or None
        )
        return Voice(words, mask=self._settings.mask_uids)

    async def channel_voice(self, team: str, channel: str) -> Voice:
        """A shared surface's voice."""
        words = await self._languages.of_channel(team, channel)
        return Voice(words, mask=self._settings.mask_uids)

    def voice_of(self, locale: str, timezone: str) -> Voice:
        """The voice a question was asked in."""
        words = Words("both" if locale == "both" else "en" if locale == "en" else "zh", timezone)
        return Voice(words, mask=self._settings.mask_uids)

    async def profile(self, team: str, person: str) -> Profile:
        """Locale and zone as Slack has them; what was known last when Slack does not answer."""
        key = (team, person)
        known = self._profiles.get_stale(key) or Profile()
        if time.monotonic() < self._silent_until.get(key, 0.0):
            return known  # one request asks several times, and has three seconds in all
        try:
            return await self._profiles.get(key, lambda: self._ask_profile(team, person))
        except _AWAY as error:
            log.info("users.info gave no locale: %s", _short(error))
            self._silent_until[key] = time.monotonic() + _SILENCE_S
            return known

    async def name(self, team: str, person: str) -> str:
        """A person's name, for where naming them should not call them; "" when it is unknown."""
        return (await self.profile(team, person)).name

    def forget(self, team: str, person: str) -> None:
        """Ask Slack anew about somebody whose profile changed."""
        self._profiles.forget((team, person))

    async def _ask_profile(self, team: str, person: str) -> Profile:
        client = await self._clients.of(team)
        asked = client.users_info(user=person, include_locale=True)
        answer = await asyncio.wait_for(asked, _PATIENCE_S)
        user: dict[str, Any] = answer.get("user") or {}
        name = str(user.get("real_name") or user.get("name") or "")
        is_bot = bool(user.get("is_bot"))
        return Profile(str(user.get("locale") or ""), str(user.get("tz") or ""), name, is_bot)

    async def is_support(self, team: str, person: str) -> bool:
        """Tell whether somebody is in SUPPORT_GROUP, or without one in the escalation channel."""
        try:
            asked = self._staff.get((team,), lambda: self._ask_staff(team))
            staff = await asyncio.wait_for(asked, _PATIENCE_S)
        except _AWAY as error:
            log.warning("cannot tell who is support: %s", _short(error))
            staff = self._staff.get_stale((team,)) or frozenset()
        return person in staff

    async def _ask_staff(self, team: str) -> frozenset[str]:
        client = await self._clients.of(team)
        group = self._settings.support_group
        if group:
            answer = await client.usergroups_users_list(usergroup=group)
            return frozenset(answer.get("users") or [])
        people: set[str] = set()
        cursor = ""
        while True:
            answer = await client.conversations_members(
                channel=self._settings.escalation_channel, limit=_PAGE, cursor=cursor or None
            )
            people |= set(answer.get("members") or [])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return frozenset(people)


def _short(error: Exception) -> str:
    if isinstance(error, SlackApiError):
        return error_code(error)
    return type(error).__name__
