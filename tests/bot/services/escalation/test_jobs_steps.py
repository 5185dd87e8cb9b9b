"""Each step of an escalation: when it is taken, whom it notifies, and what ends it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Final

import pytest

from bot.call import Call
from bot.escalation import escalations_of
from bot.jobs.run import Run
from bot.ports import Destination, MessageRef, Priority, Window
from bot.services.escalation.jobs import EscalationJobs
from bot.services.publishing import Publisher
from bot.store.escalation.incidents import Incident
from bot.ticket import Ticket
from tests.bot.services.conftest import SUPPORT, TEAM, ServiceHarness
from tests.bot.services.contexts import (
    NoMessages,
    PostedMessages,
    RecordedCalls,
    cloud_unreachable,
    job_functions,
    with_settings,
)

MINUTE: Final = dt.timedelta(minutes=1)
LEADS: Final = ("U7", "U8")


def jobs(
    harness: ServiceHarness,
    pager: RecordedCalls | None = None,
    *,
    cloud: Any = None,
    finder: Any = None,
) -> EscalationJobs:
    """Escalation with two leads, and with a cloud of the test's if one is given."""
    settings = replace(harness.context.settings, escalate_to=LEADS)
    clouds = {"kids": cloud} if cloud else harness.context.clouds
    context = with_settings(harness.context, settings, clouds)
    return EscalationJobs(context, Publisher(finder or NoMessages()), pager or RecordedCalls())


async def escalate(
    harness: ServiceHarness, ticket: Ticket, step: int, **options: Any
) -> dt.datetime | None:
    """Run the job of a step."""
    run = Run(f"escalate:{ticket.label}:{step}")
    return await jobs(harness, **options).escalate(run, ticket.id, step)


async def steps(harness: ServiceHarness, ticket: Ticket) -> list[tuple[int, tuple[str, ...]]]:
    """Return the steps taken so far and the people they notified by name."""
    taken = escalations_of(await harness.ticket(ticket.id))
    return [(each.number, each.people) for each in taken]


def test_handlers_of_the_kinds(service_harness: ServiceHarness) -> None:
    """The names under which jobs are stored."""
    made = jobs(service_harness)
    assert job_functions(made) == {
        "escalate": made.escalate,
        "page": made.page,
        "wake": made.wake,
    }


async def test_three_steps_and_no_more(service_harness: ServiceHarness) -> None:
    """Support, support again, then the leads by name; each a quarter of an hour later."""
    ticket = await service_harness.report()
    await service_harness.finish_jobs()
    for step in (1, 2, 3):
        service_harness.clock.move(15 * 60)
        now = service_harness.clock.now()
        assert await escalate(service_harness, ticket, step) is None
        stored = await service_harness.ticket(ticket.id)
        page = f"page:{ticket.label}:{stored.revision}"
        assert await service_harness.job(page)
        assert await service_harness.job(f"card:{ticket.label}")
        following = await service_harness.job(f"escalate:{ticket.label}:{step + 1}")
        assert (following.due_at if following else None) == (
            now + 15 * MINUTE if step < 3 else None
        )
        for person in LEADS:
            alert = await service_harness.job(f"notify:{ticket.label}:alerted:{person}:")
            assert (alert is not None) == (step == 3)
    assert await steps(service_harness, ticket) == [(1, ()), (2, ()), (3, LEADS)]
    assert await escalate(service_harness, ticket, 4) is None
    assert len(await steps(service_harness, ticket)) == 3


@pytest.mark.parametrize("step", [0, 2])
async def test_only_the_next_step_is_taken(service_harness: ServiceHarness, step: int) -> None:
    """A job of another step does nothing."""
    ticket = await service_harness.report()
    service_harness.clock.move(15 * 60)
    assert await escalate(service_harness, ticket, step) is None
    assert await steps(service_harness, ticket) == []


async def test_claimed_ticket_is_left_alone(service_harness: ServiceHarness) -> None:
    """Nobody is notified of it."""
    ticket = await service_harness.report()
    await service_harness.services.tickets.claim(TEAM, ticket.id, SUPPORT)
    service_harness.clock.move(15 * 60)
    assert await escalate(service_harness, ticket, 1) is None
    assert await steps(service_harness, ticket) == []


async def test_early_step_waits(service_harness: ServiceHarness) -> None:
    """It is run again when it is due, and the card says when that is."""
    ticket = await service_harness.report()
    due_at = service_harness.clock.now() + 15 * MINUTE
    await service_harness.finish_jobs()
    service_harness.clock.move(15 * 60 - 1)
    assert await escalate(service_harness, ticket, 1) == due_at
    assert await service_harness.job(f"card:{ticket.label}") is None

    def forget(stored: Ticket) -> None:
        stored.escalates_at = None

    await service_harness.change(ticket.id, forget)
    revision = (await service_harness.ticket(ticket.id)).revision
    assert await escalate(service_harness, ticket, 1) == due_at
    stored = await service_harness.ticket(ticket.id)
    assert (stored.escalates_at, stored.revision) == (due_at, revision + 1)
    assert await service_harness.job(f"card:{ticket.label}")
    assert await steps(service_harness, ticket) == []


@pytest.mark.parametrize(("is_closed", "is_paged"), [(False, False), (True, True)])
async def test_open_incident_mentions_support_itself(
    service_harness: ServiceHarness, *, is_closed: bool, is_paged: bool
) -> None:
    """The step is taken, but its thread is silent while the incident is open."""
    now = service_harness.clock.now()
    incident = Incident(team=TEAM, app="kids", cause="x", opened_at=now, last_ticket_at=now)
    incident.closed_at = now if is_closed else None
    await service_harness.context.store.transact(lambda session: session.add(incident))
    ticket = await service_harness.report()

    def join(stored: Ticket) -> None:
        stored.incident = incident.id

    await service_harness.change(ticket.id, join)
    service_harness.clock.move(15 * 60)
    await escalate(service_harness, ticket, 1)
    stored = await service_harness.ticket(ticket.id)
    assert len(escalations_of(stored)) == 1
    page = await service_harness.job(f"page:{ticket.label}:{stored.revision}")
    assert (page is not None) is is_paged


async def live_ticket(harness: ServiceHarness) -> Ticket:
    """A ticket of a class in progress, whose first step is due after seven and a half minutes."""
    ticket = await harness.report()
    now = harness.clock.now()

    def change(stored: Ticket) -> None:
        stored.is_live, stored.escalates_at = True, now + 7.5 * MINUTE

    await harness.change(ticket.id, change)
    await harness.finish_jobs()
    return ticket


def call(started: dt.datetime, ended: dt.datetime | None = None) -> Call:
    """A call of the class."""
    return Call("agora", "kids", "c1", "class_77_1", started, ended)


async def test_class_still_in_progress(service_harness: ServiceHarness) -> None:
    """The cloud is asked once, from two minutes before the complaint; the step is taken early."""
    ticket = await live_ticket(service_harness)
    filed_at = service_harness.clock.now()
    service_harness.clock.move(450)
    now = service_harness.clock.now()
    cloud = RecordedCalls(find_calls=[(call(filed_at, now), call(filed_at))])
    assert await escalate(service_harness, ticket, 1, cloud=cloud) is None
    window = Window(filed_at - 2 * MINUTE, now)
    assert cloud.calls == [("find_calls", "kids", "class_77_1", window, Priority.SCHEDULED, True)]
    assert await steps(service_harness, ticket) == [(1, ())]
    assert (await service_harness.ticket(ticket.id)).is_live


async def test_cloud_is_asked_for_eight_hours_at_most(service_harness: ServiceHarness) -> None:
    """Every cloud answers this much in one request."""
    ticket = await live_ticket(service_harness)
    service_harness.clock.move(9 * 3600)
    cloud = RecordedCalls(find_calls=[()])
    await escalate(service_harness, ticket, 1, cloud=cloud)
    now = service_harness.clock.now()
    assert cloud.calls[0][3] == Window(now - 8 * 60 * MINUTE, now)


async def test_class_that_is_over_is_less_urgent(service_harness: ServiceHarness) -> None:
    """The step waits for the quarter of an hour."""
    ticket = await live_ticket(service_harness)
    filed_at = service_harness.clock.now()
    service_harness.clock.move(450)
    calls = (call(filed_at, filed_at + MINUTE), call(filed_at, filed_at + 3 * MINUTE))
    cloud = RecordedCalls(find_calls=[calls])
    due_at = filed_at + 15 * MINUTE
    assert await escalate(service_harness, ticket, 1, cloud=cloud) == due_at
    stored = await service_harness.ticket(ticket.id)
    assert stored.is_live is False
    assert stored.escalates_at == due_at
    assert await service_harness.job(f"card:{ticket.label}")
    job = await service_harness.job(f"escalate:{ticket.label}:1")
    assert job is not None
    assert job.due_at == due_at
    assert await steps(service_harness, ticket) == []


async def test_cloud_without_an_answer_changes_nothing(service_harness: ServiceHarness) -> None:
    """The class counts as in progress."""
    ticket = await live_ticket(service_harness)
    service_harness.clock.move(450)
    cloud = RecordedCalls(find_calls=[cloud_unreachable()])
    assert await escalate(service_harness, ticket, 1, cloud=cloud) is None
    assert await steps(service_harness, ticket) == [(1, ())]


@pytest.mark.parametrize(("step", "after_s"), [(1, 449), (2, 450), (0, 450)])
async def test_cloud_is_not_asked_without_need(
    service_harness: ServiceHarness, step: int, after_s: int
) -> None:
    """Neither before the step is due nor for another step, nor for a class that is not live."""
    ticket = await live_ticket(service_harness)
    service_harness.clock.move(after_s)
    cloud = RecordedCalls(find_calls=[()])
    await escalate(service_harness, ticket, step, cloud=cloud)
    other = await service_harness.report()
    service_harness.clock.move(15 * 60)
    await escalate(service_harness, other, 1, cloud=cloud)
    assert cloud.calls == []


@pytest.mark.parametrize(("diagnosed_after_s", "requests"), [(30, 1), (31, 0)])
async def test_cloud_is_not_asked_soon_after_a_diagnosis(
    service_harness: ServiceHarness, diagnosed_after_s: int, requests: int
) -> None:
    """A class that was in progress within the last seven minutes still is."""
    ticket = await live_ticket(service_harness)
    diagnosed_at = service_harness.clock.now() + dt.timedelta(seconds=diagnosed_after_s)

    def change(stored: Ticket) -> None:
        stored.diagnosed_at = diagnosed_at

    await service_harness.change(ticket.id, change)
    service_harness.clock.move(450)
    cloud = RecordedCalls(find_calls=[(call(diagnosed_at),)])
    await escalate(service_harness, ticket, 1, cloud=cloud)
    assert len(cloud.calls) == requests
    assert await steps(service_harness, ticket) == [(1, ())]


async def escalated(harness: ServiceHarness, *, card: bool = True) -> tuple[Ticket, int]:
    """A ticket that the clock escalated, and the id of that escalation."""
    ticket = await harness.report()
    now = harness.clock.now()

    def change(stored: Ticket) -> None:
        stored.record_escalation(1, now, "support")
        if card:
            stored.thread.move_to("C-SUPPORT", "1.0")

    await harness.change(ticket.id, change)
    stored = await harness.ticket(ticket.id)
    return stored, stored.revision


async def test_group_is_mentioned_in_the_thread(service_harness: ServiceHarness) -> None:
    """Once: a retry finds the message of the attempt before."""
    ticket, revision = await escalated(service_harness)
    pager, key = RecordedCalls(), f"page:{ticket.label}:{revision}"
    assert await jobs(service_harness, pager).page(Run(key), ticket.id, revision) is None
    assert [(name, event.escalation_id, run.key) for name, _, event, run in pager.calls] == [
        ("page", revision, key)
    ]
    finder = PostedMessages(**{key.replace(":", "__"): MessageRef("C-SUPPORT", "5.0")})
    again = jobs(service_harness, pager, finder=finder)
    await again.page(Run(key, is_retry=True), ticket.id, revision)
    assert len(pager.calls) == 1
    assert finder.searched[0][0] == Destination(TEAM, "C-SUPPORT", "1.0")


async def test_mention_waits_for_the_card(service_harness: ServiceHarness) -> None:
    """For a minute at a time."""
    ticket, revision = await escalated(service_harness, card=False)
    pager = RecordedCalls()
    waits_until = await jobs(service_harness, pager).page(Run("k"), ticket.id, revision)
    assert waits_until == service_harness.clock.now() + MINUTE
    assert pager.calls == []


async def test_unknown_escalation_mentions_nobody(service_harness: ServiceHarness) -> None:
    """There is nothing to say."""
    ticket, revision = await escalated(service_harness)
    pager = RecordedCalls()
    assert await jobs(service_harness, pager).page(Run("k"), ticket.id, revision + 1) is None
    assert pager.calls == []


async def test_late_mention_of_a_claimed_ticket_is_dropped(service_harness: ServiceHarness) -> None:
    """One that a person asked for is sent anyway; so is nothing about a duplicate."""
    ticket, revision = await escalated(service_harness)
    other = await service_harness.report()
    asked = await service_harness.services.tickets.escalate(TEAM, other.id, SUPPORT)
    duplicate, third = await escalated(service_harness)

    def merge(stored: Ticket) -> None:
        stored.duplicate_of = ticket.id

    await service_harness.change(duplicate.id, merge)
    await service_harness.change(other.id, lambda stored: stored.thread.move_to("C", "2.0"))
    for number in (ticket.id, other.id):
        await service_harness.services.tickets.claim(TEAM, number, SUPPORT)
    pager = RecordedCalls()
    made = jobs(service_harness, pager)
    for number, escalation in (
        (ticket.id, revision),
        (other.id, asked.revision),
        (duplicate.id, third),
    ):
        await made.page(Run("k"), number, escalation)
    assert [(name, paged.id) for name, paged, *_ in pager.calls] == [("page", other.id)]
