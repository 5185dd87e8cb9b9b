"""The revision of the schema: read, compared with this version of Lagdesk, upgraded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect

from bot.errors import LagdeskError
from bot.i18n.messages import message

if TYPE_CHECKING:  # a tenth of the time of a start, and needed only to migrate
    from alembic.config import Config

_MIGRATIONS: Final = Path(__file__).parent.parent / "migrations"

_VERSION_TABLE: Final = "alembic_version"
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
    if not is_current(connection):
        from alembic import command  # noqa: PLC0415 - see above

        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    connection.commit()


def is_current(connection: Connection) -> bool:
    """Return whether the schema is at the newest revision; LagdeskError when it is unknown."""
    revision, known = _revision_of(connection), known_revisions()
    if revision not in {None, *known}:
        raise LagdeskError(
            message(
                "The database has schema revision %(revision)s, which this version of Lagdesk does"
                " not know: a newer version made it, or one too old to upgrade from. Use the"
                " version that made it, or another DATABASE_URL.",
                revision=revision,
            )
        )
    return revision == known[-1]


def known_revisions() -> list[str]:
    """Return the revisions, oldest first; each migration's file name begins with its own."""
    files = (_MIGRATIONS / "versions").glob("*.py")
    return sorted(file.name.partition("_")[0] for file in files)


def _revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    statement = f"SELECT version_num FROM {_VERSION_TABLE}"  # noqa: S608 - no input
    revision: str | None = connection.exec_driver_sql(statement).scalar_one_or_none()
    return revision


def alembic_config() -> Config:
    """Return the configuration of our migrations."""
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
