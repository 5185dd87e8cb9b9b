"""The report to the cloud: every state is on the card in plain words, and none is sent twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import pytest

from bot.cloud_report import ReportState
from bot.sandbox.clouds import FaultKind
from tests.conftest import Harness
from tests.scenario_helpers import (
    count_cloud_reports,
    ephemeral_texts,
    find_card,
    find_diagnosis_posts,
    find_ticket,
    report,
    text_of,
)

ENDPOINT = "analytics/feedback/reportV2"
PASSING: list[FaultKind] = ["http_500", "http_503", "http_429", "http_300", "code_300"]
UNSURE: list[tuple[FaultKind, bool]] = [
    ("reset", True),
    ("reset", False),
    ("html", True),
    ("html", False),
    ("truncated_json", True),
    ("empty", True),
    ("huge", True),
]


@pytest.mark.parametrize("kind", ["reset", "http_500", "html", "truncated_json", "code_300"])
async def test_cloud_fails_while_we_ask_why(http_harness: Harness, kind: FaultKind) -> None:
    """A diagnosis that fails says so in its post, and changes when the cloud answers."""
    cname = {
        "reset": "class_77_10",
        "http_500": "class_77_12",
        "html": "class_77_17",
        "truncated_json": "class_77_18",
        "code_300": "class_77_19",
    }[kind]
    http_harness.clouds.fail_next("analytics/call/lists", kind, times=6)
    await report(http_harness.workspace.person("sam"), cname)
    await http_harness.settled()
    text = find_diagnosis_posts(http_harness, cname)[0]
    assert "Not enough data yet" in text["text"]
    assert "Missing: the call" in text_of(text)
    http_harness.clouds.clear_faults()
    await http_harness.pass_time(61)
    text = find_diagnosis_posts(http_harness, cname)[0]
    assert "Not enough" not in text["text"], text_of(text)
    assert len(find_diagnosis_posts(http_harness, cname)) == 1


@pytest.mark.parametrize("kind", PASSING)
async def test_passing_refusal_is_tried_again(http_harness: Harness, kind: FaultKind) -> None:
    """The card says that the report waits and why; the next try is within ten seconds."""
    cname = f"passing-{kind}"
    http_harness.clouds.fail_next(ENDPOINT, kind, after_effect=False)
    await report(http_harness.workspace.person("sam"), cname)
    await http_harness.settled()
    await http_harness.pass_time(10 if kind.startswith("http_5") else 61)
    waiting = "Report to Agora: waiting, will be tried again. "
    assert any(waiting in text for text in cards_before(http_harness, cname))
    assert "Reported to Agora: accepted" in text_of(find_card(http_harness, cname))
    assert count_cloud_reports(http_harness, cname) == 1
    assert (await find_ticket(http_harness, cname)).cloud_report.attempts == 2


def cards_before(harness: Harness, cname: str) -> list[str]:
    """Return every version of a card so far."""
    sent = [text_of(call["request"]) for call in harness.workspace.calls if "chat." in call["name"]]
    return [text for text in sent if cname in text]


@pytest.mark.parametrize(("kind", "after_effect"), UNSURE)
async def test_unsure_report_is_never_sent_again(
    http_harness: Harness, kind: FaultKind, *, after_effect: bool
) -> None:
    """A report that may have arrived is unconfirmed and not sent again."""
    cname = f"unsure-{UNSURE.index((kind, after_effect))}"
    http_harness.clouds.fail_next(ENDPOINT, kind, after_effect=after_effect)
    await report(http_harness.workspace.person("sam"), cname)
    await http_harness.settled()
    assert "sent, unconfirmed" in text_of(find_card(http_harness, cname))
    await http_harness.pass_time(1200)
    assert int(after_effect) == count_cloud_reports(http_harness, cname)
    assert ReportState.UNCONFIRMED is (await find_ticket(http_harness, cname)).cloud_report.state


async def lose_response(harness: Harness, cname: str) -> None:
    """Report a call; the cloud accepts the report, and its response is lost."""
    harness.clouds.fail_next(ENDPOINT, "reset", after_effect=True)
    await report(harness.workspace.person("lin"), cname)
    await harness.settled()


async def decide(harness: Harness, cname: str, decision: str, *names: str) -> str:
    """Press a button about the report, everybody at once; returns the card's text afterwards."""
    card = find_card(harness, cname)
    people = [harness.workspace.person(name) for name in names]
    clicks = [person.click(card, f"report.{decision}") for person in people]
    assert all(outcome.ok for outcome in await asyncio.gather(*clicks))
    await harness.settled()
    return text_of(find_card(harness, cname))


WORDS: Final = {
    "en": (
        "sent, unconfirmed",
        "Send again",
        "Reported to Agora: accepted",
        "sent the report to the cloud again",
    ),
    "zh": ("已发送，未确认", "重新上报", "上报声网：已受理", "重新向云厂商上报"),
}


@pytest.fixture(params=WORDS)
async def language(http_harness: Harness, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The escalation channel's language."""
    sam = http_harness.workspace.person("sam")
    await sam.command("/lagdesk", f"channel-language {request.param}", "escalations")
    yield request.param
    await sam.command("/lagdesk", "channel-language en", "escalations")


async def test_support_sends_again(http_harness: Harness, language: str) -> None:
    """Two people click at once, one of them twice: the cloud gets one more report."""
    cname, words = f"again-{language}", WORDS[language]
    await lose_response(http_harness, cname)
    assert all(word in text_of(find_card(http_harness, cname)) for word in words[:2])
    after = await decide(http_harness, cname, "again", "sam", "sam", "zhou")
    assert all(word in after for word in words[2:])
    assert "report.again" not in after
    assert count_cloud_reports(http_harness, cname) == 2
    ticket = await find_ticket(http_harness, cname)
    assert (ticket.cloud_report.state, ticket.cloud_report.attempts) == (ReportState.ACCEPTED, 2)
    sam = http_harness.workspace.person("sam")
    await sam.command("/lagdesk", f"audit {ticket.label}", "escalations")
    assert ephemeral_texts(sam, "escalations")[-1].count("had the report sent") == 3


async def test_support_says_that_it_arrived(http_harness: Harness, language: str) -> None:
    """The state becomes accepted, and nothing is sent, at once or later."""
    cname, words = f"arrived-{language}", WORDS[language]
    await lose_response(http_harness, cname)
    after = await decide(http_harness, cname, "arrived", "sam", "zhou")
    assert words[2] in after
    assert "report.arrived" not in after
    await http_harness.pass_time(1200)
    assert count_cloud_reports(http_harness, cname) == 1


@pytest.mark.parametrize("decision", ["again", "arrived"])
async def test_outsiders_decide_nothing(http_harness: Harness, decision: str) -> None:
    """Neither a guest nor a forged value changes the state."""
    cname = f"outsider-{decision}"
    await lose_response(http_harness, cname)
    guest = http_harness.workspace.person("guest")
    assert "sent, unconfirmed" in await decide(http_harness, cname, decision, "guest")
    assert "Only support can do this." in ephemeral_texts(guest, "escalations")[-1]
    sam = http_harness.workspace.person("sam")
    for value in ("", "12", "1:x", f"{'9' * 15}:1", "٣:1"):
        card = find_card(http_harness, cname)
        assert (await sam.click(card, f"report.{decision}", value=value)).ok
        assert "There is no ticket" in ephemeral_texts(sam, "escalations")[-1]
    report_row = (await find_ticket(http_harness, cname)).cloud_report
    assert (report_row.state, report_row.attempts) == (ReportState.UNCONFIRMED, 1)


async def test_time_out_is_unsure(http_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a response in time the report may have arrived."""
    monkeypatch.setattr("bot.clouds.http.TOTAL_TIMEOUT_S", 0.1)
    http_harness.clouds.fail_next(ENDPOINT, "timeout", after_effect=True)
    await report(http_harness.workspace.person("sam"), "timeout-1")
    await http_harness.settled()
    assert "sent, unconfirmed" in text_of(find_card(http_harness, "timeout-1"))
    await http_harness.pass_time(400)
    assert count_cloud_reports(http_harness, "timeout-1") == 1


async def test_long_outage_ends(http_harness: Harness) -> None:
    """Pauses grow up to five minutes, and the report is sent after the outage."""
    http_harness.clouds.fail_next(ENDPOINT, "http_500", times=9)
    await report(http_harness.workspace.person("lin"), "outage-1")
    await http_harness.settled()
    for number in range(9):
        assert count_cloud_reports(http_harness, "outage-1") == 0
        await http_harness.pass_time(min(5 * 2**number, 300) + 1)
    assert count_cloud_reports(http_harness, "outage-1") == 1
