"""Retry-After is kept: nothing that Slack has blocked is sent before the time is over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackRateLimitedError
from bot.sandbox.slack import Workspace
from bot.store import Store
from bot.store.rate_limits import SqlKeyValueStore
from handlers.slack.api_errors import call_slack
from handlers.slack.clients import SlackClients
from handlers.slack.manifest import build_manifest
from handlers.slack.rate_limits import RateLimits
from tests.conftest import FakeClock
from tests.databases import create_sqlite

Call = Callable[[AsyncWebClient, str], Awaitable[Any]]
PAUSE_S: Final = 30


async def post(client: AsyncWebClient, channel: str) -> Any:
    """Post a message."""
    return await call_slack(client.chat_postMessage(channel=channel, text="x"))


async def post_blocks(client: AsyncWebClient, channel: str) -> Any:
    """Post a message whose arguments are sent as JSON."""
    blocks = [{"type": "divider", "block_id": "d"}]
    return await call_slack(client.chat_postMessage(channel=channel, text="x", blocks=blocks))


async def read_history(client: AsyncWebClient, channel: str) -> Any:
    """Read messages, by GET."""
    return await call_slack(client.conversations_history(channel=channel))


async def fetch_user(client: AsyncWebClient, channel: str) -> Any:
    """Fetch a profile: a method without a channel."""
    _ = channel
    return await call_slack(client.users_info(user="U07LIN00001"))


async def fetch_identity(client: AsyncWebClient, channel: str) -> Any:
    """Another method without a channel."""
    _ = channel
    return await call_slack(client.auth_test())


@pytest.fixture
async def workspace(fake_clock: FakeClock) -> AsyncIterator[Workspace]:
    """A fake Slack."""
    manifest = build_manifest("https://lagdesk.example")
    made = Workspace(clock=fake_clock, manifest=manifest, message_rate_s=0)
    async with made.serve():
        yield made


def count_calls(workspace: Workspace) -> int:
    """Count the requests that Slack received."""
    return sum(call["direction"] == "app->slack" for call in workspace.calls)


@pytest.mark.parametrize(
    ("first", "second", "other_channel", "is_sent"),
    [
        (post, post, False, False),
        (post, post_blocks, False, False),
        (post_blocks, post, False, False),
        (post, post, True, True),
        (post, read_history, False, True),
        (read_history, read_history, False, False),
        (read_history, post, False, True),
        (fetch_user, fetch_user, True, False),
        (fetch_user, fetch_identity, False, True),
    ],
)
async def test_what_a_pause_blocks(
    first: Call,
    second: Call,
    *,
    other_channel: bool,
    is_sent: bool,
    workspace: Workspace,
    fake_clock: FakeClock,
) -> None:
    """The same method in the same channel; without a channel, the method in the workspace."""
    one = workspace.channel("escalations").id
    two = workspace.direct_channel("U07LIN00001").id if other_channel else one
    workspace.fail_next("*", "ratelimited", retry_after=PAUSE_S)
    limits = RateLimits(fake_clock)
    async with SlackClients(workspace.api_url, workspace.bot_token, limits=limits) as clients:
        with pytest.raises(SlackRateLimitedError):
            await first(clients.default, one)
        assert count_calls(workspace) == 1  # nor does the SDK send it again
        fake_clock.move(PAUSE_S - 1)
        if is_sent:
            await second(clients.default, two)
        else:
            with pytest.raises(SlackRateLimitedError) as caught:
                await second(clients.default, two)
            assert caught.value.retry_after_s == 1
        assert count_calls(workspace) == 1 + is_sent
        fake_clock.move(1)
        await second(clients.default, two)
        assert count_calls(workspace) == 2 + is_sent


async def test_workspaces_are_limited_apart(workspace: Workspace, fake_clock: FakeClock) -> None:
    """Another workspace's token has limits of its own."""

    async def token_for(team: str) -> str:
        return {"T1": workspace.bot_token}.get(team, "xoxb-other")

    limits, channel = RateLimits(fake_clock), workspace.channel("escalations").id
    workspace.fail_next("chat.postMessage", "ratelimited", retry_after=PAUSE_S)
    async with SlackClients(workspace.api_url, "", token_for, limits=limits) as clients:
        with pytest.raises(SlackRateLimitedError):
            await post(await clients.of("T2"), channel)
        await post(await clients.of("T1"), channel)


@pytest.fixture
def store(tmp_path: Path, fake_clock: FakeClock) -> Any:
    """A database that two processes share."""
    made = Store(create_sqlite(tmp_path), clock=fake_clock)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("call", "is_shared"), [(post, True), (read_history, True), (fetch_user, False)]
)
async def test_other_processes_keep_the_pause_too(
    call: Call, *, is_shared: bool, store: Store, workspace: Workspace, fake_clock: FakeClock
) -> None:
    """What jobs send; a form waits for no database, so its methods are known to one process."""
    channel = workspace.channel("escalations").id
    limits = [RateLimits(fake_clock, SqlKeyValueStore(store)) for _ in range(2)]
    workspace.fail_next("*", "ratelimited", retry_after=PAUSE_S)
    async with (
        SlackClients(workspace.api_url, workspace.bot_token, limits=limits[0]) as one,
        SlackClients(workspace.api_url, workspace.bot_token, limits=limits[1]) as two,
    ):
        with pytest.raises(SlackRateLimitedError):
            await call(one.default, channel)
        if is_shared:
            with pytest.raises(SlackRateLimitedError):
                await call(two.default, channel)
        else:
            await call(two.default, channel)
        assert count_calls(workspace) == 2 - is_shared
        fake_clock.move(PAUSE_S)
        await call(two.default, channel)


async def test_a_database_that_is_away_delays_no_message(
    tmp_path: Path, workspace: Workspace, fake_clock: FakeClock
) -> None:
    """Then each process keeps the pauses that it knows of."""
    channel = workspace.channel("escalations").id
    away = Store(f"sqlite:///{tmp_path / 'away.db'}", clock=fake_clock)  # without tables
    limits = RateLimits(fake_clock, SqlKeyValueStore(away))
    async with SlackClients(workspace.api_url, workspace.bot_token, limits=limits) as clients:
        await post(clients.default, channel)
        workspace.fail_next("chat.postMessage", "ratelimited", retry_after=PAUSE_S)
        for _ in range(2):
            with pytest.raises(SlackRateLimitedError):
                await post(clients.default, channel)
        assert count_calls(workspace) == 2
    away.close()
