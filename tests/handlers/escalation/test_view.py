"""An incident's post: what its tickets share, who is called, and how it closes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.sandbox.slack.block_kit import validate_message
from bot.services.escalation.incidents import IncidentFacts
from bot.ticket import ALERT_ORIGIN, Ticket
from bot.ticket_thread import TicketThread
from handlers.escalation.view import group_mention, incident_post
from tests.handlers.samples import EN, NOW, ZH, buttons_of, make_ticket, texts_of

MINUTE = dt.timedelta(minutes=1)
LATER = NOW + 60 * MINUTE


def make_incident(**values: Any) -> IncidentFacts:
    """An open incident."""
    fields: dict[str, Any] = {
        "id": 3,
        "label": "INC-3",
        "team": "T1",
        "app": "kids",
        "cause": "network.loss",
        "network": "",
        "opened_at": NOW,
        "closed_at": None,
        "closed_by": "",
        **values,
    }
    return IncidentFacts(**fields)


def make_tickets(count: int, spread: dt.timedelta = 5 * MINUTE) -> list[Ticket]:
    """Tickets filed over a span of time; only the first has a thread."""
    return [
        make_ticket(
            number=12 + n,
            cname=f"room_{n}",
            created_at=NOW + spread * n / max(1, count - 1),
            thread=TicketThread(permalink="" if n else "https://x/12"),
        )
        for n in range(count)
    ]


def post(incident: IncidentFacts, tickets: list[Ticket]) -> dict[str, list[str]]:
    """The post's lines by block id."""
    return texts_of(incident_post(incident, tickets, EN, "S1")[1])


@pytest.mark.parametrize(("group", "mention"), [("S1", "<!subteam^S1>"), ("", "<!here>")])
def test_the_support_group_is_mentioned(group: str, mention: str) -> None:
    """Without a group everybody active in the channel is."""
    assert group_mention(group) == mention


def test_an_open_incident() -> None:
    """What its tickets share, a call for help, the tickets, and a button to close it."""
    text, blocks = incident_post(make_incident(), make_tickets(2), EN, "S1")
    assert text == "INC-3: 2 reports in 5 min share this cause: Packet loss (kids)"
    assert texts_of(blocks) == {
        "incident": [f"*{text}*"],
        "call": ["<!subteam^S1> INC-3 needs somebody to claim it."],
        "tickets": [
            "• <https://x/12|LD-12> room_0 · 2026-11-21 03:20 UTC",
            "• LD-13 room_1 · 2026-11-21 03:25 UTC",
        ],
        "state": [
            "Opened 2026-11-21 03:20 UTC",
            "It closes by itself after two hours without a new ticket.",
        ],
        "incident_actions": [],
    }
    assert buttons_of(blocks[-1]) == [("incident.close", "3", "Close the incident")]
    assert validate_message({"text": text, "blocks": blocks}) == []


@pytest.mark.parametrize(
    ("incident", "count", "spread", "expected"),
    [
        (make_incident(), 1, MINUTE, "1 report in 1 min has this cause: Packet loss (kids)"),
        (
            make_incident(network="4G"),
            4,
            9 * MINUTE,
            "4 reports in 9 min share this cause and network: Packet loss, 4G (kids)",
        ),
        (
            make_incident(network="4G"),
            1,
            MINUTE,
            "1 report in 1 min has this cause and network: Packet loss, 4G (kids)",
        ),
        (make_incident(), 2, MINUTE / 4, "2 reports in 1 min share this cause: Packet loss (kids)"),
        (
            make_incident(),
            2,
            2.6 * MINUTE,
            "2 reports in 3 min share this cause: Packet loss (kids)",
        ),
    ],
)
def test_what_the_tickets_share(
    incident: IncidentFacts,
    count: int,
    spread: dt.timedelta,
    expected: str,
) -> None:
    """The span is in whole minutes, at least one."""
    text, _ = incident_post(incident, make_tickets(count, spread), EN, "")
    assert text == f"INC-3: {expected}"


@pytest.mark.parametrize(
    ("alerts", "expected", "chinese"),
    [
        (1, "2 tickets in 5 min share this cause: Packet loss (kids)", "2 张工单"),
        (2, "2 alerts in 5 min share this cause: Packet loss (kids)", "2 条告警"),
    ],
)
def test_alerts_are_no_reports(alerts: int, expected: str, chinese: str) -> None:
    """Nobody reported what a cloud's alert is about; both together are tickets."""
    tickets = make_tickets(2)
    for ticket in tickets[:alerts]:
        ticket.origin = f"{ALERT_ORIGIN}kids:{ticket.cname}:1"
    text, _ = incident_post(make_incident(), tickets, EN, "")
    assert text == f"INC-3: {expected}"
    text, _ = incident_post(make_incident(), tickets, ZH, "")
    assert text == f"INC-3：5 分钟内 {chinese}的原因：网络丢包（kids）"


@pytest.mark.parametrize(
    ("count", "last"),
    [
        (15, "• LD-26 room_14 · 2026-11-21 03:25 UTC"),
        (16, "… and 1 more ticket"),
        (17, "… and 2 more tickets"),
    ],
)
def test_fifteen_tickets_are_listed(count: int, last: str) -> None:
    """The others are counted."""
    lines = post(make_incident(), make_tickets(count))["tickets"]
    assert lines[-1] == last
    assert len(lines) == min(count, 16)


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ("", "Closed automatically 2026-11-21 04:20 UTC"),
        ("U7", "Closed by <@U7> · 2026-11-21 04:20 UTC"),
    ],
)
def test_a_closed_incident(person: str, expected: str) -> None:
    """It calls nobody any more and has no button."""
    texts = post(make_incident(closed_at=LATER, closed_by=person), make_tickets(2))
    assert list(texts) == ["incident", "tickets", "state"]
    assert texts["state"] == ["Opened 2026-11-21 03:20 UTC", expected]


def test_an_incident_in_chinese() -> None:
    """Every line is translated."""
    text, blocks = incident_post(make_incident(), make_tickets(2), ZH, "")
    assert text == "INC-3：5 分钟内 2 次提交的原因：网络丢包（kids）"
    assert texts_of(blocks)["state"][0].startswith("开始于 ")


def test_network_has_a_name() -> None:
    """The cloud's word is translated, and capitals are as people write them."""
    for network, name in (("wifi", "Wi-Fi"), ("lan", "有线网络"), ("4g", "4G"), ("x", "x")):
        text, _ = incident_post(make_incident(network=network), make_tickets(2), ZH, "")
        assert f"、{name}（" in text or f"，{name}（" in text
