"""What a ticket's history, urgency and revision say after each change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import UniqueConstraint
from sqlmodel import SQLModel

from bot.call import IssueType, Report, Side
from bot.cloud_report import CloudReport, ReportState, previously_reported_cloud
from bot.errors import ConflictError
from bot.ticket import Status, Ticket
from bot.ticket_thread import TicketThread
from tests.bot.test_ticket import LATER, NOW, make_ticket

CALLED = {"whom": "support", "people": []}


def last_event(ticket: Ticket) -> dict[str, Any]:
    """The newest event of the history."""
    return ticket.history[-1]


def merged(ticket: Ticket) -> None:
    """Merge a ticket into another one, which is resolved."""
    into = make_ticket(7)
    into.thread.permalink = "https://slack/7"
    into.resolve("U9", NOW, cause="none", resolution="fine")
    ticket.merge(into, "U2", NOW)


def linked(ticket: Ticket) -> None:
    """Link a ticket to another one."""
    other = make_ticket(7)
    other.thread.permalink = "https://slack/7"
    ticket.link(other, "U2", NOW)


@pytest.mark.parametrize(
    ("change", "event"),
    [
        (lambda t: t.claim("U2", NOW), {"what": "claimed"}),
        (lambda t: t.hand_over("U3", "U2", NOW), {"what": "handed", "to": "U3"}),
        (lambda t: t.escalate(NOW, "U2"), {"what": "called", **CALLED, "step": 1, "call": 1}),
        (lambda t: t.resolve("U2", NOW, cause="none", resolution="x"), {"what": "resolved"}),
        (merged, {"what": "merged", "ticket": 7, "link": "https://slack/7", "over": True}),
        (linked, {"what": "linked", "ticket": 7, "link": "https://slack/7"}),
        (lambda t: t.restart_escalation(NOW, "U2"), {"what": "waiting"}),
        (
            lambda t: t.correct({"cname": "b", "app": "a"}, "U2", NOW),
            {"what": "corrected", "fields": ["app", "cname"]},
        ),
    ],
)
def test_a_change_is_an_event(change: Callable[[Ticket], None], event: dict[str, Any]) -> None:
    """With who did it and when; the card is drawn anew once."""
    ticket = make_ticket()
    before = ticket.history
    change(ticket)
    assert last_event(ticket) == {"who": "U2", "at": NOW.isoformat(), **event}
    assert (ticket.revision, len(ticket.history), before) == (1, 1, [])


def test_an_escalation_by_the_clock() -> None:
    """Nobody asked for it; those notified by name are in the event, whose id is unique."""
    ticket = make_ticket()
    ticket.claim("U2", NOW)
    ticket.record_escalation(3, LATER, "leads", people=("U7", "U8"))
    assert (ticket.escalated_at, ticket.escalation_step) == (LATER, 3)
    assert last_event(ticket) == {
        "what": "called",
        "who": "",
        "at": LATER.isoformat(),
        "whom": "leads",
        "people": ["U7", "U8"],
        "step": 3,
        "call": 2,
    }


@pytest.mark.parametrize(("taken", "step"), [(0, 1), (1, 2), (2, 2), (3, 3), (5, 5)])
def test_a_person_escalates_to_the_group(taken: int, step: int) -> None:
    """The next step, but none that notifies people by name."""
    ticket = make_ticket()
    ticket.escalation_step = taken
    ticket.escalate(NOW, "U5")
    assert (ticket.escalation_step, last_event(ticket)["whom"]) == (step, "support")


@pytest.mark.parametrize(
    ("steps", "is_live", "urgency"),
    [
        (0, None, 0),
        (0, False, 0),
        (0, True, 1),
        (1, None, 2),
        (1, True, 3),
        (9, None, 18),
        (10, True, 19),
    ],
)
def test_how_urgent_a_ticket_is(steps: int, *, is_live: bool | None, urgency: int) -> None:
    """By its escalations, nine at most; of those a class that is still on comes first."""
    ticket = make_ticket()
    ticket.is_live = is_live
    ticket.escalation_step, ticket.escalated_at = steps, NOW
    ticket.mark_changed()
    assert (ticket.urgency, ticket.revision) == (urgency, 1)


@pytest.mark.parametrize(("claimed_s", "urgency"), [(None, 2), (-1, 2), (0, 0), (1, 0)])
def test_a_claim_ends_the_urgency(claimed_s: int | None, urgency: int) -> None:
    """Of earlier escalations; a ticket that was never escalated has none."""
    ticket = make_ticket()
    ticket.escalation_step, ticket.escalated_at = 1, NOW
    ticket.claimed_at = None if claimed_s is None else NOW + dt.timedelta(seconds=claimed_s)
    ticket.mark_changed()
    assert ticket.urgency == urgency
    ticket.escalated_at = None
    ticket.mark_changed()
    assert ticket.urgency == 0


@pytest.mark.parametrize(
    ("status", "duplicate_of", "is_kept"),
    [
        (Status.OPEN, None, True),
        (Status.OPEN, 7, False),
        (Status.CLAIMED, None, False),
        (Status.RESOLVED, None, False),
    ],
)
def test_only_an_open_ticket_has_a_next_step(
    status: Status, duplicate_of: int | None, *, is_kept: bool
) -> None:
    """Any change removes it from the others."""
    ticket = make_ticket()
    ticket.status, ticket.duplicate_of, ticket.escalates_at = status, duplicate_of, LATER
    ticket.mark_changed()
    assert (ticket.escalates_at is not None) is is_kept


def test_what_is_resolved() -> None:
    """Who, when, with which cause and words; the reporter has not answered."""
    ticket = make_ticket()
    ticket.helped = True
    ticket.resolve("U3", LATER, cause="network.loss", resolution="moved")
    assert (ticket.status, ticket.resolver, ticket.resolved_at) == (Status.RESOLVED, "U3", LATER)
    assert (ticket.resolved_cause, ticket.resolution) == ("network.loss", "moved")
    assert ticket.helped is None


def test_a_duplicate_has_no_cause_of_its_own() -> None:
    """It has that of the other one."""
    ticket = make_ticket()
    ticket.resolve("U3", NOW, cause="network.loss", resolution="moved")
    ticket.reopen("U3", NOW)
    ticket.merge(make_ticket(7), "U2", LATER)
    assert (ticket.duplicate_of, ticket.resolved_cause, ticket.resolution) == (7, "", "")
    assert (ticket.resolver, ticket.resolved_at, last_event(ticket)["over"]) == ("U2", LATER, False)


@pytest.mark.parametrize(
    ("attempted", "state", "values", "reported_to"),
    [
        (False, ReportState.PENDING, {"cname": "b"}, None),
        (True, ReportState.PENDING, {"cname": "b"}, "agora"),  # it may have arrived
        (False, ReportState.ACCEPTED, {"cname": "b"}, "agora"),
        (False, ReportState.ACCEPTED, {"comments": "b"}, None),
        (False, ReportState.OFF, {"cname": "b"}, None),
    ],
)
def test_a_correction_names_the_cloud_that_has_the_old_report(
    state: ReportState, values: dict[str, Any], reported_to: str | None, *, attempted: bool
) -> None:
    """Unless it is the same call."""
    ticket = make_ticket()
    ticket.cloud_report.state = state
    ticket.cloud_report.attempted_at = NOW if attempted else None
    ticket.correct(values, "U2", NOW)
    assert last_event(ticket).get("reported_to") == reported_to


@pytest.mark.parametrize(
    ("values", "is_judged_anew"),
    [
        ({"occurred_at": LATER}, True),
        ({"abnormal_side": Side.TEACHER}, True),
        ({"student_uid": "3"}, True),
        ({"comments": "b"}, False),
        ({"issue_type": 1}, False),
    ],
)
def test_a_correction_of_the_call_removes_what_was_found(
    values: dict[str, Any], *, is_judged_anew: bool
) -> None:
    """The verdict, its cause and its picture are about another call."""
    ticket = make_ticket()
    ticket.verdict, ticket.diagnosed_at = {"cause": "network.loss"}, NOW
    ticket.cause, ticket.at_fault_uid = "network.loss", "10001"
    ticket.thread.chart_file_id = "F1"
    assert ticket.correct(values, "U2", NOW) == set(values)
    assert all(getattr(ticket, name) == value for name, value in values.items())
    names = ("verdict", "diagnosed_at", "cause", "at_fault_uid")
    assert {bool(getattr(ticket, name)) for name in names} == {not is_judged_anew}
    assert (ticket.thread.chart_file_id == "") is is_judged_anew


def test_a_correction_of_nothing() -> None:
    """The same values are no change."""
    ticket = make_ticket()
    assert ticket.correct({"cname": "class_77_1"}, "U2", NOW) == frozenset()
    assert (ticket.revision, ticket.history) == (0, [])


def test_events_are_counted_by_kind() -> None:
    """Several kinds together."""
    ticket = make_ticket()
    for what in ("claimed", "called", "called"):
        ticket.add_event(what, NOW)
    assert ticket.count_events("called") == 2
    assert ticket.count_events("called", "claimed") == 3
    assert ticket.count_events("merged") == 0


def test_the_cloud_of_the_last_correction() -> None:
    """Of several."""
    ticket = make_ticket()
    assert previously_reported_cloud(ticket.history) is None
    for cloud in ("agora", "huawei"):
        ticket.add_event("corrected", NOW, reported_to=cloud)
    ticket.add_event("claimed", NOW)
    assert previously_reported_cloud(ticket.history) == "huawei"


def test_a_restart_of_the_steps() -> None:
    """As if the ticket had just been filed."""
    ticket = make_ticket()
    ticket.record_escalation(2, NOW, "support")
    ticket.escalates_at = LATER
    ticket.restart_escalation(LATER, "U2")
    names = ("escalated_at", "escalation_step", "escalates_at", "urgency")
    assert [getattr(ticket, name) for name in names] == [None, 0, None, 0]


def test_a_tickets_name_and_number() -> None:
    """One that is not stored has no number yet."""
    ticket = make_ticket(12)
    assert (ticket.label, ticket.id) == ("LD-12", 12)
    ticket.number = None
    with pytest.raises(ValueError, match="not stored yet"):
        _ = ticket.id


def test_the_report_of_a_ticket() -> None:
    """All that clouds and the diagnosis take."""
    ticket = make_ticket()
    ticket.comments = "no sound"
    assert ticket.report == Report(
        "kids", "class_77_1", "10001", "20002", Side.STUDENT, IssueType.COMPLAINT, NOW, "no sound"
    )


def test_a_new_card() -> None:
    """The diagnosis in the thread of the earlier card does not count."""
    thread = TicketThread(channel="C1", card_ts="1", diagnosis_ts="2", chart_file_id="F1")
    thread.move_to("C2", "3")
    assert (thread.channel, thread.card_ts, thread.diagnosis_ts) == ("C2", "3", "")
    assert thread.chart_file_id == "F1"


def test_a_new_ticket_has_its_parts() -> None:
    """A thread, and a report that waits to be sent; those given are kept."""
    ticket = make_ticket()
    assert (ticket.thread.card_ts, ticket.cloud_report.state) == ("", ReportState.PENDING)
    own = Ticket(**ticket.model_dump(), cloud_report=CloudReport(attempts=3))
    assert own.cloud_report.attempts == 3


def test_helped_once_it_is_resolved() -> None:
    """Again after a reopening."""
    ticket = make_ticket()
    ticket.resolve("U2", NOW, cause="none", resolution="x")
    ticket.confirm_resolved("U1", NOW)
    ticket.reopen("U1", LATER)
    with pytest.raises(ConflictError):
        ticket.confirm_resolved("U1", LATER)


def test_the_tables() -> None:
    """One row of each for a ticket, filed at most once from one Slack event."""
    tables = SQLModel.metadata.tables
    for name, key in (
        ("ticket", "number"),
        ("ticket_thread", "ticket"),
        ("cloud_report", "ticket"),
    ):
        assert [column.name for column in tables[name].primary_key] == [key]
    uniques = [one for one in tables["ticket"].constraints if isinstance(one, UniqueConstraint)]
    assert [[column.name for column in one.columns] for one in uniques] == [["team", "origin"]]
    indexed = {column.name for index in tables["ticket"].indexes for column in index.columns}
    assert {"created_at", "claimed_at", "resolved_at", "incident", "duplicate_of"} <= indexed
