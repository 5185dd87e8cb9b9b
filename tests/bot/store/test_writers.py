from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import event, text

from bot.errors import ConflictError
from bot.i18n.messages import message
from bot.store import DatabaseUnavailableError, Session, Store
from bot.store.engine import Limits
from tests.database_faults import restricted
from tests.databases import create_sqlite

LONG_KEYS: Final = tuple(letter * 9000 for letter in "abc")  # each needs pages of its own


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A SQLite database."""
    store = Store(create_sqlite(tmp_path), limits=Limits(lock_s=0.05))
    yield store
    store.close()


def insert(key: str) -> Callable[[Session], str]:
    """Return work that stores a row."""

    def work(session: Session) -> str:
        session.connection().execute(
            text("INSERT INTO key_value VALUES (:key, 'b', '2026-11-11')"), {"key": key}
        )
        if key == "refused":
            raise ConflictError(message("Not now."))
        return key

    return work


def stored_keys(session: Session) -> set[str]:
    """Return the keys of all rows."""
    return set(session.connection().execute(text("SELECT name FROM key_value")).scalars())


@contextmanager
def writer_busy(store: Store) -> Iterator[None]:
    """Keep the writing thread busy, so that what is submitted meanwhile waits together."""
    begun, may_end = threading.Event(), threading.Event()

    def work(_session: Session) -> None:
        begun.set()
        may_end.wait(20)

    store._writers.submit(work)
    begun.wait(20)
    try:
        yield
    finally:
        may_end.set()


async def test_waiting_work_is_committed_together(store: Store) -> None:
    """One commit for all; what one raises, or nobody waits for, leaves no trace."""
    commits: list[object] = []
    with writer_busy(store):
        tasks = [
            asyncio.create_task(store.transact(insert(key)))
            for key in ("a", "refused", "cancelled", "b", "a")
        ]
        await asyncio.sleep(0)
        tasks[2].cancel()
        await asyncio.sleep(0)
        event.listen(store.engine, "commit", commits.append)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    kinds = [result if isinstance(result, str) else type(result).__name__ for result in results]
    assert kinds == ["a", "ConflictError", "CancelledError", "b", "IntegrityError"]
    assert await store.read(stored_keys) == {"a", "b"}
    assert len(commits) == 2  # of the work that kept the thread busy, and of the rest of the group


async def test_group_fails_as_a_whole(store: Store) -> None:
    """When the disk is full, everybody is informed, and nothing is saved."""
    for fault, expected in (
        (restricted(store, "PRAGMA max_page_count = 1"), [DatabaseUnavailableError] * 3),
        (nullcontext(), [str] * 3),
    ):
        with fault:
            with writer_busy(store):
                tasks = [asyncio.create_task(store.transact(insert(key))) for key in LONG_KEYS]
                await asyncio.sleep(0)
            results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(result) for result in results] == expected
    assert await store.read(stored_keys) == set(LONG_KEYS)
