"""The ticket's card: every state in plain words, in both languages, within Slack's limits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.cloud_report import CloudReport, ReportState
from bot.escalation import Policy
from bot.i18n.messages import LocaleName, message
from bot.i18n.serialization import dump_message
from bot.i18n.translator import Translator
from bot.targets import Targets
from bot.ticket import Status, Ticket
from bot.ticket_thread import TicketThread
from handlers.tickets import card as tickets_card
from handlers.ui.renderer import Renderer
from tests.handlers.samples import EN, NOW, ZH, buttons_of, make_ticket, texts_of, without_dates


def card_text(ticket: Ticket, renderer: Renderer = EN) -> str:
    """A card as one string."""
    return json.dumps(tickets_card.ticket_card(ticket, renderer), ensure_ascii=False)


@pytest.mark.parametrize("state", list(ReportState))
def test_every_report_state_has_words(state: ReportState) -> None:
    """Each state is a sentence of its own, translated."""
    ticket = make_ticket(cloud_report=CloudReport(state=state))
    english = EN.mrkdwn(tickets_card.report_state(ticket))
    assert "Agora" in english
    assert "%(" not in english
    assert "声网" in ZH.mrkdwn(tickets_card.report_state(ticket))
    others = set(ReportState) - {state}
    phrase = {
        EN.mrkdwn(tickets_card.report_state(make_ticket(cloud_report=CloudReport(state=s))))
        for s in others
    }
    assert english not in phrase


def test_a_reason_is_in_the_readers_language() -> None:
    """A refused or pending report's reason is stored as a message and translated when displayed."""
    reason = dump_message(message("Slack does not respond."))
    ticket = make_ticket(cloud_report=CloudReport(state=ReportState.REFUSED, reason=reason))
    assert "Slack does not respond." in card_text(ticket)
    assert "Slack does not respond." not in card_text(ticket, ZH)


@pytest.mark.parametrize(
    ("status", "verbs"),
    [
        (Status.OPEN, ["claim", "diagnose", "escalate", "resolve"]),
        (Status.CLAIMED, ["diagnose", "escalate", "resolve"]),
        (Status.RESOLVED, ["reopen"]),
    ],
)
def test_buttons(status: Status, verbs: list[str]) -> None:
    """Each status has its buttons, with the ticket's number as value."""
    block = tickets_card.ticket_card(make_ticket(status=status), EN)[-1]
    buttons = block["elements"]
    assert [f"ticket.{verb}" for verb in verbs] == [button["action_id"] for button in buttons]
    assert {button["value"] for button in buttons} == {"12"}


@pytest.mark.parametrize("locale", ["zh", "en", "both"])
def test_the_largest_card_fits(locale: LocaleName) -> None:
    """Longest name, comment and resolution, all of them escaped: still a card Slack takes."""
    ticket = make_ticket(
        status=Status.RESOLVED,
        cname="<&>" * 21 + "<",
        comments="&\n" * 500,
        resolution="<" * 1000,
        resolver="U2",
        resolved_at=NOW,
        resolved_cause="network.loss",
        assignee="U2",
        claimed_at=NOW,
        escalated_at=NOW,
    )
    card = tickets_card.ticket_card(ticket, Renderer(Translator(locale)))
    assert len(card) <= 50
    assert len({block["block_id"] for block in card}) == len(card)
    for block in card:
        assert len(block.get("text", {}).get("text", "")) <= 3000
        assert all(len(field["text"]) <= 2000 for field in block.get("fields", []))
    resolution = [b for b in card if b["block_id"].startswith("resolution")]
    assert json.dumps(resolution).count("&lt;") == 1000


def test_a_resolution_is_displayed_with_its_cause() -> None:
    """The cause that was chosen and the words, only while the ticket is resolved.

    A usual resolution is in the reader's language, whoever chose it.
    """
    words = "换了网络。\ncable"
    values = {"resolved_cause": "network.loss", "resolution": words, "resolver": "U2"}
    ticket = make_ticket(status=Status.RESOLVED, resolved_at=NOW, **values)
    assert "Packet loss" in card_text(ticket)
    assert "Switched to another network.\\n> cable" in card_text(ticket)
    assert "cable" not in card_text(make_ticket(status=Status.OPEN, **values))
    odd = make_ticket(status=Status.RESOLVED, resolved_cause="<odd>", resolution="x")
    assert "&lt;odd&gt;" in card_text(odd)


def test_the_notice_pings_nobody() -> None:
    """The text above the blocks is escaped too."""
    ticket = make_ticket(cname="<!channel>")
    assert "<!" not in tickets_card.ticket_fallback_text(ticket, EN)


@pytest.mark.parametrize(
    ("option", "read"),
    [
        ({"value": "12:link"}, (12, "link")),
        ({"value": "12:room"}, (12, "room")),
        ({"value": "12:steal"}, (0, "")),
        ({"value": "-1:link"}, (0, "")),
        ({"value": "\uff11:link"}, (0, "")),
        ({"value": "9" * 40 + ":link"}, (0, "")),
        ({"value": ["12:link"]}, (0, "")),
        ({}, (0, "")),
        ("12:link", (0, "")),
        (None, (0, "")),
    ],
)
def test_menu_is_read(option: object, read: tuple[int, str]) -> None:
    """A forged value has a ticket number that does not exist."""
    assert read == tickets_card.read_menu({"selected_option": option})


def test_menu_and_steps() -> None:
    """The menu fits the status; the card lists the newest steps, with links."""
    ticket, other = (
        make_ticket(),
        make_ticket(number=7, thread=TicketThread(permalink="https://slack/7")),
    )
    everything = ["hand_over", "snooze", "link", "correct", "room"]
    assert everything == choices_of(ticket, has_menu=True)
    assert everything == choices_of(make_ticket(status=Status.CLAIMED), has_menu=True)
    assert everything[:-1] == choices_of(ticket, has_menu=False)
    ticket.link(other, "U2", NOW)
    ticket.hand_over("U3", "U2", NOW)
    assert "Linked to <https://slack/7|LD-7>" in card_text(ticket)
    assert "<@U2> handed it over to <@U3>" in card_text(ticket)
    ticket.merge(other, "U3", NOW)
    assert choices_of(ticket, has_menu=True) == ["link", "correct", "room"]
    assert choices_of(ticket, has_menu=False) == ["link", "correct"]
    assert "*Duplicate* of <https://slack/7|LD-7>" in card_text(ticket)
    assert "*重复工单：* <https://slack/7|LD-7>" in card_text(ticket, ZH)


def choices_of(ticket: Ticket, *, has_menu: bool) -> list[str]:
    """What a card's menu offers."""
    menu = tickets_card.ticket_card(ticket, EN, has_menu=has_menu)[1]["accessory"]
    return [option["value"].removeprefix("12:") for option in menu["options"]]


AT = "2026-11-21 03:20 UTC"
OPEN = Status.OPEN


def block_of(ticket: Ticket, block_id: str, **arguments: Any) -> Any:
    """One of the card's blocks."""
    blocks = tickets_card.ticket_card(ticket, EN, **arguments)
    return next((block for block in blocks if block["block_id"] == block_id), None)


def test_title_and_facts() -> None:
    """What the reporter wrote, with uids masked."""
    ticket = make_ticket()
    assert block_of(ticket, "title")["text"]["text"] == ":red_circle: LD-12 · class_77_1 · Open"
    assert texts_of([block_of(ticket, "facts")])["facts"] == [
        f"Complaint · {AT} · kids · <@U1>",
        "*Who had the problem* Student •••02 · Teacher •••01",
    ]
    (about, _) = tickets_card.ticket_facts(make_ticket(issue_type=4), EN, has_apps=False)
    assert without_dates(about) == f"{AT} · <@U1>", "not the form's default, not the only app"
    text = tickets_card.ticket_fallback_text(ticket, EN)
    assert text == "LD-12: Complaint about channel class_77_1. Open."


def state_lines(**values: Any) -> list[str]:
    """The lines of the card's state, without the report's."""
    texts = texts_of(tickets_card.ticket_card(make_ticket(**values), EN))
    assert texts["state"][0] == "Report to Agora: pending"
    return texts["state"][1:]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"assignee": "U7"}, []),
        ({"claimed_at": NOW}, []),
        ({"assignee": "U7", "claimed_at": NOW}, [f"Claimed by <@U7> · {AT}"]),
        ({"snoozed_until": NOW}, [f"Snoozed until {AT}"]),
        ({"incident": 3}, ["Part of INC-3"]),
        (
            {"incident": 3, "thread": TicketThread(incident_permalink="https://x/3")},
            ["Part of <https://x/3|INC-3>"],
        ),
        ({"resolver": "U7"}, []),
        ({"resolved_at": NOW}, []),
        ({"resolver": "U7", "resolved_at": NOW}, [f"Resolved by <@U7> · {AT}"]),
        ({"escalated_at": NOW}, [f"Escalated to support · {AT}"]),
        ({"escalates_at": NOW}, [f"If unclaimed, next alert: support · {AT}"]),
    ],
)
def test_state(values: dict[str, Any], expected: list[str]) -> None:
    """Who claimed and resolved it, its incident, and its escalations."""
    assert state_lines(**values) == expected


def test_each_fact_stands_once_in_two_languages() -> None:
    """Names and times are not repeated for the second language."""
    values = {"assignee": "U7", "claimed_at": NOW, "incident": 3, "source_permalink": "https://x/1"}
    resolved = {"resolver": "U8", "resolved_at": NOW, "resolved_cause": "network.loss"}
    ticket = make_ticket(**values, **resolved, escalates_at=NOW, status=Status.RESOLVED)
    ticket.record_escalation(1, NOW, "support", "U9")
    text = card_text(ticket, Renderer(Translator("both")))
    assert "认领人 / Claimed by <@U7> · <!date" in text
    facts = ("<@U7>", "<@U8>", "<@U9>", "INC-3", "https://x/1", "Packet loss")
    assert [text.count(fact) for fact in facts] == [1] * len(facts)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ["Target: claim by <!date^1795231800^{date_short_pretty} {time} ({ago})|"]),
        ({"status": Status.CLAIMED}, ["Target: resolve by <!date^1795234800^"]),
        ({"status": Status.RESOLVED}, []),
        ({"status": Status.CLAIMED, "snoozed_until": NOW}, []),
        ({"app": "adults"}, ["Target: claim by <!date^1795231260^"]),
        ({"app": "adults", "status": Status.CLAIMED}, ["Target: resolve by <!date^1795234800^"]),
        (
            {"history": [{"what": "reopened", "who": "U1", "at": "2026-11-21T04:20:00+00:00"}]},
            ["Target: claim by <!date^1795235400^"],
        ),
    ],
)
def test_target(values: dict[str, Any], expected: list[str]) -> None:
    """When the ticket is to be claimed or resolved, and how long it is until then."""
    policy = Policy(targets=Targets({"": 600.0, "adults": 60.0}, {"": 3600.0}))
    lines = tickets_card.ticket_states(make_ticket(**values), policy, EN)
    targets = [line for line in lines if line.startswith("Target")]
    assert [line[: len(text)] for line, text in zip(targets, expected, strict=True)] == expected


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ({"state": ReportState.ACCEPTED}, "Reported to Agora: accepted"),
        ({"state": ReportState.REFUSED}, "Reported to Agora: refused. no reason given"),
        ({"state": ReportState.PENDING}, "Report to Agora: pending"),
        (
            {"state": ReportState.PENDING, "reason": dump_message(message("Not found."))},
            "Report to Agora: waiting, will be tried again. Not found.",
        ),
        (
            {"state": ReportState.ACCEPTED, "reason": dump_message(message("Not found."))},
            "Reported to Agora: accepted",
        ),
        (
            {
                "state": ReportState.REFUSED,
                "reason": dump_message(message("Not found.")),
                "retry_at": NOW,
            },
            "Reported to Agora: refused. Not found. It is tried again every few minutes.",
        ),
    ],
)
def test_state_of_the_report(report: dict[str, Any], expected: str) -> None:
    """A pending report with a reason is waiting."""
    ticket = make_ticket(cloud_report=CloudReport(**report))
    assert EN.plain_text(tickets_card.report_state(ticket)) == expected


def test_state_of_a_report_that_was_corrected() -> None:
    """The cloud has the earlier values; it is named, whatever the ticket's cloud is now."""
    ticket = make_ticket(cloud_report=CloudReport(state=ReportState.ACCEPTED))
    ticket.correct({"cname": "other", "cloud": "huawei"}, "U7", NOW)
    assert EN.plain_text(tickets_card.report_state(ticket)) == (
        "Reported to Agora before it was corrected; not sent again."
    )


def test_state_of_a_corrected_report_that_is_sent_again() -> None:
    """The corrected values are on their way; the earlier report is not the newest any more."""
    ticket = make_ticket(cloud_report=CloudReport(state=ReportState.UNCONFIRMED, attempts=1))
    ticket.correct({"cname": "other"}, "U7", NOW)
    ticket.decide_report(1, "U7", NOW, arrived=False)
    assert EN.plain_text(tickets_card.report_state(ticket)) == "Report to Agora: pending"
    ticket.correct({"cname": "third"}, "U7", NOW)
    assert EN.plain_text(tickets_card.report_state(ticket)) == "Report to Agora: pending"


@pytest.mark.parametrize("state", list(ReportState))
@pytest.mark.parametrize("status", list(Status))
def test_unconfirmed_report_has_buttons(state: ReportState, status: Status) -> None:
    """Support decides, whatever the ticket's status; the value names the attempt."""
    report = CloudReport(state=state, attempts=2)
    ticket = make_ticket(number=12, status=status, cloud_report=report)
    blocks = tickets_card.ticket_card(ticket, EN)
    decisions = [buttons_of(block) for block in blocks if block["block_id"] == "report"]
    expected = [
        ("report.again", "12:2", "Send again"),
        ("report.arrived", "12:2", "It arrived"),
    ]
    assert decisions == ([expected] if state is ReportState.UNCONFIRMED else [])


def test_user_text_is_quoted() -> None:
    """The comment always, the resolution once it is resolved; uids are masked."""
    values = {"comments": "student 20002", "resolution": "told 30003", "resolved_cause": "none"}
    texts = texts_of(tickets_card.ticket_card(make_ticket(**values), EN))
    assert texts["comments"] == ["> student •••02"]
    assert "resolution" not in texts
    resolved = make_ticket(status=Status.RESOLVED, **values)
    texts = texts_of(tickets_card.ticket_card(resolved, EN))
    assert texts["cause"] == ["*Resolution*: The call was fine"]
    assert texts["resolution"] == ["> told •••03"]
    long = texts_of(tickets_card.ticket_card(make_ticket(comments="x\n" * 999), EN))
    assert [name for name in long if name.startswith("comments")] == ["comments", "comments-1"]


def test_buttons_have_their_styles() -> None:
    """Claiming is the first choice, escalating a warning."""
    elements = block_of(make_ticket(), "ticket")["elements"]
    assert [element.get("style") for element in elements] == ["primary", None, "danger", None]
    assert buttons_of(block_of(make_ticket(status=Status.RESOLVED), "ticket")) == [
        ("ticket.reopen", "12", "Reopen"),
    ]


def test_names_in_the_menu() -> None:
    """Of a resolved ticket only the uids can be seen, the call is over."""
    for status, expected in (
        (OPEN, "Manage the call, show full uids…"),
        (Status.RESOLVED, "Show uids…"),
    ):
        menu = block_of(make_ticket(status=status), "facts", has_menu=True)["accessory"]
        assert menu["action_id"] == "card.menu"
        assert menu["options"][-1]["text"]["text"] == expected


def test_a_line_of_a_list() -> None:
    """With a link where the thread exists."""
    line = without_dates(tickets_card.ticket_line(make_ticket(), EN))
    assert line == f":red_circle: *LD-12* class_77_1 · Open · {AT}"
