"""The signal that tells the worker of this process about newly committed jobs."""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[], None]


class JobSignal:
    """Notifies its listeners. A notification that is lost or repeated does no harm."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` at every notification."""
        self._listeners.append(listener)

    def unsubscribe(self, listener: Listener) -> None:
        """Call `listener` no longer."""
        self._listeners.remove(listener)

    def notify(self) -> None:
        """Notify every listener."""
        for listener in list(self._listeners):
            listener()
