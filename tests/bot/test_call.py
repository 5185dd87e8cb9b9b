"""A call's types: whose uid it is, when a call ran, and which events are the same."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.call import AbnormalEvent, Call, Code, Factor, IssueType, Report, Side

NOON = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
REPORT = Report("kids", "class_1", "10001", "20002", Side.STUDENT, IssueType.HELP, NOON)


@pytest.mark.parametrize(
    ("ended_min", "minutes", "covers"),
    [
        (10, -0.1, False),
        (10, 0, True),
        (10, 10, True),
        (10, 10.1, False),
        (None, -0.1, False),
        (None, 9999, True),
    ],
)
def test_when_a_call_ran(ended_min: int | None, minutes: float, *, covers: bool) -> None:
    """From its start to its end, both included; one that still runs has no end."""
    ended_at = None if ended_min is None else NOON + ended_min * MINUTE
    call = Call("agora", "kids", "c1", "class_1", NOON, ended_at)
    assert call.covers(NOON + minutes * MINUTE) is covers


def test_the_two_sides() -> None:
    """Each has its uid and the other one."""
    assert (Side.TEACHER.other, Side.STUDENT.other) == (Side.STUDENT, Side.TEACHER)
    assert [REPORT.uid_of(side) for side in Side] == ["10001", "20002"]
    assert REPORT.abnormal_uid == "20002"
    assert replace(REPORT, abnormal_side=Side.TEACHER).abnormal_uid == "10001"


@pytest.mark.parametrize(
    ("uid", "side"),
    [("10001", Side.TEACHER), ("20002", Side.STUDENT), ("777", None), (None, None), ("", None)],
)
def test_the_side_of_a_uid(uid: str | None, side: Side | None) -> None:
    """Nobody else has one."""
    assert REPORT.side_of(uid) is side


def test_the_same_event() -> None:
    """Overlapping windows return an event twice, perhaps with other factors."""
    event = AbnormalEvent("10001", "class_1", Code("agora.exp_id", "4"), NOON)
    again = replace(event, factors=(Factor(Code("agora.factor_id", "21")),), peer_uid="20002")
    assert event.key == again.key
    others = [
        replace(event, uid="20002"),
        replace(event, cname="class_2"),
        replace(event, kind=Code("agora.exp_id", "5")),
        replace(event, at=NOON + MINUTE),
    ]
    assert len({one.key for one in (event, *others)}) == 5


def test_report_types_have_agoras_numbers() -> None:
    """`type` of reportV2: class switched, help, complaint, feedback."""
    assert {one.name: int(one) for one in IssueType} == {
        "CLASS_SWITCHED": 1,
        "HELP": 2,
        "COMPLAINT": 3,
        "FEEDBACK": 4,
    }
