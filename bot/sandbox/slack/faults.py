"""Faults to inject: which call fails next, and how."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.slack.errors import WebApiError, api_error, rate_limited

BROKEN_ANSWERS = frozenset({"http_500", "dropped", "timeout"})


@dataclass
class Fault:
    """How to break a method's next `times` calls; "*" is every method."""

    method: str
    error: str
    retry_after_s: int = 1
    times: int = 1
    after_effect: bool = False

    def as_error(self) -> WebApiError:
        """Build the error of this fault."""
        if self.error == "ratelimited":
            return rate_limited(self.retry_after_s)
        return api_error(self.error)


class Faults:
    """The faults still to happen, in the order they were added."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Queue a fault."""
        self._waiting.append(fault)

    def take(self, method: str) -> Fault | None:
        """Take the fault for this call, if there is one."""
        for fault in self._waiting:
            if fault.method in (method, "*"):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """Forget every fault that has not happened."""
        self._waiting.clear()
