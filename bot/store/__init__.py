"""The store: database engine, transactions, tables and queries."""

from sqlmodel import Session

from bot.store.database import DatabaseError, Store, explain_cancellation
from bot.store.engine import LIMITS, DatabaseUnavailableError, Limits, reason_of

__all__ = [
    "LIMITS",
    "DatabaseError",
    "DatabaseUnavailableError",
    "Limits",
    "Session",
    "Store",
    "explain_cancellation",
    "reason_of",
]
