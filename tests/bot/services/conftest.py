"""Services on a database of their own, without Slack and without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Final

import pytest
from sqlalchemy import update

from bot.application import open_application
from bot.services.assembly import Services
from bot.services.context import Context
from bot.services.tickets.submission import Submission
from bot.settings import read_settings
from bot.store import Session
from bot.store.models import Job
from bot.store.tickets import tickets
from bot.ticket import Ticket
from tests.bot.services.contexts import Supporters
from tests.conftest import FakeClock
from tests.databases import create_sqlite

TEAM: Final = "T1"
SUPPORT, SECOND_SUPPORT = "U-SUPPORT", "U-SUPPORT-2"
REPORTER, OUTSIDER = "U-REPORTER", "U-OUTSIDER"
ENVIRONMENT: Final = {
    "AGORA_APPS": "kids=0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    "AGORA_CUSTOMER_ID": "id",
    "AGORA_CUSTOMER_SECRET": "secret",
    "AGORA_BASE_URL": "http://127.0.0.1:1",
    "AGORA_API": "seed",
}
_origins = count(1)


@dataclass(frozen=True, slots=True)
class ServiceHarness:
    """The services, and short ways to look into the database."""

    context: Context
    services: Services
    clock: FakeClock

    def submission(self, **values: Any) -> Submission:
        """Return a valid report of REPORTER, of a form of its own."""
        report = Submission(
            team=TEAM,
            origin=f"V{next(_origins)}",
            reporter=REPORTER,
            app="kids",
            cname="class_77_1",
            teacher_uid="10001",
            student_uid="20002",
            abnormal_side="student",
            issue_type="3",
            occurred_at=self.clock.now(),
        )
        return replace(report, **values)

    async def report(self, **values: Any) -> Ticket:
        """Report a call."""
        return await self.services.tickets.report_call(self.submission(**values))

    async def ticket(self, number: int) -> Ticket:
        """Return the ticket as it is stored."""
        return await self.context.store.read(lambda session: tickets.find(session, number, TEAM))

    async def job(self, name: str) -> Job | None:
        """Return a job that is not finished."""
        job = await self.context.store.read(lambda session: session.get(Job, name))
        return job if job is not None and job.finished_at is None else None

    async def finish_jobs(self) -> None:
        """Mark every job finished, as a worker does that has caught up."""
        finished = update(Job).values(finished_at=self.clock.now())
        await self.context.store.transact(lambda session: session.connection().execute(finished))

    async def change(self, number: int, change: Callable[[Ticket], None], team: str = TEAM) -> None:
        """Change a stored ticket."""

        def work(session: Session) -> None:
            ticket = tickets.lock(session, number, team)
            change(ticket)
            session.add(ticket)

        await self.context.store.transact(work)


@pytest.fixture(scope="module")
async def service_harness(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ServiceHarness]:
    """The services of a workspace with two people of support."""
    clock = FakeClock()
    url = create_sqlite(tmp_path_factory.mktemp("services"))
    settings = read_settings({**ENVIRONMENT, "DATABASE_URL": url})
    async with open_application(settings, clock=clock) as application:
        permissions = Supporters(SUPPORT, SECOND_SUPPORT)
        context = replace(application.context, permissions=permissions)
        yield ServiceHarness(context, Services.of(context), clock)
