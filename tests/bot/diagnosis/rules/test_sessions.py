"""Session rules: rejoins, duplicate logins, early leaves, and when they count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.call import Call
from bot.diagnosis import Verdict
from bot.diagnosis.candidates import Candidate, proximity_factor, to_datetime
from bot.diagnosis.diagnosis import diagnose
from bot.diagnosis.rules.sessions import find_session_faults
from tests.bot.diagnosis.conftest import STUDENT as S
from tests.bot.diagnosis.conftest import T0
from tests.bot.diagnosis.conftest import TEACHER as T

Spans = list[tuple[float, float | None]]


def with_sessions(build_call: Any, spans: Spans) -> Verdict:
    """Diagnose a healthy call in which the student has these sessions."""
    call_builder = build_call()
    for number, (since, until) in enumerate(spans):
        call_builder.add_session(S, f"sid-{number}", since, until)
    verdict: Verdict = call_builder.diagnose()
    return verdict


@pytest.mark.parametrize(
    ("spans", "cause"),
    [
        ([(-300, -200), (-190, None)], "none"),  # long before the complaint
        ([(-300, -125), (-121, None)], "none"),
        ([(-300, -125), (-120, None)], "reconnect.network_down"),
        ([(-300, 4), (9, None)], "reconnect.network_down"),
        ([(-300, 5), (9, None)], "none"),  # after it
        ([(-300, -90), (-30, None)], "reconnect.network_down"),
        ([(-300, -90), (-29, None)], "none"),  # more than a minute
        ([(-300, 2), (-6, None)], "session.duplicate_uid"),
        ([(-300, 2), (-5, None)], "reconnect.network_down"),  # noticed late
        ([(-300, -130), (-260, None)], "none"),  # a duplicate long before
        ([(-300, -50), (-40, -20), (-10, None)], "reconnect.network_down"),
        ([(-300, -50), (-40, -20), (-10, 4), (30, None)], "session.duplicate_uid"),
        ([(-300, -250), (-240, -220), (-210, -190), (-180, None)], "none"),
    ],
)
def test_sessions_near_the_complaint(build_call: Any, spans: Spans, cause: str) -> None:
    """A rejoin within a minute is a reconnect, an overlap or a third rejoin a duplicate uid."""
    assert with_sessions(build_call, spans).cause == cause


def test_the_rejoin_nearest_to_the_complaint_is_named(build_call: Any) -> None:
    """Its evidence is how long the participant was away."""
    verdict = with_sessions(build_call, [(-300, -110), (-100, -12), (-2, None)])
    assert verdict.since == T0 - timedelta(seconds=12)
    assert verdict.until == T0 - timedelta(seconds=2)
    (evidence,) = verdict.evidence
    assert (evidence.metric, evidence.value, evidence.unit) == ("absence", 10.0, "s")
    assert (evidence.threshold, evidence.uid) == (8.0, S)


@pytest.mark.parametrize(("overlap_s", "confidence"), [(8, 0.55), (20, 0.65), (45, 0.85)])
def test_a_longer_overlap_is_surer(build_call: Any, overlap_s: float, confidence: float) -> None:
    """Clouds notice a disconnect late, which looks like a short overlap."""
    verdict = with_sessions(build_call, [(-300, 0), (-overlap_s, None)])
    (evidence,) = verdict.evidence
    assert (verdict.cause, verdict.confidence) == ("session.duplicate_uid", confidence)
    assert (evidence.metric, evidence.value, evidence.threshold) == ("overlap", overlap_s, 8.0)


def test_an_overlap_further_away_counts_less(build_call: Any) -> None:
    """The distance is from the end of the overlap."""
    near = with_sessions(build_call, [(-300, -10), (-60, None)])
    far = with_sessions(build_call, [(-300, -100), (-150, None)])
    assert near.confidence == 0.85
    assert far.confidence == pytest.approx(0.85 * 0.76, abs=0.006)


@pytest.mark.parametrize(
    ("left_s", "other_until_s", "ended_s", "cause"),
    [
        (-10, 300, None, "session.peer_offline"),
        (-10, 18, None, "none"),  # the other one left soon after
        (4, 300, None, "session.peer_offline"),
        (6, 300, None, "none"),  # after the complaint
        (-10, 300, 100, "none"),  # the class ended
        (-10, 300, 112, "session.peer_offline"),
    ],
)
def test_who_left_before_the_complaint(
    build_call: Any, left_s: float, other_until_s: float, ended_s: float | None, cause: str
) -> None:
    """One end left while the other stayed, and the class was not about to end."""
    call_builder = build_call().keep_samples(T, -300, left_s).keep_samples(S, -300, other_until_s)
    ended_at = None if ended_s is None else T0 + timedelta(seconds=ended_s)
    call = Call("agora", "kids", "c1", "class_1", T0 - timedelta(minutes=5), ended_at)
    verdict = diagnose(call_builder.report(), [call], call_builder.series(), [])
    assert verdict.cause == cause
    assert verdict.uid == (T if cause == "session.peer_offline" else None)


@pytest.mark.parametrize(
    ("since_s", "until_s"), [(-600, -300), (300, 600)], ids=["before", "after"]
)
def test_a_complaint_outside_its_call(build_call: Any, since_s: float, until_s: float) -> None:
    """It is judged by the samples there are, or unknown without any."""
    call = Call(
        "agora",
        "kids",
        "c1",
        "class_1",
        T0 + timedelta(seconds=since_s),
        T0 + timedelta(seconds=until_s),
    )
    call_builder = build_call()
    report = call_builder.report()
    assert diagnose(report, [call], call_builder.series(), []).cause == "none"
    for uid in (T, S):
        call_builder.keep_samples(uid, since_s, until_s)
    assert diagnose(report, [call], call_builder.series(), []).cause == "unknown"
    assert diagnose(report, [call], [], []).cause == "unknown"


def test_a_session_ends_where_the_next_one_measures(build_call: Any) -> None:
    """The list says the old session lasted longer, but its samples end before the new ones."""
    call_builder = build_call()
    series = []
    for one in call_builder.series():
        if one.uid == S:
            before, after = one.times < T0.timestamp(), one.times >= T0.timestamp() + 6
            for sid, part in (("a", before), ("b", after)):
                times, values = one.times[part], one.values[part]
                series.append(replace(one, sid=sid, times=times, values=values))
        else:
            series.append(one)
    call_builder.add_session(S, "a", -300, 40)
    call_builder.add_session(S, "b", 4, None)
    call = Call("agora", "kids", "c1", "class_1", T0 - timedelta(minutes=5))
    verdict = diagnose(
        call_builder.report(), [call], series, [], participants=call_builder.participants
    )
    assert (verdict.cause, verdict.uid) == ("reconnect.network_down", S)


def find(call_builder: Any) -> list[Candidate]:
    """The session faults of a call, in the order they are found."""
    return list(find_session_faults(call_builder.context()))


def found_with(build_call: Any, spans: Spans, uid: str = S) -> list[Candidate]:
    """The session faults of a healthy call in which somebody has these sessions."""
    call_builder = build_call()
    for number, (since, until) in enumerate(spans):
        call_builder.add_session(uid, f"sid-{number}", since, until)
    return find(call_builder)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        # Two sessions at once, in seconds from the complaint.
        ([(-300, 40), (-20, 60)], ("duplicate_uid", -20, 40)),
        ([(-300, 40), (-20, 10)], ("duplicate_uid", -20, 10)),
        ([(-300, 3), (-20, -13)], ("network_down", 3, 3)),  # it ends after seven seconds
        ([(-300, None), (-20, None)], ("duplicate_uid", -20, 120)),
        ([(-300, None), (4, None)], ("duplicate_uid", 4, 120)),
        ([(-300, None), (5, None)], None),  # after the complaint
        ([(-2000, -120), (-1000, None)], ("duplicate_uid", -1000, -120)),
        ([(-2000, -121), (-1000, None)], None),
        ([(-300, -290), (-295, -20), (-60, None)], ("duplicate_uid", -60, -20)),
        # Three rejoins around the complaint, however long each took.
        ([(-300, -115), (-45, -40), (-20, 3), (70, None)], ("duplicate_uid", -115, 70)),
        (
            [(-300, -200), (-190, -115), (-45, -40), (-20, 3), (70, None)],
            ("duplicate_uid", -115, 70),
        ),
        ([(-300, -115), (-45, -40), (25, None)], None),
        ([(-300, -115), (-45, -40), (25, 30), (95, None)], None),
        # A rejoin within a minute.
        ([(-300, -30), (30, None)], ("network_down", -30, 30)),
        ([(-300, -30), (30.1, None)], None),
        ([(-300, -30), (-34, None)], ("network_down", -30, -30)),
        ([(-300, -90), (-80, 4), (9, None)], ("network_down", 4, 9)),
        ([(-300, -90), (-80, 5), (9, None)], ("network_down", -90, -80)),
        ([(-300, -5), (9, 80), (90, None)], ("network_down", -5, 9)),
    ],
)
def test_which_sessions_are_a_fault(
    build_call: Any, spans: Spans, expected: tuple[str, float, float] | None
) -> None:
    """A duplicate, or the rejoin nearest to the complaint; with its time."""
    found = found_with(build_call, spans)
    at = T0.timestamp()
    assert [(one.cause.name, one.since - at, one.until - at) for one in found] == (
        [expected] if expected else []
    )
    assert {one.uid for one in found} <= {S}


@pytest.mark.parametrize(
    ("spans", "distance_s"),
    [
        ([(-300, -30), (30, None)], 0),
        ([(-300, -110), (-100, None)], 100),
        ([(-300, 40), (-20, None)], 0),
        ([(-300, -40), (-85, None)], 40),
        ([(-300, None), (4, None)], 4),
    ],
)
def test_a_session_fault_is_as_sure_as_it_is_near(
    build_call: Any, spans: Spans, distance_s: float
) -> None:
    """The distance is from its end when it was before the complaint, else from its start."""
    (found,) = found_with(build_call, spans)
    (near,) = found_with(
        build_call,
        [(-300, -5), (5, None)] if found.cause.name == "network_down" else [(-300, 5), (-40, None)],
    )
    assert found.confidence == pytest.approx(near.confidence * proximity_factor(distance_s))


def test_many_rejoins_are_likely_a_duplicate(build_call: Any) -> None:
    """Not as sure as a long overlap; the evidence is the whole time."""
    spans: Spans = [(-300, -50), (-40, -20), (-10, 4), (30, None)]
    (found,) = found_with(build_call, spans)
    assert 0.5 < found.confidence < 0.7
    (evidence,) = found.evidence
    assert (evidence.metric, evidence.value, evidence.unit) == ("overlap", 80, "s")
    assert (evidence.at, evidence.uid) == (to_datetime(T0.timestamp() - 50), S)


def test_an_absence_is_written_to_a_tenth(build_call: Any) -> None:
    """In seconds."""
    (found,) = found_with(build_call, [(-300, -10.04), (10.3, None)])
    assert [one.value for one in found.evidence] == [20.3]


def test_both_ends_may_be_at_fault(build_call: Any) -> None:
    """The sender's first; one with a duplicate is not examined for a rejoin besides."""
    call_builder = build_call()
    for uid in (S, T):
        call_builder.add_session(uid, f"{uid}-a", -300, 40)
        call_builder.add_session(uid, f"{uid}-b", -20, 50)
        call_builder.add_session(uid, f"{uid}-c", 55, None)
    assert [(one.uid, one.cause.name) for one in find(call_builder)] == [
        (T, "duplicate_uid"),
        (S, "duplicate_uid"),
    ]


@pytest.mark.parametrize(
    ("left_s", "other_until_s", "left"),
    [
        (-60, 300, True),
        (-62, 300, False),  # too long before the complaint
        (4, 300, True),
        (6, 300, False),  # after the complaint
        (-10, 20, True),
        (-10, 19, False),  # the other one left within half a minute too
    ],
)
def test_who_left_early(
    build_call: Any, left_s: float, other_until_s: float, *, left: bool
) -> None:
    """In the minute before the complaint, while the other one stayed half a minute."""
    call_builder = build_call().keep_samples(S, -300, left_s).keep_samples(T, -300, other_until_s)
    found = find(call_builder)
    assert [(one.cause.key, one.uid) for one in found] == [("session.peer_offline", S)] * left
    assert all(one.since == T0.timestamp() + left_s for one in found)
    assert all(one.until == T0.timestamp() + min(other_until_s, 120) for one in found)
    assert all(0.4 < one.confidence < 0.6 for one in found)


def test_nobody_left_who_was_not_measured(build_call: Any) -> None:
    """Nor when the other end was not."""
    assert find(build_call().keep_samples(S, 500, 600)) == []
    alone = build_call().keep_samples(T, 500, 600).keep_samples(S, -300, -10)
    assert find(alone) == []
