"""One consistent read of a whole database, beside running processes or instead of them."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, NullPool, event, func, make_url, select, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlmodel import col

from bot.errors import ConflictError, LagdeskError, NotFoundError
from bot.i18n.messages import message
from bot.ports import Clock
from bot.store import schema
from bot.store.engine import (
    APPLICATION_NAME,
    LIFT_POSTGRES_LIMITS,
    DatabaseFile,
    DatabaseUnavailableError,
    Limits,
    create_bounded_engine,
    is_locked,
    reason_of,
    sqlite_path,
)
from bot.store.models import Heartbeat
from bot.store.tables import load_tables

_HEARTBEAT_TIMEOUT: Final = dt.timedelta(seconds=10)  # a worker sends one every 1.5 s
_POLL_S: Final = 0.05
_OTHER_PROCESSES: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND application_name = :name"
)


@contextmanager
def open_snapshot(url: str, limits: Limits) -> Iterator[Connection]:
    """Open a transaction that reads everything as of one moment, while others write."""
    with _open_existing(url, limits) as engine, engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection.execution_options(isolation_level="REPEATABLE READ")
            connection.exec_driver_sql(LIFT_POSTGRES_LIMITS)
        yield connection


@contextmanager
def open_exclusive(url: str, limits: Limits, clock: Clock) -> Iterator[Connection]:
    """Open a transaction that reads everything, and keep others from writing until it ends.

    Raises ConflictError when Lagdesk runs on the database, LagdeskError for an old schema.
    """
    with _open_existing(url, limits) as engine:
        begin = _lock_sqlite if engine.dialect.name == "sqlite" else _lock_postgres
        with begin(engine, limits) as connection:
            _ensure_no_worker(connection, clock)
            yield connection


def require_current(connection: Connection) -> None:
    """Raise LagdeskError when the schema is not at the newest revision."""
    if not schema.is_current(connection):
        raise LagdeskError(message("The database schema is out of date. Run: lagdesk migrate"))


def open_engine(url: str | URL, limits: Limits) -> Engine:
    """Create an engine for one transaction; it does not notice when the file is replaced."""
    backend = make_url(url).get_backend_name()
    return create_bounded_engine(url, DatabaseFile(URL.create(backend)), limits, poolclass=NullPool)


@contextmanager
def _open_existing(url: str, limits: Limits) -> Iterator[Engine]:
    """Open a database, which SQLite would otherwise create."""
    file = sqlite_path(make_url(url))
    if file is not None and not file.exists():
        raise NotFoundError(message("%(file)s does not exist.", file=str(file)))
    engine = open_engine(url, limits)
    try:
        yield engine
    except LagdeskError:  # DatabaseUnavailableError is also SQLAlchemy's
        raise
    except SQLAlchemyError as error:
        raise DatabaseUnavailableError(reason_of(error)) from error
    finally:
        engine.dispose()


@contextmanager
def _lock_sqlite(engine: Engine, _limits: Limits) -> Iterator[Connection]:
    """Lock the file, which fails while another process has it open."""
    event.listen(engine, "connect", _set_exclusive, insert=True)
    try:
        connection = engine.connect()
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
    except OperationalError as error:
        if is_locked(error):
            raise _in_use() from error
        raise
    with connection:
        require_current(connection)
        yield connection


def _set_exclusive(connection: Any, _record: Any) -> None:
    """Before the first access; set later, it would not exclude readers."""
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")


@contextmanager
def _lock_postgres(engine: Engine, limits: Limits) -> Iterator[Connection]:
    """Lock all tables against writing once no other process is connected."""
    with engine.connect() as connection:
        require_current(connection)
        _ensure_no_connection(connection, limits.lock_s)
    names = ", ".join(f'"{table.name}"' for table in load_tables())
    with engine.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")
        try:
            connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE MODE")
        except OperationalError as error:
            if is_locked(error):
                raise _in_use() from error
            raise
        connection.exec_driver_sql(LIFT_POSTGRES_LIMITS)
        yield connection


def _ensure_no_connection(connection: Connection, patience_s: float) -> None:
    """Raise ConflictError while another process is connected; one may just be ending."""
    until = time.monotonic() + patience_s
    while connection.scalar(_OTHER_PROCESSES, {"name": APPLICATION_NAME}):
        if time.monotonic() > until:
            raise _in_use()
        connection.rollback()  # within a transaction the answer stays the same
        time.sleep(_POLL_S)


def _ensure_no_worker(connection: Connection, clock: Clock) -> None:
    """Raise ConflictError when a worker was active a moment ago."""
    last = connection.scalar(select(func.max(col(Heartbeat.at))))
    if last is not None and last > _now(connection, clock) - _HEARTBEAT_TIMEOUT:
        raise _in_use()


def _now(connection: Connection, clock: Clock) -> dt.datetime:
    if connection.dialect.name == "sqlite":
        return clock.now()
    now: dt.datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now


def _in_use() -> ConflictError:
    return ConflictError(
        message(
            "Lagdesk runs on the database in DATABASE_URL. Stop every serve, socket and worker "
            "first, or add --force."
        )
    )
