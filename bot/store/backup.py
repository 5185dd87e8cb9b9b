"""Copies the database into a new SQLite file while Lagdesk runs."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, make_url

from bot.errors import ConflictError, LagdeskError
from bot.i18n.messages import message
from bot.store import schema
from bot.store.copying import TargetError, begin_writing, copy_tables, target_errors
from bot.store.engine import Limits
from bot.store.snapshot import open_engine, open_snapshot, require_current
from bot.store.system_errors import explain
from bot.store.tables import UNMODELLED_PREFIXES

_LIMITS: Final = Limits()
_MODE: Final = 0o600  # the copy has tokens and comments
_SQLITE_SUFFIXES: Final = ("", "-journal", "-wal", "-shm")

RowCounts = Mapping[str, int]


def back_up(url: str, file: Path, *, limits: Limits = _LIMITS) -> RowCounts:
    """Copy everything, as of one moment, into `file`; return the rows of each table.

    The file gets its name when it is complete and verified. Raises LagdeskError.
    """
    ensure_new(file)
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    with _file_errors(file), _unfinished(file) as copy:
        with open_snapshot(url, limits) as source:
            counts = _copy_pages(source, copy) if is_sqlite else _copy_rows(source, copy, limits)
        _finish(copy, counts)
        _publish(copy, file)
    return {n: rows for n, rows in counts.items() if not n.startswith(UNMODELLED_PREFIXES)}


def ensure_new(file: Path) -> None:
    """Raise ConflictError when something has this name."""
    if os.path.lexists(file):
        raise _exists(file)


def _copy_pages(source: Connection, copy: Path) -> RowCounts:
    """Copy the pages of a SQLite database."""
    counts = _count_rows(source.exec_driver_sql)
    driver: Any = source.connection.driver_connection
    with closing(sqlite3.connect(copy)) as target:
        driver.backup(target)
    return counts


def _copy_rows(source: Connection, copy: Path, limits: Limits) -> RowCounts:
    """Copy the rows of a PostgreSQL database."""
    require_current(source)
    engine = open_engine(URL.create("sqlite", database=str(copy)), limits)
    try:
        with target_errors(), engine.connect() as target:
            schema.migrate(target)
        with target_errors(), engine.connect() as target:
            begin_writing(target)
            copies = copy_tables(source, target)
            target.commit()
    finally:
        engine.dispose()
    different = [each.name for each in copies if not each.is_same]
    if different:
        raise _damaged(", ".join(different))
    return {each.name: each.target.rows for each in copies}


def _finish(copy: Path, counts: RowCounts) -> None:
    """Make the copy a single file, verify it and write it to the disk."""
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        problems = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if problems != "ok":
            raise _damaged(problems.splitlines()[0])
        actual = _count_rows(connection.execute)
    different = [name for name, rows in counts.items() if actual.get(name) != rows]
    if different:
        raise _damaged(", ".join(different))
    _sync(copy)


def _count_rows(execute: Callable[[str], Any]) -> dict[str, int]:
    """Count the rows of every table, whichever version of Lagdesk made it."""
    tables = execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    count = 'SELECT count(*) FROM "{}"'
    return {name: execute(count.format(name)).fetchone()[0] for (name,) in tables}


@contextmanager
def _unfinished(file: Path) -> Iterator[Path]:
    """Create a private file beside the final one; remove it at the end, whatever happens."""
    copy = file.with_name(f"{file.name}.{secrets.token_hex(4)}.partial")
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _MODE))
    try:
        yield copy
    finally:
        for suffix in _SQLITE_SUFFIXES:
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)


def _publish(copy: Path, file: Path) -> None:
    """Give the copy its final name, unless something has it by now."""
    try:
        os.link(copy, file)
    except FileExistsError:
        raise _exists(file) from None
    except OSError:  # no hard links on this file system
        ensure_new(file)
        copy.rename(file)
    with suppress(OSError):  # some file systems cannot
        _sync(file.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _file_errors(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error, TargetError) as error:
        why = explain(_reason(error))
        raise LagdeskError(
            message("%(file)s cannot be written: %(why)s.", file=str(file), why=why)
        ) from error


def _reason(error: OSError | sqlite3.Error | TargetError) -> str:
    if isinstance(error, TargetError):
        return error.reason
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _exists(file: Path) -> ConflictError:
    return ConflictError(message("%(file)s exists already. Give another name.", file=str(file)))


def _damaged(why: str) -> LagdeskError:
    return LagdeskError(
        message("The copy is not complete (%(why)s) and was removed. Try again.", why=why)
    )
