"""A worker's heartbeat and its sweep, in a thread: a busy loop must not make it look dead.

Heartbeats are compared between machines, whose clocks must agree to about a second.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from bot.ports import Clock
from bot.store import Store
from bot.store import jobs as store_jobs

HEARTBEAT_INTERVAL_S: Final = 1.5
HEARTBEAT_TIMEOUT: Final = dt.timedelta(seconds=5)  # with one beat more, dead work goes on in 7 s
_log = logging.getLogger(__name__)


class HeartbeatThread:
    """Beats until stopped; calls `alarm` from its thread whenever a duty waits to be done."""

    def __init__(self, store: Store, clock: Clock, worker: str, alarm: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._worker = worker
        self._alarm = alarm
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs-pulse", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Beat no more; returns when the last beat is over."""
        self._stopped.set()
        self._thread.join()

    def beat(self) -> bool:
        """Give one sign of life and free what the dead held; tells whether a duty waits."""
        now = self._clock.now()

        def sweep(session: Session) -> bool:
            store_jobs.record_heartbeat(session, self._worker, now)
            session.flush()
            released = store_jobs.release_dead_workers(session, now, HEARTBEAT_TIMEOUT)
            if released:
                _log.warning("Freed %d duties of workers that fell silent.", released)
            return bool(store_jobs.list_due(session, now, 1))

        return self._store.transact_sync(sweep)

    def _run(self) -> None:
        while not self._stopped.wait(HEARTBEAT_INTERVAL_S):
            try:
                if self.beat():
                    self._alarm()
            except SQLAlchemyError:
                _log.warning("The heartbeat did not reach the database.", exc_info=True)
