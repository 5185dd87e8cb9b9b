"""The leases of a worker's jobs, and the thread that renews them."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from bot.store import Store, job_leases
from bot.store import jobs as store_jobs

LEASE: Final = dt.timedelta(seconds=6)  # work of a killed worker goes on after this
RENEWAL_INTERVAL_S: Final = 1.5
_MARGIN_S: Final = 1.0  # for what is sent at the last moment


class LeaseLostError(Exception):
    """Another worker may have the job: this one was frozen or without a database for too long."""


@dataclass(slots=True)
class Lease:
    """The right to run a job. Nobody else can claim it before `valid_until`, a monotonic time."""

    job: str
    token: str
    valid_until: float

    def ensure_valid(self) -> None:
        """Raise LeaseLostError if another worker may have the job."""
        if time.monotonic() > self.valid_until:
            raise LeaseLostError(self.job)


def lease_end() -> float:
    """Return until when a lease is valid whose request goes to the database now."""
    return time.monotonic() + LEASE.total_seconds() - _MARGIN_S


class LeaseThread:
    """Renews the leases of a worker. A thread, because a busy event loop must not lose them.

    It calls both functions: `list_held` returns the leases, `on_lost` gets one that is lost.
    """

    def __init__(
        self,
        store: Store,
        worker: str,
        list_held: Callable[[], Collection[Lease]],
        on_lost: Callable[[Lease], None],
    ) -> None:
        self._store = store
        self._worker = worker
        self._list_held = list_held
        self._on_lost = on_lost
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    async def stop(self, tokens: Collection[str]) -> None:
        """Stop, give up these leases and forget the worker. Whoever cancels it gives up on that."""
        self._stopped.set()
        await asyncio.to_thread(self._thread.join)

        def work(session: Session) -> None:
            job_leases.release(session, tokens)
            store_jobs.delete_heartbeat(session, self._worker)

        await self._store.transact(work)

    def renew(self) -> None:
        """Renew every lease; one that another worker has taken is lost."""
        leases = {lease.job: lease for lease in self._list_held()}
        valid_until = lease_end()

        def work(session: Session) -> set[str]:
            now = self._store.now(session)
            store_jobs.record_heartbeat(session, self._worker, now)
            tokens = {name: lease.token for name, lease in leases.items()}
            return job_leases.renew_leases(session, tokens, now + LEASE) if tokens else set()

        held = self._store.transact_sync(work)
        for name, lease in leases.items():
            if name in held:
                lease.valid_until = valid_until
            else:
                self._on_lost(lease)

    def _run(self) -> None:
        while True:
            with contextlib.suppress(SQLAlchemyError):  # the store has logged it
                self.renew()
            if self._stopped.wait(RENEWAL_INTERVAL_S):
                return
