"""What Agora and Volcengine count of the same few calls, each by its own rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from bot.causes import Cause
from bot.sandbox.clouds.agora.app_metric_totals import rows
from bot.sandbox.clouds.agora.dimensions import (
    DIMENSION_VALUES,
    CallParticipant,
    count_of,
    participants_of,
    share_of,
)
from bot.sandbox.clouds.volcengine import app_metric_totals as volcengine
from bot.sandbox.scenario import (
    Device,
    Fault,
    Person,
    SimulatedCall,
    SimulatedSession,
    build_simulated_call,
)
from bot.sandbox.scenario.simulated_call import Role

TEMPLATE: Final = build_simulated_call("healthy", "a", seed=1, started_at=0, length_s=200)


def person(uid: int, *sessions: tuple[float, float], join_s: float = 1) -> Person:
    """Somebody who was there between these times."""
    made = (SimulatedSession(start - join_s, start, end) for start, end in sessions)
    return Person(uid, Role.STUDENT, Device(), tuple(made))


# Somebody leaves channel a and returns, and is in b too; a third person never got in.
A: Final = replace(TEMPLATE, people=(person(1, (0, 60), (120, 180)), person(2, (30, 150))))
B: Final = replace(
    TEMPLATE,
    cname="b",
    people=(person(1, (50, 70), join_s=5.1), person(3)),
    faults=(Fault(Cause("join", "timeout"), 3, 90, 95),),
)
CALLS: Final = (A, B)


@pytest.mark.parametrize(
    ("name", "first_100_s", "second_60_s", "after"),
    [
        ("user_count", 2, 2, 0),
        ("session_count", 3, 2, 0),
        ("peak_concurrent_user", 3, 2, 0),
        ("room_count", 2, 2, 0),
        ("peak_concurrent_room", 2, 2, 0),
        ("high_concurrency_room", 0, 0, 0),
        ("avg_call_count", 1.5, 1, None),
        ("per_call_time", 150 / 60 / 3, 70 / 60 / 2, None),
        ("avg_call_time", 150 / 60 / 2, 70 / 60 / 2, None),
        ("total_online_time", 2, 70 / 60, 0),
        ("avg_online_time", 1, 70 / 60 / 2, None),
        ("avg_user_count", 1.5, 1, None),
    ],
)
def test_volcengines_operations(
    name: str, first_100_s: float, second_60_s: float, after: float | None
) -> None:
    """A person in two channels is one user there; an end does not belong to its interval."""
    people = volcengine.participants_of(CALLS)
    count = volcengine.OPERATIONS[name]
    counted = [
        count(people, volcengine.Bucket(*span)) for span in ((0, 100), (60, 120), (200, 300))
    ]
    assert counted == [pytest.approx(each) for each in (first_100_s, second_60_s, after)]


@pytest.mark.parametrize(("people", "expected"), [(99, 0), (100, 1)])
def test_a_channel_of_a_hundred_is_large(people: int, expected: int) -> None:
    """At one time."""
    sim_call = replace(TEMPLATE, people=tuple(person(uid, (0, 60)) for uid in range(people)))
    participants = volcengine.participants_of([sim_call])
    count = volcengine.OPERATIONS["high_concurrency_room"]
    assert count(participants, volcengine.Bucket(0, 10)) == expected


@pytest.mark.parametrize(
    ("start", "end", "volcengines", "agoras"),
    [
        (-1, 100, [50, 50], (0.5, 4)),  # two in time, one too late, one never
        (-1, 0, [100, 100], (1, 1)),
        (0, 90, [50, 50], (0.5, 2)),
        (90, 100, [0, 0], (0, 1)),
        (100, 119, [None, None], (None, 0)),
        (119, 120, [100, 100], (1, 1)),
    ],
)
def test_joins_in_time(
    start: float, end: float, volcengines: list[float | None], agoras: tuple[float | None, int]
) -> None:
    """Within five seconds, of those that began in the interval; a failed one counts too."""
    count = volcengine.QUALITY["join_room_success_rate"]["5s_join_room_success_rate"]
    people = volcengine.participants_of(CALLS)
    assert [count(people, volcengine.Bucket(start, end))] * 2 == volcengines
    assert share_of("joinSuccessIn5sRate", participants_of(CALLS), start, end) == agoras


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pcu", [3, 2, 2, 0]),
        ("pcc", [2, 2, 1, 0]),
        ("sessionCount", [3, 2, 2, 0]),
        ("joinSuccessRate", [1, 0.5, 1, 1]),
        ("joinSuccess5SecsRate", [0.5, 0.5, 1, 1]),
    ],
)
def test_agoras_intervals(name: str, expected: list[float]) -> None:
    """A minute each; a person in two channels counts twice, a share without data is 1."""
    minutes = rows([name], CALLS, range(0, 240, 60), 1)
    assert [row["ts"] for row in minutes] == [0, 60, 120, 180]
    assert [row[name] for row in minutes] == expected


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("userCount", 3), ("channelCount", 2), ("sessionCount", 4), ("peakConcurrentChannels", 2)],
)
def test_agoras_counts(metric: str, expected: int) -> None:
    """Of people in calls, channels and sessions."""
    assert count_of(metric, participants_of(CALLS), 0, 200) == expected
    assert count_of(metric, participants_of(CALLS), 180, 200) == 0


@pytest.mark.parametrize(
    ("people", "size"),
    [
        (1, "[1,3)"),
        (2, "[1,3)"),
        (3, "[3,10)"),
        (9, "[3,10)"),
        (10, "[10,50)"),
        (49, "[10,50)"),
        (50, "[50,∞)"),
    ],
)
def test_agoras_sizes_of_channels(people: int, size: str) -> None:
    """The upper end does not belong to it."""
    sim_call: SimulatedCall = replace(TEMPLATE, people=(person(1),) * people)
    assert DIMENSION_VALUES["channelSize"](CallParticipant(sim_call, person(1))) == size
