"""Escalation in words: in the thread, to a lead, on the card, and the policy itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.escalation import EscalationEvent, EscalationTarget, Policy
from bot.quiet_hours import NEVER_QUIET, read_quiet_hours
from bot.targets import Targets
from bot.ticket import Status, Ticket
from handlers.escalation.lines import (
    escalation_card_lines,
    escalation_line,
    escalation_message,
    policy_text,
)
from tests.handlers.samples import EN, NOW, ZH, make_ticket, without_dates

SUPPORT, LEADS, LAST = EscalationTarget.SUPPORT, EscalationTarget.LEADS, EscalationTarget.LAST
MINUTE = dt.timedelta(minutes=1)
TIME = "2026-11-21 03:20 UTC"


def event(
    target: EscalationTarget,
    number: int = 1,
    minutes: float = 20,
    person: str = "",
    *people: str,
) -> EscalationEvent:
    """An escalation so many minutes after the ticket's report."""
    return EscalationEvent(number, NOW + minutes * MINUTE, target, person, people, 1)


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (event(SUPPORT), "LD-12 needs somebody to claim it."),
        (event(SUPPORT, 2), "LD-12 is still unclaimed, 20 min after it was reported."),
        (event(SUPPORT, 2, 20, "U7"), "<@U7> asks for help with LD-12."),
        (
            event(LEADS, 3, 45),
            (
                "LD-12 was reported 45 min ago. Support has been alerted, but nobody has claimed it. "
                "Please find somebody."
            ),
        ),
        (
            event(LAST, 3, 45),
            (
                "Final alert: LD-12 was reported 45 min ago and nobody has claimed it. Lagdesk will "
                "send no more alerts."
            ),
        ),
        (event(SUPPORT, 2, 0.4), "LD-12 is still unclaimed, 1 min after it was reported."),
        (event(SUPPORT, 2, 2.6), "LD-12 is still unclaimed, 3 min after it was reported."),
    ],
)
def test_alert_in_the_thread(taken: EscalationEvent, expected: str) -> None:
    """The text follows the step; a person's request names the person."""
    assert EN.mrkdwn(escalation_message(make_ticket(), taken)) == expected
    live = EN.mrkdwn(escalation_message(make_ticket(is_live=True), taken))
    assert live == f"{expected} The class is still in progress."


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (event(SUPPORT, minutes=0), f"Escalated to support · {TIME}"),
        (event(SUPPORT, 1, 0, "U7"), f"Escalated to support by <@U7> · {TIME}"),
        (event(SUPPORT, 2, 0), f"Escalated to support again · {TIME}"),
        (event(LEADS, 3, 0, "", "U8", "U9"), f"alerted <@U8>, <@U9> · {TIME}"),
    ],
)
def test_an_escalation_in_the_history(taken: EscalationEvent, expected: str) -> None:
    """Who was alerted, when, and at whose request."""
    assert without_dates(escalation_line(taken, EN)) == expected


def escalated(*steps: tuple[int, EscalationTarget, str], **values: Any) -> Ticket:
    """A ticket with these escalations, a minute apart, and no next one."""
    ticket = make_ticket(**values)
    for index, (number, target, person) in enumerate(steps):
        ticket.record_escalation(number, NOW + index * MINUTE, target, person, ["U8"])
    return ticket


def card_lines(ticket: Ticket, policy: Policy = Policy()) -> list[str]:  # noqa: B008 - immutable
    """The card's lines, with readable times."""
    return [without_dates(line) for line in escalation_card_lines(ticket, policy, EN)]


def test_past_escalations_on_the_card() -> None:
    """One line: the first in full, those after it in few words."""
    assert card_lines(make_ticket()) == []
    assert card_lines(make_ticket(escalated_at=NOW)) == [f"Escalated to support · {TIME}"]
    steps = [(1, SUPPORT, ""), (2, SUPPORT, ""), (2, SUPPORT, "U7"), (3, LAST, "")]
    assert card_lines(escalated(*steps)) == [
        (
            f"Escalated to support · {TIME} · again · 2026-11-21 03:21 UTC · "
            "Escalated to support by <@U7> · 2026-11-21 03:22 UTC · "
            "final alert · 2026-11-21 03:23 UTC"
        ),
    ]
    assert card_lines(escalated((3, LEADS, ""))) == [f"alerted <@U8> · {TIME}"]


def test_the_card_has_the_newest_eight_escalations() -> None:
    """Repeated clicks could fill the card."""
    (line,) = card_lines(escalated(*[(2, SUPPORT, "U7")] * 9))
    assert line.count("by <@U7>") == 8
    assert "03:20" not in line
    assert "03:28" in line


NIGHT = read_quiet_hours("22:00-08:00", "UTC") or NEVER_QUIET
LEADERS = Policy(leads=("U8", "U9"))


A_MINUTE = read_quiet_hours("03:19-03:20", "UTC") or NEVER_QUIET


@pytest.mark.parametrize(
    ("taken", "policy", "values", "expected"),
    [
        (
            0,
            Policy(quiet=A_MINUTE),
            {},
            f"If unclaimed, next alert: support · {TIME} · quiet hours until then",
        ),
        (0, Policy(), {}, f"If unclaimed, next alert: support · {TIME}"),
        (1, Policy(), {}, f"If unclaimed, next alert: support again · {TIME}"),
        (2, Policy(), {}, f"If unclaimed, final alert · {TIME}"),
        (2, LEADERS, {}, f"If unclaimed, next alert: <@U8>, <@U9> · {TIME}"),
        (3, Policy(), {}, None),
        (0, Policy(), {"status": Status.CLAIMED}, None),
        (0, Policy(), {"escalates_at": None}, None),
        (
            0,
            Policy(),
            {"is_live": True},
            f"If unclaimed, next alert: support · {TIME} · class in progress",
        ),
        (
            0,
            Policy(quiet=NIGHT),
            {"escalates_at": NOW.replace(hour=8, minute=0)},
            "If unclaimed, next alert: support · 2026-11-21 08:00 UTC · quiet hours until then",
        ),
        (
            0,
            Policy(quiet=NIGHT),
            {"escalates_at": NOW.replace(hour=8, minute=1)},
            "If unclaimed, next alert: support · 2026-11-21 08:01 UTC",
        ),
    ],
)
def test_the_next_escalation_on_the_card(
    taken: int,
    policy: Policy,
    values: dict[str, Any],
    expected: str | None,
) -> None:
    """Whom the next step alerts and when; none after the last one or once claimed."""
    fields = {"escalation_step": taken, "escalates_at": NOW, **values}
    lines = card_lines(make_ticket(**fields), policy)
    assert lines == ([expected] if expected else [])


RULES = [
    "A call that looked healthy is alerted about only once, after twice the first wait.",
    "Claiming or resolving a ticket, or merging it into another, stops the alerts.",
    "The Escalate button alerts support at once and counts as an alert.",
    (
        "Settings: `ESCALATE_AFTER`, `ESCALATE_TO`, `ON_CALL`, `QUIET_HOURS`, `TIMEZONE`, "
        "`CLAIM_TARGET`, `RESOLVE_TARGET`."
    ),
]


def test_the_policy_by_default() -> None:
    """The steps as the handbook lists them: 15 minutes each, half as long in a class."""
    assert policy_text(Policy(), EN).splitlines() == [
        "*What happens to a ticket nobody claims*",
        "1. 15 min after the report, support is alerted.",
        "2. 15 min later, support is alerted again.",
        "3. 15 min later, support is alerted one last time.",
        (
            "While the class is still in progress, every wait is 7 min 30 s. Once it is over, the "
            "waits after the first alert are 30 min."
        ),
        "There are no quiet hours.",
        *RULES,
    ]


def test_the_policy_of_the_settings() -> None:
    """Leads by name, and the quiet hours."""
    targets = Targets({"": 600.0, "kids": 300.0}, {"kids": 3600.0})
    policy = Policy(dt.timedelta(minutes=10), ("U8", "U9"), NIGHT, targets)
    lines = policy_text(policy, EN).splitlines()
    assert lines[6:8] == [
        "Target: tickets are claimed within 10 min, 5 min (kids).",
        "Target: tickets are resolved within 1 h (kids).",
    ]
    assert lines[3] == (
        "3. 10 min later, these people are mentioned in the thread and messaged privately: "
        "<@U8>, <@U9>."
    )
    assert lines[5].startswith("Quiet hours: 22:00–08:00 UTC. Alerts due then wait until they end")
    assert policy_text(policy, ZH).splitlines()[0] == "*工单无人认领时*"
