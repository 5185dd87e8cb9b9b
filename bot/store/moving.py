"""Moves everything into another database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Engine, delete, inspect, literal, select, table, update
from sqlmodel import col

from bot.errors import ConflictError
from bot.i18n.messages import message
from bot.ports import Clock, SystemClock
from bot.store import schema
from bot.store.copying import TableCopy, begin_writing, copy_tables, target_errors
from bot.store.engine import Limits
from bot.store.models import Heartbeat, Job
from bot.store.snapshot import open_engine, open_exclusive, open_snapshot, require_current
from bot.store.tables import UNMODELLED_PREFIXES

_LIMITS: Final = Limits()


def move(
    source_url: str,
    target_url: str,
    *,
    is_forced: bool = False,
    clock: Clock | None = None,
    limits: Limits = _LIMITS,
) -> list[TableCopy]:
    """Copy all tables into an empty database, which is migrated first; leases are released.

    When any table differs afterwards, the target is left empty. `is_forced`: also while Lagdesk
    runs on the source; what it writes meanwhile is not copied. Raises LagdeskError.
    """
    if is_forced:
        with open_snapshot(source_url, limits) as source:
            require_current(source)
            return _fill(source, target_url, limits)
    with open_exclusive(source_url, limits, clock or SystemClock()) as source:
        return _fill(source, target_url, limits)


def _fill(source: Connection, target_url: str, limits: Limits) -> list[TableCopy]:
    engine = open_engine(target_url, limits)
    try:
        _prepare(engine)
        with target_errors(), engine.connect() as target:
            begin_writing(target)
            copies = copy_tables(source, target)
            if is_complete(copies):
                _release_leases(target)
                target.commit()
            return copies
    finally:
        engine.dispose()


def is_complete(copies: Sequence[TableCopy]) -> bool:
    """Return whether every table was copied without a difference."""
    return all(copy.is_same for copy in copies)


def _prepare(engine: Engine) -> None:
    """Migrate the target. Raises ConflictError, before anything is changed, if it has rows."""
    with target_errors(), engine.connect() as connection:
        for name in inspect(connection).get_table_names():
            if not name.startswith(UNMODELLED_PREFIXES) and _has_rows(connection, name):
                raise ConflictError(
                    message(
                        "The target database is not empty: the table %(table)s has rows. Give "
                        "an empty one.",
                        table=name,
                    )
                )
    with target_errors(), engine.connect() as connection:
        schema.migrate(connection)


def _has_rows(connection: Connection, name: str) -> bool:
    return connection.scalar(select(literal(1)).select_from(table(name)).limit(1)) is not None


def _release_leases(connection: Connection) -> None:
    """Make every job claimable at once, and forget the workers of the source."""
    values = {"locked_by": None, "locked_until": None, "rerun": False}
    connection.execute(update(Job).where(col(Job.locked_by).is_not(None)).values(values))
    connection.execute(delete(Heartbeat))
