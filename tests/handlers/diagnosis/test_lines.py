"""A diagnosis line by line: people, the call, the cloud's events, what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from bot.call import (
    AbnormalEvent,
    Call,
    Code,
    Direction,
    Factor,
    IssueType,
    Media,
    MissingItem,
    MissingKind,
    MissingReason,
    Participant,
    Report,
    Side,
)
from bot.diagnosis import Verdict
from bot.i18n.messages import Message
from bot.ports import Diagnosis
from handlers.diagnosis.lines import (
    call_lines,
    confidence_text,
    event_lines,
    footer,
    missing_lines,
    other_line,
    participant_name,
    place_of_fault,
)
from tests.handlers.samples import EN, NOW, ZH

MINUTE = dt.timedelta(minutes=1)
REPORT = Report("kids", "room", "10001", "20002", Side.STUDENT, IssueType.HELP, NOW)
LOSS = Code("agora.factor_id", "21")
LOSS_TEXT = "Upstream packet loss in video transmission (21)"
FREEZE = Code("agora.exp_id", "4")


def make_diagnosis(missing: tuple[MissingItem, ...] = (), **values: Any) -> Diagnosis:
    """A diagnosis of a call between teacher 10001 and student 20002."""
    verdict = Verdict("network.loss", NOW - 2 * MINUTE, NOW + 2 * MINUTE, missing=missing)
    return Diagnosis(REPORT, "agora", verdict, NOW + 9 * MINUTE, **values)


def plain(lines: Iterable[Message]) -> list[str]:
    """Lines as plain English text."""
    return [EN.plain_text(line) for line in lines]


@pytest.mark.parametrize(
    ("uid", "named", "expected"),
    [
        ("10001", None, "Teacher •••01"),
        ("20002", None, "Student •••02"),
        ("30003", None, "User •••03"),
        (None, None, "Somebody"),
        ("10001", frozenset({"10001"}), "Teacher •••01"),
        ("20002", frozenset({"10001"}), "User •••02"),
    ],
)
def test_people(uid: str | None, named: frozenset[str] | None, expected: str) -> None:
    """By side, where the report or the inquiry gave it."""
    assert EN.plain_text(participant_name(make_diagnosis(named=named), uid)) == expected


@pytest.mark.parametrize(
    ("cause", "uid", "expected"),
    [
        ("server.route", None, "The cloud"),
        ("server.error", "20002", "Student •••02"),
        ("unknown.other", None, "Somebody"),
    ],
)
def test_whose_fault_it_is(cause: str, uid: str | None, expected: str) -> None:
    """Nobody's in the call where the cloud or its route is the reason for everybody."""
    case = make_diagnosis()
    verdict = replace(case.verdict, cause=cause, uid=uid)
    assert EN.plain_text(place_of_fault(case, verdict)) == expected


def test_a_name_for_pictures() -> None:
    """A picture takes a uid that is masked already."""
    name = participant_name(make_diagnosis(), "10001", "uid-x")
    assert str(name.params["uid"]) == "uid-x"


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        (1.0, "Very likely (100%)."),
        (0.8, "Very likely (80%)."),
        (0.79, "Likely (79%)."),
        (0.6, "Likely (60%)."),
        (0.59, "Possibly (59%)."),
        (None, "Possibly (0%)."),
    ],
)
def test_confidence(confidence: float | None, expected: str) -> None:
    """In words from 80 and from 60 percent, and as a number."""
    verdict = Verdict("network.loss", NOW, NOW, confidence=confidence)
    assert EN.plain_text(confidence_text(verdict)) == expected


def test_another_cause() -> None:
    """The next causes have a line each."""
    other = Verdict(
        "device.cpu_high",
        NOW,
        NOW,
        uid="10001",
        confidence=0.7,
        media=Media.AUDIO,
        direction=Direction.UP,
    )
    line = EN.plain_text(other_line(make_diagnosis(), other))
    assert (
        line == "Also: Teacher •••01: The device's CPU is overloaded (audio, uplink). Likely (70%)."
    )


CALL = Call("agora", "kids", "c1", "room", NOW, NOW + 30 * MINUTE)


def person(uid: str, minutes: int = 0, **values: Any) -> Participant:
    """Somebody who joined so many minutes after the start."""
    return Participant(uid, f"s{uid}", NOW + minutes * MINUTE, **values)


def test_a_call_and_its_people() -> None:
    """Teacher and student in the order in which they joined; others are left out."""
    people = (
        person("20002", 2, left_at=NOW + 9 * MINUTE, network="4G", platform="iOS", device="iOS"),
        person("10001"),
        person("30003"),
    )
    assert plain(call_lines(make_diagnosis(calls=(CALL,), participants=people))) == [
        "*Call* room: 2026-11-21 03:20–03:50 UTC",
        "• Teacher •••01: 2026-11-21 03:20 UTC to now (device unknown)",
        "• Student •••02: 2026-11-21 03:22–03:29 UTC (4G, iOS)",
    ]


def test_a_call_of_strangers() -> None:
    """The first six who joined are listed where neither teacher nor student is known."""
    people = tuple(person(f"3000{n}", 9 - n) for n in range(8))
    call = Call("agora", "kids", "c1", "room", NOW)
    title, *lines = plain(call_lines(make_diagnosis(calls=(call,), participants=people)))
    assert title == "*Call* room: since 2026-11-21 03:20 UTC, still running"
    assert [line[:12] for line in lines] == [f"• User •••0{n}" for n in (7, 6, 5, 4, 3, 2)]
    assert call_lines(make_diagnosis(participants=people)) == []


def event(minutes: int, *factors: Factor, uid: str = "20002") -> AbnormalEvent:
    """An event of the cloud's."""
    return AbnormalEvent(uid, "room", FREEZE, NOW + minutes * MINUTE, factors)


def test_the_clouds_events() -> None:
    """Each with its causes, and whose they are; without events there is no title."""
    events = (event(1, Factor(LOSS, "10001"), Factor(LOSS)), event(0))
    title, *lines = plain(event_lines(make_diagnosis(events=events)))
    assert title == "*Agora's own diagnosis*"
    assert lines == [
        "• 2026-11-21 03:20 UTC Student •••02: Video freeze (4). Cause: not given",
        (
            "• 2026-11-21 03:21 UTC Student •••02: Video freeze (4). Cause: "
            f"{LOSS_TEXT} at Teacher •••01, {LOSS_TEXT} at Student •••02"
        ),
    ]
    assert event_lines(make_diagnosis()) == []


def test_the_newest_eight_events() -> None:
    """Oldest first; the details ask for more."""
    diagnosis = make_diagnosis(events=tuple(event(n) for n in range(10)))
    lines = plain(event_lines(diagnosis))
    assert len(lines) == 9
    assert "03:22" in lines[1]
    assert "03:29" in lines[-1]
    assert len(event_lines(diagnosis, 3)) == 4


def missing(
    what: MissingKind,
    why: MissingReason,
    detail: str = "",
    at: dt.datetime | None = None,
) -> MissingItem:
    """Something that is missing."""
    return MissingItem(what, why, at, detail)


TEACHER, CALL_KIND, MINUTES = (
    MissingKind.TEACHER_METRICS,
    MissingKind.CALL,
    MissingKind.MINUTES,
)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (missing(CALL_KIND, MissingReason.NOT_FOUND), "Missing: the call (not found)."),
        (missing(CALL_KIND, MissingReason.NOT_FOUND, "c1"), "Missing: the call (not found)."),
        (
            missing(CALL_KIND, MissingReason.NOT_FOUND, "c1", NOW),
            "Missing: the call (not found). Next try: 2026-11-21 03:20 UTC.",
        ),
        (
            missing(CALL_KIND, MissingReason.REFUSED, "E17"),
            "Missing: the call (refused by the cloud, E17).",
        ),
        (
            missing(TEACHER, MissingReason.NOT_FOUND, "10001"),
            "Missing: the teacher's data (not found, •••01).",
        ),
        (
            missing(CALL_KIND, MissingReason.CUT_OFF, "10001"),
            "Missing: the call (truncated: the cloud lists ten people at most, •••01).",
        ),
        (
            missing(CALL_KIND, MissingReason.MAY_BE_INCOMPLETE, at=NOW),
            "Perhaps incomplete: the call. Next try: 2026-11-21 03:20 UTC.",
        ),
        (
            missing(TEACHER, MissingReason.MAY_BE_INCOMPLETE, "10001"),
            "Perhaps incomplete: the teacher's data (•••01).",
        ),
        (
            missing(
                MINUTES,
                MissingReason.NOT_OUT_YET,
                "2026-11-21T03:20:00Z/2026-11-21T03:22:00Z",
            ),
            (
                "Missing: a few minutes of data (not published by the cloud yet, "
                "2026-11-21 03:20–03:22 UTC)."
            ),
        ),
        (
            missing(MINUTES, MissingReason.OVER_QUOTA),  # of the cloud's own diagnosis
            "Missing: the cloud's own diagnosis (the cloud's quota is used up for now).",
        ),
    ],
)
def test_a_missing_item(item: MissingItem, expected: str) -> None:
    """What, why, whose or when, and the next attempt; never the id of a call."""
    assert plain(missing_lines(make_diagnosis((item,)))) == [expected]


def test_equal_items_have_one_line() -> None:
    """Two calls that were not found are one line; another reason is another line."""
    items = (
        missing(CALL_KIND, MissingReason.NOT_FOUND, "c1"),
        missing(CALL_KIND, MissingReason.NOT_FOUND, "c2"),
        missing(CALL_KIND, MissingReason.REFUSED),
    )
    assert len(missing_lines(make_diagnosis(items))) == 2


def test_a_missing_call_has_one_line() -> None:
    """Its people, missing for the same reason, are not listed; for another reason they are."""
    both = (MissingKind.TEACHER_METRICS, MissingKind.STUDENT_METRICS)
    call = missing(CALL_KIND, MissingReason.NOT_FOUND)
    same = [missing(what, MissingReason.NOT_FOUND) for what in both]
    assert plain(missing_lines(make_diagnosis((call, *same)))) == ["Missing: the call (not found)."]
    other = [missing(what, MissingReason.REFUSED) for what in both]
    assert len(missing_lines(make_diagnosis((call, *other)))) == 3


@pytest.mark.parametrize(
    ("cause", "period"),
    [
        ("none", "Period checked"),
        ("unknown", "Period checked"),
        ("unknown.other", "Period checked"),
        ("media.concealed", "Period checked"),
        ("network.loss", "Period of the fault"),
    ],
)
def test_the_footer(cause: str, period: str) -> None:
    """How long the fault lasted, else the period that was checked; source and age of the data."""
    case = make_diagnosis()
    line = footer(replace(case, verdict=replace(case.verdict, cause=cause)))
    assert EN.plain_text(line) == (
        f"{period}: 2026-11-21 03:18–03:22 UTC. Data from Agora, fetched 2026-11-21 03:29 UTC."
    )
    assert "声网" in ZH.plain_text(line)
