"""A machine whose clock is wrong: PostgreSQL's clock decides about jobs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from bot.ports.clock import SystemClock
from bot.store import Session, Store, job_leases
from bot.store import jobs as store_jobs
from bot.store.job_leases import FreeSlots, Pace
from tests.bot.conftest import create_postgres_store

LEASE = dt.timedelta(seconds=6)
PACE = Pace(dt.timedelta(0), burst=1)


@pytest.fixture
def correct_store(postgres: Any) -> Iterator[Store]:
    """A database on the machine whose clock is right."""
    store = create_postgres_store(postgres)
    store.read_sync(store.now)
    yield store
    store.close()


def _open_skewed(url: str, skew_s: float, monkeypatch: pytest.MonkeyPatch) -> Store:
    def now(_clock: SystemClock) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=skew_s)

    monkeypatch.setattr(SystemClock, "now", now)
    store = Store(url)
    store.read_sync(store.now)
    return store


def _enqueue(store: Store, name: str, in_s: float = 0) -> None:
    due_at = store.clock.now() + dt.timedelta(seconds=in_s)
    store.transact_sync(lambda s: store_jobs.enqueue(s, name, "card", due_at=due_at))


def _claim(store: Store) -> list[str]:
    def work(session: Session) -> list[str]:
        now = store.now(session)
        free = [FreeSlots(["card"], 8, PACE)]
        claimed = job_leases.claim(session, free, token="t", now=now, lease=LEASE)
        return [job.name for job in claimed]

    return store.transact_sync(work)


@pytest.mark.postgres
@pytest.mark.parametrize("skew_s", [20, -20, 3600])
def test_skewed_worker(
    correct_store: Store, monkeypatch: pytest.MonkeyPatch, skew_s: float
) -> None:
    """It starts no job before its time, none that another has, and what it enqueues is due."""
    skewed = _open_skewed(correct_store.url, skew_s, monkeypatch)
    _enqueue(correct_store, "taken")
    _enqueue(correct_store, "later", in_s=15)
    assert _claim(correct_store) == ["taken"]
    assert _claim(skewed) == []
    _enqueue(skewed, "own")
    _enqueue(skewed, "own later", in_s=15)
    assert _claim(correct_store) == ["own"]
    assert _claim(skewed) == []
    skewed.close()
