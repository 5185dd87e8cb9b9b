"""Databases for the tests of the store: empty ones, and a migrated one of each kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.store import Session, Store
from tests.bot.conftest import create_postgres, create_store


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def each_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """A database at the newest revision, empty before the module's first test."""
    folder = tmp_path_factory.mktemp("store")
    if request.param == "sqlite":
        yield from _opened(f"sqlite:///{folder / 'lagdesk.db'}")
        return
    yield from _opened(create_postgres(request.getfixturevalue("postgres")))


@pytest.fixture(scope="session")
def migrated_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A SQLite database at the newest revision, of which tests read the schema only."""
    yield from _opened(f"sqlite:///{tmp_path_factory.mktemp('store') / 'lagdesk.db'}")


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An empty SQLite database for the tests of a module."""
    store = create_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'lagdesk.db'}")
    yield store
    store.close()


@pytest.fixture
def session(empty_store: Store) -> Iterator[Session]:
    """A transaction on the empty database, which is rolled back."""
    with Session(empty_store.engine) as session:
        session.connection().exec_driver_sql("BEGIN IMMEDIATE")
        yield session
        session.rollback()


def _opened(url: str) -> Iterator[Store]:
    store = Store(url)
    store.migrate()
    yield store
    store.close()
