from __future__ import annotations

import asyncio
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import LagdeskError
from bot.store import DatabaseUnavailableError, Session, Store, models
from bot.store.engine import Limits
from bot.store.outage_log import RECOVERED_AFTER_S
from bot.store.tickets import tickets
from tests.bot.conftest import create_postgres_store
from tests.bot.services.tickets.test_claims import make_ticket
from tests.conftest import FakeClock
from tests.database_faults import (
    POSTGRES_FAULTS,
    SQLITE_FAULTS,
    Fault,
    file_overwritten,
    locked,
    postgres_frozen,
    restricted,
)

SHORT: Final = Limits(lock_s=0.05)
SECRET: Final = "student 20002 cried"


@pytest.fixture
def postgres_store(postgres: Any) -> Iterator[Store]:
    """An empty PostgreSQL database."""
    store = create_postgres_store(postgres)
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
    with locked(store, lock), pytest.raises(DatabaseUnavailableError, match="lock"):
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
async def test_close_does_not_wait_for_a_frozen_server(postgres_store: Store) -> None:
    """Work that is under way then fails; the server does not have to answer."""
    store = Store(postgres_store.url, limits=Limits(close_s=0.1))
    begun, is_frozen = threading.Event(), threading.Event()

    def work(session: Session) -> None:
        connection = session.connection()
        begun.set()
        is_frozen.wait()
        connection.exec_driver_sql("SELECT 1")

    under_way = asyncio.create_task(store.read(work))
    await asyncio.to_thread(begun.wait)
    with postgres_frozen(postgres_store):
        is_frozen.set()
        async with asyncio.timeout(30):
            await asyncio.to_thread(store.close)
            with pytest.raises(DatabaseUnavailableError):
                await under_way


@pytest.mark.postgres
async def test_full_pool_is_not_waited_for(postgres_store: Store) -> None:
    """A connection that never becomes free is an unavailable database."""
    store = Store(postgres_store.url, limits=Limits(pool_s=0.01))
    used_up = POSTGRES_FAULTS["connections"](store)
    with used_up, pytest.raises(DatabaseUnavailableError, match="QueuePool"):
        await store.transact(save_value)
    store.close()


async def test_reads_do_not_wait_for_writers(sqlite_store: Store) -> None:
    """People can still read while every writer waits for a lock."""
    store = Store(sqlite_store.url)
    with locked(store, "BEGIN IMMEDIATE"):
        writers = [asyncio.create_task(store.transact(save_value)) for _ in range(8)]
        async with asyncio.timeout(20):
            assert await store.read(count_values) == 0
        assert not any(writer.done() for writer in writers)
    async with asyncio.timeout(20):
        results = await asyncio.gather(*writers, return_exceptions=True)
    assert results.count(None) == 1
    store.close()


def test_full_disk(sqlite_store: Store) -> None:
    """A row for which there is no page is not saved; one that fits is."""

    def work(session: Session) -> None:
        row = models.KeyValue(name="long", value="x" * 100_000, at=FakeClock().now())
        session.add(row)

    with restricted(sqlite_store, "PRAGMA max_page_count = 1"):
        with pytest.raises(DatabaseUnavailableError, match="full"):
            sqlite_store.transact_sync(work)
        sqlite_store.transact_sync(save_value)
    sqlite_store.transact_sync(work)
    assert sqlite_store.read_sync(count_values) == 2


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
    assert comments == ["by 1", "by 2"]
    assert len(attempts) > 2  # on a busy machine the repeated one may be the victim once more


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
    sqlite_store: Store, fake_clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """One line when it begins, with its reason, and one when it is over."""
    await sqlite_store.transact(save_value)
    with SQLITE_FAULTS["missing"](sqlite_store):
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


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (SQLITE_FAULTS["missing"], "deleted or replaced"),
        (SQLITE_FAULTS["replaced"], "deleted or replaced"),
        (SQLITE_FAULTS["read-only"], "readonly"),
        (SQLITE_FAULTS["locked"], "locked"),
        (partial(file_overwritten, start=0), "corrupt"),
        (partial(file_overwritten, start=4096), "malformed"),
        (partial(restricted, pragma="PRAGMA max_page_count = 1"), "full"),
    ],
    ids=["missing", "replaced", "read-only", "locked", "overwritten", "pages", "full"],
)
async def test_health_notices_what_is_wrong(sqlite_store: Store, fault: Fault, reason: str) -> None:
    """The reason is reported while the database is broken, and nothing afterwards."""
    assert await sqlite_store.find_fault() == ""
    with fault(sqlite_store):
        assert reason in await sqlite_store.find_fault()
    assert await sqlite_store.find_fault() == ""


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("fault", "reason"), [("stopped", "not currently accepting"), ("read-only", "read-only")]
)
async def test_health_of_postgres(postgres_store: Store, fault: str, reason: str) -> None:
    """A server that takes no connections or no writes is not well; then it is again."""
    assert await postgres_store.find_fault() == ""
    with POSTGRES_FAULTS[fault](postgres_store):
        assert reason in await postgres_store.find_fault()
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
