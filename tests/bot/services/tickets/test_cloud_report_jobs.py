"""Reporting a call to its cloud: at most once, and what becomes of each answer."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

import pytest

from bot.call import Report
from bot.causes import WITHDRAWN
from bot.cloud_report import ReportState
from bot.errors import CloudError
from bot.jobs.run import LeaseLostError, Run
from bot.services.tickets.cloud_report_jobs import CloudReportJobs
from bot.store import Session, Store
from bot.store.models import Job
from bot.ticket import Ticket
from tests.bot.services.conftest import ServiceHarness
from tests.bot.services.contexts import (
    RecordedCalls,
    cloud_over_quota,
    cloud_refused,
    cloud_unreachable,
    job_functions,
    with_clouds,
)
from tests.database_faults import SQLITE_FAULTS

_numbers = itertools.count(1)
MINUTE: Final = dt.timedelta(minutes=1)
SECOND: Final = dt.timedelta(seconds=1)


async def report_call(harness: ServiceHarness) -> Ticket:
    """Report a call that no other test reports."""
    return await harness.report(cname=f"call_{next(_numbers)}")


def jobs(harness: ServiceHarness, cloud: RecordedCalls) -> CloudReportJobs:
    """The jobs that report to this cloud."""
    capabilities: Any = harness.context.clouds["kids"].capabilities
    fake: Any = cloud
    fake.capabilities = capabilities
    return CloudReportJobs(with_clouds(harness.context, {"kids": fake}))


async def test_accepted_report_is_sent_once(service_harness: ServiceHarness) -> None:
    """The attempt is counted, and the card shows the state."""
    ticket = await report_call(service_harness)
    await service_harness.finish_jobs()
    cloud = RecordedCalls()
    assert await jobs(service_harness, cloud).send_report(Run("k"), ticket.id) is None
    assert cloud.calls == [("send_report", ticket.report)]
    report = (await service_harness.ticket(ticket.id)).cloud_report
    assert (report.state, report.attempts, report.attempted_at, report.reason) == (
        ReportState.ACCEPTED,
        1,
        None,
        None,
    )
    assert await service_harness.job(f"card:{ticket.label}")


async def test_report_of_a_withdrawn_ticket_waits(service_harness: ServiceHarness) -> None:
    """It is sent when the reporter opens the ticket again."""
    ticket = await report_call(service_harness)
    cloud, now = RecordedCalls(), service_harness.clock.now()
    await service_harness.change(ticket.id, lambda t: t.withdraw("U1", now, cause=WITHDRAWN))
    assert await jobs(service_harness, cloud).send_report(Run("k"), ticket.id) is None
    assert cloud.calls == []
    await service_harness.change(ticket.id, lambda t: t.reopen("U1", now))
    await jobs(service_harness, cloud).send_report(Run("k"), ticket.id)
    assert cloud.calls == [("send_report", ticket.report)]


def withdraw(ticket: Ticket) -> None:
    """Withdraw a ticket before its report is sent."""
    ticket.withdraw("U1", ticket.created_at, cause=WITHDRAWN)


def correct(ticket: Ticket) -> None:
    """Correct a ticket after its report was accepted."""
    ticket.cloud_report.set_state(ReportState.ACCEPTED)
    ticket.add_event("corrected", ticket.created_at, "U1", reported_to="agora")


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda t: t.cloud_report.set_state(ReportState.ACCEPTED), ReportState.OFF),
        (lambda t: t.cloud_report.set_state(ReportState.UNCONFIRMED), ReportState.OFF),
        (lambda _: None, ReportState.PENDING),
        (lambda t: t.cloud_report.set_state(ReportState.REFUSED), ReportState.ACCEPTED),
        (withdraw, ReportState.ACCEPTED),
        (correct, ReportState.ACCEPTED),
    ],
)
async def test_same_call_is_reported_once(
    service_harness: ServiceHarness, change: Callable[[Ticket], None], state: ReportState
) -> None:
    """The second ticket's report waits for the first one's, and is sent if that was not."""
    first = await report_call(service_harness)
    second = await service_harness.report(cname=first.cname)
    await service_harness.change(first.id, change)
    cloud, now = RecordedCalls(), service_harness.clock.now()
    due_at = await jobs(service_harness, cloud).send_report(Run("k"), second.id)
    report = (await service_harness.ticket(second.id)).cloud_report
    assert report.state is state
    assert bool(report.reason) == (state is ReportState.OFF)
    assert len(cloud.calls) == (state is ReportState.ACCEPTED)
    assert due_at == (now + 10 * SECOND if state is ReportState.PENDING else None)


async def test_later_ticket_about_the_same_call(service_harness: ServiceHarness) -> None:
    """A corrected ticket waits while a later one about its call is sent, and is then not sent."""
    corrected = await report_call(service_harness)
    later = await service_harness.report(cname=corrected.cname)
    cloud, now = RecordedCalls(), service_harness.clock.now()

    def send(stored: Ticket) -> None:
        stored.cloud_report.attempted_at = now

    await service_harness.change(later.id, send)
    due_at = await jobs(service_harness, cloud).send_report(Run("k"), corrected.id)
    assert (due_at, cloud.calls) == (now + 10 * SECOND, [])
    await service_harness.change(later.id, lambda t: t.cloud_report.set_state(ReportState.ACCEPTED))
    assert await jobs(service_harness, cloud).send_report(Run("k"), corrected.id) is None
    report = (await service_harness.ticket(corrected.id)).cloud_report
    assert (report.state, cloud.calls) == (ReportState.OFF, [])


async def test_report_that_may_have_been_sent_is_not_sent_again(
    service_harness: ServiceHarness,
) -> None:
    """A worker died between sending it and storing the answer."""
    ticket = await report_call(service_harness)

    def attempt(stored: Ticket) -> None:
        stored.cloud_report.attempted_at = service_harness.clock.now()

    await service_harness.change(ticket.id, attempt)
    await service_harness.finish_jobs()
    cloud = RecordedCalls()
    assert await jobs(service_harness, cloud).send_report(Run("k"), ticket.id) is None
    assert cloud.calls == []
    report = (await service_harness.ticket(ticket.id)).cloud_report
    assert (report.state, report.attempted_at) == (ReportState.UNCONFIRMED, None)
    assert await service_harness.job(f"card:{ticket.label}")


@pytest.mark.parametrize(
    ("error", "state", "is_raised"),
    [
        (cloud_unreachable(), ReportState.PENDING, True),
        (cloud_over_quota(dt.datetime(2026, 11, 12, tzinfo=dt.UTC)), ReportState.PENDING, True),
        (cloud_unreachable(maybe_arrived=True), ReportState.UNCONFIRMED, False),
        (cloud_refused(), ReportState.REFUSED, False),
    ],
)
async def test_report_that_fails(
    service_harness: ServiceHarness, error: CloudError, state: ReportState, *, is_raised: bool
) -> None:
    """What can be retried is raised; each attempt counts, and the reason is stored."""
    ticket = await report_call(service_harness)
    cloud = RecordedCalls(send_report=[error, error])
    made = jobs(service_harness, cloud)
    if is_raised:
        for _ in range(2):
            with pytest.raises(type(error)):
                await made.send_report(Run("k"), ticket.id)
    else:
        assert await made.send_report(Run("k"), ticket.id) is None
    report = (await service_harness.ticket(ticket.id)).cloud_report
    assert (report.state, report.attempts) == (state, len(cloud.calls))
    assert report.attempted_at is None
    assert report.reason is not None


@pytest.mark.parametrize(("age_days", "is_retried"), [(0, True), (20, False)])
async def test_wrong_key_is_retried_while_the_call_can_be_reported(
    service_harness: ServiceHarness, age_days: int, *, is_retried: bool
) -> None:
    """Every five minutes: an operator has to correct it."""
    ticket = await report_call(service_harness)

    def age(stored: Ticket) -> None:
        stored.occurred_at -= age_days * dt.timedelta(days=1)

    await service_harness.change(ticket.id, age)
    cloud = RecordedCalls(send_report=[cloud_refused(401)])
    at = await jobs(service_harness, cloud).send_report(Run("k"), ticket.id)
    assert at == (service_harness.clock.now() + 5 * MINUTE if is_retried else None)
    assert (await service_harness.ticket(ticket.id)).cloud_report.state is ReportState.REFUSED


@pytest.mark.parametrize("state", sorted(set(ReportState) - {ReportState.PENDING}))
async def test_stored_outcome_is_final(service_harness: ServiceHarness, state: ReportState) -> None:
    """A worker died after it stored the outcome: whoever gets the job sends nothing."""
    ticket = await report_call(service_harness)
    await service_harness.change(ticket.id, lambda stored: stored.cloud_report.set_state(state))
    cloud = RecordedCalls()
    assert await jobs(service_harness, cloud).send_report(Run("k"), ticket.id) is None
    report = (await service_harness.ticket(ticket.id)).cloud_report
    assert (cloud.calls, report.state, report.attempts) == ([], state, 0)


async def test_key_is_mended(service_harness: ServiceHarness) -> None:
    """The retry of a refused report goes out, and its state is as if nothing had happened."""
    ticket = await report_call(service_harness)
    cloud = RecordedCalls(send_report=[cloud_refused(401), None])
    made = jobs(service_harness, cloud)
    at = await made.send_report(Run("k"), ticket.id)
    assert (await service_harness.ticket(ticket.id)).cloud_report.retry_at == at
    assert await made.send_report(Run("k"), ticket.id) is None
    report = (await service_harness.ticket(ticket.id)).cloud_report
    assert (report.state, report.retry_at, report.attempts) == (ReportState.ACCEPTED, None, 2)


async def test_app_is_removed_from_the_settings(service_harness: ServiceHarness) -> None:
    """Nothing was sent, and the state does not claim that it may have arrived."""
    ticket = await report_call(service_harness)
    made = CloudReportJobs(with_clouds(service_harness.context, {}))
    assert await made.send_report(Run("k"), ticket.id) is None
    report = (await service_harness.ticket(ticket.id)).cloud_report
    assert (report.state, report.attempts) == (ReportState.OFF, 0)


async def test_frozen_worker_sends_nothing(service_harness: ServiceHarness) -> None:
    """Its lease is over before it sends: another worker may have decided by now."""
    ticket, name = await report_call(service_harness), "report:frozen"

    def hold(session: Session) -> None:
        now = service_harness.clock.now()
        session.add(Job(name=name, kind="report", arguments=[], due_at=now, locked_by="token"))

    await service_harness.context.store.transact(hold)
    cloud = RecordedCalls()
    frozen = Run(name, token="token", valid_until=0)
    with pytest.raises(LeaseLostError):
        await jobs(service_harness, cloud).send_report(frozen, ticket.id)
    assert cloud.calls == []
    assert (await service_harness.ticket(ticket.id)).cloud_report.attempted_at is not None


class BreakingCloud(RecordedCalls):
    """A cloud that accepts reports while the database becomes read-only for a moment."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._fault = ExitStack()

    async def send_report(self, _report: Report) -> None:
        """Break the database, and mend it after the first failure to write."""
        self.calls.append(("send_report",))
        self._fault.enter_context(SQLITE_FAULTS["read-only"](self._store))
        asyncio.get_running_loop().call_later(0.1, self._fault.close)


async def test_outcome_is_stored_when_the_database_is_back(service_harness: ServiceHarness) -> None:
    """The cloud accepted the report while the database was away: nothing else knows it."""
    ticket = await report_call(service_harness)
    cloud: Any = BreakingCloud(service_harness.context.store)
    made = CloudReportJobs(
        with_clouds(service_harness.context, {"kids": cloud}), database_pause_s=0.01
    )
    assert await made.send_report(Run("k"), ticket.id) is None
    report = (await service_harness.ticket(ticket.id)).cloud_report
    assert (report.state, report.attempted_at) == (ReportState.ACCEPTED, None)
    assert len(cloud.calls) == 1


def test_report_handlers(service_harness: ServiceHarness) -> None:
    """The name under which the job is stored."""
    made = CloudReportJobs(service_harness.context)
    assert job_functions(made) == {"report": made.send_report}
