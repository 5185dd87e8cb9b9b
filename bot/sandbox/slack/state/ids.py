"""Identifiers and timestamps in Slack's format."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from typing import Final

_ALPHABET: Final = string.digits + string.ascii_uppercase


class IdGenerator:
    """Makes identifiers and message timestamps no other workspace of this machine has made.

    Identifiers are random, not counted from one: a product that keeps its database across a
    restart of the sandbox must not meet an old view id again.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last_micros = 0

    def make(self, prefix: str, length: int = 10) -> str:
        """Make an identifier such as `V0K3J2H1G9`."""
        return f"{prefix}0" + "".join(secrets.choice(_ALPHABET) for _ in range(length - 2))

    def make_ts(self) -> str:
        """Make a message timestamp: seconds with six decimals, each later than the one before."""
        micros = max(round(self._clock() * 1_000_000), self._last_micros + 1)
        self._last_micros = micros
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def make_trigger(self) -> str:
        """Make a trigger id of Slack's three parts."""
        return f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"

    def make_hash(self) -> str:
        """Make a view's hash: seconds, a dot, eight letters."""
        return f"{int(self._clock())}.{secrets.token_hex(4)}"
