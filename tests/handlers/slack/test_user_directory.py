from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.sandbox.slack import Workspace
from bot.settings import Settings, read_settings
from handlers.slack.cache import FallbackCache
from handlers.slack.clients import SlackClients
from handlers.slack.user_directory import Profile, UserDirectory
from tests.conftest import Harness, open_harness

TEAM, LIN, ZHOU = "T07LAGDESK0", "U07LIN00001", "U07ZHOU0002"


@pytest.fixture
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """A whole house of its own."""
    async with open_harness(tmp_path_factory.mktemp("people")) as harness:
        yield harness


def people_of(harness: Harness, **environment: str) -> UserDirectory:
    """Somebody who has asked nothing yet."""
    settings = with_more(harness.settings, environment)
    return UserDirectory(harness.slack.clients, harness.application.context.languages, settings)


def with_more(settings: Settings, environment: dict[str, str]) -> Settings:
    """The stage's channel, and what a test says."""
    env = {"ESCALATION_CHANNEL": settings.escalation_channel, **environment}
    return read_settings(env)


def count(workspace: Workspace, method: str) -> int:
    """How often the Web API was asked."""
    return len([call for call in workspace.calls if call["name"] == method])


async def test_values_expire() -> None:
    """A value is cached for its time to live, a failure never; expired values are kept as last."""
    now, answers = [0.0], iter([1, 2])
    cache: FallbackCache[int] = FallbackCache(10, lambda: now[0])

    async def ask() -> int:
        return next(answers)

    async def fail() -> int:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        await cache.get(("a",), fail)
    assert [await cache.get(("a",), ask), await cache.get(("a",), ask)] == [1, 1]
    now[0] = 10.0
    assert await cache.get(("a",), ask) == 2
    cache.invalidate(("a",))
    cache.invalidate(("b",))
    with pytest.raises(ConnectionRefusedError):
        await cache.get(("a",), fail)
    assert (cache.last(("a",)), cache.last(("b",))) == (2, None)


async def test_profile_is_asked_once(house: Harness) -> None:
    """Slack is asked once for somebody's language, and anew when it changed."""
    people = people_of(house)
    profiles = [await people.profile(TEAM, LIN) for _ in range(3)]
    assert [Profile("zh-CN", "Asia/Shanghai")] * 3 == profiles
    assert count(house.workspace, "users.info") == 1
    house.workspace.person("lin").user.locale = "en-US"
    people.invalidate(TEAM, LIN)
    assert (await people.profile(TEAM, LIN)).locale == "en-US"


@pytest.mark.parametrize("fault", ["dropped", "http_500", "ratelimited", "user_not_found"])
async def test_profile_without_slack(house: Harness, fault: str) -> None:
    """While Slack does not answer, what was known last holds, else the company's language."""
    house.workspace.fail_next("users.info", fault, retry_after=30, times=3)
    assert Profile() == await people_of(house).profile(TEAM, LIN)
    house.workspace.faults.clear()
    people = people_of(house)
    assert (await people.profile(TEAM, LIN)).locale == "zh-CN"
    people.invalidate(TEAM, LIN)
    house.workspace.fail_next("users.info", fault, retry_after=30, times=3)
    assert (await people.profile(TEAM, LIN)).locale == "zh-CN"


async def test_nobody_waits_long_for_a_profile(house: Harness) -> None:
    """A Slack that hangs costs a second, not the three there are."""
    people = people_of(house)
    house.workspace.fail_next("users.info", "timeout")
    async with asyncio.timeout(2):
        assert [Profile()] * 3 == [await people.profile(TEAM, LIN) for _ in range(3)]
    assert count(house.workspace, "users.info") == 1


async def test_support_is_the_group_or_the_channel(house: Harness) -> None:
    """SUPPORT_GROUP says who is support; without it the escalation channel's members are."""
    members = set(house.workspace.channel("escalations").members)
    by_channel = people_of(house)
    everybody = [person.user.id for person in house.workspace.people]
    assert {id_ for id_ in everybody if id_ in members} == {
        id_ for id_ in everybody if await by_channel.is_support(TEAM, id_)
    }
    group = next(iter(house.workspace.usergroups.values()))
    by_group = people_of(house, SUPPORT_GROUP=group.id)
    assert set(group.users) == {id_ for id_ in everybody if await by_group.is_support(TEAM, id_)}


async def test_nobody_is_support_while_slack_is_away(house: Harness) -> None:
    """Who is support nobody guesses."""
    people = people_of(house)
    house.workspace.fail_next("conversations.members", "dropped", times=2)
    assert False is await people.is_support(TEAM, ZHOU)


async def test_short_limits_are_waited_out(house: Harness) -> None:
    """A limit of a second is waited out; a longer one is told at once."""
    async with SlackClients(house.workspace.api_url, house.workspace.bot_token) as clients:
        house.workspace.fail_next("auth.test", "ratelimited", retry_after=1)
        assert (await clients.default.auth_test())["ok"]
        house.workspace.fail_next("users.info", "ratelimited", retry_after=30)
        with pytest.raises(Exception, match="ratelimited"):
            await asyncio.wait_for(clients.default.users_info(user=LIN), 5)
