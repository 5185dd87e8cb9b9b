"""Handing over, merging, linking and confirming: who may, what changes, how often."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, Final

import pytest

from bot.errors import ConflictError, InputError, NotAllowedError, NotFoundError
from bot.services.tickets.actions import ActionRequest
from bot.services.tickets.replies import Reply
from bot.store.models import SentNotification
from bot.ticket import Status
from tests.bot.services.conftest import (
    OUTSIDER,
    REPORTER,
    SECOND_SUPPORT,
    SUPPORT,
    TEAM,
    ServiceHarness,
)
from tests.stored_rows import list_audit_entries

_views = count(1)
Act = Callable[[ServiceHarness, ActionRequest, int], Awaitable[Any]]


def request(number: int, person: str = SUPPORT, origin: str = "") -> ActionRequest:
    """Return the fields of the ticket's form."""
    return ActionRequest(TEAM, number, person, origin or f"view-{next(_views)}")


async def hand_over(harness: ServiceHarness, form: ActionRequest, _other: int) -> None:
    """Hand a ticket over to the second person of support."""
    await harness.services.ticket_actions.hand_over(form, SECOND_SUPPORT)


async def merge(harness: ServiceHarness, form: ActionRequest, other: int) -> None:
    """Merge a ticket into another one."""
    await harness.services.ticket_actions.merge(form, other)


async def link(harness: ServiceHarness, form: ActionRequest, other: int) -> None:
    """Link two tickets."""
    await harness.services.ticket_actions.link(form, other)


async def unlink(harness: ServiceHarness, form: ActionRequest, other: int) -> None:
    """Remove the link between two tickets."""
    await harness.services.ticket_actions.unlink(form, other)


async def correct(harness: ServiceHarness, form: ActionRequest, _other: int) -> None:
    """Correct the channel's name."""
    submission = harness.submission(cname="class_77_2")
    await harness.services.ticket_actions.correct(form, submission)


ACTIONS: Final[dict[str, Act]] = {
    "hand_over": hand_over,
    "merge": merge,
    "link": link,
    "unlink": unlink,
    "correct": correct,
}


async def audited(harness: ServiceHarness, number: int) -> list[str]:
    """Return the audited actions on a ticket."""
    entries = await harness.context.store.read(lambda session: list_audit_entries(session, number))
    return [entry.action for entry in entries]


@pytest.mark.parametrize("person", [REPORTER, OUTSIDER])
@pytest.mark.parametrize("action", ["hand_over", "merge", "link", "unlink"])
async def test_only_support_may_act(
    service_harness: ServiceHarness, action: str, person: str
) -> None:
    """Other users are refused, its reporter too; nothing is changed or audited."""
    ticket, other = await service_harness.report(), await service_harness.report()
    before = ticket.model_dump()
    with pytest.raises(NotAllowedError, match="Only support"):
        await ACTIONS[action](service_harness, request(ticket.id, person), other.id)
    assert (await service_harness.ticket(ticket.id)).model_dump() == before
    assert await audited(service_harness, ticket.id) == []


async def test_correcting_is_for_the_reporter_too(service_harness: ServiceHarness) -> None:
    """Others are refused, and nothing is changed or audited."""
    ticket = await service_harness.report()
    with pytest.raises(NotAllowedError, match="Only support"):
        await correct(service_harness, request(ticket.id, OUTSIDER), 0)
    assert (await service_harness.ticket(ticket.id)).cname == ticket.cname
    assert await audited(service_harness, ticket.id) == []
    await correct(service_harness, request(ticket.id, REPORTER), 0)
    assert (await service_harness.ticket(ticket.id)).cname == "class_77_2"


@pytest.mark.parametrize("action", ["hand_over", "merge", "link", "correct"])
async def test_support_may_act(service_harness: ServiceHarness, action: str) -> None:
    """The change is audited, and the card is drawn again."""
    ticket, other = await service_harness.report(), await service_harness.report()
    await service_harness.finish_jobs()
    await ACTIONS[action](service_harness, request(ticket.id), other.id)
    assert (await service_harness.ticket(ticket.id)).revision > ticket.revision
    assert await audited(service_harness, ticket.id) == [f"ticket.{action}"]
    card = await service_harness.job(f"card:{ticket.label}")
    assert card is not None
    assert card.due_at == service_harness.clock.now()


@pytest.mark.parametrize("person", [REPORTER, OUTSIDER])
async def test_only_support_sees_links(service_harness: ServiceHarness, person: str) -> None:
    """The forms of a ticket open for support alone."""
    ticket = await service_harness.report()
    with pytest.raises(NotAllowedError):
        await service_harness.services.ticket_actions.load_links(TEAM, ticket.id, person)
    links = await service_harness.services.ticket_actions.load_links(TEAM, ticket.id, SUPPORT)
    assert links.ticket.id == ticket.id


async def test_links_name_the_other_tickets(service_harness: ServiceHarness) -> None:
    """Those that are linked."""
    first, second = await service_harness.report(), await service_harness.report()
    await link(service_harness, request(second.id), first.id)
    links = await service_harness.services.ticket_actions.load_links(TEAM, second.id, SUPPORT)
    assert [other.id for other in links.linked] == [first.id]


async def test_suggested_tickets(service_harness: ServiceHarness) -> None:
    """Those about the same channel first, else what is typed; never the ticket itself."""
    own = await service_harness.report(cname="suggest_1")
    other = await service_harness.report(cname="suggest_8")
    resolved = await service_harness.report(cname="suggest_7")
    same = await service_harness.report(cname="suggest_1")
    tickets, actions = service_harness.services.tickets, service_harness.services.ticket_actions
    await tickets.resolve(TEAM, resolved.id, SUPPORT, cause="none", resolution=".")
    for text, expected in {
        "": [same, other],
        f" ld-{resolved.id}": [resolved],
        f"#{other.id}": [other],
        "LD-99999999": [],
        "suggest_7": [resolved],
        "suggest": [same, resolved, other],
        "open suggest": [same, other],
    }.items():
        found = [each.id for each in await actions.suggest(TEAM, own.id, SUPPORT, text)]
        assert found[: len(expected)] == [each.id for each in expected], text
        assert own.id not in found


async def test_a_form_delivered_twice_acts_once(service_harness: ServiceHarness) -> None:
    """When Slack delivers a form again later, changes made since are kept."""
    ticket = await service_harness.report()
    actions = service_harness.services.ticket_actions
    await actions.hand_over(request(ticket.id, origin="twice"), SECOND_SUPPORT)
    await actions.hand_over(request(ticket.id), SUPPORT)
    await actions.hand_over(request(ticket.id, origin="twice"), SECOND_SUPPORT)
    assert (await service_harness.ticket(ticket.id)).assignee == SUPPORT
    assert await audited(service_harness, ticket.id) == ["ticket.hand_over"] * 2


async def test_a_link_form_delivered_twice_links_once(service_harness: ServiceHarness) -> None:
    """A link that was removed since is not added again."""
    ticket, other = await service_harness.report(), await service_harness.report()
    await link(service_harness, request(ticket.id, origin="twice"), other.id)
    await unlink(service_harness, request(ticket.id), other.id)
    await link(service_harness, request(ticket.id, origin="twice"), other.id)
    assert (await service_harness.ticket(ticket.id)).related == []


@pytest.mark.parametrize("action", ["merge", "link"])
async def test_both_cards_are_drawn_again(service_harness: ServiceHarness, action: str) -> None:
    """Merging and linking shows on the other ticket's card, too."""
    first, second = await service_harness.report(), await service_harness.report()
    await service_harness.finish_jobs()
    await ACTIONS[action](service_harness, request(first.id), second.id)
    drawn = await service_harness.job(f"card:{second.label}")
    assert (drawn is not None) == (action == "link")
    assert (await service_harness.ticket(second.id)).related == (
        [first.id] if action == "link" else []
    )
    note = await service_harness.job(f"thread_note:{second.label}:{first.label}:0")
    assert (note is not None) == (action == "merge")


async def test_unlinked_on_both_sides(service_harness: ServiceHarness) -> None:
    """Removing a link draws both cards again."""
    first, second = await service_harness.report(), await service_harness.report()
    await link(service_harness, request(first.id), second.id)
    await service_harness.finish_jobs()
    await unlink(service_harness, request(second.id), first.id)
    for ticket in (first, second):
        assert (await service_harness.ticket(ticket.id)).related == []
        assert await service_harness.job(f"card:{ticket.label}") is not None


async def test_hand_over_to_support_only(service_harness: ServiceHarness) -> None:
    """A user without permission cannot become the assignee; the field is named."""
    ticket = await service_harness.report()
    with pytest.raises(InputError) as refused:
        await service_harness.services.ticket_actions.hand_over(request(ticket.id), OUTSIDER)
    assert set(refused.value.fields) == {"person"}
    assert (await service_harness.ticket(ticket.id)).assignee is None


async def test_hand_over_notifies(service_harness: ServiceHarness) -> None:
    """The new owner is notified, and the reporter's message edited."""
    ticket = await service_harness.report()
    await hand_over(service_harness, request(ticket.id), 0)
    name = f"notify:{ticket.label}:handed:{SECOND_SUPPORT}:1"
    assert await service_harness.job(name) is not None
    confirm = await service_harness.job(f"confirm:{ticket.label}")
    assert confirm is not None
    assert confirm.due_at == service_harness.clock.now()


async def test_merge_has_one_direction(service_harness: ServiceHarness) -> None:
    """A ticket with duplicates is not merged itself; missing tickets are refused."""
    first, second, third = [await service_harness.report() for _ in range(3)]
    await merge(service_harness, request(second.id), first.id)
    merged = await service_harness.ticket(second.id)
    assert (merged.status, merged.duplicate_of) == (Status.RESOLVED, first.id)
    with pytest.raises(ConflictError, match=f"duplicates of {first.label}"):
        await merge(service_harness, request(first.id), third.id)
    with pytest.raises(NotFoundError):
        await merge(service_harness, request(third.id), 10**6)
    assert (await service_harness.ticket(third.id)).status is Status.OPEN


@pytest.mark.parametrize("person", [SUPPORT, SECOND_SUPPORT, OUTSIDER])
async def test_only_the_reporter_confirms_that_it_helped(
    service_harness: ServiceHarness, person: str
) -> None:
    """Other users cannot, support neither; it is stored once there is a resolution."""
    services = service_harness.services
    ticket = await service_harness.report()
    with pytest.raises(ConflictError):
        await services.ticket_actions.confirm_resolved(TEAM, ticket.id, REPORTER)
    await services.tickets.resolve(TEAM, ticket.id, SUPPORT, cause="none", resolution="new cable")
    with pytest.raises(NotAllowedError, match=r"can say whether it helped"):
        await services.ticket_actions.confirm_resolved(TEAM, ticket.id, person)
    assert (await service_harness.ticket(ticket.id)).helped is None
    await services.ticket_actions.confirm_resolved(TEAM, ticket.id, REPORTER)
    assert (await service_harness.ticket(ticket.id)).helped is True


@pytest.mark.parametrize(
    ("text", "person", "hours", "thread", "offered"),
    [
        ("还是卡", REPORTER, 1, False, True),
        ("还是卡", REPORTER, 25, False, False),
        ("还是卡", REPORTER, 25, True, True),
        ("谢谢，好了", REPORTER, 1, False, False),
        ("还是卡", OUTSIDER, 1, False, False),
    ],
)
async def test_trouble_after_the_resolution_is_offered_to_reopen(
    service_harness: ServiceHarness,
    text: str,
    person: str,
    hours: int,
    *,
    thread: bool,
    offered: bool,
) -> None:
    """A reporter's answer within a day, or in the message's thread, later too."""
    services, now = service_harness.services, service_harness.clock.now()
    ticket = await service_harness.report()
    await services.tickets.resolve(TEAM, ticket.id, SUPPORT, cause="none", resolution="x")
    channel, ts = f"D{ticket.id}", f"{ticket.id}.5"
    sent = SentNotification(
        ticket=ticket.id,
        person=REPORTER,
        kind="filed",
        channel=channel,
        ts=ts,
        attempted_at=now,
    )
    service_harness.clock.move(hours * 3600)
    await service_harness.context.store.transact(lambda session: session.add(sent))
    answer = Reply(TEAM, channel, ts if thread else "", f"{ticket.id}.9", person, text)
    await services.ticket_actions.handle_message(answer)
    job = await service_harness.job(f"reopen_offer:{ticket.label}:{answer.ts}:{channel}")
    assert (job is not None) == offered
