from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.sandbox.slack import Workspace
from bot.services.cache import FallbackCache
from bot.settings import Settings, read_settings
from handlers.slack.user_directory import Profile, UserDirectory
from tests.bot.services.contexts import with_settings
from tests.conftest import Harness, open_harness

TEAM, LIN, ZHOU = "T07LAGDESK0", "U07LIN00001", "U07ZHOU0002"


@pytest.fixture
async def lagdesk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """A running Lagdesk of its own."""
    async with open_harness(tmp_path_factory.mktemp("people")) as harness:
        yield harness


def people_of(harness: Harness, **environment: str) -> UserDirectory:
    """A user without any earlier request."""
    settings = with_more(harness.settings, environment)
    return UserDirectory(
        harness.slack.clients, with_settings(harness.application.context, settings)
    )


def with_more(settings: Settings, environment: dict[str, str]) -> Settings:
    """The fake workspace's channel."""
    env = {"ESCALATION_CHANNEL": settings.escalation_channel, **environment}
    return read_settings(env)


def count(workspace: Workspace, method: str) -> int:
    """Return how many Web API requests were sent."""
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


async def test_profile_is_requested_once(lagdesk: Harness) -> None:
    """A user's language is requested once, and again when it changed."""
    people = people_of(lagdesk)
    profiles = [await people.profile(TEAM, LIN) for _ in range(3)]
    assert [Profile("zh-CN", "Asia/Shanghai")] * 3 == profiles
    assert count(lagdesk.workspace, "users.info") == 1
    lagdesk.workspace.person("lin").user.locale = "en-US"
    people.invalidate(TEAM, LIN)
    assert (await people.profile(TEAM, LIN)).locale == "en-US"


@pytest.mark.parametrize("fault", ["dropped", "http_500", "ratelimited", "user_not_found"])
async def test_profile_without_slack(lagdesk: Harness, fault: str) -> None:
    """While Slack does not respond, the last profile is used, else the company's language."""
    lagdesk.workspace.fail_next("users.info", fault, retry_after=30, times=3)
    assert Profile() == await people_of(lagdesk).profile(TEAM, LIN)
    lagdesk.workspace.faults.clear()
    lagdesk.clock.move(30)
    people = people_of(lagdesk)
    assert (await people.profile(TEAM, LIN)).locale == "zh-CN"
    people.invalidate(TEAM, LIN)
    lagdesk.workspace.fail_next("users.info", fault, retry_after=30, times=3)
    assert (await people.profile(TEAM, LIN)).locale == "zh-CN"


async def test_membership(lagdesk: Harness) -> None:
    """Those who were deactivated or removed are no members; unknown while Slack is unreachable."""
    people, lin = people_of(lagdesk), lagdesk.workspace.person("lin").user
    assert [await people.is_member(TEAM, LIN), await people.is_member(TEAM, "U-NOBODY")] == [
        True,
        False,
    ]
    lin.deleted = True
    people.invalidate(TEAM, LIN)
    assert await people.is_member(TEAM, LIN) is False
    lagdesk.workspace.fail_next("users.info", "dropped", times=9)
    assert await people_of(lagdesk).is_member(TEAM, LIN) is None
    people.invalidate(TEAM, LIN)
    assert await people.is_member(TEAM, LIN) is False


async def test_slow_profile_does_not_delay_answers(lagdesk: Harness) -> None:
    """A Slack that hangs costs a second, not the three there are."""
    people = people_of(lagdesk)
    lagdesk.workspace.fail_next("users.info", "timeout")
    async with asyncio.timeout(10):  # a busy machine; Slack's client itself waits for 30 s
        assert [Profile()] * 3 == [await people.profile(TEAM, LIN) for _ in range(3)]
    assert count(lagdesk.workspace, "users.info") == 1


async def test_support_is_the_group_or_the_channel(lagdesk: Harness) -> None:
    """SUPPORT_GROUP's members are support; without it the escalation channel's members are."""
    members = set(lagdesk.workspace.channel("escalations").members)
    by_channel = people_of(lagdesk)
    everybody = [person.user.id for person in lagdesk.workspace.people]
    assert {id_ for id_ in everybody if id_ in members} == {
        id_ for id_ in everybody if await by_channel.is_support(TEAM, id_)
    }
    group = next(iter(lagdesk.workspace.usergroups.values()))
    by_group = people_of(lagdesk, SUPPORT_GROUP=group.id)
    assert set(group.users) == {id_ for id_ in everybody if await by_group.is_support(TEAM, id_)}


async def test_support_is_unknown_while_slack_is_unreachable(lagdesk: Harness) -> None:
    """Without a response from Slack nobody is said not to be support; the last members count."""
    people, zhou = people_of(lagdesk), lagdesk.workspace.person("zhou").id
    lagdesk.workspace.fail_next("conversations.members", "dropped", times=20)
    assert await people.is_support(TEAM, zhou) is None
    lagdesk.workspace.faults.clear()
    assert (await people.is_support(TEAM, zhou), await people.is_support(TEAM, LIN)) == (
        True,
        False,
    )


async def test_slow_request_for_support_members_goes_on(lagdesk: Harness) -> None:
    """A request that takes longer than an answer may is not sent again by the next one."""
    people = people_of(lagdesk)
    lagdesk.workspace.fail_next("conversations.members", "timeout")
    assert await people.is_support(TEAM, ZHOU) is None
    assert await people.is_support(TEAM, ZHOU) is None
    assert count(lagdesk.workspace, "conversations.members") == 1
