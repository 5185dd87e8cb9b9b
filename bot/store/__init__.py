"""The store: database engine, transactions, tables and queries."""

from sqlmodel import Session

from bot.store.database import DatabaseError, Store, waited_for_database
from bot.store.engine import DatabaseUnavailableError, reason_of

__all__ = [
    "DatabaseError",
    "DatabaseUnavailableError",
    "Session",
    "Store",
    "reason_of",
    "waited_for_database",
]
