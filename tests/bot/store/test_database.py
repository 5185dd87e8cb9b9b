from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import LagdeskError
from bot.store import DatabaseUnavailableError, Session, Store, models
from bot.store.engine import Limits
from bot.store.outage_log import RECOVERED_AFTER_S
from bot.store.tickets import tickets
from tests.bot.conftest import create_postgres, create_store
from tests.bot.services.tickets.test_claims import make_ticket
from tests.conftest import FakeClock

SHORT: Final = Limits(lock_s=0.05)
SECRET: Final = "student 20002 cried"


@pytest.fixture
def postgres_store(postgres: Any) -> Iterator[Store]:
    """An empty PostgreSQL database."""
    store = create_store(create_postgres(postgres))
    yield store
    store.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The path of the SQLite database."""
    return tmp_path / "lagdesk.db"


@pytest.fixture
def sqlite_store(file: Path, fake_clock: FakeClock) -> Iterator[Store]:
    """A SQLite database whose locks are waited for only shortly."""
    store = Store(f"sqlite:///{file}", limits=SHORT, timer=fake_clock)
    store.migrate()
    yield store
    store.close()


def count_values(session: Session) -> int:
    """Count the stored values."""
    count: int = session.connection().execute(text("SELECT count(*) FROM key_value")).scalar_one()
    return count


def save_value(session: Session) -> None:
    """Store a value."""
    session.connection().exec_driver_sql("INSERT INTO key_value VALUES ('a', 'b', '2026-11-11')")


@contextmanager
def locked(url: str, lock: str) -> Iterator[None]:
    """Hold a lock on another connection."""
    other = Store(url)
    with closing(other), other.engine.connect() as connection:
        connection.exec_driver_sql(lock)
        yield
        connection.rollback()


# Work that fails or that nobody waits for.


async def test_work_that_raises_stop_iteration(shared_store: Store) -> None:
    """A future cannot carry StopIteration; the caller would wait for ever."""

    def work(session: Session) -> None:
        save_value(session)
        next(iter(()))

    with pytest.raises(RuntimeError, match="StopIteration"):
        async with asyncio.timeout(20):
            await shared_store.transact(work)
    assert await shared_store.read(count_values) == 0


async def test_late_transaction_is_rolled_back(shared_store: Store) -> None:
    """What its caller has given up is not saved afterwards."""
    begun, may_end = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work(session: Session) -> None:
        save_value(session)
        loop.call_soon_threadsafe(begun.set)
        may_end.wait(20)

    task = asyncio.create_task(shared_store.transact(work))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_end.set()
    shared_store.close()
    reopened = Store(shared_store.url)
    assert await reopened.read(count_values) == 0
    reopened.close()


# Time limits.


@pytest.mark.parametrize(
    ("shared_store", "lock"),
    [
        ("sqlite", "BEGIN IMMEDIATE"),
        pytest.param(
            "postgres",
            "LOCK TABLE key_value IN ACCESS EXCLUSIVE MODE",
            marks=pytest.mark.postgres,
        ),
    ],
    indirect=["shared_store"],
)
async def test_locks_are_waited_for_shortly(shared_store: Store, lock: str) -> None:
    """A transaction fails while the lock is still held, and succeeds when it is gone."""
    store = Store(shared_store.url, limits=SHORT)
    with locked(store.url, lock), pytest.raises(DatabaseUnavailableError, match="lock"):
        async with asyncio.timeout(20):
            await store.transact(save_value)
    await store.transact(save_value)
    store.close()


@pytest.mark.postgres
def test_time_limits_of_postgres(postgres_store: Store) -> None:
    """Every connection limits locks, statements and idle transactions; migrations have time."""
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    with postgres_store.engine.connect() as connection:
        shown = [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]
    assert shown == ["1500ms", "5s", "10s"]


@pytest.mark.postgres
async def test_full_pool_is_not_waited_for(postgres_store: Store) -> None:
    """A connection that never becomes free is an unavailable database."""
    store = Store(postgres_store.url, limits=Limits(pool_s=0.01))
    held = [store.engine.connect() for _ in range(15)]
    with pytest.raises(DatabaseUnavailableError, match="QueuePool"):
        await store.transact(save_value)
    for connection in held:
        connection.close()
    store.close()


# Deadlocks.


@pytest.mark.postgres
async def test_deadlock_is_repeated(postgres_store: Store) -> None:
    """Two transactions that lock rows in opposite order both succeed."""
    await postgres_store.transact(lambda session: session.add_all(map(make_ticket, range(2))))
    both_hold_one, attempts = threading.Barrier(2), []

    def lock_pair(first: int, second: int) -> Callable[[Session], None]:
        def work(session: Session) -> None:
            attempts.append(first)
            tickets.lock(session, first).comments = f"by {first}"
            session.flush()
            if attempts.count(first) == 1:
                both_hold_one.wait(20)
            tickets.lock(session, second)

        return work

    async with asyncio.timeout(30):
        await asyncio.gather(*(postgres_store.transact(lock_pair(*p)) for p in ((1, 2), (2, 1))))
    comments = await postgres_store.read(
        lambda session: [tickets.find(session, number).comments for number in (1, 2)]
    )
    assert (comments, sorted(attempts) in ([1, 1, 2], [1, 2, 2])) == (["by 1", "by 2"], True)


def is_anybody_waiting(session: Session) -> bool:
    """Return whether a transaction waits for another one."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    return bool(session.connection().exec_driver_sql(waiting).scalar_one())


@pytest.mark.postgres
async def test_ticket_is_locked_before_its_search_terms(postgres_store: Store) -> None:
    """A reply is saved while its ticket is changed, without a deadlock."""
    await postgres_store.transact(lambda session: session.add(make_ticket(1)))
    ticket_locked, attempts = threading.Event(), []

    def correct(session: Session) -> None:
        attempts.append("correct")
        ticket = tickets.lock(session, 1)
        ticket_locked.set()
        while not postgres_store.read_sync(is_anybody_waiting):
            ticket_locked.wait(0.01)
        ticket.cname = "another"
        session.add(ticket)

    def reply(session: Session) -> None:
        attempts.append("reply")
        ticket_locked.wait(20)
        session.add(
            models.ThreadReply(team="", channel="C", ts="1.1", ticket=1, person="U", text="hm")
        )

    async with asyncio.timeout(30):
        await asyncio.gather(postgres_store.transact(correct), postgres_store.transact(reply))
    assert sorted(attempts) == ["correct", "reply"]


# Errors say nothing that was stored.


def repeat_row(session: Session) -> None:
    """Store the same value twice."""
    for _ in range(2):
        row = models.KeyValue(name=SECRET, value=SECRET, at=FakeClock().now())
        session.add(row)
        session.flush()
        session.expunge(row)


def miss_field(session: Session) -> None:
    """Store a row without a field it needs."""
    ticket: Any = make_ticket(1)
    ticket.comments, ticket.reporter = SECRET, None
    session.add(ticket)


def overflow_number(session: Session) -> None:
    """Use a word as a number."""
    session.connection().execute(text("SELECT CAST(:word AS INTEGER) / 0"), {"word": SECRET})
    session.connection().execute(text("SELECT nothing FROM nowhere"), {"word": SECRET})


@pytest.mark.parametrize("work", [repeat_row, miss_field, overflow_number])
async def test_errors_quote_no_stored_text(
    shared_store: Store, work: Callable[[Session], None]
) -> None:
    """Neither parameters nor the server's details of a row are in an error's traceback."""
    with pytest.raises((SQLAlchemyError, LagdeskError)) as caught:
        await shared_store.transact(work)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


# A database that fails and recovers.


async def test_outage_is_logged_once(
    sqlite_store: Store, file: Path, fake_clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """One line when it begins, with its reason, and one when it is over."""
    await sqlite_store.transact(save_value)
    with file_renamed(file):
        for _ in range(3):
            with pytest.raises(DatabaseUnavailableError):
                await sqlite_store.transact(save_value)
            fake_clock.move(60)
    for _ in range(3):
        await sqlite_store.read(count_values)
        fake_clock.move(RECOVERED_AFTER_S)
    lines = [(record.levelno, record.getMessage()) for record in caplog.records]
    assert [level for level, _ in lines] == [logging.ERROR, logging.WARNING]
    assert "deleted or replaced" in lines[0][1]
    assert "works again" in lines[1][1]


@contextmanager
def file_renamed(file: Path) -> Iterator[None]:
    """Move the database away."""
    away = file.with_suffix(".away")
    file.rename(away)
    yield
    away.rename(file)


@contextmanager
def file_replaced(file: Path) -> Iterator[None]:
    """Put another valid database in its place."""
    path = file.with_suffix(".other")
    other = Store(f"sqlite:///{path}")
    other.migrate()
    other.close()
    with file_renamed(file):
        path.rename(file)
        yield
        file.unlink()


@contextmanager
def file_overwritten(file: Path) -> Iterator[None]:
    """Write nonsense over the file."""
    content = file.read_bytes()
    with file.open("r+b") as opened:
        opened.write(os.urandom(len(content)))
    yield
    with file.open("r+b") as opened:
        opened.write(content)


@contextmanager
def pragma(statement: str) -> Iterator[None]:
    """Restrict every connection that is opened meanwhile."""

    def restrict(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute(statement)

    event.listen(Engine, "connect", restrict)
    yield
    event.remove(Engine, "connect", restrict)


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (file_renamed, "deleted or replaced"),
        (file_replaced, "deleted or replaced"),
        (file_overwritten, "corrupt"),
        (lambda _: pragma("PRAGMA max_page_count = 1"), "full"),
        (lambda _: pragma("PRAGMA query_only = ON"), "readonly"),
        (lambda file: locked(f"sqlite:///{file}", "BEGIN IMMEDIATE"), "locked"),
    ],
    ids=["renamed", "replaced", "overwritten", "full", "read-only", "locked"],
)
async def test_health_notices_what_is_wrong(
    sqlite_store: Store, file: Path, break_it: Any, reason: str
) -> None:
    """The reason is reported while the database is broken, and nothing afterwards."""
    assert await sqlite_store.find_fault() == ""
    with break_it(file):
        assert reason in await sqlite_store.find_fault()
    assert await sqlite_store.find_fault() == ""


@pytest.mark.postgres
async def test_health_of_postgres(postgres: Any, postgres_store: Store) -> None:
    """A server that takes no connections or no writes is not well; then it is again."""
    name = postgres_store.engine.url.database
    assert await postgres_store.find_fault() == ""
    for broken, mended, reason in (
        ("ALLOW_CONNECTIONS false", "ALLOW_CONNECTIONS true", "not currently accepting"),
        ("CONNECTION LIMIT 0", "CONNECTION LIMIT -1", ""),
        ("SET default_transaction_read_only = on", "RESET ALL", "read-only"),
    ):
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'lagdesk%'"
        postgres.psql(f"ALTER DATABASE {name} {broken}; {end};")
        assert reason in await postgres_store.find_fault()
        postgres.psql(f"ALTER DATABASE {name} {mended}; {end};")
        assert await postgres_store.find_fault() == ""


def test_nothing_is_written_to_a_file_that_is_gone(sqlite_store: Store, file: Path) -> None:
    """A transaction whose file is deleted before its commit fails, and makes no new file."""

    def work(session: Session) -> None:
        save_value(session)
        file.unlink()

    with pytest.raises(DatabaseUnavailableError, match="deleted"):
        sqlite_store.transact_sync(work)
    with pytest.raises(DatabaseUnavailableError, match="deleted"):
        sqlite_store.read_sync(count_values)
    assert not file.exists()


@pytest.mark.parametrize("revision", ["9999", "0000_removed"])
def test_unknown_revision(each_database: Store, revision: str) -> None:
    """A database of another version of Lagdesk is named as such, and left alone."""
    with each_database.engine.begin() as connection:
        known = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    for look in (each_database.migrate, each_database.is_current):
        with pytest.raises(LagdeskError, match=revision):
            look()
    with each_database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": known})
    assert each_database.is_current()
