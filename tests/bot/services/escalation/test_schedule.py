"""The next step of a ticket, and whether its class is in progress."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pytest

from bot.call import Call
from bot.services.escalation.schedule import update_liveness
from tests.bot.services.conftest import REPORTER, SUPPORT, TEAM, ServiceHarness
from tests.bot.store.factories import NOON, make_ticket

MINUTE: Final = dt.timedelta(minutes=1)


def call(started: int, ended: int | None = None) -> Call:
    """A call that began, and maybe ended, so many minutes after noon."""
    end = None if ended is None else NOON + ended * MINUTE
    return Call("agora", "kids", f"c{started}", "class_1", NOON + started * MINUTE, end)


@pytest.mark.parametrize(
    ("calls", "is_live"),
    [
        ([call(0)], True),
        ([call(0, 5)], False),
        ([call(0, 5), call(6)], True),
        ([call(6), call(0, 5)], True),
        ([call(0), call(6, 9)], False),
    ],
)
def test_newest_call_decides(calls: list[Call], is_live: object) -> None:
    """The class is in progress while its newest call is; the change is drawn on the card once."""
    ticket = make_ticket()
    assert update_liveness(ticket, calls)
    assert (ticket.is_live, ticket.revision) == (is_live, 1)
    assert not update_liveness(ticket, calls)
    assert ticket.revision == 1


def test_without_a_call_nothing_is_known() -> None:
    """What was known stays."""
    ticket = make_ticket(is_live=True)
    assert not update_liveness(ticket, [])
    assert ticket.is_live


async def test_first_step_is_planned_with_the_report(service_harness: ServiceHarness) -> None:
    """After a quarter of an hour, once; a claim ends it, and reopening begins anew."""
    ticket = await service_harness.report()
    due_at = service_harness.clock.now() + 15 * MINUTE
    job = await service_harness.job(f"escalate:{ticket.label}:1")
    assert job is not None
    assert (job.due_at, job.arguments) == (due_at, [ticket.id, 1])
    assert (await service_harness.ticket(ticket.id)).escalates_at == due_at
    tickets = service_harness.services.tickets
    await tickets.claim(TEAM, ticket.id, SUPPORT)
    assert (await service_harness.ticket(ticket.id)).escalates_at is None
    fields: dict[str, Any] = {"cause": "", "resolution": "done"}
    await tickets.resolve(TEAM, ticket.id, SUPPORT, **fields)
    service_harness.clock.move(3600)
    await tickets.reopen(TEAM, ticket.id, REPORTER)
    stored = await service_harness.ticket(ticket.id)
    assert stored.escalates_at == service_harness.clock.now() + 15 * MINUTE
