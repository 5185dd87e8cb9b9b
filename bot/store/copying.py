"""Copies the rows of all tables into another database, SQLite or PostgreSQL, and compares them.

Values are copied as they are stored, JSON as its text: an unknown enum member is kept, JSON null
stays different from NULL, and the checksums of both databases are comparable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Row,
    Table,
    Text,
    TypeDecorator,
    cast,
    func,
    insert,
    select,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import TypeEngine

from bot.errors import LagdeskError
from bot.i18n.messages import message
from bot.store.engine import LIFT_POSTGRES_LIMITS, reason_of
from bot.store.system_errors import explain
from bot.store.tables import load_tables
from bot.store.tickets import search_index

_BATCH_ROWS: Final = 500
_CHECKSUM_BYTES: Final = 16


class TargetError(LagdeskError):
    """The database that is written to fails; `reason` has no stored text."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            message("The target database cannot be used: %(why)s.", why=explain(reason))
        )
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Content:
    """How many rows a table has, and a checksum that does not depend on their order."""

    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class TableCopy:
    """A table in both databases."""

    name: str
    source: Content
    target: Content

    @property
    def is_same(self) -> bool:
        """Whether both have the same rows."""
        return self.source == self.target


def copy_tables(source: Connection, target: Connection) -> list[TableCopy]:
    """Copy all rows into empty tables and read them back; commits nothing.

    Raises TargetError.
    """
    copies = [_copy_table(source, target, table) for table in load_tables()]
    with target_errors():
        _set_sequences(target)
        search_index.index_all(target)
    return copies


def begin_writing(connection: Connection) -> None:
    """Begin a transaction that writes many rows."""
    is_sqlite = connection.dialect.name == "sqlite"
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_sqlite else LIFT_POSTGRES_LIMITS)


@contextmanager
def target_errors() -> Iterator[None]:
    """Turn the errors of the database that is written to into TargetError."""
    try:
        yield
    except SQLAlchemyError as error:
        raise TargetError(reason_of(error)) from error


def _copy_table(source: Connection, target: Connection, table: Table) -> TableCopy:
    from_table = _stored_table(table, source.dialect.name)
    to_table = _stored_table(table, target.dialect.name)
    expected = _Checksum()
    for rows in _batches(source, from_table):
        expected.add(rows)
        with target_errors():
            target.execute(insert(to_table), [dict(row._mapping) for row in rows])  # noqa: SLF001 - SQLAlchemy's public name
    return TableCopy(table.name, expected.content, _read_content(target, to_table))


def _read_content(connection: Connection, table: Table) -> Content:
    checksum = _Checksum()
    with target_errors():
        for rows in _batches(connection, table):
            checksum.add(rows)
    return checksum.content


def _batches(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    options = {"yield_per": _BATCH_ROWS}
    yield from connection.execute(select(table), execution_options=options).partitions()


class _Checksum:
    """Sums the hashes of rows: databases sort text differently."""

    def __init__(self) -> None:
        self._rows = 0
        self._sum = 0

    def add(self, rows: Sequence[Row[Any]]) -> None:
        """Add rows."""
        self._rows += len(rows)
        for row in rows:
            digest = blake2b(repr(tuple(row)).encode(), digest_size=_CHECKSUM_BYTES)
            self._sum += int.from_bytes(digest.digest())

    @property
    def content(self) -> Content:
        """The rows so far."""
        digits = 2 * _CHECKSUM_BYTES
        return Content(self._rows, f"{self._sum % 16**digits:0{digits}x}")


class _PostgresJson(TypeDecorator[str]):
    """A JSON column of PostgreSQL as text."""

    impl = Text
    cache_ok = True

    def bind_expression(self, bindparam: ColumnElement[str]) -> ColumnElement[Any]:
        """Write text."""
        return cast(bindparam, JSON)

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[str]:
        """Read text."""
        return cast(column, Text)


def _stored_table(table: Table, dialect: str) -> Table:
    """Return a table whose values are not interpreted."""
    columns = [Column(each.name, _stored_type(each.type, dialect)) for each in table.columns]
    return Table(table.name, MetaData(), *columns)


def _stored_type(kind: TypeEngine[Any], dialect: str) -> TypeEngine[Any]:
    if isinstance(kind, TypeDecorator):
        return _stored_type(kind.impl_instance, dialect)
    if isinstance(kind, JSON):
        return _PostgresJson() if dialect == "postgresql" else Text()
    return kind


def _set_sequences(connection: Connection) -> None:
    """Let PostgreSQL number new rows after the copied ones; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in load_tables():
        column = table.autoincrement_column
        if column is None:
            continue
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        next_number = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
        connection.execute(select(func.setval(sequence, next_number, False)))  # noqa: FBT003 - the function's own arguments
