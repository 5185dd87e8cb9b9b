"""The store: engine, transactions and the questions asked of tables. All SQL lives here."""

from sqlmodel import Session

from bot.store.database import DatabaseError, Store

__all__ = ["DatabaseError", "Session", "Store"]
