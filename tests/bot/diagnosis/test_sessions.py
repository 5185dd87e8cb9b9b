"""Session rules: rejoins, duplicate logins, early leaves, and when they count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.call import Call, Media, Metric
from bot.diagnosis import Verdict, diagnose
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
        ([(-300, 120), (125, None)], "reconnect.network_down"),
        ([(-300, 121), (125, None)], "none"),  # long after it
        ([(-300, -90), (-30, None)], "reconnect.network_down"),
        ([(-300, -90), (-29, None)], "none"),  # more than a minute
        ([(-300, 40), (32, None)], "session.duplicate_uid"),
        ([(-300, 40), (33, None)], "reconnect.network_down"),  # noticed late
        ([(-300, -130), (-260, None)], "none"),  # a duplicate long before
        ([(-300, -50), (-40, -20), (-10, None)], "reconnect.network_down"),
        ([(-300, -50), (-40, -20), (-10, 20), (30, None)], "session.duplicate_uid"),
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
    assert (evidence.threshold, evidence.uid) == (15.0, S)


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
        (15, 300, None, "session.peer_offline"),
        (18, 300, None, "none"),  # after the complaint
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
    """A gap below fifteen seconds is none."""
    for length_s, cause in ((12, "none"), (16, "reconnect.network_down")):
        call_builder = build_call()
        for key, (times, values) in list(call_builder.curves.items()):
            if key[0] == S:
                after_s = times - T0.timestamp()
                outside = (after_s <= -10) | (after_s >= -10 + length_s)
                call_builder.curves[key] = times[outside], values[outside]
        for media in Media:
            call_builder.set_values(T, Metric.RECEIVE_BITRATE, media, 0, (-10, length_s - 10))
        assert call_builder.diagnose().cause == cause
