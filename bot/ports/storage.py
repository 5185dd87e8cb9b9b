"""Facts that are remembered across restarts, as a protocol."""

from __future__ import annotations

import datetime as dt
from typing import Protocol


class KeyValueStore(Protocol):
    """Facts learnt once, such as which generation of an API answers."""

    async def get(self, name: str) -> str | None:
        """Return what was remembered under this name."""

    async def put(self, name: str, value: str, at: dt.datetime) -> None:
        """Remember a fact, replacing what stood under this name."""
