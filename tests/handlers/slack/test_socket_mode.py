"""What the log says when Socket Mode cannot reach Slack."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Workspace
from bot.sandbox.slack.delivery.socket_mode import SocketModeTransport as SlackSide
from handlers.slack.clients import SlackClients
from handlers.slack.manifest import build_manifest
from handlers.slack.rate_limits import RateLimits
from handlers.slack.socket_mode import SocketModeTransport
from tests.conftest import FakeClock

FAILS, WORKS = "the connection to Slack fails: %s", "the connection to Slack works again"
Start = Callable[[], Awaitable[SocketModeTransport]]


@pytest.fixture
async def workspace(fake_clock: FakeClock) -> AsyncIterator[Workspace]:
    """A Slack without an app that listens."""
    built = Workspace(clock=fake_clock, manifest=build_manifest("https://lagdesk.example"))
    async with built.serve():
        yield built


@pytest.fixture
async def start(workspace: Workspace) -> AsyncIterator[Start]:
    """Start an app's side, which tries again at once."""
    started: list[SocketModeTransport] = []
    client = AsyncWebClient(base_url=workspace.api_url, token=workspace.bot_token)
    app = AsyncApp(client=client, request_verification_enabled=False)

    async def acknowledge(ack: AsyncAck) -> None:
        await ack()

    app.command("/tickets")(acknowledge)

    async def connect() -> SocketModeTransport:
        transport = SocketModeTransport(app, workspace.app_token)
        transport.client.ping_interval = 0.01
        started.append(transport)
        await transport.connect_async()  # type: ignore[no-untyped-call]
        return transport

    yield connect
    for transport in started:
        await transport.close_async()  # type: ignore[no-untyped-call]


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, object]]:
    """What an operator sees, with its argument."""
    shown = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.exc_info for record in shown if record.exc_info] == []
    return [(str(record.msg), record.args) for record in shown if "asyncio" not in record.name]


async def until(caplog: pytest.LogCaptureFixture, text: str, times: int = 1) -> None:
    """Wait for a line."""
    async with asyncio.timeout(20):
        while sum(record.msg == text for record in caplog.records) < times:  # noqa: ASYNC110 - a log has no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("error", "reason"), [("invalid_auth", "invalid_auth"), ("dropped", "ServerDisconnectedError")]
)
async def test_slack_is_away_at_the_start(
    workspace: Workspace, start: Start, error: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One line with the reason, however often it is tried, and one when it works."""
    workspace.fail_next("apps.connections.open", error, times=5)
    await start()
    await until(caplog, WORKS)
    assert lines(caplog) == [(FAILS, (reason,)), (WORKS, ())]


async def test_slack_goes_away(
    workspace: Workspace, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """A connection that is lost and made again at once is worth no line; each outage is."""
    await start()
    await workspace.until(lambda: workspace.transport is not None)
    slack_side = workspace.transport
    assert isinstance(slack_side, SlackSide)
    await slack_side.disconnect("refresh_requested")
    await workspace.until(lambda: slack_side.connected)
    assert lines(caplog) == []
    for number in (1, 2):
        workspace.fail_next("apps.connections.open", "dropped", times=5)
        await slack_side.disconnect("")
        await until(caplog, WORKS, number)
        await workspace.until(lambda: slack_side.connected)
        assert lines(caplog) == [(FAILS, ("ServerDisconnectedError",)), (WORKS, ())] * number


async def test_request_leaves_no_line(
    workspace: Workspace, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Bolt reads the level of the log after each answer."""
    await start()
    await workspace.until(lambda: workspace.transport is not None)
    await workspace.person("lin").command("/tickets")
    assert lines(caplog) == []


async def test_blocked_call_names_whole_seconds(workspace: Workspace) -> None:
    """slack-sdk reads Retry-After as an integer when it opens a connection."""
    clock = FakeClock()
    async with SlackClients(workspace.api_url, "", limits=RateLimits(clock)) as clients:
        workspace.fail_next("apps.connections.open", "ratelimited", retry_after=7)
        for _ in range(2):
            with pytest.raises(SlackApiError, match="ratelimited") as caught:
                await clients.anonymous.apps_connections_open(app_token=workspace.app_token)
            clock.move(0.5)
    assert caught.value.response.headers["Retry-After"] == "7"
