"""Lagdesk's services with an address that gets webhooks, and a worker that sends only these."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bot.application import open_application
from bot.integrations.webhooks import WebhookSender
from bot.jobs.run import collect_handlers
from bot.jobs.worker import Worker
from bot.sandbox.integrations.webhook_receiver import WebhookReceiver
from bot.services.assembly import Services
from bot.services.webhooks.events import SEND
from bot.services.webhooks.jobs import WebhookJobs
from bot.settings import read_settings
from bot.store import Store
from bot.store.job_leases import Pace
from bot.store.models import Job
from tests.bot.conftest import create_postgres
from tests.bot.services.conftest import ENVIRONMENT, SUPPORT, ServiceHarness
from tests.bot.services.contexts import Supporters
from tests.conftest import NO_PACE, FakeClock
from tests.databases import create_sqlite
from tests.due_jobs import wait_until_idle
from tests.webhooks import verify


@dataclass(frozen=True, slots=True)
class WebhookHarness(ServiceHarness):
    """The services, and the receiver of their webhooks."""

    receiver: WebhookReceiver

    @asynccontextmanager
    async def worker(self, pace: Pace = NO_PACE) -> AsyncIterator[None]:
        """Send webhooks while the block is open."""
        sender = WebhookSender(allow_private=True)
        handlers = collect_handlers(WebhookJobs(self.context, sender))
        async with Worker(self.context.store, handlers, pace=pace):
            yield
        await sender.close()

    async def settled(self) -> None:
        """Wait until no webhook is due."""
        self.context.store.job_signal.set()
        await self.finish_other_jobs()
        await wait_until_idle(self.context.store)

    async def pass_time(self, seconds: float) -> None:
        """Move the clock, then wait until every webhook that is due has been sent."""
        self.clock.move(seconds)
        await self.settled()

    async def finish_other_jobs(self) -> None:
        """Mark the jobs finished that no worker here runs."""

        def work(session: Any) -> None:
            for each in session.exec(select(Job).where(Job.kind != SEND)):
                each.finished_at = each.finished_at or self.clock.now()
                session.add(each)

        await self.context.store.transact(work)

    async def webhooks(self) -> list[Job]:
        """Return the jobs of webhooks, in the order of their names."""
        statement = select(Job).where(Job.kind == SEND).order_by(Job.name)
        return await self.context.store.read(lambda session: list(session.exec(statement)))

    def verified(self) -> list[dict[str, Any]]:
        """Return what the receiver got, verified, in order."""
        return [verify(each, self.clock.now()) for each in self.receiver.received]


@asynccontextmanager
async def open_webhooks(
    folder: Path, url: str = "", clock: FakeClock | None = None, **more: str
) -> AsyncIterator[WebhookHarness]:
    """Open services and a receiver, with a database of their own."""
    clock = clock or FakeClock()
    receiver = WebhookReceiver(clock)
    async with receiver.serve():
        environment = {
            **ENVIRONMENT,
            "DATABASE_URL": url or create_sqlite(folder),
            **receiver.environment,
            **more,
        }
        async with open_application(read_settings(environment), clock=clock) as application:
            context = replace(application.context, permissions=Supporters(SUPPORT))
            yield WebhookHarness(context, Services.of(context), clock, receiver)


@pytest.fixture
async def hooks(tmp_path: Path) -> AsyncIterator[WebhookHarness]:
    """Services and a receiver."""
    async with open_webhooks(tmp_path) as harness:
        yield harness


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def shared_hooks(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[WebhookHarness]:
    """Services and a receiver, on a database of each kind."""
    url = ""
    if request.param == "postgres":
        url = create_postgres(request.getfixturevalue("postgres"))
        store = Store(url)
        store.migrate()
        store.close()
    async with open_webhooks(tmp_path, url) as harness:
        yield harness
