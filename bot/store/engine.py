"""Database engines with time limits, which put no stored text into their errors."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final
from weakref import WeakSet

from sqlalchemy import URL, Engine, Pool, QueuePool, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InvalidatePoolError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.errors import LagdeskError
from bot.i18n.messages import Message, message

APPLICATION_NAME: Final = "lagdesk"  # in pg_stat_activity
_VANISHED_SERVER: Final = {  # is noticed within ten seconds
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}
LIFT_POSTGRES_LIMITS: Final = (
    "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0;"
    " SET LOCAL idle_in_transaction_session_timeout = 0"
)
_RETRIED_SQLSTATES: Final = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_LOCK_NOT_AVAILABLE: Final = "55P03"
_DATA_EXCEPTION: Final = "22"  # the class of errors whose first line may quote a value
_SQLITE_HEADER: Final = b"SQLite format 3\0"
_MIN_FREE_BYTES: Final = 256 * 1024
_CHECKPOINT_PAGES: Final = 4000  # 16 MB; the commit that makes a checkpoint waits for it
_NOT_SAVED: Final = message("Not saved: the database is unavailable. Try again in a minute.")
_NOT_READ: Final = message(
    "Nothing can be read now: the database is unavailable. Try again in a minute."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long what may wait, in seconds. `lock_s` is also SQLite's busy time-out."""

    connect_s: int = 2  # the least that libpq knows
    pool_s: float = 2.0
    lock_s: float = 1.5  # longer than PostgreSQL needs to notice a deadlock
    statement_s: float = 5.0
    idle_in_transaction_s: float = 10.0
    close_s: float = 1.0


LIMITS: Final = Limits()


class DatabaseUnavailableError(LagdeskError, SQLAlchemyError):
    """The database could not do it now, whatever the data; nothing was saved."""

    retryable = True

    def __init__(self, reason: str, *, is_read: bool = False) -> None:
        super().__init__(_NOT_READ if is_read else _NOT_SAVED)
        self.reason = reason

    @property
    def operator_message(self) -> Message:
        """What the terminal prints: nobody there tries again in a minute."""
        return message("The database in DATABASE_URL cannot be used: %(why)s.", why=self.reason)

    def __str__(self) -> str:
        return f"the database is unavailable: {self.reason}"


class DatabaseFile:
    """The file of a SQLite database, recognised by its inode; nothing for PostgreSQL.

    Connections to a file that was deleted or replaced still work, but what they write is lost.
    The file stays open: closing it would release the locks of all connections of this process.
    """

    def __init__(self, url: URL) -> None:
        self.is_sqlite: Final = url.get_backend_name() == "sqlite"
        self._path = sqlite_path(url)
        self._opened: int | None = None

    @property
    def is_missing(self) -> bool:
        """Return whether the file does not exist, but can be created."""
        path = self._path
        return path is not None and not path.exists() and os.access(path.parent, os.W_OK)

    def remember(self) -> None:
        """Take the file that was just opened as the database, unless one was before."""
        if self._path is not None and self._opened is None:
            self._opened = os.open(self._path, os.O_RDONLY)

    def close(self) -> None:
        """Close the file, after all connections to it."""
        if self._opened is not None:
            os.close(self._opened)
            self._opened = None

    def check(self) -> None:
        """Raise OperationalError when the file is not the one opened first."""
        if self._path is None or self._opened is None:
            return
        try:
            is_same = os.path.samestat(os.fstat(self._opened), self._path.stat())
        except OSError:
            is_same = False
        if not is_same:
            raise _failure("the database file was deleted or replaced")

    def check_content(self) -> None:
        """Raise OperationalError when the file is no database, or its disk is full."""
        if self._path is None or self._opened is None:
            return
        self.check()
        if os.pread(self._opened, len(_SQLITE_HEADER), 0) != _SQLITE_HEADER:
            raise _failure("the database file is corrupt")
        if shutil.disk_usage(self._path.parent).free < _MIN_FREE_BYTES:
            raise _failure("the disk of the database is full")


def sqlite_path(url: URL) -> Path | None:
    """Return the file of a SQLite database, None when there is none or it has no plain name."""
    name = url.database or ""
    is_plain = url.get_backend_name() == "sqlite" and not name.startswith((":", "file:"))
    return Path(name).absolute() if name and is_plain else None


def create_bounded_engine(
    url: str | URL, file: DatabaseFile, limits: Limits, *, poolclass: type[Pool] = QueuePool
) -> Engine:
    """Create an engine on which nothing waits for ever."""
    more: dict[str, Any] = {"pool_timeout": limits.pool_s} if poolclass is QueuePool else {}
    if file.is_sqlite:
        engine = create_engine(url, hide_parameters=True, poolclass=poolclass, **more)
        _listen_sqlite(engine, file, limits)
        return engine
    connect = {
        "application_name": APPLICATION_NAME,
        "connect_timeout": limits.connect_s,
        **_VANISHED_SERVER,
    }
    engine = create_engine(
        url, hide_parameters=True, pool_pre_ping=True, connect_args=connect, **more
    )
    event.listen(engine, "connect", partial(_prepare_postgres, limits))
    event.listen(engine, "handle_error", _remove_values)
    return engine


class OpenConnections:
    """The open connections to PostgreSQL, to break those that a frozen server keeps waiting.

    SQLite needs none of that: its busy time-out ends every wait.
    """

    def __init__(self, engine: Engine) -> None:
        self._open: WeakSet[Any] = WeakSet()
        self._lock = threading.Lock()
        if engine.dialect.name != "sqlite":
            event.listen(engine, "connect", self._add, insert=True)

    def _add(self, connection: Any, _record: Any) -> None:
        with self._lock:
            self._open.add(connection)

    def interrupt(self) -> None:
        """Shut down the sockets: whoever waits for an answer gets an error."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with suppress(Exception):  # it may be closed in the meantime
                if not connection.closed:
                    with socket.socket(fileno=os.dup(connection.fileno())) as shared:
                        shared.shutdown(socket.SHUT_RDWR)


def is_unavailable(error: BaseException) -> bool:
    """Return whether an error means that the database could not do it, whatever the data."""
    return isinstance(error, DBAPIError | PoolTimeoutError) and not isinstance(
        error, DataError | IntegrityError
    )


def is_transient(error: SQLAlchemyError) -> bool:
    """Return whether the same transaction can succeed right away: a deadlock, a short lock."""
    return _is_busy(error) or _sqlstate(getattr(error, "orig", None)) in _RETRIED_SQLSTATES


def is_locked(error: SQLAlchemyError) -> bool:
    """Return whether somebody else held a lock for too long."""
    return _is_busy(error) or _sqlstate(getattr(error, "orig", None)) == _LOCK_NOT_AVAILABLE


def _is_busy(error: SQLAlchemyError) -> bool:
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    return code is not None and code & 0xFF == sqlite3.SQLITE_BUSY


def reason_of(error: BaseException) -> str:
    """Describe an error in one line, without any stored text."""
    original = getattr(error, "orig", None) or error
    lines = str(original).strip().splitlines()
    return f"{type(original).__name__}: {lines[0]}" if lines else type(original).__name__


def _failure(reason: str) -> OperationalError:
    """Return an error as SQLite would raise it."""
    return OperationalError("", None, sqlite3.OperationalError(reason))


def _listen_sqlite(engine: Engine, file: DatabaseFile, limits: Limits) -> None:
    """Write-ahead log, so that readers never wait; we begin transactions ourselves."""

    def check_before_connect(*_: Any) -> None:
        file.check()  # or SQLite would create an empty one

    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={round(limits.lock_s * 1000)}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
        connection.execute("PRAGMA foreign_keys=ON")
        file.remember()

    def check_at_checkout(*_: Any) -> None:
        try:
            file.check()
        except OperationalError as error:
            raise InvalidatePoolError(str(error)) from error  # the pool connects again

    event.listen(engine, "do_connect", check_before_connect)
    event.listen(engine, "connect", prepare)
    event.listen(engine, "checkout", check_at_checkout)


def _prepare_postgres(limits: Limits, connection: Any, _record: Any) -> None:
    settings = {
        "lock_timeout": limits.lock_s,
        "statement_timeout": limits.statement_s,
        "idle_in_transaction_session_timeout": limits.idle_in_transaction_s,
    }
    for name, seconds in settings.items():
        connection.execute(f"SET {name} = {round(seconds * 1000)}")
    connection.commit()


def _remove_values(context: ExceptionContext) -> None:
    """Keep the first line of what PostgreSQL says: the others quote the row."""
    original, sqlstate = context.original_exception, _sqlstate(context.original_exception)
    if sqlstate is None:
        return
    lines = str(original).splitlines()
    is_data_error = sqlstate.startswith(_DATA_EXCEPTION)
    original.args = (f"SQLSTATE {sqlstate}" if is_data_error else "".join(lines[:1]),)
    if context.sqlalchemy_exception is not None:
        name = f"({type(original).__module__}.{type(original).__name__})"
        context.sqlalchemy_exception.args = (f"{name} {original}",)


def _sqlstate(error: BaseException | None) -> str | None:
    """Return the code of an error of PostgreSQL's server."""
    return getattr(error, "sqlstate", None)
