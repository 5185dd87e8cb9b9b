"""Reporting calls, acting on tickets and reading them: who may, and which jobs follow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest
from sqlalchemy import event

from bot.errors import ConflictError, InputError, NotAllowedError, NotFoundError
from bot.services.diagnosis.feedback import Rating
from bot.services.tickets.actions import ActionRequest
from bot.services.tickets.replies import Reply
from bot.services.tickets.service import CARD_TIMEOUT
from bot.store.tickets.lists import TicketQuery
from bot.ticket import Status
from tests.bot.services.conftest import (
    OUTSIDER,
    REPORTER,
    SECOND_SUPPORT,
    SUPPORT,
    TEAM,
    ServiceHarness,
)

Verb = Callable[[ServiceHarness, int, str], Awaitable[Any]]


async def claim(harness: ServiceHarness, number: int, person: str) -> None:
    """Claim a ticket."""
    await harness.services.tickets.claim(TEAM, number, person)


async def escalate(harness: ServiceHarness, number: int, person: str) -> None:
    """Escalate a ticket."""
    await harness.services.tickets.escalate(TEAM, number, person)


async def resolve(harness: ServiceHarness, number: int, person: str) -> None:
    """Resolve a ticket."""
    await harness.services.tickets.resolve(TEAM, number, person, cause="none", resolution="x")


async def reopen(harness: ServiceHarness, number: int, person: str) -> None:
    """Reopen a ticket."""
    await harness.services.tickets.reopen(TEAM, number, person)


async def diagnose_again(harness: ServiceHarness, number: int, person: str) -> None:
    """Diagnose a ticket's call again."""
    await harness.services.tickets.diagnose_again(TEAM, number, person)


SUPPORT_ONLY: Final[dict[str, Verb]] = {"claim": claim, "escalate": escalate, "resolve": resolve}
REPORTER_TOO: Final[dict[str, Verb]] = {"reopen": reopen, "diagnose_again": diagnose_again}


async def test_a_report_enqueues_its_jobs(service_harness: ServiceHarness) -> None:
    """The card and the cloud's report at once, the rest when the card is late."""
    ticket, now = await service_harness.report(), service_harness.clock.now()
    due = {
        kind: job.due_at - now
        for kind in ("card", "confirm", "diagnose", "report")
        if (job := await service_harness.job(f"{kind}:{ticket.label}"))
    }
    at_once = dt.timedelta(0)
    assert due == {
        "card": at_once,
        "confirm": CARD_TIMEOUT,
        "diagnose": CARD_TIMEOUT,
        "report": at_once,
    }
    assert (ticket.created_at, ticket.cloud, ticket.status) == (now, "agora", Status.OPEN)
    assert ticket.escalates_at is not None


async def test_a_report_reads_nothing(service_harness: ServiceHarness) -> None:
    """One transaction of five statements, the last of which has all its jobs."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement.split("INTO", maxsplit=1)[-1].split(maxsplit=1)[0])

    engine = service_harness.context.store.engine
    event.listen(engine, "before_cursor_execute", note)
    await service_harness.report()
    event.remove(engine, "before_cursor_execute", note)
    inserted = ["ticket", "ticket_thread", "cloud_report", "ticket_search", "job"]
    assert statements == ["BEGIN", *inserted]


async def test_a_form_delivered_twice_makes_one_ticket(service_harness: ServiceHarness) -> None:
    """The second delivery returns the first ticket, whatever it contains, and enqueues nothing."""
    first = await service_harness.report()
    await service_harness.finish_jobs()
    second = await service_harness.report(origin=first.origin, cname="not valid, not checked")
    assert second.id == first.id
    assert second.cname == first.cname
    assert await service_harness.job(f"card:{first.label}") is None


async def test_a_form_delivered_late_is_not_checked_again(service_harness: ServiceHarness) -> None:
    """The ticket is there: that its time is too old by now is no error."""
    form = service_harness.submission()
    ticket = await service_harness.services.tickets.report_call(form)
    service_harness.clock.move(90 * 86400)
    assert (await service_harness.services.tickets.report_call(form)).id == ticket.id


async def test_a_clock_that_is_ahead(service_harness: ServiceHarness) -> None:
    """A time at most a minute ahead is stored as now; a later one is refused."""
    now = service_harness.clock.now()
    ticket = await service_harness.report(occurred_at=now + dt.timedelta(seconds=60))
    assert ticket.occurred_at == now
    earlier = now - dt.timedelta(seconds=60)
    assert (await service_harness.report(occurred_at=earlier)).occurred_at == earlier
    with pytest.raises(InputError) as refused:
        await service_harness.report(occurred_at=now + dt.timedelta(seconds=61))
    assert set(refused.value.fields) == {"occurred_at"}


@pytest.mark.parametrize("person", [REPORTER, OUTSIDER])
@pytest.mark.parametrize("verb", SUPPORT_ONLY)
async def test_only_support_may(service_harness: ServiceHarness, verb: str, person: str) -> None:
    """Other users are refused, the reporter too; nothing changes."""
    ticket = await service_harness.report()
    before = ticket.model_dump()
    with pytest.raises(NotAllowedError):
        await SUPPORT_ONLY[verb](service_harness, ticket.id, person)
    assert (await service_harness.ticket(ticket.id)).model_dump() == before


@pytest.mark.parametrize("person", [REPORTER, SUPPORT, OUTSIDER])
@pytest.mark.parametrize("verb", REPORTER_TOO)
async def test_the_reporter_may_too(
    service_harness: ServiceHarness, verb: str, person: str
) -> None:
    """Reopening and another diagnosis are for support and the reporter."""
    ticket = await service_harness.report()
    await resolve(service_harness, ticket.id, SUPPORT)
    await service_harness.finish_jobs()
    act = REPORTER_TOO[verb](service_harness, ticket.id, person)
    if person == OUTSIDER:
        with pytest.raises(NotAllowedError):
            await act
    else:
        await act
    is_allowed = person != OUTSIDER
    stored = await service_harness.ticket(ticket.id)
    assert (stored.status is Status.OPEN) == (is_allowed and verb == "reopen")
    assert (await service_harness.job(f"card:{ticket.label}") is not None) == is_allowed
    diagnosed = await service_harness.job(f"diagnose:{ticket.label}")
    assert (diagnosed is not None) == (is_allowed and verb == "diagnose_again")


async def test_one_person_claims(service_harness: ServiceHarness) -> None:
    """The reporter's message is edited; a second person is refused."""
    ticket = await service_harness.report()
    await claim(service_harness, ticket.id, SUPPORT)
    confirm = await service_harness.job(f"confirm:{ticket.label}")
    assert confirm is not None
    assert confirm.due_at == service_harness.clock.now()
    with pytest.raises(ConflictError):
        await claim(service_harness, ticket.id, SECOND_SUPPORT)
    stored = await service_harness.ticket(ticket.id)
    assert (stored.assignee, stored.escalates_at) == (SUPPORT, None)


async def test_escalating_notifies_the_group(service_harness: ServiceHarness) -> None:
    """The button enqueues the notification at once; a second click right after it does not."""
    ticket = await service_harness.report()
    await escalate(service_harness, ticket.id, SUPPORT)
    stored = await service_harness.ticket(ticket.id)
    call = await service_harness.job(f"page:{ticket.label}:{stored.revision}")
    assert call is not None
    assert call.due_at == service_harness.clock.now()
    await escalate(service_harness, ticket.id, SUPPORT)
    assert (await service_harness.ticket(ticket.id)).escalation_step == 1


async def test_reopening_restarts_the_escalation(service_harness: ServiceHarness) -> None:
    """A ticket that is open again waits as long as a new one."""
    ticket = await service_harness.report()
    await escalate(service_harness, ticket.id, SUPPORT)
    await resolve(service_harness, ticket.id, SUPPORT)
    assert (await service_harness.ticket(ticket.id)).escalates_at is None
    await reopen(service_harness, ticket.id, REPORTER)
    stored = await service_harness.ticket(ticket.id)
    assert (stored.escalation_step, stored.escalated_at) == (0, None)
    assert ticket.escalates_at is not None
    assert stored.escalates_at == ticket.escalates_at


async def test_who_may_see_a_ticket(service_harness: ServiceHarness) -> None:
    """Support, the reporter, and the reporters of its duplicates."""
    services, find = service_harness.services, service_harness.services.tickets.find_visible
    first = await service_harness.report()
    second = await service_harness.report(reporter="U-DUPLICATE")
    for person in (SUPPORT, REPORTER):
        assert (await find(TEAM, first.id, person)).id == first.id
    for person in (OUTSIDER, "U-DUPLICATE"):
        with pytest.raises(NotAllowedError, match="only see tickets you reported"):
            await find(TEAM, first.id, person)
    form = ActionRequest(TEAM, second.id, SUPPORT, f"merge-{second.id}")
    await services.ticket_actions.merge(form, first.id)
    assert (await find(TEAM, first.id, "U-DUPLICATE")).id == first.id
    with pytest.raises(NotFoundError):
        await find("T-OTHER", first.id, REPORTER)


@pytest.mark.parametrize(
    ("person", "reporter", "count"),
    [
        (SUPPORT, None, 2),
        (SUPPORT, "U-A", 1),
        ("U-A", "U-A", 1),
        ("U-A", None, 1),
        ("U-A", "U-B", 0),
        (OUTSIDER, None, 0),
    ],
)
async def test_lists_are_restricted(
    service_harness: ServiceHarness, person: str, reporter: str | None, count: int
) -> None:
    """Support sees every ticket; others see their own, whatever they search for."""
    team = f"T-{person}-{reporter}"
    for each in ("U-A", "U-B"):
        await service_harness.report(team=team, reporter=each)
    page = await service_harness.services.tickets.list_tickets(
        TicketQuery(team=team, reporter=reporter), person
    )
    assert len(page.tickets) == count


async def test_excerpts_of_threads_are_for_support(service_harness: ServiceHarness) -> None:
    """Others get no thread text, and without words there is no search."""
    services, ticket = service_harness.services, await service_harness.report()

    def post_card(stored: Any) -> None:
        stored.thread.channel, stored.thread.card_ts = "C-ESC", f"{ticket.id}.1"

    await service_harness.change(ticket.id, post_card)
    reply = Reply(TEAM, "C-ESC", f"{ticket.id}.1", f"{ticket.id}.2", OUTSIDER, "router replaced")
    await services.tickets.save_reply(reply)
    match = services.tickets.matching_replies
    assert "router" in (await match(TEAM, SUPPORT, [ticket], ["router"]))[ticket.id]
    assert await match(TEAM, REPORTER, [ticket], ["router"]) == {}
    assert await match(TEAM, SUPPORT, [ticket], []) == {}


@pytest.mark.parametrize(
    ("person", "text", "resolved", "offered"),
    [
        (REPORTER, "还是卡", True, True),
        (REPORTER, "还是卡", False, False),
        (REPORTER, "谢谢，好了", True, False),
        (OUTSIDER, "还是卡", True, False),
    ],
)
async def test_a_reply_after_the_resolution(
    service_harness: ServiceHarness, person: str, text: str, *, resolved: bool, offered: bool
) -> None:
    """The reporter is offered to reopen when they write that something is still wrong."""
    ticket = await service_harness.report()

    def post_card(stored: Any) -> None:
        stored.thread.channel, stored.thread.card_ts = "C-ESC", f"{ticket.id}.1"

    await service_harness.change(ticket.id, post_card)
    if resolved:
        await resolve(service_harness, ticket.id, SUPPORT)
    ts = f"{service_harness.clock() + 60:.6f}"
    reply = Reply(TEAM, "C-ESC", f"{ticket.id}.1", ts, person, text)
    await service_harness.services.tickets.save_reply(reply)
    offer = await service_harness.job(f"reopen_offer:{ticket.label}:{ts}")
    assert (offer is not None) == offered


@pytest.mark.parametrize("person", [SUPPORT, REPORTER, OUTSIDER])
async def test_who_may_rate_a_verdict(service_harness: ServiceHarness, person: str) -> None:
    """Support and the reporter may; others are refused, and nothing is counted."""
    services, team = service_harness.services, f"T-RATE-{person}"
    ticket = await service_harness.report(team=team)
    await service_harness.change(ticket.id, team=team, change=_judge)
    if person == OUTSIDER:
        with pytest.raises(NotAllowedError):
            await services.feedback.save(team, ticket.id, person, Rating.WRONG)
        assert await services.feedback.accuracy(team, dt.timedelta(days=1)) == []
        return
    await services.feedback.save(team, ticket.id, person, Rating.WRONG)
    await services.feedback.save(team, ticket.id, person, Rating.RIGHT)
    (row,) = await services.feedback.accuracy(team, dt.timedelta(days=1))
    assert (row.cause, row.total, row.share) == ("network.loss", 1, 1.0)
    service_harness.clock.move(2 * 86400)
    assert await services.feedback.accuracy(team, dt.timedelta(days=1)) == []


def _judge(ticket: Any) -> None:
    ticket.verdict = {"cause": "network.loss"}


@pytest.mark.parametrize("person", [SUPPORT, REPORTER, OUTSIDER])
async def test_who_may_read_the_details(service_harness: ServiceHarness, person: str) -> None:
    """Without a diagnosis there is nothing to display; outsiders are refused before that."""
    ticket = await service_harness.report()
    expected = NotAllowedError if person == OUTSIDER else NotFoundError
    with pytest.raises(expected):
        await service_harness.services.feedback.details(TEAM, ticket.id, person)


@pytest.mark.parametrize("person", [SUPPORT, REPORTER, OUTSIDER])
async def test_a_chart_that_slack_deleted(service_harness: ServiceHarness, person: str) -> None:
    """It is drawn and uploaded again for those who may see the ticket."""
    ticket = await service_harness.report()

    def upload(stored: Any) -> None:
        stored.thread.chart_file_id = "F1"

    await service_harness.change(ticket.id, upload)
    redraw = service_harness.services.tickets.redraw_chart(TEAM, ticket.id, person)
    if person == OUTSIDER:
        with pytest.raises(NotAllowedError):
            await redraw
    else:
        await redraw
    stored = await service_harness.ticket(ticket.id)
    assert stored.thread.chart_file_id == ("F1" if person == OUTSIDER else "")
    drawn = await service_harness.job(f"chart:{ticket.label}")
    assert (drawn is None) == (person == OUTSIDER)
