"""Removing deleted bytes from the files of a database that others use."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from bot.errors import ConflictError
from bot.store import Session, Store
from bot.store.engine import sqlite_path
from bot.store.maintenance import remove_deleted_bytes, transact_unlimited
from bot.store.tickets import search_index
from tests.bot.store.factories import make_ticket

SECRET = "a-word-that-goes"


def files_have(store: Store, word: str) -> bool:
    """Whether any file of a SQLite database has these bytes."""
    path = sqlite_path(make_url(store.url))
    assert isinstance(path, Path)
    return any(word.encode() in each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


def delete_all(session: Session) -> None:
    """Delete every ticket, as SQL."""
    for table in ("cloud_report", "ticket_thread", "ticket", *search_index.POSTGRES_TABLES):
        session.connection().exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - no input


def test_a_reader_keeps_old_bytes(store: Store) -> None:
    """The operator reads that the command is to be run again, and then nothing is left."""
    store.transact_sync(lambda session: session.add(make_ticket(comments=SECRET)))
    assert files_have(store, SECRET)
    with store.engine.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        reader.exec_driver_sql("SELECT count(*) FROM ticket").scalar_one()
        transact_unlimited(store, delete_all)
        with pytest.raises(ConflictError, match="Run the command again"):
            remove_deleted_bytes(store, [], patience_s=0.0)
        assert files_have(store, SECRET)
        reader.rollback()
    remove_deleted_bytes(store, [], patience_s=0.0)
    assert not files_have(store, SECRET)
