"""A database with tickets in it survives every revision."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command

from bot.store.database import Store, _alembic_config

_EXAMPLES = {"INTEGER": 1, "DATETIME": "2026-01-01 00:00:00.000000", "JSON": "null"}
_TELLING = {"abnormal_side": "teacher", "status": "open", "report_state": "pending"}


def upgrade(store: Store, revision: str) -> None:
    """Bring the database to a revision."""
    with store.engine.connect() as connection:
        config = _alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def test_tickets_of_the_first_revision_are_kept(tmp_path: Path) -> None:
    """A new column needs a value for the rows that are there already."""
    path = tmp_path / "old.db"
    store = Store(f"sqlite:///{path}")
    upgrade(store, "0001")
    with sqlite3.connect(path) as old:
        columns = old.execute("SELECT name, type FROM pragma_table_info('ticket')").fetchall()
        values = [_TELLING.get(name, _EXAMPLES.get(kind, "x")) for name, kind in columns]
        places = ", ".join("?" * len(values))
        old.execute(f"INSERT INTO ticket VALUES ({places})", values)  # noqa: S608 - no input
    old.close()
    store.migrate()
    assert store.is_current()
    with sqlite3.connect(path) as new:
        kept = new.execute("SELECT number, cause, incident, incident_link FROM ticket").fetchall()
    new.close()
    store.close()
    assert [(1, "", None, "")] == kept
