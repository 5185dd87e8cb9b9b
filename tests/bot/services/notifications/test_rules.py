"""Which private messages and notes follow from an event of a ticket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import pytest
from sqlmodel import select

from bot.services.notifications.rules import Notification, enqueue_reopen_offer
from bot.services.tickets.actions import ActionRequest
from bot.store.models import Job, SentNotification
from bot.ticket import Ticket
from tests.bot.services.conftest import REPORTER, SECOND_SUPPORT, SUPPORT, TEAM, ServiceHarness

KINDS = ("confirm", "notify", "update_notification", "thread_note", "reopen_offer")
_views = count(1)


async def enqueued(harness: ServiceHarness) -> dict[str, list[Any]]:
    """Return the arguments of the unfinished notification jobs by their names."""
    jobs = await harness.context.store.read(lambda session: session.exec(select(Job)).all())
    return {job.name: job.arguments for job in jobs if job.kind in KINDS and not job.finished_at}


async def after(harness: ServiceHarness, act: Callable[[], Awaitable[Any]]) -> dict[str, list[Any]]:
    """Return the notifications that one action enqueues."""
    await harness.finish_jobs()
    await act()
    return await enqueued(harness)


def form(number: int) -> ActionRequest:
    """A form of support."""
    return ActionRequest(TEAM, number, SUPPORT, f"rules-{next(_views)}")


@pytest.mark.parametrize("reporter", [REPORTER, SUPPORT])
async def test_reporters_message_is_edited(service_harness: ServiceHarness, reporter: str) -> None:
    """Also after what the reporter did themselves: its buttons change."""
    ticket = await service_harness.report(reporter=reporter)
    service = service_harness.services.tickets
    confirm = {f"confirm:{ticket.label}": [ticket.id]}
    jobs = await after(service_harness, lambda: service.claim(TEAM, ticket.id, SUPPORT))
    assert jobs == confirm
    jobs = await after(
        service_harness,
        lambda: service.resolve(TEAM, ticket.id, SUPPORT, cause="", resolution="done"),
    )
    assert jobs == confirm
    job = await service_harness.job(f"confirm:{ticket.label}")
    assert job is not None
    assert (job.due_at, job.ticket) == (service_harness.clock.now(), ticket.id)


async def test_resolution_and_reopening(service_harness: ServiceHarness) -> None:
    """The message of each merged ticket says so too."""
    ticket = await service_harness.report()
    merged = await service_harness.report(reporter="U-OTHER")
    await service_harness.services.ticket_actions.merge(form(merged.id), ticket.id)
    service = service_harness.services.tickets

    async def resolve() -> None:
        await service.resolve(TEAM, ticket.id, SUPPORT, cause="", resolution="done")

    edits = {f"confirm:{each.label}": [each.id] for each in (ticket, merged)}
    assert await after(service_harness, resolve) == edits
    index = len((await service_harness.ticket(ticket.id)).history)
    jobs = await after(service_harness, lambda: service.reopen(TEAM, ticket.id, SUPPORT))
    note = f"thread_note:LD-{ticket.id}:{ticket.label}:{index}"
    assert jobs == edits | {note: [ticket.id, ticket.id, index]}


async def test_merge_is_noted_in_the_other_thread(service_harness: ServiceHarness) -> None:
    """And the reporter gets it."""
    ticket, into = await service_harness.report(), await service_harness.report()
    actions = service_harness.services.ticket_actions
    jobs = await after(service_harness, lambda: actions.merge(form(ticket.id), into.id))
    assert jobs == {
        f"confirm:{ticket.label}": [ticket.id],
        f"thread_note:{into.label}:{ticket.label}:0": [into.id, ticket.id, 0],
    }
    note = await service_harness.job(f"thread_note:{into.label}:{ticket.label}:0")
    assert note is not None
    assert note.ticket == into.id


async def test_hand_over_is_told_to_both(service_harness: ServiceHarness) -> None:
    """To the reporter by an edit, to the assignee by a message, each time anew."""
    ticket = await service_harness.report()
    actions = service_harness.services.ticket_actions
    jobs = await after(service_harness, lambda: actions.hand_over(form(ticket.id), SECOND_SUPPORT))
    handed = [ticket.id, "handed", SECOND_SUPPORT, "1"]
    assert jobs == {
        f"confirm:{ticket.label}": [ticket.id],
        f"notify:{ticket.label}:handed:{SECOND_SUPPORT}:1": handed,
    }
    jobs = await after(service_harness, lambda: actions.hand_over(form(ticket.id), SUPPORT))
    assert list(jobs) == [f"confirm:{ticket.label}"], "to themselves"


async def sent(harness: ServiceHarness, ticket: Ticket, kind: str, ts: str = "5.0") -> None:
    """Store a message about the ticket to its reporter."""
    row = SentNotification(
        ticket=ticket.id,
        person=REPORTER,
        kind=kind,
        key="0",
        channel="D1",
        ts=ts,
        attempted_at=harness.clock.now(),
    )
    await harness.context.store.transact(lambda session: session.add(row))


@pytest.mark.parametrize("verb", ["helped", "reopened"])
async def test_messages_with_outdated_buttons_are_edited(
    service_harness: ServiceHarness, verb: str
) -> None:
    """Alerts and offers to reopen, if they were sent; other messages are not."""
    ticket = await service_harness.report()
    services = service_harness.services
    await services.tickets.resolve(TEAM, ticket.id, SUPPORT, cause="", resolution="done")
    for kind, ts in (("alerted", "5.0"), ("offered", "6.0"), ("handed", "7.0")):
        await sent(service_harness, ticket, kind, ts)
    other = await service_harness.report()
    await sent(service_harness, other, "offered", "8.0")

    async def act() -> None:
        if verb == "helped":
            await services.ticket_actions.confirm_resolved(TEAM, ticket.id, REPORTER)
        else:
            await services.tickets.reopen(TEAM, ticket.id, REPORTER)

    jobs = await after(service_harness, act)
    updates = {name: arguments for name, arguments in jobs.items() if name.startswith("update")}
    assert updates == {
        f"update_notification:{ticket.label}:{kind}:{REPORTER}:0": [ticket.id, kind, REPORTER, "0"]
        for kind in ("alerted", "offered")
    }
    assert len(jobs) == (3 if verb == "helped" else 4)


async def test_message_that_was_not_sent_is_not_edited(service_harness: ServiceHarness) -> None:
    """Without a position there is nothing to edit."""
    ticket = await service_harness.report()
    services = service_harness.services
    await services.tickets.resolve(TEAM, ticket.id, SUPPORT, cause="", resolution="done")
    await sent(service_harness, ticket, "offered", "")
    jobs = await after(
        service_harness,
        lambda: services.ticket_actions.confirm_resolved(TEAM, ticket.id, REPORTER),
    )
    assert list(jobs) == [f"confirm:{ticket.label}"]


async def test_only_new_events_are_told(service_harness: ServiceHarness) -> None:
    """An action does not repeat the messages of earlier ones."""
    ticket = await service_harness.report()
    service = service_harness.services.tickets
    await service.claim(TEAM, ticket.id, SUPPORT)
    jobs = await after(service_harness, lambda: service.escalate(TEAM, ticket.id, SUPPORT))
    assert jobs == {}


@pytest.mark.parametrize(
    ("channel", "name"), [("", "reopen_offer:LD-{}:1.5"), ("D1", "reopen_offer:LD-{}:1.5:D1")]
)
async def test_offer_to_reopen(service_harness: ServiceHarness, channel: str, name: str) -> None:
    """A reply in the thread and one in private are different occasions."""
    ticket = await service_harness.report()
    now = service_harness.clock.now()
    await service_harness.context.store.transact(
        lambda session: enqueue_reopen_offer(session, ticket, "1.5", now, channel=channel)
    )
    job = await service_harness.job(name.format(ticket.id))
    assert job is not None
    assert (job.arguments, job.ticket, job.due_at) == ([ticket.id, "1.5", channel], ticket.id, now)


def test_notification_without_an_occasion() -> None:
    """Its name is the key of its message."""
    notification = Notification(12, "filed", "U1")
    assert notification.name == "notify:LD-12:filed:U1:"
    assert notification.arguments == (12, "filed", "U1", "")
