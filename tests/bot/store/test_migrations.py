"""Every revision runs up and down, on each database, also on one with rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect
from sqlmodel import SQLModel

from bot.store import Store
from bot.store.schema import alembic_config, known_revisions
from bot.store.tables import load_tables
from tests.bot.conftest import create_postgres
from tests.bot.store.every_table import ROWS, all_rows, fill_every_table

_INDEX_TABLES: Final = "ticket_search"  # the search index, which has no model


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database of each kind at the newest revision, with rows in every table."""
    if request.param == "sqlite":
        store = Store(f"sqlite:///{tmp_path / 'lagdesk.db'}")
    else:
        store = Store(create_postgres(request.getfixturevalue("postgres")))
    store.migrate()
    fill_every_table(store)
    yield store
    store.close()


def downgrade(engine: Engine, revision: str) -> None:
    """Go back to a revision."""
    with engine.connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        connection.commit()


def test_files_are_named_by_their_revisions() -> None:
    """A start reads the revisions from the names, without Alembic."""
    scripts = ScriptDirectory.from_config(alembic_config())
    newest_first = [script.revision for script in scripts.walk_revisions()]
    assert newest_first[::-1] == known_revisions()


def test_schema_downgrades_and_upgrades_again(store: Store) -> None:
    """A downgrade removes every table, and the next upgrade creates them again, empty."""
    tables = set(inspect(store.engine).get_table_names())
    assert tables >= set(SQLModel.metadata.tables)
    downgrade(store.engine, "base")
    assert set(inspect(store.engine).get_table_names()) == {"alembic_version"}
    assert not store.is_current()
    store.migrate()
    assert store.is_current()
    assert set(inspect(store.engine).get_table_names()) == tables
    assert not any(all_rows(store).values())


def test_no_downgrade_forgets_who_got_which_message(store: Store) -> None:
    """Tickets and private messages outlast the way to the first revision and back."""
    before = all_rows(store)["sent_notification"]
    first = ScriptDirectory.from_config(alembic_config()).get_base()
    assert first is not None
    downgrade(store.engine, first)
    store.migrate()
    rows = all_rows(store)
    assert rows["sent_notification"] == before
    assert len(rows["ticket"]) == len(before) == ROWS


def test_migrations_make_the_tables_of_the_models(store: Store) -> None:
    """On each database: columns, types, indexes and keys."""
    load_tables()
    options = {"include_name": lambda name, *_: not str(name).startswith(_INDEX_TABLES)}
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, SQLModel.metadata) == []
