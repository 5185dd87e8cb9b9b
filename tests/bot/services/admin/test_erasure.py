"""Erasing a person: planted in every column that could name them, then looked for everywhere."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest
from sqlalchemy import JSON, Boolean, Column, Float, Integer, Table, insert, select
from sqlalchemy import text as sql
from sqlalchemy.engine import make_url

from bot.call import Code, Metric, Series, Unit
from bot.charts.serialization import deserialize_series, serialize_series
from bot.columns import EnumText, UtcTime
from bot.ports import Window
from bot.services.admin.erasure import ErasureService
from bot.services.diagnosis.service import WINDOW_MARGIN
from bot.store import Session, Store
from bot.store.admin.erasure import Identity
from bot.store.diagnosis.evidence import StoredEvidence
from bot.store.engine import sqlite_path
from bot.store.tables import load_tables
from bot.store.tickets import search_index
from tests.bot.services.contexts import make_context
from tests.bot.store.every_table import ROWS, row_of_table
from tests.bot.store.factories import NOON
from tests.conftest import FakeClock

USER: Final = "U0ERASEME"
UID: Final = "424242421"
WORD: Final = "anna.of-kids"
OTHER: Final = "555555551"
FULL_WIDTH: Final = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
_HOLD_NOBODY: Final = (Integer, UtcTime, EnumText, Boolean, Float)
_ROWS: Final = 50  # more than any table has columns
_SENTENCES: Final = frozenset({"comments", "resolution", "text", "last_error"})


@pytest.mark.parametrize("value", [USER, UID, WORD])
def test_a_person_in_every_column(shared_store: Store, value: str) -> None:
    """Nothing in any table, the search index or the files of the database names them afterwards."""
    plant(shared_store, value)
    before = everything(shared_store)
    assert value in before
    counts = erase(shared_store, Identity(value, is_uid=value != USER))
    assert {table.name for table in load_tables() if columns_of(table)} == set(counts)
    after = everything(shared_store)
    assert [each for each in spellings(value) if each in after] == []
    assert after.count("stays") >= _ROWS  # what is measured of others
    assert uids_of_series(shared_store) == {OTHER} if value != USER else {value, OTHER}


def plant(store: Store, value: str) -> None:
    """Fill every table; each column that can hold a person names them in a row of its own."""

    def work(session: Session) -> None:
        for table in load_tables():
            rows = [planted_row(table, nth, value) for nth in range(1, _ROWS + 1)]
            session.connection().execute(insert(table), rows)
        search_index.index_all(session.connection())

    store.transact_sync(work)


def planted_row(table: Table, nth: int, value: str) -> dict[str, Any]:
    """A row whose `nth` such column names the person, beside others of the same table."""
    row = row_of_table(table, ROWS + nth) | ({"history": []} if table.name == "ticket" else {})
    row |= {"ticket": 10 * (ROWS + nth)} if "ticket" in row else {}
    columns = columns_of(table)
    if nth <= len(columns):
        row[columns[nth - 1].name] = planted_value(columns[nth - 1], value)
    if table.name == "evidence":
        uids = [value, OTHER] if nth == 1 else [OTHER]
        row["packed_series"] = pack(uids)
        row["facts"] = {"participants": [{"uid": uid} for uid in uids], "calls": ["stays"]}
    return row


def columns_of(table: Table) -> list[Column[Any]]:
    """The columns that can hold a person: all whose type is not known to hold nobody."""
    return [each for each in table.columns if not isinstance(each.type, _HOLD_NOBODY)]


def planted_value(column: Column[Any], value: str) -> Any:
    """The person as a whole value, in a sentence, or somewhere in JSON."""
    if isinstance(column.type, JSON):
        return {
            "who": value,
            "uid": value,
            value: [f"({value})", {"peer_uid": value}],
            "a": "stays",
        }
    if column.name in _SENTENCES:
        return f"stays {value}\uff0c\u5b66\u751f{value.translate(FULL_WIDTH)}\u3002"
    return value


def spellings(value: str) -> list[str]:
    """What would give the person away."""
    return [value, value.translate(FULL_WIDTH), value.lower()]


def pack(uids: list[str]) -> bytes:
    """A sample of each uid."""
    noon = np.array([NOON.timestamp()])
    series = [
        Series(uid, "s", Metric.APP_CPU, Unit.PERCENT, noon, noon, Code("k", "c")) for uid in uids
    ]
    return serialize_series(series, Window.around(NOON, WINDOW_MARGIN))


def uids_of_series(store: Store) -> set[str]:
    """The uids in all packed series."""
    rows = store.read_sync(lambda session: session.scalars(select(StoredEvidence)).all())
    return {one.uid for row in rows for one in deserialize_series(row.packed_series)}


def erase(store: Store, identity: Identity) -> Any:
    """Erase a person, as the command does."""
    return ErasureService(make_context(store, FakeClock())).erase(identity)


def everything(store: Store) -> str:
    """All that the database has: SQLite's files byte by byte, PostgreSQL's rows."""
    if store.is_sqlite:
        file = sqlite_path(make_url(store.url))
        assert file is not None
        return "".join(
            each.read_bytes().decode("utf-8", "replace")
            for each in file.parent.glob(f"{file.name}*")
        )
    names = [*(table.name for table in load_tables()), *search_index.POSTGRES_TABLES]
    statements = [sql(f'SELECT CAST(row_to_json(t) AS text) FROM "{name}" t') for name in names]  # noqa: S608 - no input
    return "\n".join(
        store.read_sync(
            lambda session: [row for each in statements for row in session.scalars(each)]
        )
    )
