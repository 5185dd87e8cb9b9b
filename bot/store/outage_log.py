"""One log line when the database begins to fail, and one when it works again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

RECOVERED_AFTER_S: Final = 5.0  # without a failure; one locked table does not fail every request


class OutageLog:
    """Logs the first failure of many, and the first success after a while without one."""

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._failed_at: float | None = None
        self._lock = threading.Lock()

    def failed(self, reason: str) -> None:
        """Record a failure."""
        with self._lock:
            is_first, self._failed_at = self._failed_at is None, self._timer()
        if is_first:
            log.error("the database fails: %s", reason)

    def succeeded(self) -> None:
        """Record a success."""
        with self._lock:
            failed_at = self._failed_at
            if failed_at is None or self._timer() - failed_at < RECOVERED_AFTER_S:
                return
            self._failed_at = None
        log.warning("the database works again")
