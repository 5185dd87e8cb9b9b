"""Every service checks permissions: support, a ticket's reporter, or nobody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from bot.call import Side
from bot.errors import NotAllowedError
from bot.ports import Inquiry
from bot.services.assembly import Services
from bot.services.call_control.service import CallControlAction, CallControlRequest
from bot.services.diagnosis.feedback import Rating
from bot.services.summary.weeks import Week
from bot.services.tickets.actions import ActionRequest
from bot.services.tickets.submission import Submission
from bot.store import Store, models
from bot.store.admin.audit_log import AuditEntry
from bot.store.escalation.incidents import Incident
from bot.store.tickets.lists import TicketQuery
from bot.ticket import Ticket
from tests.bot.conftest import ManualClock
from tests.bot.services.contexts import make_context

TEAM: Final = "T1"
SUPPORTER, REPORTER, STRANGER = "U1", "U2", "U3"
NOON: Final = dt.datetime(2026, 11, 9, 12, tzinfo=dt.UTC)
Operation = Callable[[Services, str], Awaitable[Any]]


def action(person: str) -> ActionRequest:
    """A request about the first ticket."""
    return ActionRequest(TEAM, 1, person, f"view of {person}")


def call_control(person: str, choice: CallControlAction) -> CallControlRequest:
    """A request about the call of the first ticket."""
    return CallControlRequest(TEAM, 1, person, choice, "V1")


SUBMISSION: Final = Submission(
    TEAM, "V1", REPORTER, "kids", "room", "1", "2", "student", "3", occurred_at=NOON
)
INQUIRY: Final[dict[str, Any]] = {
    "channel": "C1",
    "response_url": "",
    "locale": "en",
    "timezone": "UTC",
}
FOR_SUPPORT: Final[dict[str, Operation]] = {
    "claim": lambda s, p: s.tickets.claim(TEAM, 1, p),
    "escalate": lambda s, p: s.tickets.escalate(TEAM, 1, p),
    "resolve": lambda s, p: s.tickets.resolve(TEAM, 1, p, cause="unknown", resolution="Done."),
    "find_for_support": lambda s, p: s.tickets.find_for_support(TEAM, 1, p),
    "load_links": lambda s, p: s.ticket_actions.load_links(TEAM, 1, p),
    "hand_over": lambda s, p: s.ticket_actions.hand_over(action(p), SUPPORTER),
    "merge": lambda s, p: s.ticket_actions.merge(action(p), 2),
    "link": lambda s, p: s.ticket_actions.link(action(p), 2),
    "unlink": lambda s, p: s.ticket_actions.unlink(action(p), 2),
    "report_again": lambda s, p: s.ticket_actions.decide_report(action(p), 0, arrived=False),
    "report_arrived": lambda s, p: s.ticket_actions.decide_report(action(p), 0, arrived=True),
    "call_control.load": lambda s, p: s.call_control.load(TEAM, 1, p),
    "call_control.submit": lambda s, p: s.call_control.submit(
        call_control(p, CallControlAction.DISMISS)
    ),
    "call_control.reveal": lambda s, p: s.call_control.reveal(
        call_control(p, CallControlAction.REVEAL)
    ),
    "incidents.close": lambda s, p: s.incidents.close(TEAM, 1, p),
    "summary.request_csv": lambda s, p: s.summary.request_csv(
        TEAM, p, Week.of(NOON, ZoneInfo("UTC")), "1"
    ),
    "audit_log": lambda s, p: s.audit_log.recent_actions(TEAM, p),
    "health_checks": lambda s, p: s.health_checks.request(
        "1", Inquiry(TEAM, p, app="", cname="", **INQUIRY)
    ),
    "channel_language": lambda s, p: s.preferences.set_channel_language(TEAM, p, "C1", "zh"),
}
FOR_REPORTERS: Final[dict[str, Operation]] = {
    "correct": lambda s, p: s.ticket_actions.correct(action(p), SUBMISSION),
    "diagnose_again": lambda s, p: s.tickets.diagnose_again(TEAM, 1, p),
    "find_visible": lambda s, p: s.tickets.find_visible(TEAM, 1, p),
    "redraw_chart": lambda s, p: s.tickets.redraw_chart(TEAM, 1, p),
    "feedback.save": lambda s, p: s.feedback.save(TEAM, 1, p, Rating.RIGHT),
    "feedback.details": lambda s, p: s.feedback.details(TEAM, 1, p),
}


def ticket(number: int) -> Ticket:
    """An open ticket with a verdict, reported by REPORTER."""
    values: dict[str, Any] = {"created_at": NOON, "occurred_at": NOON}
    verdict = {"cause": "none", "from": "2026-11-09T12:00:00Z", "to": "2026-11-09T12:02:00Z"}
    return Ticket(
        team=TEAM,
        origin=f"V{number}",
        app="kids",
        cloud="agora",
        cname="room",
        teacher_uid="1",
        student_uid="2",
        abnormal_side=Side.STUDENT,
        issue_type=3,
        reporter=REPORTER,
        verdict={**verdict, "evidence": [], "missing": [], "others": []},
        **values,
    )


@pytest.fixture
async def services(store: Store, clock: ManualClock) -> Services:
    """All services over two tickets and an incident, with one supporter."""
    incident = Incident(team=TEAM, app="kids", cause="none", opened_at=NOON, last_ticket_at=NOON)
    await store.transact(lambda session: session.add_all([ticket(1), ticket(2), incident]))
    return Services.of(make_context(store, clock, SUPPORTER))


async def snapshot(store: Store) -> list[Any]:
    """The tickets, the jobs and the audit log."""
    tables = (Ticket, models.Job, AuditEntry, models.InquiryRow, models.ChannelPreferences)
    return await store.read(
        lambda session: [
            row.model_dump() for table in tables for row in session.exec(select(table))
        ]
    )


@pytest.mark.parametrize("name", FOR_SUPPORT)
@pytest.mark.parametrize("person", [REPORTER, STRANGER])
async def test_only_support(services: Services, store: Store, name: str, person: str) -> None:
    """Only support may do this, and a refused attempt changes nothing."""
    before = await snapshot(store)
    with pytest.raises(NotAllowedError):
        await FOR_SUPPORT[name](services, person)
    assert await snapshot(store) == before


@pytest.mark.parametrize("name", FOR_REPORTERS)
async def test_support_and_reporter(services: Services, store: Store, name: str) -> None:
    """Support and the ticket's reporter may do this, strangers not."""
    before = await snapshot(store)
    with pytest.raises(NotAllowedError):
        await FOR_REPORTERS[name](services, STRANGER)
    assert await snapshot(store) == before
    for person in (REPORTER, SUPPORTER):
        await FOR_REPORTERS[name](services, person)


@pytest.mark.parametrize("person", [SUPPORTER, STRANGER])
async def test_only_the_reporter_confirms(services: Services, person: str) -> None:
    """Only the reporter may confirm that the resolution helped, not even support."""
    await services.tickets.resolve(TEAM, 1, SUPPORTER, cause="unknown", resolution="Done.")
    with pytest.raises(NotAllowedError):
        await services.ticket_actions.confirm_resolved(TEAM, 1, person)
    assert (await services.ticket_actions.confirm_resolved(TEAM, 1, REPORTER)).helped


async def test_reopening(services: Services) -> None:
    """The reporter may reopen a resolved ticket, strangers not."""
    await services.tickets.resolve(TEAM, 1, SUPPORTER, cause="unknown", resolution="Done.")
    with pytest.raises(NotAllowedError):
        await services.tickets.reopen(TEAM, 1, STRANGER)
    assert (await services.tickets.reopen(TEAM, 1, REPORTER)).resolved_at is None


async def test_lists(services: Services) -> None:
    """Support lists every ticket, other people those they reported."""
    query = TicketQuery(team=TEAM)
    counts = [
        len((await services.tickets.list_tickets(query, person)).tickets)
        for person in (SUPPORTER, REPORTER, STRANGER)
    ]
    assert counts == [2, 2, 0]
