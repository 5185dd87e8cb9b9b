"""The health check's row: written and read back."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Final

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from bot.store.models import KeyValue

_NAME: Final = "health"
_SPACE_BYTES: Final = 64 * 1024


def write_and_read(session: Session) -> None:
    """Write a row and read it; raises SQLAlchemyError when that fails or there is no space."""
    is_sqlite = session.connection().dialect.name == "sqlite"
    if is_sqlite:
        _allocate(session)
    value, at = secrets.token_hex(8), dt.datetime.now(dt.UTC)
    statement = (sqlite if is_sqlite else postgresql).insert(KeyValue)
    upsert = statement.values(name=_NAME, value=value, at=at).on_conflict_do_update(
        index_elements=["name"], set_={"value": value, "at": at}
    )
    session.execute(upsert.returning(col(KeyValue.value))).one()


def _allocate(session: Session) -> None:
    """Allocate pages and give them back: overwriting a row would need none."""
    connection = session.connection()
    connection.exec_driver_sql("SAVEPOINT space")
    connection.exec_driver_sql(
        "INSERT INTO key_value (name, value, at) VALUES ('health.space', zeroblob(?), '')",
        (_SPACE_BYTES,),
    )
    connection.exec_driver_sql("ROLLBACK TO space")
