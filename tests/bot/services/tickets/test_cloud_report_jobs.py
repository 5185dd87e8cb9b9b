"""Reporting a call to its cloud: at most once, and what becomes of each answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Final

import pytest

from bot.errors import CloudError
from bot.jobs.run import Run
from bot.services.tickets.cloud_report_jobs import CloudReportJobs
from bot.ticket import ReportState, Ticket
from tests.bot.services.conftest import ServiceHarness
from tests.bot.services.contexts import (
    RecordedCalls,
    cloud_over_quota,
    cloud_refused,
    cloud_unreachable,
    job_functions,
)

MINUTE: Final = dt.timedelta(minutes=1)


def jobs(harness: ServiceHarness, cloud: RecordedCalls) -> CloudReportJobs:
    """The jobs that report to this cloud."""
    capabilities: Any = harness.context.clouds["kids"].capabilities
    fake: Any = cloud
    fake.capabilities = capabilities
    return CloudReportJobs(replace(harness.context, clouds={"kids": fake}))


async def test_accepted_report_is_sent_once(service_harness: ServiceHarness) -> None:
    """The attempt is counted, and the card shows the state."""
    ticket = await service_harness.report()
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


async def test_report_that_may_have_been_sent_is_not_sent_again(
    service_harness: ServiceHarness,
) -> None:
    """A worker died between sending it and storing the answer."""
    ticket = await service_harness.report()

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
    ticket = await service_harness.report()
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
    ticket = await service_harness.report()

    def age(stored: Ticket) -> None:
        stored.occurred_at -= age_days * dt.timedelta(days=1)

    await service_harness.change(ticket.id, age)
    cloud = RecordedCalls(send_report=[cloud_refused(401)])
    at = await jobs(service_harness, cloud).send_report(Run("k"), ticket.id)
    assert at == (service_harness.clock.now() + 5 * MINUTE if is_retried else None)
    assert (await service_harness.ticket(ticket.id)).cloud_report.state is ReportState.REFUSED


def test_report_handlers(service_harness: ServiceHarness) -> None:
    """The name under which the job is stored."""
    made = CloudReportJobs(service_harness.context)
    assert job_functions(made) == {"report": made.send_report}
