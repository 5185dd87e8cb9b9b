"""The protocol of a persistent key-value store."""

from __future__ import annotations

import datetime as dt
from typing import Protocol


class KeyValueStore(Protocol):
    """Stores values across restarts, such as the API generation of an app."""

    async def get(self, name: str) -> str | None:
        """Return the value of a key, None without one."""

    async def put(self, name: str, value: str, at: dt.datetime) -> None:
        """Store a value in place of an earlier one."""
