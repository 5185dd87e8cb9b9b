"""Everything moves into another database, SQLite or PostgreSQL, or nothing does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, inspect, select, text
from sqlmodel import SQLModel

from bot.errors import ConflictError, LagdeskError, NotFoundError
from bot.store import Session, Store
from bot.store.copying import TableCopy, TargetError
from bot.store.engine import DatabaseUnavailableError, Limits
from bot.store.models import Heartbeat, Job, KeyValue, SentNotification
from bot.store.moving import is_complete, move
from bot.store.tables import load_tables
from bot.store.tickets import search
from bot.store.tickets.search import Clause, NumberRange
from tests.bot.conftest import ManualClock, create_postgres
from tests.bot.store.every_table import ROWS, all_rows, fill_every_table, rows_of
from tests.bot.store.factories import NOON, make_ticket, store_tickets
from tests.databases import create_sqlite

HASTE = Limits(lock_s=0.2)
LEASE = ("locked_by", "locked_until", "rerun")
LATER = ManualClock()
LATER.moment = NOON + dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Moved:
    """Both databases after a move."""

    source: Store
    target: Store
    copies: list[TableCopy]


@pytest.fixture(
    scope="module",
    params=[
        "sqlite to postgres",
        "postgres to sqlite",
    ],
)
def moved(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Moved]:
    """A database with rows in every table, moved."""
    folder = tmp_path_factory.mktemp("moving")
    urls = [create_postgres(request.getfixturevalue("postgres")), f"sqlite:///{folder / 'x.db'}"]
    if request.param.startswith("sqlite"):
        urls.reverse()
    source, target = (Store(url) for url in urls)
    source.migrate()
    fill_every_table(source)
    source.engine.dispose()
    copies = move(*urls, clock=LATER)
    yield Moved(source, target, copies)
    source.close()
    target.close()


def test_every_table_is_moved(moved: Moved) -> None:
    """All tables of the metadata, each with all its rows and their values."""
    assert {copy.name for copy in moved.copies} == set(SQLModel.metadata.tables)
    assert {copy.source.rows for copy in moved.copies} == {ROWS}
    assert is_complete(moved.copies)
    before, after = all_rows(moved.source), all_rows(moved.target)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"job", "heartbeat"}
    assert after["sent_notification"]


def test_leases_are_released(moved: Moved) -> None:
    """Jobs are as they were, but nobody holds them; workers of the source are forgotten."""
    job = SQLModel.metadata.tables["job"]
    assert rows_of(moved.source, job, *LEASE) == rows_of(moved.target, job, *LEASE)
    leases = moved.target.read_sync(
        lambda session: set(session.execute(select(Job.locked_by, Job.locked_until, Job.rerun)))  # type: ignore[call-overload]
    )
    assert {tuple(lease) for lease in leases} == {(None, None, False)}
    assert all_rows(moved.target)["heartbeat"] == []


def test_json_null_stays_different_from_null(moved: Moved) -> None:
    """Queries tell them apart."""
    counts = []
    for store in (moved.source, moved.target):
        sql = text("SELECT count(*) FROM ticket WHERE verdict IS NULL")
        counts.append(store.read_sync(lambda s, sql=sql: s.connection().scalar(sql)))  # type: ignore[misc]
    assert counts == [1, 1]


def test_new_rows_get_new_numbers(moved: Moved) -> None:
    """The sequences go on after the moved rows."""
    last = ROWS * 10
    with Session(moved.target.engine) as session:
        if moved.target.is_sqlite:
            session.connection().exec_driver_sql("BEGIN IMMEDIATE")
        assert store_tickets(session, make_ticket(), make_ticket()) == [last + 1, last + 2]
        session.rollback()


def test_tickets_are_found_by_words(moved: Moved) -> None:
    """The search index is there."""
    wanted = [Clause((("quoted",),))]
    found = [
        store.read_sync(lambda session: search.newest(session, wanted, NumberRange(), 10))
        for store in (moved.source, moved.target)
    ]
    assert found == [[20], [20]]


def test_the_target_is_at_the_newest_revision(moved: Moved) -> None:
    """A start needs no migration."""
    assert moved.target.is_current()


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Store]:
    """A SQLite database with rows, which no other connection uses."""
    store = Store(create_sqlite(tmp_path))
    fill_every_table(store)
    store.engine.dispose()
    yield store
    store.close()


@pytest.fixture
def target(tmp_path: Path) -> str:
    """A SQLite database that does not exist."""
    return f"sqlite:///{tmp_path / 'target.db'}"


def count_rows(url: str) -> int:
    """Count the rows of all tables."""
    store = Store(url)
    rows = sum(map(len, all_rows(store).values()))
    store.close()
    return rows


def record_heartbeat(session: Session) -> None:
    """A worker was seen nine seconds before the move."""
    session.merge(Heartbeat(worker="w", at=LATER.now() - dt.timedelta(seconds=9)))


def forget_revision(session: Session) -> None:
    """The schema is that of no revision."""
    session.connection().exec_driver_sql("DELETE FROM alembic_version")


@pytest.mark.parametrize(
    ("change", "is_forced", "error"),
    [
        (record_heartbeat, False, "Lagdesk runs on"),
        (forget_revision, False, "schema is out of date"),
        (forget_revision, True, "schema is out of date"),
    ],
)
def test_what_the_source_must_not_be(
    source: Store,
    target: str,
    change: Callable[[Session], None],
    is_forced: bool,  # noqa: FBT001 - a row of the table
    error: str,
) -> None:
    """In use, or of an old version; no target is created."""
    source.transact_sync(change)
    source.engine.dispose()
    with pytest.raises(LagdeskError, match=error):
        move(source.url, target, is_forced=is_forced, clock=LATER)
    assert not Path(target.removeprefix("sqlite:///")).exists()


def test_a_server_without_a_worker_is_in_the_way(source: Store, target: str) -> None:
    """It sends no heartbeat, but has the file open; with force it does not matter."""
    source.read_sync(lambda session: session.connection().exec_driver_sql("SELECT 1 FROM ticket"))
    with pytest.raises(ConflictError, match="Lagdesk runs on"):
        move(source.url, target, clock=LATER, limits=HASTE)
    assert is_complete(move(source.url, target, is_forced=True))


@pytest.mark.postgres
def test_a_server_on_postgres_is_in_the_way(postgres: Any, target: str) -> None:
    """Also one that only has a connection; with force it does not matter."""
    server = Store(create_postgres(postgres))
    server.migrate()
    server.read_sync(server.now)
    with pytest.raises(ConflictError, match="Lagdesk runs on"):
        move(server.url, target, limits=HASTE)
    assert is_complete(move(server.url, target, is_forced=True, limits=HASTE))
    server.close()


@pytest.mark.postgres
def test_a_server_that_is_just_ending(
    postgres: Any, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL notices a moment later that a connection was closed: the move waits for that."""
    server = Store(create_postgres(postgres))
    server.migrate()
    server.read_sync(server.now)
    monkeypatch.setattr("time.sleep", lambda _s: server.close())
    assert is_complete(move(server.url, target, limits=Limits(lock_s=30)))


@pytest.mark.postgres
def test_an_empty_postgres_database_is_no_source(postgres: Any, target: str) -> None:
    """It has no tables that could be locked."""
    with pytest.raises(LagdeskError, match="schema is out of date"):
        move(create_postgres(postgres), target, limits=HASTE)


@pytest.mark.postgres
def test_a_writer_on_postgres_is_in_the_way(postgres: Any, target: str) -> None:
    """Whatever program it is."""
    server = Store(create_postgres(postgres))
    server.migrate()
    with server.engine.connect() as connection:
        connection.exec_driver_sql("SET application_name = 'psql'")
        connection.exec_driver_sql("DELETE FROM ticket")
        with pytest.raises(ConflictError, match="Lagdesk runs on"):
            move(server.url, target, limits=HASTE)
    server.close()


def test_a_worker_that_died_is_not_in_the_way(source: Store, target: str) -> None:
    """Its heartbeat is ten seconds old."""
    at = LATER.now() - dt.timedelta(seconds=10)
    source.transact_sync(lambda session: session.merge(Heartbeat(worker="w", at=at)))
    source.engine.dispose()
    assert is_complete(move(source.url, target, clock=LATER))


def test_a_source_that_does_not_exist(tmp_path: Path, target: str) -> None:
    """SQLite would create it."""
    with pytest.raises(NotFoundError):
        move(f"sqlite:///{tmp_path / 'nothing.db'}", target)
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_is_no_database(tmp_path: Path, target: str) -> None:
    """The error is about DATABASE_URL."""
    (tmp_path / "x.db").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(DatabaseUnavailableError):
        move(f"sqlite:///{tmp_path / 'x.db'}", target)


def test_a_target_with_rows(source: Store, target: str) -> None:
    """It stays as it was, whoever made it."""
    store = Store(target)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE other (x)")
        connection.exec_driver_sql("INSERT INTO other VALUES (1)")
        connection.commit()
        with pytest.raises(ConflictError, match="other has rows"):
            move(source.url, target, clock=LATER)
        connection.rollback()
        assert inspect(connection).get_table_names() == ["other"]
    store.close()


def test_a_target_of_an_empty_lagdesk(source: Store, target: str) -> None:
    """At the newest revision and without rows, it is as good as an empty one; but only once."""
    store = Store(target)
    store.migrate()
    store.close()
    assert is_complete(move(source.url, target, clock=LATER))
    with pytest.raises(ConflictError, match="not empty"):
        move(source.url, target, clock=LATER)
    assert count_rows(target) == (len(load_tables()) - 1) * ROWS


def test_a_difference_leaves_the_target_empty(source: Store, target: str) -> None:
    """A target that does not keep a row as it was."""
    store = Store(target)
    store.migrate()
    with store.engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER lossy AFTER INSERT ON key_value BEGIN"
            " UPDATE key_value SET value = value || ' ' WHERE name = new.name; END"
        )
        connection.commit()
    store.close()
    copies = move(source.url, target, clock=LATER)
    assert [copy.name for copy in copies if not copy.is_same] == ["key_value"]
    assert not is_complete(copies)
    assert count_rows(target) == 0


def test_a_full_disk_leaves_the_target_empty(source: Store, target: str) -> None:
    """Nothing of a move that cannot be finished is kept."""
    store = Store(target)
    store.migrate()
    with store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    store.close()

    def limit(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages + 1}")

    big = KeyValue(name="big", value="x" * 100_000, at=NOON)
    source.transact_sync(lambda session: session.add(big))
    source.engine.dispose()
    event.listen(Engine, "connect", limit)
    try:
        with pytest.raises(TargetError, match="full"):
            move(source.url, target, clock=LATER)
    finally:
        event.remove(Engine, "connect", limit)
    assert count_rows(target) == 0


@pytest.mark.postgres
def test_what_postgres_cannot_store(postgres: Any, source: Store) -> None:
    """A NUL in a text: one line, without the text, and an empty target."""
    target = create_postgres(postgres)
    nul = KeyValue(name="secret\0", value="", at=NOON)
    source.transact_sync(lambda session: session.add(nul))
    source.engine.dispose()
    with pytest.raises(TargetError) as caught:
        move(source.url, target, clock=LATER)
    assert "secret" not in str(caught.value)
    assert count_rows(target) == 0


def test_who_got_which_message_is_kept(source: Store, target: str) -> None:
    """No private message is sent a second time after a move."""
    key = (7, "U1", "resolved", "2")
    row = SentNotification(ticket=7, person="U1", kind="resolved", key="2", attempted_at=NOON)
    source.transact_sync(lambda session: session.add(row))
    source.engine.dispose()
    move(source.url, target, clock=LATER)
    store = Store(target)
    kept = store.read_sync(lambda session: session.get(SentNotification, key))
    assert kept is not None
    assert (kept.attempted_at, kept.sent_at) == (NOON, None)
    store.close()
