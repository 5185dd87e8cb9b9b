"""Statements that both databases understand, in the words of each."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel


def insertion(dialect: str, table: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can say what happens to a row with the same key."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
