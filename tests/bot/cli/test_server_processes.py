"""Processes of their own between the fake Slack and the fake clouds: how they start and end."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from sqlmodel import select

from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import demo_calls
from bot.sandbox.slack import Workspace
from bot.sandbox.slack.delivery.transport import deliver
from bot.services.tickets.enqueue import CARD, REPORT, job_of
from bot.store import Session, Store
from bot.store.jobs import enqueue_all
from bot.store.models import Job
from handlers.slack.manifest import build_manifest
from tests.bot.conftest import create_postgres
from tests.bot.store.factories import make_ticket, store_tickets
from tests.cli_helpers import CommandLine
from tests.conftest import harness_environment
from tests.database_faults import postgres_frozen, postgres_stopped
from tests.scenario_helpers import FORM, text_of

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

    async def start(self, *arguments: str, module: str = "bot", **more: str) -> Process:
        """Start a process; wait until it says that it is ready."""
        environment = {**self.environment, **more}
        process = Process(await self.cli.start(*arguments, module=module, **environment))
        self.processes.append(process)
        await process.read_until(*READY)
        return process

    async def run(self, *arguments: str) -> str:
        """Run a command of the terminal beside them; return its output."""
        result = await self.cli.run(*arguments, **self.environment)
        assert (result.status, result.err) == (0, "")
        return result.out

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
    workspace = Workspace(
        clock=time.time,
        manifest=manifest,
        message_rate_s=0,
        ack_limit_s=10,
        trigger_life_s=10,
    )
    clouds = FakeClouds(demo_calls(time.time()), clock=time.time)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(workspace.serve())
        await stack.enter_async_context(clouds.serve())
        summaries = workspace.channel("teachers").id
        environment = harness_environment(workspace, clouds, folder, SUMMARY_CHANNEL=summaries)
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


async def test_stop_with_many_new_tickets(fleet: Fleet) -> None:
    """A worker with a thousand new tickets stops in time; the next one has all that is left."""
    team, lin = fleet.workspace.team_id, fleet.workspace.person("lin").id
    with closing(Store(fleet.environment["DATABASE_URL"])) as store:
        store.transact_sync(lambda session: add_new_tickets(session, team, lin, store.clock.now()))
        process = await fleet.start("worker")
        await fleet.workspace.until(lambda: len(fleet.clouds.agora.reports) > 20, 60)
        await process.stop()
        left = store.read_sync(lambda session: session.exec(select(Job)).all())
    assert [job.name for job in left if job.locked_by] == []
    cards = [job for job in left if job.kind == "card"]
    posted = [call for call in fleet.workspace.calls if call["name"] == "chat.postMessage"]
    assert len(cards) == 1000
    assert 0 < sum(job.finished_at is not None for job in cards) <= len(posted) < len(cards)


def add_new_tickets(session: Session, team: str, reporter: str, now: dt.datetime) -> None:
    """Add a thousand tickets, as if their forms had just been submitted."""
    who = {"team": team, "reporter": reporter, "occurred_at": now, "created_at": now}
    new = [make_ticket(cname=f"many-{number}", **who) for number in range(1000)]
    store_tickets(session, *new)
    enqueue_all(session, [job_of(each, kind, now) for each in new for kind in (CARD, REPORT)])


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("socket",), ("worker",)])
async def test_signals_while_a_process_stops(fleet: Fleet, command: Sequence[str]) -> None:
    """However often and however late a host sends SIGTERM, the exit status stays 0."""
    process = (await fleet.start(*command)).process
    while process.returncode is None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)  # `send_signal` would take the exit status
        await asyncio.sleep(0)
    assert process.returncode == 0


@pytest.mark.postgres
async def test_worker_stops_while_postgres_is_frozen(fleet: Fleet, postgres: Any) -> None:
    """No thread of it waits for an answer that never arrives."""
    url = create_postgres(postgres)
    with closing(Store(url)) as store:
        store.migrate()
        process = await fleet.start("worker", DATABASE_URL=url)
        with postgres_frozen(store):
            await process.stop()


@pytest.mark.postgres
async def test_processes_stop_while_postgres_is_stopped(fleet: Fleet, postgres: Any) -> None:
    """They end in time, with a job under way whose outcome nobody can store."""
    url = create_postgres(postgres)
    with closing(Store(url)) as store:
        store.migrate()
    commands = [("serve", "--port", "0", "--no-worker"), ("worker",)]
    processes = [await fleet.start(*command, DATABASE_URL=url) for command in commands]
    connection = fleet.workspace.connect_http(f"{processes[0].url}/slack/events")
    fleet.workspace.fail_next("chat.postMessage", "timeout", times=9)
    await fleet.report("away-1")
    workspace = fleet.workspace
    await workspace.until(lambda: "chat.postMessage" in [c["name"] for c in workspace.calls], 60)
    with postgres_stopped(postgres):
        await processes[1].read_until("the database fails")
        await asyncio.gather(*(process.stop() for process in processes))
    await connection.close()


# Several processes on one SQLite file.


def count_posts(fleet: Fleet, cnames: Sequence[str]) -> list[tuple[int, int, int]]:
    """Count the cards, the diagnoses and the cloud reports of each call."""
    channel = fleet.workspace.channel("escalations").id
    reported = [report.fields["cname"] for report in fleet.clouds.agora.reports]
    counts = []
    for cname in cnames:
        cards = [m for m in fleet.workspace.messages(channel) if cname in text_of(m)]
        replies = [r for m in cards for r in fleet.workspace.messages(channel, m["ts"])[1:]]
        counts.append((len(cards), len(replies), reported.count(cname)))
    return counts


async def test_processes_share_a_sqlite_file(fleet: Fleet) -> None:
    """Nothing is lost or happens twice, and the terminal's commands work beside them."""
    commands = [("serve", "--port", "0", "--no-worker"), ("worker",), ("worker",)]
    processes = [await fleet.start(*command) for command in commands]
    connection = fleet.workspace.connect_http(f"{processes[0].url}/slack/events")
    cnames = [f"shared-{number}" for number in range(3)]
    for cname in cnames:
        await fleet.report(cname)
    summaries = [await fleet.run("summary", "--post") for _ in range(2)]
    for words in (("migrate",), ("doctor",), ("backup", "copy.db")):
        await fleet.run(*words)
    assert (await fleet.run("export", "--format", "jsonl")).count("\n") == len(cnames)
    # A running process may post it first: the job is due at once for all of them.
    assert "already posted" in summaries[1]
    assert summaries[0].endswith(("is posted.\n", "already posted.\n"))
    summary = fleet.workspace.channel("teachers").id
    assert len(fleet.workspace.messages(summary)) == 1
    await fleet.workspace.until(lambda: count_posts(fleet, cnames) == [(1, 1, 1)] * len(cnames), 60)
    await asyncio.gather(*(process.stop() for process in processes))
    assert count_posts(fleet, cnames) == [(1, 1, 1)] * len(cnames)
    await connection.close()


async def test_event_that_slack_repeats_to_another_process(fleet: Fleet) -> None:
    """Each process remembers the events of its own; the job's name makes their effect one."""
    processes = [await fleet.start("socket") for _ in range(2)]
    await fleet.report("shared-1")
    workspace, sam = fleet.workspace, fleet.workspace.person("sam")
    channel = workspace.channel("escalations").id
    await workspace.until(lambda: count_posts(fleet, ["shared-1"]) == [(1, 1, 1)], 60)
    before = len(workspace.messages(channel))
    question = await sam.post_message("escalations", "what about LD-1?")
    await workspace.until(lambda: "what about" in text_of_delivery(workspace), 60)
    assert workspace.last_delivery is not None
    for _ in processes:
        await deliver(workspace, workspace.last_delivery)
    await workspace.until(lambda: workspace.messages(channel, question["ts"])[1:], 60)
    await asyncio.gather(*(process.stop() for process in processes))
    assert len(workspace.messages(channel, question["ts"])[1:]) == 1
    assert len(workspace.messages(channel)) == before + 1


def text_of_delivery(workspace: Workspace) -> str:
    """Return what Slack sent last."""
    return text_of(workspace.last_delivery.payload if workspace.last_delivery else None)
