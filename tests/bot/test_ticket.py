"""The ticket's transitions: what may follow what, and what a second click means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.call import Side
from bot.cloud_report import ReportState, previously_reported_cloud
from bot.errors import ConflictError
from bot.ticket import Status, Ticket

NOW = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=2)


def make_ticket(number: int = 12) -> Ticket:
    """An open ticket."""
    return Ticket(
        number=number,
        origin="V1",
        app="kids",
        cloud="agora",
        cname="class_77_1",
        teacher_uid="10001",
        student_uid="20002",
        abnormal_side=Side.STUDENT,
        issue_type=3,
        occurred_at=NOW,
        created_at=NOW,
        reporter="U1",
    )


def test_new_ticket() -> None:
    """It shares nothing with the next; a value without a column is an error."""
    ticket, other = make_ticket(), make_ticket()
    ticket.history.append({"what": "claimed"})
    assert (other.history, other.status, other.comments) == ([], Status.OPEN, "")
    assert other.thread is not ticket.thread
    unknown = {"fault": "1"}
    with pytest.raises(ValueError, match="fault"):
        Ticket(origin="V2", **unknown)  # type: ignore[arg-type]  # wrong on purpose


def test_life() -> None:
    """Open, claimed, resolved, open again without an assignee."""
    ticket = make_ticket()
    ticket.claim("U2", NOW)
    assert (ticket.status, ticket.assignee, ticket.claimed_at) == (Status.CLAIMED, "U2", NOW)
    ticket.escalate(NOW)
    ticket.resolve("U3", LATER, cause="none", resolution="fine")
    assert (ticket.status, ticket.resolver, ticket.resolved_at) == (Status.RESOLVED, "U3", LATER)
    ticket.reopen("U1", LATER)
    assert Status.OPEN is ticket.status
    fields = (ticket.assignee, ticket.claimed_at, ticket.escalated_at, ticket.resolved_at)
    assert fields == (None, None, None, None)
    assert ticket.revision == 4


def test_second_claim_names_the_first() -> None:
    """Another user gets the name of the first; the same user gets nothing."""
    ticket = make_ticket()
    ticket.claim("U2", NOW)
    ticket.claim("U2", LATER)
    assert (ticket.claimed_at, ticket.revision) == (NOW, 1)
    with pytest.raises(ConflictError) as caught:
        ticket.claim("U3", LATER)
    assert caught.value.user_message.params["person"] == "U2"
    assert ticket.assignee == "U2"


def test_snoozed() -> None:
    """Claimed and last in the queue until then; afterwards open, with its alerts anew."""
    ticket, until = make_ticket(), LATER + dt.timedelta(hours=1)
    ticket.escalate(NOW)
    ticket.snooze(until, "U2", LATER)
    ticket.snooze(until, "U2", LATER)
    assert (ticket.status, ticket.assignee, ticket.snoozed_until) == (Status.CLAIMED, "U2", until)
    assert [event["what"] for event in ticket.history] == ["called", "claimed", "snoozed"]
    assert ticket.urgency < make_ticket().urgency
    ticket.wake(until)
    assert (ticket.status, ticket.assignee, ticket.snoozed_until) == (Status.OPEN, None, None)
    assert (ticket.history[3]["what"], ticket.history[3]["to"]) == ("woken", "U2")
    assert (ticket.escalation_step, ticket.urgency) == (0, 0)


@pytest.mark.parametrize(
    "end",
    [
        lambda ticket: ticket.unclaim("U2", LATER),
        lambda ticket: ticket.hand_over("U4", "U2", LATER),
        lambda ticket: ticket.resolve("U2", LATER, cause="none", resolution=""),
        lambda ticket: ticket.merge(make_ticket(7), "U2", LATER),
    ],
)
def test_end_of_a_snooze(end: Callable[[Ticket], None]) -> None:
    """What is done with the ticket before ends it."""
    ticket = make_ticket()
    ticket.claim("U3", NOW)
    ticket.snooze(LATER, "U2", NOW)
    assert ticket.assignee == "U3"
    end(ticket)
    assert ticket.snoozed_until is None
    assert ticket.urgency == 0


def test_resolved_twice() -> None:
    """The same words from the same person are one resolution; others are refused."""
    ticket = make_ticket()
    ticket.resolve("U2", NOW, cause="none", resolution="fine")
    ticket.resolve("U2", LATER, cause="none", resolution="fine")
    assert (ticket.resolved_at, ticket.revision) == (NOW, 1)
    with pytest.raises(ConflictError):
        ticket.resolve("U2", LATER, cause="none", resolution="other")
    with pytest.raises(ConflictError):
        ticket.resolve("U3", LATER, cause="none", resolution="fine")


def test_withdrawn_twice() -> None:
    """A repeated click changes nothing; a ticket that is resolved cannot be withdrawn."""
    ticket = make_ticket()
    ticket.withdraw("U1", NOW, cause="withdrawn")
    ticket.withdraw("U1", LATER, cause="withdrawn")
    assert (ticket.resolved_at, ticket.resolved_cause, ticket.revision) == (NOW, "withdrawn", 1)
    resolved = make_ticket()
    resolved.resolve("U2", NOW, cause="none", resolution="fine")
    with pytest.raises(ConflictError):
        resolved.withdraw("U1", LATER, cause="withdrawn")


@pytest.mark.parametrize("change", [lambda t: t.claim("U2", LATER), lambda t: t.escalate(LATER)])
def test_resolved_is_left_alone(change: Callable[[Ticket], None]) -> None:
    """A resolved ticket has to be opened again first."""
    ticket = make_ticket()
    ticket.resolve("U2", NOW, cause="none", resolution="fine")
    with pytest.raises(ConflictError):
        change(ticket)
    assert Status.RESOLVED is ticket.status


@pytest.mark.parametrize("claimed", [False, True])
def test_only_resolved_is_opened_again(claimed: object) -> None:
    """An open ticket cannot be reopened."""
    ticket = make_ticket()
    if claimed:
        ticket.claim("U2", NOW)
    with pytest.raises(ConflictError):
        ticket.reopen("U1", LATER)


@pytest.mark.parametrize(("after_s", "counts"), [(0, 1), (59, 1), (60, 2)])
def test_escalated_again(after_s: int, counts: int) -> None:
    """Within a minute it is the same click."""
    ticket = make_ticket()
    ticket.escalate(NOW)
    ticket.escalate(NOW + dt.timedelta(seconds=after_s))
    assert counts == ticket.revision


def steps_of(ticket: Ticket) -> list[str]:
    """What happened to a ticket, in order."""
    return [step["what"] for step in ticket.history]


def test_handed_over() -> None:
    """The owner can hand over to anybody; a repeated click has no second effect."""
    ticket = make_ticket()
    ticket.hand_over("U3", "U2", NOW)
    ticket.hand_over("U3", "U2", LATER)
    assert (ticket.status, ticket.assignee, ticket.claimed_at) == (Status.CLAIMED, "U3", NOW)
    ticket.hand_over("U4", "U3", LATER)
    assert (ticket.assignee, steps_of(ticket)) == ("U4", ["handed", "handed"])
    with pytest.raises(ConflictError):
        ticket.claim("U5", LATER)


def test_merged() -> None:
    """A duplicate is resolved and names the other; opened again it is no duplicate any more."""
    first, second, third = make_ticket(1), make_ticket(2), make_ticket(3)
    second.merge(first, "U2", NOW)
    second.merge(first, "U2", LATER)
    assert (
        second.status,
        second.duplicate_of,
        steps_of(second),
    ) == (Status.RESOLVED, 1, ["merged"])
    for one, into in ((third, third), (third, second), (second, third)):
        with pytest.raises(ConflictError):
            one.merge(into, "U2", LATER)
    second.reopen("U1", LATER)
    assert (second.status, second.duplicate_of) == (Status.OPEN, None)


def test_linked_both_ways() -> None:
    """A link is on both tickets or on neither; doing it twice is doing it once."""
    first, second = make_ticket(1), make_ticket(2)
    for _ in range(2):
        first.link(second, "U2", NOW)
    assert (first.related, second.related) == ([2], [1])
    for _ in range(2):
        second.unlink(first, "U2", NOW)
    assert (first.related, second.related) == ([], [])
    assert ["linked", "unlinked"] == steps_of(first) == steps_of(second)
    with pytest.raises(ConflictError):
        first.link(first, "U2", NOW)


def test_helped_belongs_to_a_resolution() -> None:
    """Once for each resolution; a new one has to be judged anew."""
    ticket = make_ticket()
    with pytest.raises(ConflictError):
        ticket.confirm_resolved("U1", NOW)
    ticket.resolve("U2", NOW, cause="none", resolution="fine")
    ticket.confirm_resolved("U1", NOW)
    ticket.confirm_resolved("U1", LATER)
    assert (ticket.helped, steps_of(ticket)) == (True, ["resolved", "helped"])
    ticket.reopen("U1", LATER)
    assert ticket.helped is None


@pytest.mark.parametrize(
    ("state", "corrections", "judged_anew", "reported"),
    [
        (ReportState.ACCEPTED, {"cname": "class_77_1"}, False, None),
        (ReportState.ACCEPTED, {"issue_type": 2}, False, None),
        (ReportState.ACCEPTED, {"cname": "class_77_2"}, True, "agora"),
        (ReportState.UNCONFIRMED, {"student_uid": "3"}, True, "agora"),
        (ReportState.PENDING, {"cname": "class_77_2"}, True, None),
        (ReportState.REFUSED, {"cname": "class_77_2"}, True, None),
        (ReportState.ACCEPTED, {"app": "adults", "cloud": "huawei"}, True, "agora"),
    ],
)
def test_corrected(
    state: ReportState, corrections: dict[str, object], judged_anew: object, reported: str | None
) -> None:
    """Correcting the call deletes its verdict; an earlier report to a cloud is remembered."""
    ticket = make_ticket()
    ticket.cloud_report.state, ticket.verdict, ticket.cause = state, {"cause": "network.loss"}, "x"
    changed = ticket.correct(corrections, "U2", NOW)
    assert {n for n in corrections if n != "cname" or corrections[n] != "class_77_1"} == changed
    assert (judged_anew, reported) == (
        ticket.verdict is None,
        previously_reported_cloud(ticket.history),
    )
    assert (["corrected"] if changed else []) == steps_of(ticket)


class Lives(RuleBasedStateMachine):
    """Two tickets that people do anything to, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.tickets = [make_ticket(1), make_ticket(2)]

    @rule(
        which=st.booleans(),
        person=st.sampled_from(["U1", "U2", "U3"]),
        verb=st.sampled_from(["claim", "hand", "escalate", "resolve", "reopen", "thank"]),
    )
    def act_on_one(self, which: bool, person: str, verb: str) -> None:  # noqa: FBT001 - drawn
        """Do something to one of them; a refused action changes nothing."""
        ticket = self.tickets[which]
        before = ticket.model_dump()
        acts: dict[str, Callable[[], object]] = {
            "claim": lambda: ticket.claim(person, NOW),
            "hand": lambda: ticket.hand_over(person, "U9", NOW),
            "escalate": lambda: ticket.escalate(NOW),
            "resolve": lambda: ticket.resolve(person, NOW, cause="none", resolution=person),
            "reopen": lambda: ticket.reopen(person, NOW),
            "thank": lambda: ticket.confirm_resolved(person, NOW),
        }
        try:
            acts[verb]()
        except ConflictError:
            assert before == ticket.model_dump()

    @rule(which=st.booleans(), verb=st.sampled_from(["merge", "link", "unlink"]))
    def act_on_both(self, which: bool, verb: str) -> None:  # noqa: FBT001 - drawn
        """Join them, or part them."""
        one, two = self.tickets[which], self.tickets[not which]
        before = one.model_dump(), two.model_dump()
        try:
            getattr(one, verb)(two, "U2", NOW)
        except ConflictError:
            assert before == (one.model_dump(), two.model_dump())

    @invariant()
    def holds(self) -> None:
        """Status and names agree; links are mutual; no chain; steps and revision grow together."""
        for one, two in (self.tickets, self.tickets[::-1]):
            is_resolved, is_claimed = one.status is Status.RESOLVED, one.status is Status.CLAIMED
            assert is_resolved == (one.resolver is not None) == (one.resolved_at is not None)
            assert (one.assignee is None) == (one.claimed_at is None)
            assert one.assignee is not None or not is_claimed
            assert is_resolved or (one.duplicate_of is None and one.helped is None)
            assert (two.id in one.related) == (one.id in two.related)
            assert one.duplicate_of is None or two.duplicate_of is None
            assert one.revision >= len(one.history)


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def test_urgency() -> None:
    """Escalations make a ticket urgent until it is claimed, and again when its owner escalates."""
    ticket, minute = make_ticket(), dt.timedelta(minutes=1)
    ticket.record_escalation(1, NOW, "support")
    assert ticket.urgency == 2
    ticket.claim("U2", NOW + minute)
    assert ticket.urgency == 0
    ticket.escalate(NOW + 2 * minute, "U2")
    assert ticket.urgency == 4
