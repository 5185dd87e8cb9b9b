"""What every test may ask for: a clock that can be moved, and the whole house on a stage."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import stamina
from aiohttp import web
from playwright.async_api import Browser

from bot.app import House, Slack, open_house, open_slack
from bot.sandbox import http_server
from bot.sandbox.clouds import AgoraAccount, Clouds
from bot.sandbox.scenario import demo_lessons
from bot.sandbox.slack import Workspace
from bot.settings import Settings, read_settings
from handlers.slack.manifest import build_manifest
from handlers.transports import build_http_door, build_socket_door
from tests.browser import launch


class MovedClock:
    """The real clock, moved. Waiting for a time to come means moving there."""

    def __init__(self) -> None:
        self.offset_s = 0.0

    def __call__(self) -> float:
        """Now, in epoch seconds."""
        return time.time() + self.offset_s

    def now(self) -> dt.datetime:
        """Now, aware."""
        return dt.datetime.fromtimestamp(self(), dt.UTC)

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.offset_s += seconds

    async def sleep(self, seconds: float) -> None:
        """Sleep forty times as fast.

        Several calls may sleep at a time; each still wakes up at its own moment.
        """
        target = self() + seconds
        await asyncio.sleep(seconds / 40)
        self.move(max(0.0, target - self()))


@contextmanager
def no_waiting() -> Iterator[None]:
    """Retry HTTP requests at once."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@dataclass(slots=True)
class Stage:
    """Everything that plays in a story."""

    clock: MovedClock
    workspace: Workspace
    clouds: Clouds
    settings: Settings
    house: House
    slack: Slack

    @property
    def escalations(self) -> str:
        """The escalation channel's id."""
        return self.workspace.channel("escalations").id

    async def pass_time(self, seconds: float) -> None:
        """Let time pass and everything that came due be done."""
        self.clock.move(seconds)
        await self.slack.engine.reconcile()
        await self.slack.engine.settled(20)

    async def settled(self) -> None:
        """Wait until nothing is owed any more, as far as it is due."""
        await self.slack.engine.settled(20)


def stage_environment(
    workspace: Workspace, clouds: Clouds, folder: Path, **more: str
) -> dict[str, str]:
    """What the product is told on a stage."""
    account = AgoraAccount()
    return {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_SIGNING_SECRET": workspace.signing_secret,
        "SLACK_API_URL": workspace.api_url,
        "ESCALATION_CHANNEL": workspace.channel("escalations").id,
        "DATABASE_URL": f"sqlite:///{folder / 'lagdesk.db'}",
        "AGORA_APPS": f"kids={account.apps['kids']}",
        "AGORA_CUSTOMER_ID": account.customer_id,
        "AGORA_CUSTOMER_SECRET": account.customer_secret,
        "AGORA_BASE_URL": clouds.agora_url,
        "DEFAULT_LOCALE": "en",
        **more,
    }


@asynccontextmanager
async def set_up_stage(
    folder: Path, transport: str = "http", **environment: str
) -> AsyncIterator[Stage]:
    """Build a whole stage: Slack, clouds, Lagdesk between them."""
    clock = MovedClock()
    manifest: dict[str, Any] = build_manifest("https://lagdesk.example")
    workspace = Workspace(clock=clock, manifest=manifest, message_rate_s=0)
    clouds = Clouds(demo_lessons(clock()), clock=clock)
    async with AsyncExitStack() as stack:
        stack.enter_context(no_waiting())
        await stack.enter_async_context(workspace.serve())
        await stack.enter_async_context(clouds.serve())
        env = stage_environment(workspace, clouds, folder, **environment)
        settings = replace(read_settings(env), port=0)
        house = await stack.enter_async_context(
            open_house(settings, clock=clock, sleep=clock.sleep)
        )
        slack = await stack.enter_async_context(open_slack(house, worker=True))
        await open_door(stack, transport, workspace, house, slack)
        yield Stage(clock, workspace, clouds, settings, house, slack)
        await asyncio.gather(*workspace._tasks)


async def open_door(
    stack: AsyncExitStack, transport: str, workspace: Workspace, house: House, slack: Slack
) -> None:
    """Let Slack in by HTTP or by Socket Mode."""
    if transport == "socket":
        door = build_socket_door(slack.app, house.settings)
        await door.connect_async()  # type: ignore[no-untyped-call]
        stack.push_async_callback(door.close_async)
        await workspace.until(lambda: workspace.transport is not None)
        return
    http = build_http_door(slack.app, house.desk, house.settings, slack.clients, slack.installs)
    runner = web.AppRunner(http.web_app(), access_log=None)
    await runner.setup()
    stack.push_async_callback(http_server.close_server, runner)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    way = workspace.connect_http(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    stack.push_async_callback(way.close)


def faults_of(workspace: Workspace) -> list[object]:
    """What Slack found wrong with anything Lagdesk sent: defects, and refusals of its shape."""
    wrong = {"invalid_blocks", "invalid_arguments", "invalid_blocks_format", "no_text"}
    refused = [
        call
        for call in workspace.calls
        if isinstance(call["response"], dict)
        and call["response"].get("error") in wrong
        and "invalid slack file" not in repr(call["response"])  # Slack looks at a file first
    ]
    return [*workspace.defects, *refused]


@pytest.fixture
def moved_clock() -> MovedClock:
    """A clock that can be moved."""
    return MovedClock()


@pytest.fixture(scope="module", params=["http", "socket"])
async def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """The whole house, once a transport."""
    folder = tmp_path_factory.mktemp("house")
    async with set_up_stage(folder, request.param) as built:
        yield built
        assert [] == faults_of(built.workspace)


@pytest.fixture(scope="module")
async def http_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The whole house behind HTTP, for what does not hang on the door."""
    async with set_up_stage(tmp_path_factory.mktemp("house")) as built:
        yield built
        assert [] == faults_of(built.workspace)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for everybody."""
    async with launch() as launched:
        yield launched
