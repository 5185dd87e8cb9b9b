"""A migrated database of each kind, for what both have to answer alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.store import Store
from tests.bot.conftest import create_postgres


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


def _opened(url: str) -> Iterator[Store]:
    store = Store(url)
    store.migrate()
    yield store
    store.close()
