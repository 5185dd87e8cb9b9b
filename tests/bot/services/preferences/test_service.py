"""What people and channels choose, and the language of each surface."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from bot.errors import InputError, NotAllowedError
from bot.services.preferences.languages import Languages
from bot.services.preferences.service import Preferences, PreferencesService
from bot.services.workspaces.directory import Workspaces
from tests.bot.services.conftest import OUTSIDER, SUPPORT, TEAM, ServiceHarness
from tests.bot.services.contexts import with_clouds

_people = count(1)


@pytest.fixture
def person() -> str:
    """Somebody who chose nothing yet."""
    return f"U-CHOOSES-{next(_people)}"


async def test_choices_are_loaded_as_they_were_saved(
    service_harness: ServiceHarness, person: str
) -> None:
    """Slack's language and no app until something is chosen."""
    service = service_harness.services.preferences
    assert await service.load(TEAM, person) == Preferences()
    for chosen in (Preferences("zh", "kids"), Preferences("en", "")):
        await service.save(TEAM, person, chosen)
        assert await service.load(TEAM, person) == chosen


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"locale": "fr"}, "language"),
        ({"app": "adults"}, "app"),
    ],
)
async def test_value_that_is_not_offered(
    service_harness: ServiceHarness, person: str, values: dict[str, Any], field: str
) -> None:
    """Nothing is stored of such a form."""
    service = service_harness.services.preferences
    with pytest.raises(InputError) as error:
        await service.save(TEAM, person, replace(Preferences(locale="zh"), **values))
    assert list(error.value.fields) == [field]
    assert (await service.load(TEAM, person)).locale == ""


async def test_default_app_is_first(service_harness: ServiceHarness, person: str) -> None:
    """One that is not configured any more is none."""
    cloud = service_harness.context.clouds["kids"]
    clouds = {"adults": cloud, "kids": cloud}
    service = PreferencesService(with_clouds(service_harness.context, clouds))
    assert await service.apps_of(TEAM, person) == ["adults", "kids"]
    await service.save(TEAM, person, Preferences(app="kids"))
    assert await service.apps_of(TEAM, person) == ["kids", "adults"]
    await service.save(TEAM, person, Preferences(app="adults"))
    assert (await service_harness.services.preferences.load(TEAM, person)).app == ""


async def test_default_app(service_harness: ServiceHarness, person: str) -> None:
    """The chosen one; one that is gone is none."""
    cloud = service_harness.context.clouds["kids"]
    context = with_clouds(service_harness.context, {"adults": cloud, "kids": cloud})
    service = PreferencesService(context)
    assert service.last_default_app(TEAM, person) == ""
    await service.save(TEAM, person, Preferences(app="adults"))
    assert service.last_default_app(TEAM, person) == "adults"
    without_adults = service_harness.services.preferences
    assert without_adults.last_default_app(TEAM, person) == ""


async def test_language_of_a_reader(service_harness: ServiceHarness, person: str) -> None:
    """The chosen one, else Slack's, else the default; in their own time zone."""
    languages = service_harness.context.languages
    service = service_harness.services.preferences

    async def locale(slack: str | None = "en-US") -> str:
        return (await languages.of_reader(TEAM, person, slack, None)).locale

    assert (await locale("zh-CN"), await locale()) == ("zh", "en")
    assert await locale(None) == languages.default.locale
    await service.set_language(TEAM, person, "zh")
    assert await locale() == "zh"
    await service.set_language(TEAM, person, "")
    assert await locale() == "en"
    reader = await languages.of_reader(TEAM, person, "en-US", "Europe/Berlin")
    other = await languages.of_reader(TEAM, person, "en-US", None)
    assert (str(reader.timezone), str(other.timezone)) == ("Europe/Berlin", "Asia/Shanghai")


async def test_language_of_a_channel(service_harness: ServiceHarness, person: str) -> None:
    """Support chooses it; else it is the default."""
    context, channel = service_harness.context, f"C-{person}"
    chinese = replace(context.settings, default_locale="zh")
    languages = Languages(context.store, Workspaces(context.store, chinese))
    service = PreferencesService(replace(context, languages=languages))
    assert (await languages.of_channel(TEAM, channel)).locale == "zh"
    with pytest.raises(NotAllowedError):
        await service.set_channel_language(TEAM, OUTSIDER, channel, "en")
    await service.set_channel_language(TEAM, SUPPORT, channel, "en")
    assert (await languages.of_channel(TEAM, channel)).locale == "en"
    await service.set_channel_language(TEAM, SUPPORT, channel, "")
    assert (await languages.of_channel(TEAM, channel)).locale == "zh"
