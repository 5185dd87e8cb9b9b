"""Faults of a database, each as a context: broken inside, whole again afterwards."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, event, text

from bot.store import Store

Fault = Callable[[Store], AbstractContextManager[None]]


def path_of(store: Store) -> Path:
    """Return the file of a SQLite database."""
    return Path(store.engine.url.database or "")


@contextmanager
def locked(store: Store, lock: str) -> Iterator[None]:
    """Hold a lock on another connection."""
    other = Store(store.url)
    with closing(other), other.engine.connect() as connection:
        connection.exec_driver_sql(lock)
        yield
        connection.rollback()


@contextmanager
def file_missing(store: Store) -> Iterator[None]:
    """Move the file away."""
    file = path_of(store)
    moved = file.with_suffix(".moved")
    file.rename(moved)
    yield
    moved.rename(file)


@contextmanager
def file_replaced(store: Store) -> Iterator[None]:
    """Put another valid database in its place."""
    file = path_of(store)
    path = file.with_suffix(".other")
    other = Store(f"sqlite:///{path}")
    other.migrate()
    other.close()
    with file_missing(store):
        path.rename(file)
        yield
        file.unlink()


@contextmanager
def file_overwritten(store: Store, start: int) -> Iterator[None]:
    """Write nonsense over the file from a position on."""
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    file = path_of(store)
    content = file.read_bytes()
    with file.open("r+b") as opened:
        opened.seek(start)
        opened.write(os.urandom(len(content) - start))
    yield
    file.write_bytes(content)


@contextmanager
def restricted(store: Store, pragma: str) -> Iterator[None]:
    """Restrict every connection of SQLite."""

    def restrict(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute(pragma)

    store.engine.dispose()
    event.listen(Engine, "connect", restrict)
    try:
        yield
    finally:
        event.remove(Engine, "connect", restrict)
        store.engine.dispose()


@contextmanager
def column_renamed(store: Store) -> Iterator[None]:
    """Give the tables the columns of another version of Lagdesk."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for old, new in (("team", "workspace"), ("workspace", "team")):
            for table in ("ticket", "inquiry"):
                connection.exec_driver_sql(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
            if old == "team":
                yield


@contextmanager
def connections_used_up(store: Store) -> Iterator[None]:
    """Hold every connection that the pool may open."""
    with ExitStack() as stack:
        for _ in range(_POOL_SIZE):
            stack.enter_context(store.engine.connect())
        yield


@contextmanager
def reconfigured(store: Store, change: str, undo: str) -> Iterator[None]:
    """Change a setting of a PostgreSQL database, and end every connection to it."""
    name = store.engine.url.database
    end = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
    other = Store(store.url.replace(f"/{name}", "/postgres"))
    with closing(other), other.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in (change, undo):
            connection.exec_driver_sql(f"ALTER DATABASE {name} {statement}")
            connection.execute(end, {"name": name})
            if statement is change:
                yield


@contextmanager
def postgres_frozen(store: Store) -> Iterator[None]:
    """Freeze the processes of a PostgreSQL server that serve this database, and the first one."""
    query = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    with store.engine.connect() as connection:
        backends = list(connection.execute(query).scalars())
        folder = connection.exec_driver_sql("SHOW data_directory").scalar_one()
    first = int((Path(folder) / "postmaster.pid").read_text().split()[0])
    for pid in (first, *backends):
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in (first, *backends):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def postgres_stopped(server: Any) -> Iterator[None]:
    """Stop a PostgreSQL server, with every database of it."""
    server.stop()
    try:
        yield
    finally:
        server.ensure_postgres_running()


TABLE_LOCK: Final = "LOCK TABLE ticket, inquiry IN ACCESS EXCLUSIVE MODE"
_POOL_SIZE: Final = 15
SQLITE_FAULTS: Final[dict[str, Fault]] = {
    "locked": partial(locked, lock="BEGIN IMMEDIATE"),
    "missing": file_missing,
    "replaced": file_replaced,
    "read-only": partial(restricted, pragma="PRAGMA query_only = ON"),
    "schema": column_renamed,
    "connections": connections_used_up,
}
POSTGRES_FAULTS: Final[dict[str, Fault]] = {
    "locked": partial(locked, lock=TABLE_LOCK),
    "stopped": partial(
        reconfigured, change="ALLOW_CONNECTIONS false", undo="ALLOW_CONNECTIONS true"
    ),
    "read-only": partial(
        reconfigured, change="SET default_transaction_read_only = on", undo="RESET ALL"
    ),
    "schema": column_renamed,
    "connections": connections_used_up,
}
UNREADABLE: Final = frozenset({"missing", "replaced", "stopped", "connections"})
