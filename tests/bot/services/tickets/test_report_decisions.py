"""Support decides about a report to the cloud that may have arrived."""

from __future__ import annotations

from typing import Any, Final

import pytest

from bot.cloud_report import ReportState
from bot.errors import ConflictError, NotAllowedError
from bot.services.tickets.actions import ActionRequest
from bot.ticket import Ticket
from tests.bot.services.conftest import (
    OUTSIDER,
    REPORTER,
    SECOND_SUPPORT,
    SUPPORT,
    TEAM,
    ServiceHarness,
)
from tests.stored_rows import list_audit_entries

ATTEMPT: Final = 3
AFTER: Final = {False: ReportState.PENDING, True: ReportState.ACCEPTED}
ACTIONS: Final = {False: "ticket.report_again", True: "ticket.report_arrived"}


async def unconfirmed(harness: ServiceHarness, **report: Any) -> Ticket:
    """A ticket whose report has no outcome after three attempts, and no jobs."""
    ticket = await harness.report()

    def change(stored: Ticket) -> None:
        values = {"state": ReportState.UNCONFIRMED, "attempts": ATTEMPT, **report}
        for name, value in values.items():
            setattr(stored.cloud_report, name, value)

    await harness.change(ticket.id, change)
    await harness.finish_jobs()
    return await harness.ticket(ticket.id)


async def decide(
    harness: ServiceHarness,
    number: int,
    person: str = SUPPORT,
    *,
    arrived: bool,
    attempt: int = ATTEMPT,
    click: str = "1",
) -> Ticket:
    """Press a button of the card."""
    request = ActionRequest(TEAM, number, person, f"{number}/{person}/{click}")
    return await harness.services.ticket_actions.decide_report(request, attempt, arrived=arrived)


async def audited(harness: ServiceHarness, number: int) -> list[tuple[str, str]]:
    """Return who did what to a ticket."""
    entries = await harness.context.store.read(lambda session: list_audit_entries(session, number))
    return [(entry.person, entry.action) for entry in entries]


@pytest.mark.parametrize("arrived", [False, True])
async def test_decision(service_harness: ServiceHarness, *, arrived: bool) -> None:
    """The state changes, is audited and on the card; only a new attempt has a job."""
    ticket = await unconfirmed(service_harness, reason={"id": "x"})
    await decide(service_harness, ticket.id, arrived=arrived)
    stored = await service_harness.ticket(ticket.id)
    assert (stored.cloud_report.state, stored.cloud_report.reason) == (AFTER[arrived], None)
    assert stored.cloud_report.attempts == ATTEMPT
    assert stored.history[-1]["who"] == SUPPORT
    assert await audited(service_harness, ticket.id) == [(SUPPORT, ACTIONS[arrived])]
    assert await service_harness.job(f"card:{ticket.label}")
    assert (await service_harness.job(f"report:{ticket.label}") is None) == arrived


@pytest.mark.parametrize("arrived", [False, True])
async def test_same_decision_takes_effect_once(
    service_harness: ServiceHarness, *, arrived: bool
) -> None:
    """A delivery that is repeated, a second click and a colleague's change nothing more."""
    ticket = await unconfirmed(service_harness)
    await decide(service_harness, ticket.id, arrived=arrived)
    await service_harness.finish_jobs()
    await decide(service_harness, ticket.id, arrived=arrived)
    await decide(service_harness, ticket.id, arrived=arrived, click="2")
    await decide(service_harness, ticket.id, SECOND_SUPPORT, arrived=arrived)
    stored = await service_harness.ticket(ticket.id)
    assert stored.count_events("report_again", "report_arrived") == 1
    assert await service_harness.job(f"report:{ticket.label}") is None
    people = [person for person, _ in await audited(service_harness, ticket.id)]
    assert people == [SUPPORT, SUPPORT, SECOND_SUPPORT]


async def test_late_click_does_not_send_a_third_report(service_harness: ServiceHarness) -> None:
    """The second attempt is unconfirmed too: it has a decision of its own."""
    ticket = await unconfirmed(service_harness)
    await decide(service_harness, ticket.id, arrived=False)

    def fail_again(stored: Ticket) -> None:
        stored.cloud_report.state, stored.cloud_report.attempts = (
            ReportState.UNCONFIRMED,
            ATTEMPT + 1,
        )

    await service_harness.change(ticket.id, fail_again)
    await service_harness.finish_jobs()
    await decide(service_harness, ticket.id, SECOND_SUPPORT, arrived=False)
    assert await service_harness.job(f"report:{ticket.label}") is None
    await decide(service_harness, ticket.id, arrived=False, attempt=ATTEMPT + 1, click="2")
    assert await service_harness.job(f"report:{ticket.label}")


@pytest.mark.parametrize(
    ("state", "attempt", "arrived"),
    [
        (ReportState.PENDING, ATTEMPT, False),
        (ReportState.ACCEPTED, ATTEMPT, False),
        (ReportState.REFUSED, ATTEMPT, True),
        (ReportState.OFF, ATTEMPT, True),
        (ReportState.UNCONFIRMED, ATTEMPT - 1, False),
        (ReportState.UNCONFIRMED, 0, True),
    ],
)
async def test_nothing_to_decide(
    service_harness: ServiceHarness, state: ReportState, attempt: int, *, arrived: bool
) -> None:
    """A report with an outcome, and an attempt that is not the last: nothing is sent or audited."""
    ticket = await unconfirmed(service_harness, state=state)
    with pytest.raises(ConflictError, match="not unconfirmed any more"):
        await decide(service_harness, ticket.id, arrived=arrived, attempt=attempt)
    assert (await service_harness.ticket(ticket.id)).cloud_report.state is state
    assert await service_harness.job(f"report:{ticket.label}") is None
    assert await audited(service_harness, ticket.id) == []


async def test_colleagues_disagree(service_harness: ServiceHarness) -> None:
    """The first decision stands."""
    ticket = await unconfirmed(service_harness)
    await decide(service_harness, ticket.id, arrived=True)
    with pytest.raises(ConflictError):
        await decide(service_harness, ticket.id, SECOND_SUPPORT, arrived=False)
    assert await service_harness.job(f"report:{ticket.label}") is None


@pytest.mark.parametrize("person", [REPORTER, OUTSIDER])
@pytest.mark.parametrize("arrived", [False, True])
async def test_only_support_decides(
    service_harness: ServiceHarness, person: str, *, arrived: bool
) -> None:
    """Others are refused, the reporter too."""
    ticket = await unconfirmed(service_harness)
    with pytest.raises(NotAllowedError, match="Only support"):
        await decide(service_harness, ticket.id, person, arrived=arrived)
    assert (await service_harness.ticket(ticket.id)).model_dump() == ticket.model_dump()
    assert await audited(service_harness, ticket.id) == []


@pytest.mark.parametrize(("arrived", "is_refused"), [(False, True), (True, False)])
async def test_app_without_reports(
    service_harness: ServiceHarness, *, arrived: bool, is_refused: bool
) -> None:
    """Nothing can be sent again for an app that is not configured any more."""
    ticket = await unconfirmed(service_harness)

    def remove_app(stored: Ticket) -> None:
        stored.app = "gone"

    await service_harness.change(ticket.id, remove_app)
    if is_refused:
        with pytest.raises(ConflictError, match="Reports to Agora are switched off"):
            await decide(service_harness, ticket.id, arrived=arrived)
        state = ReportState.UNCONFIRMED
    else:
        await decide(service_harness, ticket.id, arrived=arrived)
        state = ReportState.ACCEPTED
    assert (await service_harness.ticket(ticket.id)).cloud_report.state is state
