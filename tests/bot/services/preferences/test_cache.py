from __future__ import annotations

from bot.services.preferences.cache import TTL_S, PreferencesCache
from bot.store import Store
from bot.store.preferences import preferences
from tests.conftest import FakeClock


async def test_changes_of_another_process(store: Store, fake_clock: FakeClock) -> None:
    """They are seen seconds later, our own at once; in between nothing is read."""
    ours, others = PreferencesCache(store, fake_clock), PreferencesCache(store)

    async def read() -> tuple[str, str]:
        person = await ours.of_person("T1", "U1")
        return person.locale, await ours.channel_locale("T1", "C1")

    async def choose(cache: PreferencesCache, locale: str) -> None:
        await cache.change_person(
            "T1", "U1", lambda s: preferences.set_user_locale(s, "T1", "U1", locale)
        )
        await cache.change_channel(
            "T1", "C1", lambda s: preferences.set_channel_locale(s, "T1", "C1", locale)
        )

    assert await read() == ("", "")
    await choose(others, "zh")
    fake_clock.move(TTL_S - 0.1)
    assert await read() == ("", "")
    fake_clock.move(0.2)
    assert await read() == ("zh", "zh")
    await choose(ours, "en")
    assert await read() == ("en", "en")
    assert ours.last_of_person("T1", "U1").locale == "en"
    restarted = PreferencesCache(store)
    await restarted.load()
    assert restarted.last_of_person("T1", "U1").locale == "en"
