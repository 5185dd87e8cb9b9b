"""The tables of the models beside those of the migrations."""

from __future__ import annotations

from typing import Any

from sqlalchemy import UniqueConstraint, inspect
from sqlmodel import SQLModel

from bot.store import Store


def schema_of_model(model: type[SQLModel]) -> dict[str, Any]:
    """Describe a table as its model declares it."""
    table = SQLModel.metadata.tables[str(model.__tablename__)]
    unique = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    return {
        "columns": {column.name: bool(column.nullable) for column in table.columns},
        "primary_key": {column.name for column in table.primary_key},
        "indexes": {tuple(column.name for column in index.columns) for index in table.indexes},
        "unique": {tuple(sorted(column.name for column in each.columns)) for each in unique},
    }


def schema_of_database(store: Store, model: type[SQLModel]) -> dict[str, Any]:
    """Describe a table as it is in a migrated database."""
    inspector, name = inspect(store.engine), str(model.__tablename__)
    unique = inspector.get_unique_constraints(name)
    return {
        "columns": {each["name"]: each["nullable"] for each in inspector.get_columns(name)},
        "primary_key": set(inspector.get_pk_constraint(name)["constrained_columns"]),
        "indexes": {tuple(each["column_names"]) for each in inspector.get_indexes(name)},
        "unique": {tuple(sorted(each["column_names"])) for each in unique},
    }
