"""The signal that tells the worker of this process about newly committed jobs."""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[], None]


class JobSignal:
    """Notifies its listeners. A notification that is lost or repeated does no harm."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` at every notification; returns what ends the subscription."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def notify(self) -> None:
        """Notify every listener."""
        for listener in list(self._listeners):
            listener()
