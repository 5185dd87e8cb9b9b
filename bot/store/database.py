"""The database engine and its transactions."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

Result = TypeVar("Result")
DatabaseError = SQLAlchemyError  # for packages that may not import sqlalchemy
_BUSY_TIMEOUT_MS: Final = 5000
_MIGRATIONS: Final = Path(__file__).parent.parent / "migrations"


class Store:
    """One database. Work is a plain function of a session and runs in a thread of its own.

    `transact` is one transaction: it commits when the work returns, else rolls back.
    """

    def __init__(self, url: str, *, threads: int = 4) -> None:
        self.url: Final = url
        self.engine: Final = _create_engine(url)
        self.is_sqlite: Final = self.engine.dialect.name == "sqlite"
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="store")

    async def transact(self, work: Callable[[Session], Result]) -> Result:
        """Run the work in one transaction."""
        return await self._run(lambda: self.transact_sync(work))

    async def read(self, work: Callable[[Session], Result]) -> Result:
        """Run work that only reads."""
        return await self._run(lambda: self.read_sync(work))

    def transact_sync(self, work: Callable[[Session], Result]) -> Result:
        """Run the work in one transaction, in the calling thread."""
        with Session(self.engine, expire_on_commit=False) as session:
            if self.is_sqlite:  # take the write lock now: a later upgrade could deadlock
                session.connection().exec_driver_sql("BEGIN IMMEDIATE")
            result = work(session)
            session.commit()
            return result

    def read_sync(self, work: Callable[[Session], Result]) -> Result:
        """Run work that only reads, in the calling thread."""
        with Session(self.engine, expire_on_commit=False) as session:
            if self.is_sqlite:
                session.connection().exec_driver_sql("BEGIN")
            return work(session)

    async def is_reachable(self) -> bool:
        """Return whether the database responds."""
        try:
            await self.read(lambda session: session.connection().execute(text("SELECT 1")))
        except SQLAlchemyError:
            return False
        return True

    def migrate(self) -> None:
        """Bring the database to the newest revision."""
        with self.engine.connect() as connection:
            config = _alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()

    def is_current(self) -> bool:
        """Return whether the database is at the newest revision."""
        head = ScriptDirectory.from_config(_alembic_config()).get_current_head()
        with self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == head

    def close(self) -> None:
        """Shut down the threads and close all connections."""
        self._threads.shutdown(wait=True)
        self.engine.dispose()

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def _create_engine(url: str) -> Engine:
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    """Write-ahead log, so that readers never wait; we begin transactions ourselves."""
    _ = record
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys=ON")
