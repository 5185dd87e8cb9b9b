"""Faults to inject: which call fails next, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.block_kit import Problem
from bot.sandbox.slack.errors import WebApiError, api_error, invalid_message, rate_limited

BROKEN_ANSWERS = frozenset({"http_500", "dropped", "timeout"})


@dataclass
class Fault:
    """How to break a method's next `times` calls; "*" is every method.

    `containing` restricts it to calls with this text among their arguments.
    """

    method: str
    error: str
    retry_after_s: int = 1
    times: int = 1
    after_effect: bool = False
    containing: str = ""

    def as_error(self) -> WebApiError:
        """Build the error of this fault."""
        if self.error == "ratelimited":
            return rate_limited(self.retry_after_s)
        if self.error == "invalid_blocks":
            return invalid_message([Problem("must be valid", "/blocks/1")])
        return api_error(self.error)


class Faults:
    """The faults still to happen, in the order they were added."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Queue a fault."""
        self._waiting.append(fault)

    def take(self, method: str, arguments: Mapping[str, Any] | None = None) -> Fault | None:
        """Take the fault for this call, if there is one."""
        for fault in self._waiting:
            if fault.method in (method, "*") and fault.containing in str(arguments):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """Forget every fault that has not happened."""
        self._waiting.clear()
