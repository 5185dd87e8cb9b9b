"""The escalation policy as a table: the next step, its time, and who is notified."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from bot.escalation import EscalationTarget, Policy, escalations_of, find_escalation, next_step
from bot.quiet_hours import read_quiet_hours
from bot.settings import read_settings
from bot.ticket import Status, Ticket
from tests.bot.test_ticket import NOW, make_ticket

MINUTE = dt.timedelta(minutes=1)
NIGHT = read_quiet_hours("11:30-20:00", "Asia/Shanghai")  # NOW is 11:20 there
POLICY = Policy(after=10 * MINUTE, leads=("U7", "U8"))


def called(steps: int, *, is_live: bool | None = None) -> Ticket:
    """A ticket for which the clock has called so often, every five minutes."""
    ticket = make_ticket()
    ticket.is_live = is_live
    for number in range(1, steps + 1):
        ticket.record_escalation(
            number, NOW + number * 5 * MINUTE, POLICY.target(number), people=POLICY.people(number)
        )
    return ticket


@pytest.mark.parametrize(
    ("steps", "is_live", "minutes", "target"),
    [
        (0, None, 10, EscalationTarget.SUPPORT),
        (0, True, 5, EscalationTarget.SUPPORT),
        (0, False, 10, EscalationTarget.SUPPORT),
        (1, None, 15, EscalationTarget.SUPPORT),
        (1, True, 10, EscalationTarget.SUPPORT),
        (1, False, 25, EscalationTarget.SUPPORT),
        (2, None, 20, EscalationTarget.LEADS),
        (2, True, 15, EscalationTarget.LEADS),
        (2, False, 30, EscalationTarget.LEADS),
    ],
)
def test_pace(steps: int, *, is_live: bool | None, minutes: int, target: EscalationTarget) -> None:
    """Faster while the class is on, slower once it is over."""
    step = next_step(called(steps, is_live=is_live), POLICY, NOW)
    assert step is not None
    assert (steps + 1, NOW + minutes * MINUTE, target, False) == (
        step.number,
        step.at,
        step.target,
        step.is_deferred,
    )


def test_the_policy_of_the_settings() -> None:
    """Without any it is the default one: a quarter of an hour, nobody by name, never quiet."""
    assert Policy.of(read_settings({})) == Policy() == Policy(dt.timedelta(seconds=900))
    chosen = Policy.of(
        read_settings(
            {"ESCALATE_AFTER": "5m", "ESCALATE_TO": "U1,U2", "QUIET_HOURS": "22:00-08:00"}
        )
    )
    assert (chosen.after, chosen.leads) == (dt.timedelta(minutes=5), ("U1", "U2"))
    assert str(chosen.quiet) == "22:00–08:00 Asia/Shanghai"
    assert [chosen.people(number) for number in (1, 2, 3)] == [(), (), ("U1", "U2")]


def test_no_step_is_due() -> None:
    """Not after the last step, nor for claimed, formerly claimed or merged tickets."""
    ended = [called(3)]
    for status in (Status.CLAIMED, Status.RESOLVED):
        ended.append(called(1))
        ended[-1].status = status
    ended.append(called(1))
    ended[-1].duplicate_of = 7
    assert [next_step(ticket, POLICY, NOW) for ticket in ended] == [None] * 4


@pytest.mark.parametrize(
    "end",
    [
        lambda ticket: ticket.claim("U2", NOW),
        lambda ticket: ticket.hand_over("U3", "U2", NOW),
        lambda ticket: ticket.resolve("U2", NOW, cause="none", resolution="x"),
        lambda ticket: ticket.merge(called(0), "U2", NOW),
    ],
)
def test_what_ends_it_takes_the_next_step_away(end: Callable[[Ticket], None]) -> None:
    """The card does not mention a step that will not happen."""
    ticket = called(1)
    ticket.number, ticket.escalates_at = 13, NOW
    end(ticket)
    assert ticket.escalates_at is None


def test_without_leads_there_is_a_last_call() -> None:
    """ESCALATE_TO is empty: the third step notifies support, and is marked as the last."""
    step = next_step(called(2), Policy(), NOW)
    assert step is not None
    assert EscalationTarget.LAST is step.target


@pytest.mark.parametrize(
    ("is_live", "now_min", "minutes", "is_deferred"),
    [
        (None, 0, 520, True),  # due at 11:30, in the first quiet minute
        (None, 60, 520, True),
        (None, 530, 10, False),  # a worker that starts in the morning notifies at once
        (True, 60, 5, False),
    ],
)
def test_quiet_hours(
    *, is_live: bool | None, now_min: int, minutes: int, is_deferred: bool
) -> None:
    """A step waits for their end, when it is due or looked at within; a class that is on, never."""
    assert NIGHT is not None
    policy = Policy(after=10 * MINUTE, quiet=NIGHT)
    step = next_step(called(0, is_live=is_live), policy, NOW + now_min * MINUTE)
    assert step is not None
    assert (NOW + minutes * MINUTE, is_deferred) == (step.at, step.is_deferred)


def test_hand_made_calls_count() -> None:
    """Two manual escalations are the first two steps; a third is no step, and postpones nothing."""
    ticket = make_ticket()
    for minutes in (1, 3, 9):
        ticket.escalate(NOW + minutes * MINUTE, "U5")
    assert [call.number for call in escalations_of(ticket)] == [1, 2, 2]
    step = next_step(ticket, POLICY, NOW)
    assert step is not None
    assert (step.number, step.at) == (3, NOW + 13 * MINUTE)


def test_opened_again_it_starts_anew() -> None:
    """Escalations before the reopening are stored but not displayed; the first step comes again."""
    ticket = called(3)
    ticket.resolve("U2", NOW, cause="none", resolution="x")
    ticket.reopen("U2", NOW)
    ticket.restart_escalation(NOW + 60 * MINUTE, "U2")
    step = next_step(ticket, POLICY, NOW)
    assert step is not None
    assert (step.number, step.at, list(escalations_of(ticket))) == (1, NOW + 70 * MINUTE, [])
    last = find_escalation(ticket, 3)
    assert last is not None
    assert last.people == ("U7", "U8")
    assert find_escalation(ticket, 99) is None
