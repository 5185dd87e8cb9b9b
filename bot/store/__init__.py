"""The store: engine, transactions and the questions asked of tables. All SQL lives here."""

from sqlmodel import Session

from bot.store.database import Store

__all__ = ["Session", "Store"]
