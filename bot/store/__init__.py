"""The store: database engine, transactions, tables and queries."""

from sqlmodel import Session

from bot.store.database import DatabaseError, Store

__all__ = ["DatabaseError", "Session", "Store"]
