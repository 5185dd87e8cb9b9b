"""The clock that a command reads and the function it waits with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # bot.ports takes long to import, which `manifest` does not need
    from bot.ports import Clock


@dataclass(frozen=True, slots=True)
class Timing:
    """A clock, None for the machine's, and the function that waits for a quota."""

    clock: Clock | None = None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


REAL_TIME: Final = Timing()
