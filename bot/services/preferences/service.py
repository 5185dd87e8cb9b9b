"""Preferences: language and default app of a person, language of a channel, charts of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.errors import InputError
from bot.i18n.messages import message
from bot.locales import LANGUAGES
from bot.services.context import Context
from bot.store import Session
from bot.store.preferences import preferences
from bot.store.rate_limits import SqlKeyValueStore

NATIVE: Final = "native"  # charts of tickets that Slack draws
PICTURE: Final = "picture"  # or pictures of four panels


@dataclass(frozen=True, slots=True)
class Preferences:
    """`locale` "" follows Slack, `app` "" is none."""

    locale: str = ""
    app: str = ""


class PreferencesService:
    """Reads and stores preferences of people and channels."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def load(self, team: str, person: str) -> Preferences:
        """Return a person's preferences."""
        stored = await self._context.languages.preferences.of_person(team, person)
        app = stored.default_app if stored.default_app in self._context.clouds_of(team) else ""
        return Preferences(stored.locale, app)

    def last_default_app(self, team: str, person: str) -> str:
        """Return a person's default app as it was read last, "" for none."""
        stored = self._context.languages.preferences.last_of_person(team, person)
        return stored.default_app if stored.default_app in self._context.clouds_of(team) else ""

    def list_apps(self, team: str) -> Sequence[str]:
        """List a workspace's apps."""
        return tuple(self._context.clouds_of(team))

    async def apps_of(self, team: str, person: str) -> list[str]:
        """List a workspace's apps, a person's default app first. NotSetUpError without any."""
        self._context.workspaces.require_set_up(team)
        chosen = await self.load(team, person)
        return sorted(self._context.clouds_of(team), key=lambda app: app != chosen.app)

    async def save(self, team: str, person: str, chosen: Preferences) -> None:
        """Store a person's preferences. Raises InputError for values that are not offered."""
        error = message("Choose one from the list.")
        fields = {
            "language": chosen.locale in {"", *LANGUAGES},
            "app": chosen.app in ("", *self._context.clouds_of(team)),
        }
        errors = {name: error for name, is_valid in fields.items() if not is_valid}
        if errors:
            raise InputError(errors)

        def work(session: Session) -> None:
            preferences.set_user_locale(session, team, person, chosen.locale)
            preferences.set_default_app(session, team, person, chosen.app)

        await self._context.languages.preferences.change_person(team, person, work)

    async def set_language(self, team: str, person: str, locale: str) -> None:
        """Store a person's language; "" follows Slack."""
        await self._context.languages.choose_for_reader(team, person, locale)

    async def set_channel_language(self, team: str, person: str, channel: str, locale: str) -> None:
        """Store a channel's language. Raises NotAllowedError for non-support."""
        refusal = message("Only support can choose a channel's language.")
        await self._context.require_support(team, person, refusal)
        await self._context.languages.choose_for_channel(team, channel, locale)

    async def set_native_charts(self, team: str, person: str, *, are_native: bool) -> None:
        """Store whether Slack draws the charts of tickets; NotAllowedError for non-support."""
        refusal = message("Only support can choose how charts are drawn.")
        await self._context.require_support(team, person, refusal)
        value, now = NATIVE if are_native else PICTURE, self._context.clock.now()
        await SqlKeyValueStore(self._context.store).put(_charts_key(team), value, now)

    async def has_native_charts(self, team: str) -> bool:
        """Return whether Slack draws the charts of tickets."""
        return await SqlKeyValueStore(self._context.store).get(_charts_key(team)) == NATIVE


def _charts_key(team: str) -> str:
    return f"charts.{team}"
