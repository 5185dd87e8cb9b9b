"""Preferences: language, default app and notifications of a person, language of a channel."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from bot.errors import InputError
from bot.i18n.messages import Message, message
from bot.locales import LANGUAGES
from bot.services.context import Context, DatabaseError
from bot.store import Session
from bot.store.preferences import preferences

NOTIFICATION_KINDS: Final[Mapping[str, Message]] = {  # private messages that can be muted
    "claimed": message("It is claimed"),
    "explained": message("Why the call was bad"),
    "resolved": message("It is resolved"),
}


@dataclass(frozen=True, slots=True)
class Preferences:
    """`locale` "" follows Slack, `app` "" is none; `notifications` are the kinds not muted."""

    locale: str = ""
    app: str = ""
    notifications: tuple[str, ...] = tuple(NOTIFICATION_KINDS)


class PreferencesService:
    """Reads and stores preferences of people and channels."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def load(self, team: str, person: str) -> Preferences:
        """Return a person's preferences."""
        stored = await self._context.languages.preferences.of_person(team, person)
        enabled = tuple(kind for kind in NOTIFICATION_KINDS if kind not in stored.muted_kinds)
        app = stored.default_app if stored.default_app in self._context.clouds else ""
        return Preferences(stored.locale, app, enabled)

    async def default_app(self, team: str, person: str) -> str:
        """Return a person's default app, "" for none; as known last while the database is away."""
        with suppress(DatabaseError):
            return (await self.load(team, person)).app
        app = self._context.languages.preferences.last_of_person(team, person).default_app
        return app if app in self._context.clouds else ""

    async def apps_of(self, team: str, person: str) -> list[str]:
        """List the apps, a person's default app first."""
        chosen = await self.load(team, person)
        return sorted(self._context.clouds, key=lambda app: app != chosen.app)

    async def save(self, team: str, person: str, chosen: Preferences) -> None:
        """Store a person's preferences. Raises InputError for values that are not offered."""
        error = message("Choose one from the list.")
        fields = {
            "language": chosen.locale in {"", *LANGUAGES},
            "app": chosen.app in ("", *self._context.clouds),
            "notices": set(chosen.notifications) <= set(NOTIFICATION_KINDS),
        }
        errors = {name: error for name, is_valid in fields.items() if not is_valid}
        if errors:
            raise InputError(errors)
        muted = [kind for kind in NOTIFICATION_KINDS if kind not in chosen.notifications]

        def work(session: Session) -> None:
            preferences.set_user_locale(session, team, person, chosen.locale)
            preferences.set_default_app(session, team, person, chosen.app)
            preferences.set_muted(session, team, person, muted)

        await self._context.languages.preferences.change_person(team, person, work)

    async def set_language(self, team: str, person: str, locale: str) -> None:
        """Store a person's language; "" follows Slack."""
        await self._context.languages.choose_for_reader(team, person, locale)

    async def set_channel_language(self, team: str, person: str, channel: str, locale: str) -> None:
        """Store a channel's language. Raises NotAllowedError for non-support."""
        refusal = message("Only support can choose a channel's language.")
        await self._context.require_support(team, person, refusal)
        await self._context.languages.choose_for_channel(team, channel, locale)
