from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bot.jobs.executor import Executor
from bot.jobs.worker import Worker, jobs_database_url
from bot.store import Session, Store
from bot.store.models import Job


async def test_executor_forgets_old_jobs(tmp_path: Path) -> None:
    """Jobs older than asked are deleted, so that their names may be used again."""
    executor = Executor(f"sqlite:///{tmp_path / 'x.db'}", executor_id="w1", poll_s=1)
    await executor.open(None)
    await executor.enqueue("card:LD-1#1", "card:LD-1")
    assert await executor.delete_older(dt.timedelta(days=30)) == 0
    assert await executor.job_status("card:LD-1#1") == ("ENQUEUED", None)
    assert await executor.delete_older(dt.timedelta(0)) == 1
    assert await executor.job_status("card:LD-1#1") is None
    await executor.close()


async def test_jobs_stand_in_a_file_of_their_own(store: Store, clock: Any, tmp_path: Path) -> None:
    """DBOS's tables stand beside our database, with a write-ahead log."""
    async with Worker(store, clock, {}, worker=False):
        with sqlite3.connect(tmp_path / "lagdesk.jobs.db") as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        connection.close()


@pytest.mark.parametrize(
    ("url", "jobs_url"),
    [
        ("sqlite:///lagdesk.db", "sqlite:///lagdesk.jobs.db"),
        ("sqlite:////var/lib/desk", "sqlite:////var/lib/desk.jobs.db"),
        ("postgresql+psycopg://a:b@host/name", "postgresql+psycopg://a:b@host/name"),
    ],
)
def test_beside(url: str, jobs_url: str) -> None:
    """A file gets a neighbour; a server keeps the database and gets a schema."""
    assert jobs_url == jobs_database_url(url)


async def test_failed_launch_leaves_room_for_another(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that could not start does not keep the next one from starting."""

    def refuse() -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr("bot.jobs.executor.DBOS.launch", refuse)
        with pytest.raises(OSError, match="disk full"):
            await Worker(store, clock, {}).__aenter__()
    async with Worker(store, clock, {}) as engine:
        await engine.wait_until_idle()


async def test_old_finished_work_is_deleted(store: Store, clock: Any) -> None:
    """A start deletes what was finished more than thirty days ago."""
    owed = [Job(name="card:LD-1", kind="card", due_at=clock.now(), finished_at=clock.now())]
    store.transact_sync(lambda session: session.add_all(owed))
    clock.move(days=29)
    for days_more, kept in [(0, 1), (2, 0)]:
        clock.move(days=days_more)
        async with Worker(store, clock, {}) as engine:
            await engine.reconcile()
            async with asyncio.timeout(5):
                await engine._cleaned.wait()
        assert kept == store.read_sync(_count_duties)


def _count_duties(session: Session) -> int:
    return len(session.exec(select(Job)).all())
