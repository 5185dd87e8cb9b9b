"""The language of a surface: the reader's in private, the channel's elsewhere."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from cachetools import LRUCache

from bot.i18n.messages import LocaleName
from bot.i18n.translator import Translator, choose_locale
from bot.settings import Settings
from bot.store import DatabaseError, Store
from bot.store.preferences import preferences

_MAX_PEOPLE: Final = 10_000


class Languages:
    """Chooses the translator for a surface."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._default: LocaleName = settings.default_locale
        self._timezone = settings.timezone
        self._last_chosen: LRUCache[tuple[str, str], str] = LRUCache(_MAX_PEOPLE)

    @property
    def default(self) -> Translator:
        """The default translator, for the terminal and for channels without a language."""
        return Translator(self._default, self._timezone)

    async def of_reader(
        self, team: str, person: str, slack_locale: str | None, timezone: str | None
    ) -> Translator:
        """Return the translator of a person, in their own time zone."""
        with suppress(DatabaseError):  # then in the language known last
            self._last_chosen[team, person] = await self._store.read(
                lambda session: preferences.user_locale(session, team, person)
            )
        return self.last_of_reader(team, person, slack_locale, timezone)

    def last_of_reader(
        self, team: str, person: str, slack_locale: str | None, timezone: str | None
    ) -> Translator:
        """Return a person's translator without the database, from the choice read last."""
        chosen = self._last_chosen.get((team, person), "")
        locale = choose_locale(chosen, slack_locale, self._default)
        return Translator(locale, timezone or self._timezone)

    async def of_channel(self, team: str, channel: str) -> Translator:
        """Return the translator of a channel."""
        key = (team, channel)
        chosen = await self._store.read(lambda session: preferences.channel_locale(session, *key))
        return Translator(choose_locale(chosen, None, self._default), self._timezone)

    async def choose_for_reader(self, team: str, person: str, locale: str) -> None:
        """Store a person's language; "" follows Slack's again."""
        await self._store.transact(
            lambda session: preferences.set_user_locale(session, team, person, locale)
        )

    async def choose_for_channel(self, team: str, channel: str, locale: str) -> None:
        """Store a channel's language; "" follows the default again."""
        await self._store.transact(
            lambda session: preferences.set_channel_locale(session, team, channel, locale)
        )
