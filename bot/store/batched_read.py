"""Reads by many at the same time, in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sqlmodel import Session

from bot.store.database import Store, noting_wait

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True)
class _Batch(Generic[Key, Value]):
    keys: set[Key] = field(default_factory=set)
    values: dict[Key, Value] = field(default_factory=dict)


class BatchedRead(Generic[Key, Value]):
    """Reads the value of a key; what is asked for while it reads is read together next.

    Requests come in bursts, and the way to a thread and back takes longer than a short query.
    """

    def __init__(self, store: Store, read: Callable[[Session, Key], Value]) -> None:
        self._store = store
        self._read = read
        self._reading = asyncio.Lock()
        self._waiting: _Batch[Key, Value] = _Batch()

    async def get(self, key: Key) -> Value:
        """Return the value as of now or later. Raises DatabaseError."""
        batch = self._waiting
        batch.keys.add(key)
        with noting_wait(is_read=True):
            async with self._reading:
                if not batch.values:  # else somebody has read them for all
                    if batch is self._waiting:
                        self._waiting = _Batch()
                    batch.values = await self._store.read(
                        lambda session: {each: self._read(session, each) for each in batch.keys}
                    )
        return batch.values[key]
