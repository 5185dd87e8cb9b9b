"""The language of a surface: the reader's in private, the channel's elsewhere."""

from __future__ import annotations

from bot.i18n.messages import LocaleName
from bot.i18n.translator import Translator, choose_locale
from bot.settings import Settings
from bot.store import Store
from bot.store.preferences import preferences


class Languages:
    """Chooses the translator for a surface."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._default: LocaleName = settings.default_locale
        self._timezone = settings.timezone

    @property
    def default(self) -> Translator:
        """The default translator, for the terminal and for channels without a language."""
        return Translator(self._default, self._timezone)

    async def of_reader(
        self, team: str, person: str, slack_locale: str | None, timezone: str | None
    ) -> Translator:
        """Return the translator of a person, in their own time zone."""
        key = (team, person)
        chosen = await self._store.read(lambda session: preferences.user_locale(session, *key))
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
