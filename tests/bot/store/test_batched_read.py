from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store import Session, Store, explain_cancellation
from bot.store.batched_read import BatchedRead
from tests.databases import create_sqlite


class Reads:
    """Returns a key in capitals; the first read of all lasts until `may_end` is set."""

    def __init__(self) -> None:
        self.transactions: list[Session] = []
        self.begun, self.may_end = threading.Event(), threading.Event()

    def read(self, session: Session, key: str) -> str:
        """Read a key. Raises ValueError for "bad"."""
        if session not in self.transactions:
            self.transactions.append(session)
        if len(self.transactions) == 1:
            self.begun.set()
            self.may_end.wait(20)
        if key == "bad":
            raise ValueError(key)
        return key.upper()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A SQLite database."""
    store = Store(create_sqlite(tmp_path))
    yield store
    store.close()


async def _ask(batched: BatchedRead[str, str], reads: Reads, *keys: str) -> list[asyncio.Task[str]]:
    """Ask for the keys, all but the first while that is being read."""
    first = asyncio.create_task(batched.get(keys[0]))
    await asyncio.to_thread(reads.begun.wait, 20)
    others = [asyncio.create_task(batched.get(key)) for key in keys[1:]]
    await asyncio.sleep(0)
    return [first, *others]


async def test_what_is_asked_meanwhile_is_read_together(store: Store) -> None:
    """Two transactions for four people; each gets the value of their key."""
    reads = Reads()
    tasks = await _ask(BatchedRead(store, reads.read), reads, "a", "b", "a", "c")
    reads.may_end.set()
    assert await asyncio.gather(*tasks) == ["A", "B", "A", "C"]
    assert len(reads.transactions) == 2


async def test_errors_and_time_limits_concern_nobody_else(store: Store) -> None:
    """Those who come later are answered, and who gives up has waited for the database."""
    reads = Reads()
    batched = BatchedRead(store, reads.read)
    tasks = await _ask(batched, reads, "bad", "c")
    with pytest.raises(TimeoutError) as error:
        async with asyncio.timeout(0):
            await batched.get("b")
    assert explain_cancellation(error.value.__cause__)
    reads.may_end.set()
    with pytest.raises(ValueError, match="bad"):
        await tasks[0]
    assert await tasks[1] == "C"
    assert await batched.get("d") == "D"
