"""Every revision runs up and down on an existing database."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import inspect

from bot.store import Store
from bot.store.schema import alembic_config


def test_schema_upgrades_downgrades_and_upgrades_again(tmp_path: Path) -> None:
    """A downgrade removes every table, and the next upgrade creates them again."""
    store = Store(f"sqlite:///{tmp_path / 'lagdesk.db'}")
    store.migrate()
    assert store.is_current()
    tables = set(inspect(store.engine).get_table_names())
    with store.engine.connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.commit()
    assert set(inspect(store.engine).get_table_names()) == {"alembic_version"}
    store.migrate()
    assert tables == set(inspect(store.engine).get_table_names())
    store.close()
