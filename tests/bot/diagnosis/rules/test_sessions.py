"""Session rules: rejoins, duplicate logins, early leaves, and when they count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from bot.call import Call, Direction, Media, Metric
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


def test_the_shortest_gap_that_is_a_reconnect(build_call: Any) -> None:
    """A gap below eight seconds is none."""
    for length_s, is_reconnect in ((6, False), (10, True)):
        call_builder = build_call()
        for key, (times, values) in list(call_builder.curves.items()):
            if key[0] == S:
                after_s = times - T0.timestamp()
                outside = (after_s <= -10) | (after_s >= -10 + length_s)
                call_builder.curves[key] = times[outside], values[outside]
        for media in Media:
            call_builder.set_values(T, Metric.RECEIVE_BITRATE, media, 0, (-10, length_s - 10))
        verdict = call_builder.diagnose()
        assert (verdict.cause == "reconnect.network_down") is is_reconnect


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


def with_gap(build_call: Any, since_s: float, until_s: float, uid: str = S) -> Any:
    """A call without samples of one end between two seconds; the other one receives nothing."""
    call_builder = build_call().drop_samples(uid, since_s, until_s)
    for media in Media:
        other = T if uid == S else S
        call_builder.set_values(other, Metric.RECEIVE_BITRATE, media, 0, (since_s, until_s))
    return call_builder


@pytest.mark.parametrize(
    ("span", "is_gap"),
    [((-10, -3), False), ((-10, -2), True), ((-10, 50), True), ((-100, 6), True)],
)
def test_a_gap_in_the_samples(build_call: Any, span: tuple[float, float], *, is_gap: bool) -> None:
    """From eight seconds on it is a broken connection of this end."""
    call_builder = with_gap(build_call, *span)
    times, values = call_builder.curves[S, Metric.SYSTEM_CPU, None, None]
    with_end = np.unique(np.append(times, T0.timestamp() + span[1]))
    call_builder.curves[S, Metric.SYSTEM_CPU, None, None] = (
        with_end,
        np.full(len(with_end), values[0]),
    )
    found = find(call_builder)
    assert [(one.cause.key, one.uid) for one in found] == [("reconnect.network_down", S)] * is_gap
    assert all(one.since == T0.timestamp() + span[0] for one in found)
    assert all(one.until == T0.timestamp() + span[1] for one in found)
    assert all(0.55 < one.confidence < 0.75 for one in found)


def test_the_longest_gap_is_named(build_call: Any) -> None:
    """Of several before the complaint."""
    call_builder = with_gap(build_call, -80, -60).drop_samples(S, -30, 0)
    call_builder.drop_samples(S, 10, 50)  # after the complaint
    for media in Media:
        call_builder.set_values(T, Metric.RECEIVE_BITRATE, media, 0, (-30, 50))
    (found,) = find(call_builder)
    assert found.since == T0.timestamp() - 30


@pytest.mark.parametrize(("count", "is_broken"), [(2, False), (3, True), (5, True)])
def test_short_gaps_that_repeat(build_call: Any, count: int, *, is_broken: bool) -> None:
    """Three of six seconds are a broken connection too; the evidence is how long they were."""
    call_builder = build_call()
    for key, (times, values) in call_builder.curves.items():
        if key[0] == T:  # measured a second after the other end
            call_builder.curves[key] = times + 1, values
    for since_s in range(-100, 20 * count - 100, 20):
        call_builder.drop_samples(S, since_s, since_s + 6)
        for media in Media:
            span = (since_s, since_s + 6)
            call_builder.set_values(T, Metric.RECEIVE_BITRATE, media, 0, span)
    found = find(call_builder)
    assert [(one.cause.key, one.uid) for one in found] == [
        ("reconnect.network_down", S)
    ] * is_broken
    assert [one.evidence[0].value for one in found] == [6 * count] * is_broken
    assert [one.since - T0.timestamp() for one in found] == [-100] * is_broken


@pytest.mark.parametrize(
    ("own", "other", "is_cut_off"),
    [
        ((-20, -8), (-20, -8), True),
        ((-20, -8), (-24, -4), True),
        ((-20, -8), (-26, -8), False),  # one of them longer
        ((-20, -14), (-20, -14), False),  # too short
        ((-80, -10), (-80, -10), False),  # a break
        ((10, 30), (10, 30), False),  # after the complaint
    ],
)
def test_both_cut_off_at_once(
    build_call: Any, own: tuple[float, float], other: tuple[float, float], *, is_cut_off: bool
) -> None:
    """It is nobody's own link; unsure, as the samples alone may be lost."""
    call_builder = build_call().drop_samples(S, *own).drop_samples(T, *other)
    found = [one for one in find(call_builder) if one.cause.key == "server.route"]
    assert [(one.uid, one.at_most) for one in found] == [(None, 0.5)] * is_cut_off
    assert [[each.uid for each in one.evidence] for one in found] == [[T, S]] * is_cut_off


@pytest.mark.parametrize(
    ("audio", "video", "is_broken"),
    [
        (0, 0, True),
        (0.9, 0.9, True),
        (1, 0, False),
        (0, 1, False),
        (None, 0, True),
        (0, None, True),
        (None, None, False),
        (None, 30, False),
    ],
)
def test_a_gap_counts_only_when_nothing_arrived(
    build_call: Any, audio: float | None, video: float | None, *, is_broken: bool
) -> None:
    """Of either medium at the other end; else only the samples are missing."""
    call_builder = with_gap(build_call, -20, 20)
    for media, value in ((Media.AUDIO, audio), (Media.VIDEO, video)):
        if value is None:
            del call_builder.curves[T, Metric.RECEIVE_BITRATE, media, Direction.DOWN]
        else:
            call_builder.set_values(T, Metric.RECEIVE_BITRATE, media, value, (-20, 20))
    assert bool(find(call_builder)) is is_broken


def test_a_medium_that_never_arrived_says_nothing_about_a_gap(build_call: Any) -> None:
    """In a class without video only audio does."""
    call_builder = with_gap(build_call, -20, 20)
    call_builder.set_values(T, Metric.RECEIVE_BITRATE, Media.VIDEO, 0, (-300, 300))
    assert [one.uid for one in find(call_builder)] == [S]
    call_builder.set_values(T, Metric.RECEIVE_BITRATE, Media.AUDIO, 0, (-300, 300))
    assert find(call_builder) == []


def test_a_gap_needs_samples_of_the_other_end_within(build_call: Any) -> None:
    """Two seconds at both edges of the gap do not count: bitrates are means."""
    call_builder = with_gap(build_call, -20, 20)
    call_builder.set_values(T, Metric.RECEIVE_BITRATE, Media.VIDEO, 500, (-20, -18))
    call_builder.set_values(T, Metric.RECEIVE_BITRATE, Media.VIDEO, 500, (18, 20))
    assert len(find(call_builder)) == 1
    for media in Media:
        times, values = call_builder.curves[T, Metric.RECEIVE_BITRATE, media, Direction.DOWN]
        kept = abs(times - T0.timestamp()) >= 18
        key = (T, Metric.RECEIVE_BITRATE, media, Direction.DOWN)
        call_builder.curves[key] = times[kept], values[kept]
    assert find(call_builder) == []


def test_most_of_the_gap_decides(build_call: Any) -> None:
    """A single sample that arrived late changes nothing."""
    call_builder = with_gap(build_call, -20, 20)
    call_builder.set_values(T, Metric.RECEIVE_BITRATE, Media.VIDEO, 500, (0, 0))
    assert len(find(call_builder)) == 1


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


def test_a_rejoin_precedes_a_gap_and_a_gap_an_early_leave(build_call: Any) -> None:
    """One end's disconnect is one fault."""
    gap = with_gap(build_call, -20, 20)
    gap.keep_samples(S, -300, 40)
    for uid in (T, S):
        assert len([one for one in find(gap) if one.uid == uid]) == (uid == S)
    (found,) = find(gap)
    assert (found.cause.key, found.since) == ("reconnect.network_down", T0.timestamp() - 20)
    gap.add_session(S, "a", -300, -18)
    gap.add_session(S, "b", 12, None)
    (found,) = find(gap)
    assert found.since == T0.timestamp() - 18
