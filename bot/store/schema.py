"""The revision of the schema: read, compared with this version of Lagdesk, upgraded."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.errors import LagdeskError
from bot.i18n.messages import message

_MIGRATIONS: Final = Path(__file__).parent.parent / "migrations"

_BEGIN: Final = {
    "sqlite": ("PRAGMA busy_timeout = 30000", "BEGIN IMMEDIATE"),
    "postgresql": (
        "SET lock_timeout = 0",
        "SET statement_timeout = 0",
        "SET idle_in_transaction_session_timeout = 0",
        "SELECT pg_advisory_xact_lock(70)",  # any number that nobody else locks
    ),
}


def migrate(connection: Connection) -> None:
    """Upgrade to the newest revision, one process at a time. LagdeskError when it is unknown."""
    connection.detach()  # nobody else uses it without the limits
    for statement in _BEGIN[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    is_current(connection)
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()


def is_current(connection: Connection) -> bool:
    """Return whether the schema is at the newest revision; LagdeskError when it is unknown."""
    scripts = ScriptDirectory.from_config(alembic_config())
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision not in {None, *(script.revision for script in scripts.walk_revisions())}:
        raise LagdeskError(
            message(
                "The database has schema revision %(revision)s, which this version of Lagdesk does"
                " not know: a newer version made it, or one too old to upgrade from. Use the"
                " version that made it, or another DATABASE_URL.",
                revision=revision,
            )
        )
    return revision == scripts.get_current_head()


def alembic_config() -> Config:
    """Return the configuration of our migrations."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
