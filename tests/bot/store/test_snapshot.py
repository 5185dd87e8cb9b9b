"""A snapshot is of one moment, whatever is written meanwhile."""

from __future__ import annotations

from sqlalchemy import func, select

from bot.store import Store
from bot.store.engine import Limits
from bot.store.models import KeyValue
from bot.store.snapshot import open_snapshot
from tests.bot.store.factories import NOON

COUNT = select(func.count()).select_from(KeyValue)


def test_later_writes_are_not_in_a_snapshot(shared_store: Store) -> None:
    """Others write all the same, and the next snapshot has it."""
    with open_snapshot(shared_store.url, Limits()) as connection:
        before = connection.scalar(COUNT)
        shared_store.transact_sync(lambda s: s.add(KeyValue(name="new", value="", at=NOON)))
        assert connection.scalar(COUNT) == before == 0
    with open_snapshot(shared_store.url, Limits()) as connection:
        assert connection.scalar(COUNT) == 1
