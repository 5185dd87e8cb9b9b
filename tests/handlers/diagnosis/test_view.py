"""A diagnosis in words: who, what, how sure, what is missing; unknown codes with their kind."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from bot.call import (
    AbnormalEvent,
    Code,
    Direction,
    Factor,
    Media,
    MissingItem,
    MissingKind,
    MissingReason,
    Side,
)
from bot.diagnosis import Evidence
from bot.ports import Diagnosis
from handlers.diagnosis import lines as diagnosis_lines
from handlers.diagnosis import view as diagnosis_message
from handlers.diagnosis.evidence_lines import evidence_line
from handlers.ui.renderer import Renderer
from tests.handlers.diagnosis.sample_diagnosis import make_diagnosis
from tests.handlers.samples import EN, NOW, ZH

AT = "2026-11-21 03:20 UTC"


def text_of_diagnosis(diagnosis: Diagnosis, renderer: Renderer = EN) -> str:
    """The card as one string."""
    return json.dumps(diagnosis_message.full_blocks(diagnosis, renderer), ensure_ascii=False)


@pytest.mark.parametrize("renderer", [EN, ZH])
@pytest.mark.parametrize("kind", ["agora.factor_id", "agora.exp_id", "huawei.unheard_of"])
def test_unknown_codes_keep_number_and_kind(kind: str, renderer: Renderer) -> None:
    """An unknown code is displayed as it is, with its kind, in both languages."""
    code = Code(kind, "98765")
    event = AbnormalEvent("20002", "class_77_1", code, NOW, (Factor(code, "10001"),))
    text = text_of_diagnosis(make_diagnosis("unknown", (event,)), renderer)
    assert text.count("98765") == 2
    assert text.count(kind) == 2


@pytest.mark.parametrize(
    ("why", "again_at", "expected"),
    [
        (
            MissingReason.NOT_FOUND,
            NOW,
            "No call was found in class_77_1. If the class began less than",
        ),
        (
            MissingReason.NOT_FOUND,
            None,
            "No call was found in class_77_1. Check the channel name",
        ),
        (MissingReason.NOT_OUT_YET, NOW, "Not enough data yet. Try again at"),
    ],
)
def test_terminal_output_promises_no_update(
    why: MissingReason,
    again_at: dt.datetime | None,
    expected: str,
) -> None:
    """In a terminal the retry time is displayed; that output is not updated later."""
    missing = (MissingItem(MissingKind.CALL, why, again_at, "class_77_1"),)
    value = replace(make_diagnosis("unknown", missing=missing), calls=())
    first, *_ = diagnosis_message.diagnosis_lines(value)
    assert expected in str(first)
    assert "by itself" not in str(first)


def test_factor_names_its_side() -> None:
    """A factor is assigned to the peer it names, or to the user of the event."""
    code = Code("agora.factor_id", "21")
    event = AbnormalEvent(
        "20002",
        "class_77_1",
        Code("agora.exp_id", "4"),
        NOW,
        (Factor(code, "10001"), Factor(code)),
    )
    text = text_of_diagnosis(make_diagnosis("unknown", (event,)))
    assert "(21) at Teacher •••01" in text
    assert "(21) at Student •••02" in text


def test_stranger_is_a_user() -> None:
    """A user who is neither side is displayed as a user, masked."""
    event = AbnormalEvent("30003", "class_77_1", Code("agora.exp_id", "4"), NOW)
    assert "User •••03" in text_of_diagnosis(make_diagnosis("unknown", (event,)))


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [(0.95, "Very likely"), (0.7, "Likely"), (0.3, "Possibly")],
)
def test_how_sure(confidence: float, expected: str) -> None:
    """The confidence is displayed in words, with its number."""
    diagnosis = make_diagnosis(
        "network.loss",
        media=Media.VIDEO,
        direction=Direction.UP,
        side=Side.TEACHER,
        uid="10001",
        confidence=confidence,
        evidence=(
            Evidence(
                "agora",
                NOW,
                "10001",
                media=Media.VIDEO,
                metric="uplink_loss",
                value=27.5,
                unit="%",
                threshold=5.0,
            ),
        ),
    )
    sentence = EN.plain_text(diagnosis_message.verdict_sentence(diagnosis))
    assert sentence.startswith("Teacher •••01, around 2026-11-21 03:20 UTC: Packet loss (video, up")
    assert expected in sentence
    assert str(round(confidence * 100)) in sentence
    assert "27.5" in text_of_diagnosis(diagnosis)


@pytest.mark.parametrize("what", list(MissingKind))
@pytest.mark.parametrize("why", list(MissingReason))
def test_every_missing_item_is_displayed(what: MissingKind, why: MissingReason) -> None:
    """Each thing and reason has words in both languages, with the moment of the next look."""
    missing_item = MissingItem(what, why, NOW, "20002")
    for renderer in (EN, ZH):
        expected = renderer.mrkdwn(diagnosis_lines.missing_line(missing_item))
        assert "<!date^" in expected
        assert "20002" not in expected or why is MissingReason.REFUSED
    last = EN.mrkdwn(diagnosis_lines.missing_line(MissingItem(what, why)))
    assert "<!date^" not in last


def test_a_private_answer_does_not_promise_to_change() -> None:
    """A post in a thread changes by itself; an answer is followed by another one."""
    missing_item = MissingItem(
        MissingKind.CALL,
        MissingReason.NOT_OUT_YET,
        NOW + dt.timedelta(minutes=2),
    )
    diagnosis = make_diagnosis("unknown", missing=(missing_item,))
    assert "update itself" in text_of_diagnosis(diagnosis)
    fallback_text, blocks = diagnosis_message.inquiry_response(diagnosis, EN)
    assert "update itself" not in fallback_text + json.dumps(blocks)
    assert "There is no data" in fallback_text


@pytest.mark.parametrize(
    ("cause", "english", "chinese"),
    [
        (
            "server.route",
            f"Around {AT}: A fault of the cloud or of the route to it. Possibly (50%).",
            f"{AT} 前后：云端或到云端的线路有问题。有可能（50%）。",
        ),
        (
            "unknown.other",
            f"It was bad around {AT}, but no specific cause was found.",
            f"{AT} 前后确实有问题，但没有找到具体原因。",
        ),
    ],
)
def test_nobody_in_the_call_is_named(cause: str, english: str, chinese: str) -> None:
    """Where the fault is nobody's, or no cause was found, the sentence names no person."""
    case = make_diagnosis(cause, confidence=0.5)
    at = replace(case.verdict, since=NOW)
    sentence = diagnosis_message.verdict_sentence(replace(case, verdict=at))
    assert (EN.plain_text(sentence), ZH.plain_text(sentence)) == (english, chinese)


def test_a_code_that_lies_with_the_other_end_names_it() -> None:
    """Who suffered and whose fault it is are two people, and both are named."""
    at = dt.datetime(2026, 11, 16, 10, 0, tzinfo=dt.UTC)
    value = Evidence(
        source="huawei",
        at=at,
        uid="20002",
        peer="10001",
        code=Code("agora.factor_id", "10"),
    )
    line = EN.plain_text(evidence_line(make_diagnosis("device.cpu_high"), value))
    assert 'reports "High CPU usage (10)" at ' in line
    assert line.index(EN.uid("20002")) < line.index("reports") < line.index(EN.uid("10001"))
