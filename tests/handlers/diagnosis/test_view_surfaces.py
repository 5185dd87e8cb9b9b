"""A diagnosis on each surface: in the thread, to the reporter, as a response, in the terminal."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bot.call import (
    AbnormalEvent,
    Code,
    MissingItem,
    MissingKind,
    MissingReason,
    Side,
)
from bot.causes import advice_for
from bot.diagnosis import Evidence
from bot.i18n.messages import message
from bot.ports import Diagnosis, ParticipantHistory
from handlers.diagnosis import view as diagnosis_message
from handlers.diagnosis.result_lines import result_lines
from tests.handlers.diagnosis.sample_diagnosis import make_diagnosis
from tests.handlers.samples import EN, NOW, make_ticket, texts_of

LOSS = make_diagnosis("network.loss", side=Side.STUDENT, uid="20002", confidence=0.9)
HEALTHY = make_diagnosis("none")
UNKNOWN = make_diagnosis("unknown")


def thread_texts(diagnosis: Diagnosis) -> dict[str, list[str]]:
    """The lines of the post in a ticket's thread, by block id."""
    return texts_of(diagnosis_message.thread_blocks(diagnosis, EN))


@pytest.mark.parametrize(
    ("diagnosis", "emoji"),
    [
        (LOSS, ":warning:"),
        (HEALTHY, ":white_check_mark:"),
        (UNKNOWN, ":grey_question:"),
    ],
)
def test_a_headline_begins_with_an_emoji(diagnosis: Diagnosis, emoji: str) -> None:
    """It tells trouble, health and not knowing apart."""
    text = EN.plain_text(diagnosis_message.headline(diagnosis))
    assert text.startswith(f"{emoji} ")
    sentence = EN.plain_text(diagnosis_message.verdict_sentence(diagnosis))
    assert text.removeprefix(f"{emoji} ") == sentence
    assert diagnosis_message.diagnosis_fallback_text(diagnosis, EN) == sentence


def test_the_post_in_the_thread() -> None:
    """The verdict with advice for both, three numbers, the next causes, and a small footer."""
    numbers = tuple(
        Evidence("agora", NOW, "20002", metric="latency", value=n, unit="ms", threshold=500.0)
        for n in (600.0, 700.0, 800.0, 900.0)
    )
    other = replace(LOSS.verdict, cause="device.cpu_high")
    verdict = replace(LOSS.verdict, evidence=numbers, others=(other,))
    texts = thread_texts(replace(LOSS, verdict=verdict))
    assert list(texts) == ["verdict", "evidence", "others", "asked"]
    first, person, support = texts["verdict"]
    assert first.startswith(":warning: Student •••02, around 2026-11-21 03:20 UTC: Packet loss.")
    assert person.startswith("→ Student: ")
    assert support.startswith("→ Support: ")
    assert [line.split("Latency ")[1][:6] for line in texts["evidence"]] == [
        "600 ms",
        "700 ms",
        "800 ms",
    ]
    assert len(texts["others"]) == 1
    assert len(texts["asked"]) == 1
    assert list(thread_texts(HEALTHY)) == ["verdict", "asked"]


def test_healthy_minutes_of_a_bad_call() -> None:
    """The bad minutes are named once, with their numbers and advice; the card has when they were."""
    number = Evidence("agora", NOW, "20002", metric="loss", value=30.0, unit="%", threshold=5.0)
    bad = replace(LOSS.verdict, evidence=(number,))
    diagnosis = replace(HEALTHY, verdict=replace(HEALTHY.verdict, confidence=0.5, others=(bad,)))
    texts = thread_texts(diagnosis)
    assert list(texts) == ["verdict", "evidence", "asked"]
    first, person, support = texts["verdict"]
    assert first.startswith(":warning: Normal around 2026-11-21")
    assert "bad around 2026-11-21 03:20 UTC. Student •••02: Packet loss. Very likely" in first
    assert (person[:10], support[:10]) == ("→ Student:", "→ Support:")
    lines = [*map(EN.mrkdwn, diagnosis_message.reporter_lines(diagnosis))]
    assert str(lines).count("Packet loss") == 1
    ticket = make_ticket(cause="none", verdict=diagnosis.verdict.to_json())
    _, other = result_lines(ticket, EN)
    assert other.startswith("+ Packet loss · Student •••02 · <!date^")


def test_the_time_of_a_verdict_without_evidence_is_its_beginning() -> None:
    """Else it is the first evidence's."""
    sentence = EN.plain_text(diagnosis_message.verdict_sentence(LOSS))
    assert sentence.startswith("Student •••02, around 2026-11-21 03:18 UTC: ")


def test_who_is_advised() -> None:
    """The side, the participant where there is no side, or nobody by name."""
    rows: list[tuple[dict[str, Any], str]] = [
        ({"side": Side.TEACHER, "uid": "10001"}, "→ Teacher: "),
        ({"uid": "30003"}, "→ User •••03: "),
        ({}, "→ "),
    ]
    for values, start in rows:
        _, person, _ = thread_texts(make_diagnosis("network.loss", **values))["verdict"]
        assert person.startswith(start)
        assert (": " in person[:14]) is bool(values)
    assert len(thread_texts(UNKNOWN)["verdict"]) == 1


@pytest.mark.parametrize("fault", list(Side))
def test_the_reporters_advice_depends_on_the_fault(fault: Side) -> None:
    """A teacher is advised for themselves, or to pass advice on to the student."""
    diagnosis = make_diagnosis("network.loss", side=fault, uid="x")
    headline, advice = map(EN.mrkdwn, diagnosis_message.reporter_lines(diagnosis))
    assert headline.startswith(":warning: ")
    known = advice_for("network.loss")
    assert known is not None
    expected = known.person if fault is Side.TEACHER else known.teacher
    assert advice == f"→ {EN.mrkdwn(expected)}"
    assert len(diagnosis_message.reporter_lines(HEALTHY)) == 2
    (line,) = map(EN.mrkdwn, diagnosis_message.reporter_lines(UNKNOWN))
    assert line.endswith(" There was not enough data to say why the call was bad."), "final"


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (ParticipantHistory(Side.TEACHER, 1, ()), "This teacher: 1 ticket in 30 days"),
        (ParticipantHistory(Side.STUDENT, 3, ()), "This student: 3 tickets in 30 days"),
        (
            ParticipantHistory(Side.STUDENT, 1, (("network.loss", 1),)),
            "This student: 1 ticket in 30 days, packet loss once",
        ),
        (
            ParticipantHistory(
                Side.STUDENT,
                6,
                (("network.loss", 3), ("device.cpu_high", 2), ("unknown", 1)),
            ),
            (
                "This student: 6 tickets in 30 days, packet loss 3 times, an overloaded CPU twice, "
                "unknown once"
            ),
        ),
    ],
)
def test_a_participants_earlier_tickets(history: ParticipantHistory, expected: str) -> None:
    """How many, with their causes."""
    texts = thread_texts(replace(LOSS, participant_histories=(history,)))
    assert texts["history"] == [expected]


def missing(
    why: MissingReason,
    at: dt.datetime | None = NOW,
    what: MissingKind = MissingKind.CALL,
) -> MissingItem:
    """Something missing."""
    return MissingItem(what, why, at, "class_77_1")


NOT_FOUND, NOT_OUT = MissingReason.NOT_FOUND, MissingReason.NOT_OUT_YET
AT = "2026-11-21 03:20 UTC"
FINAL = "Not enough data to say why. What is missing is listed below."
LOST = "No call was found in class_77_1. Check the channel name and the time."
TOO_NEW = "No call was found in class_77_1. If the class began less than 3 minutes ago, "


@pytest.mark.parametrize(
    ("item", "has_call", "in_thread", "in_response", "in_terminal"),
    [
        (None, False, FINAL, FINAL, FINAL),
        (missing(NOT_OUT, None), True, FINAL, FINAL, FINAL),
        (missing(NOT_FOUND, None), False, LOST, LOST, LOST),
        (replace(missing(NOT_FOUND, None), detail="call-1"), True, FINAL, FINAL, FINAL),
        (
            missing(NOT_FOUND),
            False,
            f"Not enough data yet. Next check: {AT}; this message will update itself.",
            f"{TOO_NEW}it may not be listed yet. Next update: {AT}.",
            f"{TOO_NEW}try again at {AT}.",
        ),
        (
            missing(NOT_OUT),
            False,
            (
                f"The data of this call is not available yet. It is expected {AT}; this message "
                "will update itself."
            ),
            f"There is no data about this call yet. Next update: {AT}.",
            f"Not enough data yet. Try again at {AT}.",
        ),
    ],
)
def test_an_unknown_verdict_says_what_happens_next(
    item: MissingItem | None,
    *,
    has_call: bool,
    in_thread: str,
    in_response: str,
    in_terminal: str,
) -> None:
    """A post updates itself, a response is followed by another, a terminal's reader tries again."""
    value = make_diagnosis("unknown", missing=(item,) if item else ())
    value = value if has_call else replace(value, calls=())
    assert EN.plain_text(diagnosis_message.verdict_sentence(value)) == in_thread
    assert diagnosis_message.inquiry_response(value, EN)[0] == in_response
    line = EN.plain_text(diagnosis_message.diagnosis_lines(value)[0])
    assert line.partition(": ")[2] == in_terminal


def test_one_missing_item_is_named_in_the_thread() -> None:
    """Of several the first is named; the details have the others."""
    texts = [
        thread_texts(replace(LOSS, verdict=replace(LOSS.verdict, missing=items)))["asked"]
        for items in (
            (),
            (missing(NOT_OUT, None),),
            (missing(NOT_OUT, None), missing(NOT_FOUND, None)),
        )
    ]
    first = "Missing: the call (not published by the cloud yet)."
    assert [lines[:-1] for lines in texts] == [
        [],
        [first],
        [f"{first} More data is missing; see the details."],
    ]


def test_one_failure_is_named_in_the_thread() -> None:
    """The full diagnosis has all of them."""
    failures = (message("Slack does not respond."), message("Nobody has claimed it yet."))
    value = replace(LOSS, failures=failures)
    assert thread_texts(value)["asked"][:-1] == ["Slack does not respond."]
    full = texts_of(diagnosis_message.full_blocks(value, EN))
    assert full["asked"][:-1] == ["Slack does not respond.", "Nobody has claimed it yet."]
    lines = [EN.plain_text(line) for line in diagnosis_message.diagnosis_lines(value)]
    assert lines[-3:-1] == ["Slack does not respond.", "Nobody has claimed it yet."]


def test_the_full_diagnosis() -> None:
    """Six numbers, the call and the cloud's events; advice for the person only."""
    numbers = tuple(
        Evidence("agora", NOW, "20002", metric="latency", value=n, unit="ms", threshold=500.0)
        for n in range(600, 607)
    )
    event = AbnormalEvent("20002", "class_77_1", Code("agora.exp_id", "4"), NOW)
    value = replace(LOSS, verdict=replace(LOSS.verdict, evidence=numbers), events=(event,))
    texts = texts_of(diagnosis_message.full_blocks(value, EN))
    assert list(texts) == ["verdict", "evidence", "call", "events", "asked"]
    assert len(texts["evidence"]) == 6
    assert len(texts["verdict"]) == 2
