"""The report to the cloud: every state stands on the card in plain words, and no report twice."""

from __future__ import annotations

import pytest

from bot.sandbox.clouds import FaultKind
from bot.ticket import ReportState
from tests.conftest import Stage
from tests.scenario_helpers import card_of, count_reports, findings_of, report, text_of, ticket_of

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
async def test_cloud_fails_while_we_ask_why(http_stage: Stage, kind: FaultKind) -> None:
    """A diagnosis that fails says so in its post, and changes when the cloud answers."""
    cname = {
        "reset": "class_77_10",
        "http_500": "class_77_12",
        "html": "class_77_17",
        "truncated_json": "class_77_18",
        "code_300": "class_77_19",
    }[kind]
    http_stage.clouds.fail_next("analytics/call/lists", kind, times=6)
    await report(http_stage.workspace.person("sam"), cname)
    await http_stage.settled()
    found = findings_of(http_stage, cname)[0]
    assert "Not enough data yet" in found["text"]
    assert "Missing: the call" in text_of(found)
    http_stage.clouds.clear_faults()
    await http_stage.pass_time(61)
    found = findings_of(http_stage, cname)[0]
    assert "Not enough" not in found["text"], text_of(found)
    assert 1 == len(findings_of(http_stage, cname))


@pytest.mark.parametrize("kind", PASSING)
async def test_passing_refusal_is_tried_again(http_stage: Stage, kind: FaultKind) -> None:
    """The card says that the report waits and why; the next try is within ten seconds."""
    cname = f"passing-{kind}"
    http_stage.clouds.fail_next(ENDPOINT, kind, after_effect=False)
    await report(http_stage.workspace.person("sam"), cname)
    await http_stage.settled()
    await http_stage.pass_time(10 if kind.startswith("http_5") else 61)
    assert any("will be tried again. Agora" in shown for shown in cards_before(http_stage, cname))
    assert "Reported to Agora: accepted" in text_of(card_of(http_stage, cname))
    assert 1 == count_reports(http_stage, cname)
    assert 2 == (await ticket_of(http_stage, cname)).report_attempts


def cards_before(stage: Stage, cname: str) -> list[str]:
    """Everything a card has said so far."""
    sent = [text_of(call["request"]) for call in stage.workspace.calls if "chat." in call["name"]]
    return [text for text in sent if cname in text]


@pytest.mark.parametrize(("kind", "after_effect"), UNSURE)
async def test_unsure_report_is_never_sent_again(
    http_stage: Stage, kind: FaultKind, *, after_effect: bool
) -> None:
    """A report that may have arrived is shown as unconfirmed and left alone."""
    cname = f"unsure-{UNSURE.index((kind, after_effect))}"
    http_stage.clouds.fail_next(ENDPOINT, kind, after_effect=after_effect)
    await report(http_stage.workspace.person("sam"), cname)
    await http_stage.settled()
    assert "sent, unconfirmed" in text_of(card_of(http_stage, cname))
    for _ in range(3):
        await http_stage.pass_time(400)
    assert int(after_effect) == count_reports(http_stage, cname)
    assert ReportState.UNCONFIRMED is (await ticket_of(http_stage, cname)).report_state


async def test_time_out_is_unsure(http_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer in time may mean that the report arrived."""
    monkeypatch.setattr("bot.clouds.http.TOTAL_S", 0.1)
    http_stage.clouds.fail_next(ENDPOINT, "timeout", after_effect=True)
    await report(http_stage.workspace.person("sam"), "timeout-1")
    await http_stage.settled()
    assert "sent, unconfirmed" in text_of(card_of(http_stage, "timeout-1"))
    await http_stage.pass_time(400)
    assert 1 == count_reports(http_stage, "timeout-1")


async def test_long_outage_ends(http_stage: Stage) -> None:
    """Pauses grow up to five minutes, and the report goes out when the cloud is back."""
    http_stage.clouds.fail_next(ENDPOINT, "http_500", times=9)
    await report(http_stage.workspace.person("lin"), "outage-1")
    await http_stage.settled()
    for number in range(9):
        assert 0 == count_reports(http_stage, "outage-1")
        await http_stage.pass_time(min(5 * 2**number, 300) + 1)
    assert 1 == count_reports(http_stage, "outage-1")
