"""Column types shared by the tables: moments, enums, lists and rows of a part."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, String, TypeDecorator, text
from sqlmodel import Field, Relationship, SQLModel


class UtcTime(TypeDecorator[dt.datetime]):
    """An aware datetime, stored in UTC; SQLite does not store zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Convert to naive UTC."""
        _ = dialect
        return None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(
        self, value: dt.datetime | None, dialect: Dialect
    ) -> dt.datetime | None:
        """Convert back to aware UTC."""
        _ = dialect
        return None if value is None else value.replace(tzinfo=dt.UTC)


class EnumText(TypeDecorator[StrEnum]):
    """An enum member, stored as text: a database enum would need migrations."""

    impl = String
    cache_ok = True

    def __init__(self, members: type[StrEnum]) -> None:
        super().__init__(20)
        self.members = members

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        """Convert to text. Raises ValueError for anything but a member."""
        _ = dialect
        return None if value is None else self.members(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Convert back to the member."""
        _ = dialect
        return None if value is None else self.members(value)


def json_list() -> Any:
    """Return a JSON column for a list; assign a new list to change it.

    Pydantic copies the default; it would inspect a `default_factory` for each ticket.
    """
    return Field(default=[], sa_type=JSON, sa_column_kwargs={"server_default": text("'[]'")})


def part_of_row() -> Any:
    """Return a relationship to a row of its own, read and written with this one."""
    return Relationship(
        sa_relationship_kwargs={
            "lazy": "joined",
            "uselist": False,
            "cascade": "all, delete-orphan",
        }
    )


class Row(SQLModel):
    """A row whose values are set at once: SQLModel sets each of them twice, which takes long.

    Raises ValueError for a value without a column, which SQLModel would ignore.
    """

    def __init__(self, **values: Any) -> None:
        for name, field in type(self).model_fields.items():
            if name in values:
                self.__dict__[name] = values.pop(name)
            elif not field.is_required():
                self.__dict__[name] = field.get_default(call_default_factory=True)
        for name, value in values.items():  # rows of its parts
            setattr(self, name, value)
