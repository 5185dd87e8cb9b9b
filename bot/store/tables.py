"""All tables of the models."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Final

from sqlalchemy import Table
from sqlmodel import SQLModel

from bot import store

UNMODELLED_PREFIXES: Final = ("alembic_version", "ticket_search")  # of tables without a model


def load_tables() -> list[Table]:
    """Import every module that declares tables; return the tables, referenced ones first."""
    for module in pkgutil.walk_packages(store.__path__, "bot.store."):
        import_module(module.name)
    return SQLModel.metadata.sorted_tables
