"""The language of a surface: the reader's in private, the channel's elsewhere."""

from __future__ import annotations

from contextlib import suppress

from bot.i18n.translator import Translator, choose_locale
from bot.services.preferences.cache import PreferencesCache
from bot.services.workspaces.directory import Workspaces
from bot.store import DatabaseError, Store
from bot.store.preferences import preferences


class Languages:
    """Chooses the translator for a surface."""

    def __init__(self, store: Store, workspaces: Workspaces) -> None:
        self.preferences = PreferencesCache(store)
        self._workspaces = workspaces

    @property
    def default(self) -> Translator:
        """The translator of the terminal."""
        return self.of_workspace("")

    def of_workspace(self, team: str) -> Translator:
        """Return the translator of a workspace, for whoever and whatever has no language."""
        settings = self._workspaces.of(team)
        return Translator(settings.language, settings.timezone)

    async def of_reader(
        self, team: str, person: str, slack_locale: str | None, timezone: str | None
    ) -> Translator:
        """Return the translator of a person, in their own time zone."""
        with suppress(DatabaseError):  # then in the language known last
            await self.preferences.of_person(team, person)
        return self.last_of_reader(team, person, slack_locale, timezone)

    def last_of_reader(
        self, team: str, person: str, slack_locale: str | None, timezone: str | None
    ) -> Translator:
        """Return a person's translator without the database, from the choice read last."""
        chosen = self.preferences.last_of_person(team, person)
        settings = self._workspaces.of(team)
        locale = choose_locale(chosen.locale, slack_locale, settings.language)
        return Translator(locale, timezone or settings.timezone)

    async def of_channel(self, team: str, channel: str) -> Translator:
        """Return the translator of a channel."""
        chosen = await self.preferences.channel_locale(team, channel)
        settings = self._workspaces.of(team)
        return Translator(choose_locale(chosen, None, settings.language), settings.timezone)

    async def choose_for_reader(self, team: str, person: str, locale: str) -> None:
        """Store a person's language; "" follows Slack's again."""
        await self.preferences.change_person(
            team, person, lambda s: preferences.set_user_locale(s, team, person, locale)
        )

    async def choose_for_channel(self, team: str, channel: str, locale: str) -> None:
        """Store a channel's language; "" follows the default again."""
        await self.preferences.change_channel(
            team, channel, lambda s: preferences.set_channel_locale(s, team, channel, locale)
        )
