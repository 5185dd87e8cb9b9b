"""This version and the next one side by side on one database, as processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from bot.store import Session, Store
from bot.store import jobs as store_jobs
from bot.store.models import Job
from tests.bot.cli.test_server_processes import Fleet, count_posts, open_fleet
from tests.bot.conftest import create_postgres
from tests.next_version import KIND, REVISION, next_migrations

NEXT: Final = "tests.next_version"
CNAMES: Final = ("by-the-older", "by-either", "by-the-newer")


@pytest.fixture
async def fleet(postgres: Any, tmp_path: Path) -> AsyncIterator[Fleet]:
    """No process yet, and a database that machines can share."""
    async with open_fleet(tmp_path) as opened:
        opened.environment["DATABASE_URL"] = create_postgres(postgres)
        yield opened


@pytest.mark.postgres
async def test_nothing_is_stranded(fleet: Fleet) -> None:
    """The older leaves what it does not know to the newer, which goes on with all of its work."""
    with closing(Store(fleet.environment["DATABASE_URL"])) as store:
        store.migrate()
        old = await fleet.start("socket")
        with next_migrations():
            store.migrate()
        enqueue(store, 1)
        await reported(fleet, "by-the-older")
        job = find(store, 1)
        assert (job.attempt, job.finished_at, job.last_error) == (0, None, "")
        new = await fleet.start("worker", module=NEXT)
        async with asyncio.timeout(60):
            while find(store, 1).finished_at is None:  # noqa: ASYNC110 - no event for this
                await asyncio.sleep(0.1)
        assert find(store, 1).last_error == ""
        await reported(fleet, "by-either")
        fleet.workspace.fail_next("chat.postMessage", "http_500")
        await fleet.report("by-the-newer")
        await old.stop()
        await posted(fleet, "by-the-newer")
        result = await fleet.cli.run("worker", **fleet.environment)
        assert result.status == 1
        assert f"schema revision {REVISION}" in result.error_line
        await new.stop()
    assert count_posts(fleet, CNAMES) == [(1, 1, 1)] * len(CNAMES)


async def reported(fleet: Fleet, cname: str) -> None:
    """Report a call and wait for what follows."""
    await fleet.report(cname)
    await posted(fleet, cname)


async def posted(fleet: Fleet, cname: str) -> None:
    """Wait for the card, the diagnosis and the cloud report of a call."""
    await fleet.workspace.until(lambda: count_posts(fleet, [cname]) == [(1, 1, 1)], 60)


def enqueue(store: Store, number: int) -> None:
    """Enqueue a job that only the next version knows."""

    def work(session: Session) -> None:
        now = store.now(session)
        store_jobs.enqueue(session, f"{KIND}:LD-{number}", KIND, number, due_at=now)

    store.transact_sync(work)


def find(store: Store, number: int) -> Any:
    """Return that job as it is stored."""
    return store.read_sync(lambda session: session.get(Job, f"{KIND}:LD-{number}"))
