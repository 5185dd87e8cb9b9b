"""A backup is complete, as of one moment, restorable and never half-written."""

from __future__ import annotations

import itertools
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from bot.errors import ConflictError, LagdeskError, NotFoundError
from bot.store import Session, Store
from bot.store.backup import _finish, _publish, back_up
from bot.store.engine import DatabaseUnavailableError
from bot.store.models import KeyValue, SentNotification
from bot.store.tickets import search
from bot.store.tickets.search import Clause, NumberRange
from tests.bot.conftest import create_postgres
from tests.bot.store.every_table import ROWS, all_rows, fill_every_table
from tests.bot.store.factories import NOON
from tests.database_faults import file_overwritten, path_of
from tests.databases import create_sqlite


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database of each kind, with rows in every table, open as in a running process."""
    if request.param == "sqlite":
        store = Store(create_sqlite(tmp_path))
    else:
        store = Store(create_postgres(request.getfixturevalue("postgres")))
        store.migrate()
    fill_every_table(store)
    yield store
    store.close()


@pytest.fixture
def sqlite_source(tmp_path: Path) -> Iterator[Store]:
    """A SQLite database with rows in every table."""
    store = Store(create_sqlite(tmp_path))
    fill_every_table(store)
    yield store
    store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for backups."""
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder


def test_a_backup_is_a_database_with_everything(source: Store, folder: Path) -> None:
    """To restore it, DATABASE_URL names it: no row is missing, and the search works."""
    file = folder / "lagdesk.backup"
    counts = back_up(source.url, file)
    before = all_rows(source)
    assert counts == dict.fromkeys(before, ROWS)
    assert list(folder.iterdir()) == [file]
    assert file.read_bytes()[18:20] == b"\1\1"  # no write-ahead log: one file, also read-only
    assert file.stat().st_mode & 0o777 == 0o600
    restored = Store(f"sqlite:///{file}")
    assert restored.is_current()
    assert all_rows(restored) == before
    wanted = [Clause((("quoted",),))]
    assert restored.read_sync(lambda s: search.newest(s, wanted, NumberRange(), 10)) == [20]
    restored.transact_sync(lambda s: s.add(KeyValue(name="new", value="", at=NOON)))
    restored.close()


@contextmanager
def writing(store: Store) -> Iterator[None]:
    """Write all the time: each transaction adds a row to two tables."""
    stopped, started = threading.Event(), threading.Event()

    def add(session: Session, number: int) -> None:
        session.add(KeyValue(name=f"pair-{number}", value="x" * 2000, at=NOON))
        session.flush()
        session.add(SentNotification(ticket=number, person="U9", kind="filed", attempted_at=NOON))

    def run() -> None:
        for number in itertools.count():
            store.transact_sync(lambda session, number=number: add(session, number))  # type: ignore[misc]
            started.set()
            if stopped.is_set():
                return

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert started.wait(30)
        yield
    finally:
        stopped.set()
        thread.join()


def count_pairs(store: Store) -> tuple[int, int]:
    """Count what `writing` has written to each table."""
    rows = all_rows(store)
    names = [row for row in rows["key_value"] if "pair-" in row]
    return len(names), len([row for row in rows["sent_notification"] if "U9" in row])


def test_a_backup_while_writes_go_on(source: Store, folder: Path) -> None:
    """It has every transaction completely or not at all."""
    with writing(source):
        back_up(source.url, folder / "first")
        back_up(source.url, folder / "second")
    counts = []
    for url in (f"sqlite:///{folder / 'first'}", f"sqlite:///{folder / 'second'}", source.url):
        store = Store(url)
        pairs, notifications = count_pairs(store)
        assert pairs == notifications > 0
        counts.append(pairs)
        store.close()
    assert counts == sorted(counts)


def test_a_backup_of_an_older_version(sqlite_source: Store, folder: Path) -> None:
    """A SQLite database is copied as it is: one makes a backup before an upgrade."""
    with sqlite_source.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
        connection.exec_driver_sql("DROP TABLE mention")
        connection.commit()
    counts = back_up(sqlite_source.url, folder / "old")
    assert counts["ticket"] == ROWS
    assert "mention" not in counts


@pytest.mark.postgres
def test_a_postgres_database_of_an_older_version(postgres: Any, folder: Path) -> None:
    """Its tables may be others than those of this version."""
    with pytest.raises(LagdeskError, match="out of date"):
        back_up(create_postgres(postgres), folder / "old")
    assert list(folder.iterdir()) == []


def test_an_existing_file_is_left_alone(sqlite_source: Store, folder: Path) -> None:
    """Whatever it is, also a dangling link."""
    (folder / "kept").write_text("precious")
    (folder / "link").symlink_to(folder / "nowhere")
    for name in ("kept", "link"):
        with pytest.raises(ConflictError):
            back_up(sqlite_source.url, folder / name)
        with pytest.raises(ConflictError):  # before the database is even looked for
            back_up(f"sqlite:///{folder / 'nothing.db'}", folder / name)
    assert (folder / "kept").read_text() == "precious"
    assert {path.name for path in folder.iterdir()} == {"kept", "link"}


@pytest.mark.parametrize("has_links", [True, False])
def test_a_file_that_appears_meanwhile(
    folder: Path,
    has_links: bool,  # noqa: FBT001 - a row of the table
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is left alone too; a file system without hard links takes the copy as well."""

    def refuse(*_: object) -> None:
        raise PermissionError

    if not has_links:
        monkeypatch.setattr(os, "link", refuse)
    copy, kept = folder / "copy", folder / "kept"
    copy.write_text("copy")
    kept.write_text("precious")
    with pytest.raises(ConflictError):
        _publish(copy, kept)
    assert kept.read_text() == "precious"
    _publish(copy, folder / "new")
    assert (folder / "new").read_text() == "copy"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nowhere/backup", "its folder does not exist .No such file or directory"),
        ("file/backup", "its folder does not exist .Not a directory"),
        ("x" * 300, "the name is too long .File name too long"),
    ],
)
def test_files_that_cannot_be_written(
    sqlite_source: Store, folder: Path, name: str, why: str
) -> None:
    """One line with the reason."""
    (folder / "file").touch()
    with pytest.raises(LagdeskError, match=f"cannot be written: {why}"):
        back_up(sqlite_source.url, folder / name)
    assert list(folder.iterdir()) == [folder / "file"]


@pytest.mark.postgres
def test_a_full_disk(postgres: Any, folder: Path) -> None:
    """Nothing is left of a copy that cannot be finished."""
    store = Store(create_postgres(postgres))
    store.migrate()
    store.close()

    def limit(connection: Any, _record: Any) -> None:
        if "sqlite" in type(connection).__module__:
            connection.execute("PRAGMA max_page_count=50")

    event.listen(Engine, "connect", limit)
    try:
        with pytest.raises(LagdeskError, match=r"backup cannot be written: .*full"):
            back_up(store.url, folder / "backup")
    finally:
        event.remove(Engine, "connect", limit)
    assert list(folder.iterdir()) == []


def test_a_damaged_database(sqlite_source: Store, folder: Path) -> None:
    """The copy of a damaged page is not taken for a backup."""
    with file_overwritten(sqlite_source, 4096 * 20):
        sqlite_source.engine.dispose()
        with pytest.raises(LagdeskError):
            back_up(sqlite_source.url, folder / "backup")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("counts", [{"ticket": ROWS + 1}, {"elsewhere": 1}])
def test_a_copy_without_a_row(sqlite_source: Store, counts: dict[str, int]) -> None:
    """Every table is counted again in the copy."""
    sqlite_source.engine.dispose()
    with pytest.raises(LagdeskError, match=next(iter(counts))):
        _finish(path_of(sqlite_source), counts)


def test_a_copy_with_a_wrong_value(tmp_path: Path) -> None:
    """Counts alone do not notice what the integrity check does."""
    copy = tmp_path / "copy"
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("INSERT INTO t VALUES (NULL)")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = 'CREATE TABLE t (x NOT NULL)'")
    with pytest.raises(LagdeskError, match="NULL value"):
        _finish(copy, {"t": 1})


def test_databases_that_are_none(tmp_path: Path, folder: Path) -> None:
    """A missing database is not created."""
    with pytest.raises(NotFoundError):
        back_up(f"sqlite:///{tmp_path / 'nothing.db'}", folder / "backup")
    (tmp_path / "nonsense.db").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(DatabaseUnavailableError):
        back_up(f"sqlite:///{tmp_path / 'nonsense.db'}", folder / "backup")
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "nothing.db").exists()
