"""Work that takes longer than a request may: one large transaction, and removing deleted bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from sqlmodel import Session

from bot.errors import ConflictError
from bot.i18n.messages import message
from bot.store.copying import begin_writing
from bot.store.database import Store

Result = TypeVar("Result")
_PATIENCE_S: Final = 60.0  # until other processes are between two transactions


def transact_unlimited(store: Store, work: Callable[[Session], Result]) -> Result:
    """Run work in one transaction that may take minutes; others wait to write on SQLite."""
    with store.engine.connect() as connection:
        begin_writing(connection)
        with Session(connection, expire_on_commit=False) as session:
            result = work(session)
            session.flush()
            connection.commit()
    return result


def remove_deleted_bytes(
    store: Store, tables: Iterable[str], patience_s: float = _PATIENCE_S
) -> None:
    """Write the database, on PostgreSQL these tables, anew: deleted rows stay in files otherwise.

    PostgreSQL's write-ahead log and its archives are not touched. Raises ConflictError when another
    process reads a SQLite database for longer than `patience_s`.
    """
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()  # nobody else uses it without the limits
        if not store.is_sqlite:
            connection.exec_driver_sql("SET lock_timeout = 0; SET statement_timeout = 0")
            for name in tables:
                connection.exec_driver_sql(f'VACUUM (FULL) "{name}"')
            return
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(patience_s * 1000)}")
        connection.exec_driver_sql("INSERT INTO ticket_search (ticket_search) VALUES ('optimize')")
        connection.exec_driver_sql("VACUUM")
        checkpoint = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if checkpoint[0]:  # it is busy
            raise ConflictError(
                message(
                    "The rows are deleted, but another process reads the database, so their bytes"
                    " are still in its files. Run the command again."
                )
            )
