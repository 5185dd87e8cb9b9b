"""Databases, a clock moved by hand, and worker processes for the tests of durable jobs."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url
from sqlmodel import SQLModel

from bot.ports import Clock
from bot.store import Session, Store
from bot.store import jobs as store_jobs
from tests.databases import create_sqlite

ROOT = Path(__file__).parents[2]
SKEWED_CLOCK = ROOT / "tests" / "skewed_clock"
WORKER = Path(__file__).parent / "jobs" / "worker.py"


class ManualClock:
    """A clock that only tests move."""

    def __init__(self) -> None:
        self.moment = dt.datetime(2026, 11, 9, 9, 0, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        """Now, aware."""
        return self.moment

    def move(self, **span: float) -> dt.datetime:
        """Move on by a span such as `seconds=5`."""
        self.moment += dt.timedelta(**span)
        return self.moment


class RealClock:
    """The clock that processes share."""

    def now(self) -> dt.datetime:
        """Now, aware."""
        return dt.datetime.now(dt.UTC)


@pytest.fixture
def real_clock() -> RealClock:
    """The clock that processes share."""
    return RealClock()


@pytest.fixture
def clock() -> ManualClock:
    """A clock that only tests move."""
    return ManualClock()


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[Store]:
    """An empty SQLite database with the clock that tests move."""
    store = Store(create_sqlite(tmp_path), clock=clock)
    yield store
    store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def shared_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty database of each kind that several processes can share."""
    if request.param == "sqlite":
        store = Store(create_sqlite(tmp_path))
    else:
        store = create_postgres_store(request.getfixturevalue("postgres"))
    yield store
    store.close()


def create_postgres(server: Any, *, template: str = "template1") -> str:
    """Create a database, an empty one or a copy of another, and return its URL."""
    name = f"lagdesk_{secrets.token_hex(4)}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        statement = SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(statement.format(Identifier(name), Identifier(template)))
    url: str = server.get_uri(database=name)
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def create_store(url: str, clock: Clock | None = None) -> Store:
    """Open a database with empty tables."""
    store = Store(url, clock=clock)
    SQLModel.metadata.create_all(store.engine)
    return store


def create_postgres_store(server: Any) -> Store:
    """Open a new PostgreSQL database with empty tables."""
    return Store(create_postgres(server, template=_create_template(server)))


@cache
def _create_template(server: Any) -> str:
    """Create a database with empty tables and return its name; copying it is quicker."""
    url = create_postgres(server)
    create_store(url).close()
    name = make_url(url).database
    assert name
    return name


class WorkerProcess:
    """A worker in a process of its own, as seen through what it prints."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def read(self) -> list[str] | None:
        """Return the words of the next line, None when the worker has exited."""
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        return line.decode().split() if line else None

    async def read_until(self, enough: Callable[[list[list[str]]], bool]) -> list[list[str]]:
        """Read lines until they are enough, a minute at most."""
        lines: list[list[str]] = []
        async with asyncio.timeout(60):
            while not enough(lines):
                words = await self.read()
                assert words is not None, "the worker ended early"
                lines.append(words)
        return lines

    async def end(self) -> int:
        """Ask it to stop, as a host does, and return its exit status."""
        self.process.terminate()
        return await self.process.wait()


@pytest.fixture
async def start_worker() -> AsyncIterator[Any]:
    """Start workers; those that still run at the end are killed."""
    started: list[asyncio.subprocess.Process] = []

    async def start(
        store: Store, hold_s: float, rounds: int = 1, *, skew_s: float = 0
    ) -> WorkerProcess:
        path = [str(SKEWED_CLOCK)] * bool(skew_s) + [str(ROOT), *sys.path]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(WORKER), store.url, str(hold_s), str(rounds)),
            stdout=asyncio.subprocess.PIPE,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(path),
                "CLOCK_SKEW_S": str(skew_s),
            },
        )
        started.append(process)
        return WorkerProcess(process)

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture
def enqueue_cards() -> Callable[[Store, int], None]:
    """Enqueue cards that are due now, by the real clock that processes share."""

    def enqueue(store: Store, number: int) -> None:
        now = dt.datetime.now(dt.UTC)

        def enqueue_all(session: Session) -> None:
            for ticket in range(number):
                store_jobs.enqueue(session, f"card:LD-{ticket}", "card", due_at=now)

        store.transact_sync(enqueue_all)

    return enqueue
