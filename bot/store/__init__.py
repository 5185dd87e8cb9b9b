"""The store: engine, transactions and the questions asked of tables. All SQL lives here."""

from bot.store.database import Store

__all__ = ["Store"]
