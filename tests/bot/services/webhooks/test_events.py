"""Which events of a ticket become webhooks, and what these say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from bot.call import ERASED
from bot.services.admin.erasure import ErasureService
from bot.services.tickets.actions import ActionRequest
from bot.services.tickets.export import FIELDS
from bot.services.webhooks.events import EXPLAINED, SEND, enqueue_event
from bot.store.admin.erasure import Identity
from bot.store.jobs import count_pending
from bot.ticket import Ticket
from tests.bot.services.conftest import REPORTER, SUPPORT, TEAM, ServiceHarness
from tests.bot.services.webhooks.conftest import WebhookHarness, open_webhooks

Verb = Callable[[ServiceHarness, Ticket], Awaitable[Any]]


async def resolve(harness: ServiceHarness, ticket: Ticket) -> None:
    """Resolve a ticket."""
    tickets = harness.services.tickets
    await tickets.resolve(TEAM, ticket.id, SUPPORT, cause="none", resolution="It was the cable.")


async def reopen(harness: ServiceHarness, ticket: Ticket) -> None:
    """Resolve a ticket and open it again."""
    await resolve(harness, ticket)
    await harness.services.tickets.reopen(TEAM, ticket.id, REPORTER)


async def unclaim(harness: ServiceHarness, ticket: Ticket) -> None:
    """Claim a ticket and give it back."""
    await harness.services.tickets.claim(TEAM, ticket.id, SUPPORT)
    await harness.services.tickets.unclaim(TEAM, ticket.id, SUPPORT)


async def withdraw(harness: ServiceHarness, ticket: Ticket) -> None:
    """Withdraw a ticket as its reporter."""
    await harness.services.ticket_actions.withdraw(ActionRequest(TEAM, ticket.id, REPORTER, "V-W"))


async def merge(harness: ServiceHarness, ticket: Ticket) -> None:
    """Merge a ticket into another one."""
    other = await harness.report()
    request = ActionRequest(TEAM, ticket.id, SUPPORT, "V-M")
    await harness.services.ticket_actions.merge(request, other.id)


async def hand_over(harness: ServiceHarness, ticket: Ticket) -> None:
    """Hand a ticket over."""
    request = ActionRequest(TEAM, ticket.id, SUPPORT, "V-H")
    await harness.services.ticket_actions.hand_over(request, SUPPORT)


VERBS: Final[dict[str, tuple[Verb, list[tuple[str, str]]]]] = {
    "claim": (
        lambda h, t: h.services.tickets.claim(TEAM, t.id, SUPPORT),
        [("ticket.claimed", SUPPORT)],
    ),
    "hand_over": (hand_over, [("ticket.claimed", SUPPORT)]),
    "unclaim": (unclaim, [("ticket.claimed", SUPPORT), ("ticket.unclaimed", SUPPORT)]),
    "escalate": (
        lambda h, t: h.services.tickets.escalate(TEAM, t.id, SUPPORT),
        [("ticket.escalated", SUPPORT)],
    ),
    "resolve": (resolve, [("ticket.resolved", SUPPORT)]),
    "withdraw": (withdraw, [("ticket.resolved", REPORTER)]),
    "reopen": (reopen, [("ticket.resolved", SUPPORT), ("ticket.reopened", REPORTER)]),
    "diagnose_again": (lambda h, t: h.services.tickets.diagnose_again(TEAM, t.id, SUPPORT), []),
}


@pytest.mark.parametrize("verb", VERBS)
async def test_events(hooks: WebhookHarness, verb: str) -> None:
    """Each change becomes one webhook that says who made it, in the order of the sequence."""
    act, expected = VERBS[verb]
    ticket = await hooks.report()
    await act(hooks, ticket)
    bodies = [job.arguments[2] for job in await hooks.webhooks()]
    bodies.sort(key=lambda body: body["data"]["sequence"])
    told = [(body["type"], body["data"]["by"]) for body in bodies]
    assert told == [("ticket.filed", REPORTER), *expected]
    sequences = [body["data"]["sequence"] for body in bodies]
    assert len(set(sequences)) == len(sequences)


async def test_a_merged_ticket_is_resolved(hooks: WebhookHarness) -> None:
    """The one that stays has no event."""
    ticket = await hooks.report()
    await merge(hooks, ticket)
    bodies = [job.arguments[2] for job in await hooks.webhooks()]
    (merged,) = [body for body in bodies if body["type"] == "ticket.resolved"]
    assert merged["data"]["ticket"]["number"] == ticket.id
    assert merged["data"]["ticket"]["duplicate_of"] == ticket.id + 1


async def test_what_a_webhook_says(hooks: WebhookHarness) -> None:
    """The ticket as it is after the event, as in an export; no text of people, no whole uid."""
    ticket = await hooks.report(comments="He cannot hear me.")
    await resolve(hooks, ticket)
    (body,) = [job.arguments[2] for job in await hooks.webhooks() if ":resolved:" in job.name]
    assert body["timestamp"] == "2026-11-11T02:30:00Z"
    data = body["data"]
    assert (data["workspace"], data["sequence"]) == (TEAM, (await hooks.ticket(ticket.id)).revision)
    assert set(data["ticket"]) == set(FIELDS) - {"comments", "resolution"}
    assert (data["ticket"]["status"], data["ticket"]["student_uid"]) == ("resolved", "•••02")


async def test_uids_are_whole_where_they_are_in_slack(tmp_path: Path) -> None:
    """MASK_UIDS=false is for webhooks, too."""
    async with open_webhooks(tmp_path, MASK_UIDS="false") as hooks:
        await hooks.report()
        (job,) = await hooks.webhooks()
        assert job.arguments[2]["data"]["ticket"]["student_uid"] == "20002"


async def test_one_event_is_one_webhook(hooks: WebhookHarness) -> None:
    """However often it is enqueued; another revision is another one, with another id."""
    ticket, now = await hooks.report(), hooks.clock.now()
    settings, store = hooks.context.settings, hooks.context.store
    for revision in (0, 0, 1):
        ticket.revision = revision
        await store.transact(lambda s: enqueue_event(s, settings, ticket, EXPLAINED, now))
    explained = [job for job in await hooks.webhooks() if ":explained:" in job.name]
    assert len({job.arguments[1] for job in explained}) == len(explained) == 2


async def test_nothing_is_enqueued_without_an_address(service_harness: ServiceHarness) -> None:
    """Webhooks that nobody asked for cost nothing."""
    ticket = await service_harness.report()
    await resolve(service_harness, ticket)
    assert SEND not in await service_harness.context.store.read(count_pending)


async def test_other_workspaces_do_not_get_it(hooks: WebhookHarness) -> None:
    """An address of a workspace gets the events of its tickets only."""
    (address,) = hooks.context.settings.webhooks.addresses
    webhooks = replace(hooks.context.settings.webhooks, addresses=(replace(address, team="T2"),))
    settings = replace(hooks.context.settings, webhooks=webhooks)
    ticket, now = await hooks.report(), hooks.clock.now()
    for team, count in (("T3", 1), ("T2", 2)):
        ticket.team = team
        await hooks.context.store.transact(
            lambda s: enqueue_event(s, settings, ticket, EXPLAINED, now)
        )
        assert len(await hooks.webhooks()) == count


async def test_an_erased_person_is_not_sent(hooks: WebhookHarness) -> None:
    """A webhook that still waits is deleted when it names somebody who is erased."""
    await hooks.report(reporter="U0ERASED")
    ErasureService(hooks.context).erase(Identity("U0ERASED", is_uid=False))
    assert not any("U0ERASED" in repr(job.arguments) for job in await hooks.webhooks())
    assert ERASED
