"""Processes of their own between the fake Slack and the fake clouds: how they start and end."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import demo_calls
from bot.sandbox.slack import Workspace
from bot.store import Store
from handlers.slack.manifest import build_manifest
from tests.bot.conftest import create_postgres
from tests.cli_helpers import CommandLine
from tests.conftest import harness_environment
from tests.database_faults import postgres_frozen
from tests.scenario_helpers import FORM

STOP_LIMIT_S: Final = 30.0  # ten, and time for a busy machine
READY: Final = ("listens on", "connected to Slack", "runs jobs")
POST: Final = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
SIGNED: Final = b"X-Slack-Request-Timestamp: 1\r\nX-Slack-Signature: v0=%s\r\n\r\n" % (b"0" * 64)


@dataclass(slots=True)
class Process:
    """One process and what it printed on standard error."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where `serve` listens."""
        return next(line.split()[-1] for line in self.lines if READY[0] in line)

    async def read_until(self, *texts: str) -> str:
        """Read lines until one has one of these texts; return it."""
        assert self.process.stderr is not None
        while True:
            line = (await asyncio.wait_for(self.process.stderr.readline(), 60)).decode()
            assert line, self.lines
            self.lines.append(line.rstrip())
            if any(text in line for text in texts):
                return line

    async def stop(self) -> None:
        """Stop it as a host does; it ends in time, with exit status 0."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        _, err = await self.process.communicate()
        self.lines.extend(err.decode().splitlines())
        assert self.process.returncode == 0, self.lines
        assert "Traceback" not in err.decode()
        assert time.monotonic() - started < STOP_LIMIT_S, self.lines


@dataclass(slots=True)
class Fleet:
    """Processes that share a database, a Slack and the clouds."""

    cli: CommandLine
    workspace: Workspace
    clouds: FakeClouds
    environment: dict[str, str]
    processes: list[Process] = field(default_factory=list)

    @property
    def database(self) -> Path:
        """The file of their database."""
        return self.cli.folder / "lagdesk.db"

    async def start(self, *arguments: str, ready: bool = True, **more: str) -> Process:
        """Start a process; wait until it says that it is ready."""
        process = Process(await self.cli.start(*arguments, **{**self.environment, **more}))
        self.processes.append(process)
        if ready:
            await process.read_until(*READY)
        return process

    async def report(self, cname: str) -> None:
        """Report a call in Slack; it is saved."""
        lin = self.workspace.person("lin")
        await lin.command("/report", cname)
        outcome = await lin.submit(await lin.wait_for_view("report"), {**FORM, "cname": cname})
        assert outcome.ok


@asynccontextmanager
async def open_fleet(folder: Path) -> AsyncIterator[Fleet]:
    """Serve Slack and the clouds; kill the processes that are left at the end."""
    manifest = build_manifest("https://lagdesk.example")
    workspace = Workspace(clock=time.time, manifest=manifest, ack_limit_s=10, trigger_life_s=10)
    clouds = FakeClouds(demo_calls(time.time()), clock=time.time)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(workspace.serve())
        await stack.enter_async_context(clouds.serve())
        environment = harness_environment(workspace, clouds, folder)
        fleet = Fleet(CommandLine(folder), workspace, clouds, environment)
        try:
            yield fleet
        finally:
            for each in fleet.processes:
                with suppress(ProcessLookupError):
                    each.process.kill()
                await each.process.wait()


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    """No process yet."""
    async with open_fleet(tmp_path) as opened:
        yield opened


async def connect(url: str, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection and send these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
    writer.write(sent)
    await writer.drain()
    return reader, writer


async def test_serve_stops_whatever_is_open(fleet: Fleet) -> None:
    """A job that Slack does not answer, half a request, an idle connection and a locked database."""
    process = await fleet.start("serve", "--port", "0")
    connection = fleet.workspace.connect_http(f"{process.url}/slack/events")
    fleet.workspace.fail_next("chat.postMessage", "timeout", times=9)
    await fleet.report("slow-1")
    writers = [
        (await connect(process.url, sent))[1]
        for sent in (b"", b"POST /sla", POST, POST + SIGNED + b"half", POST + SIGNED)
    ]
    reader, idle = await connect(process.url, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"200" in await reader.readline()
    with closing(sqlite3.connect(fleet.database, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        await process.stop()
    for writer in (*writers, idle):
        writer.close()
    await connection.close()


@pytest.mark.postgres
async def test_worker_stops_while_postgres_is_frozen(fleet: Fleet, postgres: Any) -> None:
    """No thread of it waits for an answer that never arrives."""
    url = create_postgres(postgres)
    with closing(Store(url)) as store:
        store.migrate()
        process = await fleet.start("worker", DATABASE_URL=url)
        with postgres_frozen(store):
            await process.stop()
