"""Rows in every table, whatever tables there are, and a way to compare two databases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Integer,
    LargeBinary,
    Table,
    insert,
    null,
    select,
)
from sqlmodel import AutoString

from bot.columns import EnumText, UtcTime
from bot.store import Session, Store
from bot.store.tables import load_tables
from bot.store.tickets import search_index
from tests.bot.store.factories import NOON

ROWS: Final = 3
_TEXTS: Final = ("上网卡顿 O'Neil 🎧", "", 'a "quoted" \\ %s :x\nline')
_JSON: Final[tuple[Any, ...]] = ({"a": [1, 2.5, None, "卡 🎧"], "b": {"c": True}}, {"d": []}, {})


def fill_every_table(store: Store) -> None:
    """Store rows in every table: with every type of value, and with NULL where it is allowed."""

    def work(session: Session) -> None:
        connection = session.connection()
        for table in load_tables():
            connection.execute(insert(table), [row_of_table(table, nth) for nth in range(1, ROWS)])
            connection.execute(insert(table).values(row_of_table(table, ROWS)))
        search_index.index_all(connection)

    store.transact_sync(work)


def row_of_table(table: Table, nth: int) -> dict[str, Any]:
    """Return a row of values that other numbers do not have."""
    return {column.name: _value(column, nth) for column in table.columns}


def _value(column: Column[Any], nth: int) -> Any:
    if column.nullable and nth == ROWS:
        return null()
    for kind, value in _VALUES.items():
        if isinstance(column.type, kind):
            return value(column, nth)
    raise AssertionError(f"{column}: give its type a value")


def _json(column: Column[Any], nth: int) -> Any:
    return None if column.nullable and nth == 1 else _JSON[nth % len(_JSON)]


def _number(column: Column[Any], nth: int) -> int:
    return nth * 10 if column.primary_key or column.foreign_keys else nth


def _text(column: Column[Any], nth: int) -> str:
    is_unique = column.primary_key or column.name == "origin"
    return f"{nth if is_unique else ''}{_TEXTS[nth % len(_TEXTS)]}"


_VALUES: Final[dict[type, Callable[[Any, int], Any]]] = {
    UtcTime: lambda _, nth: NOON + dt.timedelta(days=nth, microseconds=nth % 2),
    EnumText: lambda column, nth: list(column.type.members)[nth % len(column.type.members)],
    JSON: _json,
    LargeBinary: lambda _, nth: bytes(range(nth, 256)),
    Boolean: lambda _, nth: nth % 2 == 0,
    Integer: _number,
    Float: lambda _, nth: nth / 7,
    AutoString: _text,
}


def rows_of(store: Store, table: Table, *but: str) -> list[str]:
    """Return the rows of a table in an order of their own, without some columns."""
    columns = [column for column in table.columns if column.name not in but]
    return store.read_sync(
        lambda session: sorted(
            repr(tuple(row)) for row in session.connection().execute(select(*columns))
        )
    )


def all_rows(store: Store) -> dict[str, list[str]]:
    """Return the rows of every table."""
    return {table.name: rows_of(store, table) for table in load_tables()}
