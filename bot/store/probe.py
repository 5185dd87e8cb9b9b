"""The health check: pages of the file, and a row that is written and read back."""

from __future__ import annotations

import datetime as dt
import secrets
import sqlite3
import time
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col

from bot.store.models import KeyValue
from bot.store.statements import insertion

_NAME: Final = "health"
_SPACE_BYTES: Final = 64 * 1024
_PAGES_S: Final = 0.05
_PROGRESS_STEPS: Final = 1000


def check_pages(connection: Connection) -> None:
    """Read the pages of a SQLite database, as many as a moment allows; raises SQLAlchemyError."""
    until = time.monotonic() + _PAGES_S
    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(lambda: time.monotonic() > until, _PROGRESS_STEPS)
    try:
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
        result = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
            raise
        return
    if result != "ok":
        raise OperationalError("", None, sqlite3.OperationalError("the database file is corrupt"))


def write_and_read(session: Session) -> None:
    """Write a row and read it; raises SQLAlchemyError when that fails or there is no space."""
    dialect = session.connection().dialect.name
    if dialect == "sqlite":
        _allocate(session)
    value, at = secrets.token_hex(8), dt.datetime.now(dt.UTC)
    upsert = (
        insertion(dialect, KeyValue)
        .values(name=_NAME, value=value, at=at)
        .on_conflict_do_update(index_elements=["name"], set_={"value": value, "at": at})
    )
    session.execute(upsert.returning(col(KeyValue.value))).one()


def _allocate(session: Session) -> None:
    """Allocate pages and give them back: overwriting a row would need none."""
    connection = session.connection()
    connection.exec_driver_sql("SAVEPOINT space")
    connection.exec_driver_sql(
        "INSERT INTO key_value (name, value, at) VALUES ('health.space', zeroblob(?), '')",
        (_SPACE_BYTES,),
    )
    connection.exec_driver_sql("ROLLBACK TO space")
