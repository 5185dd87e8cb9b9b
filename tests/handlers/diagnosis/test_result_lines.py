"""The result of a diagnosis in short lines: every kind, in one language and in two."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.call import Call, Direction, Media, MissingItem, MissingKind, MissingReason, Side
from bot.diagnosis import Verdict
from bot.i18n.translator import Translator
from bot.ticket import Ticket
from handlers.diagnosis.result_lines import result_lines
from handlers.ui.renderer import Renderer
from tests.handlers.samples import EN, NOW, ZH, make_ticket, without_dates

AT = "2026-11-21 03:20 UTC"
BOTH = Renderer(Translator("both"))
LOSS = Verdict(
    *("network.loss", NOW, NOW, Media.VIDEO, Direction.UP, Side.STUDENT, "20002", 0.87),
)
OTHER = Verdict("device.cpu_high", NOW, NOW, side=Side.TEACHER, uid="10001", confidence=0.62)
LATER = NOW + dt.timedelta(minutes=45)
LIKELY = Call("agora", "adults", "c1", "class_77_1", NOW, LATER)
TEACHER = MissingItem(MissingKind.TEACHER_METRICS, MissingReason.NOT_FOUND, detail="10001")


def lines_of(verdict: Verdict, renderer: Renderer = EN) -> list[str]:
    """The lines of a ticket with a final verdict."""
    ticket = make_ticket(verdict=verdict.to_json(), cause=verdict.result("class_77_1"))
    return [without_dates(line) for line in result_lines(ticket, renderer)]


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (
            replace(LOSS, others=(OTHER, replace(OTHER, uid="7"))),
            [
                f":warning: *Packet loss (video, uplink)* · Student •••02 · {AT} · Very likely 87%",
                "+ The device's CPU is overloaded · Teacher •••01 · Likely 62%",
            ],
        ),
        (
            replace(LOSS, uid=None),
            [f":warning: *Packet loss (video, uplink)* · {AT} · Very likely 87%"],
        ),
        (
            Verdict("unknown.other", NOW, NOW, confidence=0.3),
            [f":warning: *No specific cause was found* · {AT}"],
        ),
        (
            Verdict("none", NOW, LATER),
            [":white_check_mark: *Looked healthy* · 2026-11-21 03:20–04:05 UTC"],
        ),
        (
            Verdict("unknown", NOW, NOW, missing=(TEACHER, TEACHER)),
            [":grey_question: *Not enough data* · missing: the teacher's data"],
        ),
        (
            Verdict("unknown", NOW, NOW, likely_call=LIKELY),
            [
                (
                    ":mag: *Call not found* · probably meant class_77_1 · adults (instead of kids) · "
                    "2026-11-21 03:20–04:05 UTC"
                )
            ],
        ),
    ],
)
def test_each_result(verdict: Verdict, expected: list[str]) -> None:
    """What, who, when and how certain; of several causes two."""
    assert lines_of(verdict) == expected


def test_each_fact_once_in_two_languages() -> None:
    """Only words are written twice."""
    (line,) = lines_of(LOSS, BOTH)
    assert [line.count(part) for part in ("•••02", AT, "87%", "Packet loss")] == [1, 1, 1, 1]
    assert "\n" not in line
    assert "学生 / Student •••02" in line
    assert lines_of(LOSS, ZH) != lines_of(LOSS)


def test_likely_call_in_chinese_and_in_two_languages() -> None:
    """The brackets are those of the language; in two languages each fact is written once."""
    verdict = Verdict("unknown", NOW, NOW, likely_call=LIKELY)
    (chinese,), (both,) = lines_of(verdict, ZH), lines_of(verdict, BOTH)
    assert " · adults（而不是 kids） · " in chinese
    assert " · adults · 而不是 / instead of kids · " in both


@pytest.mark.parametrize("ticket", [make_ticket(), make_ticket(verdict=LOSS.to_json())])
def test_result_that_may_change(ticket: Ticket) -> None:
    """Without a verdict, or while its data are incomplete, there is none."""
    assert result_lines(ticket, EN) == []
