"""Whose metric is whose, which samples are judged, and who was in the call when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from bot.call import (
    Call,
    Code,
    Direction,
    IssueType,
    Media,
    Metric,
    Participant,
    Report,
    Series,
    Side,
    Unit,
)
from bot.diagnosis.context import CallContext, build_context, consecutive_sessions
from tests.bot.diagnosis.conftest import STUDENT as S
from tests.bot.diagnosis.conftest import T0
from tests.bot.diagnosis.conftest import TEACHER as T

A, V = Media.AUDIO, Media.VIDEO
UP, DOWN = Direction.UP, Direction.DOWN
M = Metric
REPORT = Report("kids", "class_1", T, S, Side.STUDENT, IssueType.COMPLAINT, T0)


def series_of(
    metric: Metric,
    *,
    uid: str = T,
    peer: str | None = None,
    media: Media | None = None,
    direction: Direction | None = None,
    sid: str = "a",
    times: Sequence[float] = (0, 2, 4),
    values: Sequence[float] | None = None,
) -> Series:
    """A series, its times in seconds from the complaint."""
    at = T0.timestamp() + np.array(times, dtype=float)
    samples = np.array(values if values is not None else [1.0] * len(at), dtype=float)
    code = Code("huawei.mid", "1")
    return Series(uid, sid, metric, Unit.MS, at, samples, code, media, direction, peer)


def context_of(
    *series: Series, calls: Sequence[Call] = (), participants: Sequence[Participant] = ()
) -> CallContext:
    """Build a context for a complaint of the student."""
    return build_context(REPORT, calls, series, participants)


@pytest.mark.parametrize(
    ("series", "key"),
    [
        (series_of(M.END_TO_END_LOSS, media=V), (S, M.END_TO_END_LOSS, V, None)),
        (series_of(M.END_TO_END_LOSS, uid=S, direction=UP), (T, M.END_TO_END_LOSS, None, None)),
        (series_of(M.END_TO_END_LOSS, uid=S, peer=S), (T, M.END_TO_END_LOSS, None, None)),
        (series_of(M.END_TO_END_LOSS, uid=S, direction=DOWN), (S, M.END_TO_END_LOSS, None, None)),
        (series_of(M.END_TO_END_LOSS, uid=S, peer=T), (S, M.END_TO_END_LOSS, None, None)),
        (series_of(M.JITTER, media=A), (T, M.JITTER, A, UP)),
        (series_of(M.JITTER, peer=S, media=A), (T, M.JITTER, A, DOWN)),
        (series_of(M.LATENCY, direction=DOWN), (T, M.LATENCY, None, DOWN)),
        (series_of(M.LATENCY, peer=S, direction=UP), (T, M.LATENCY, None, UP)),
        (series_of(M.UPLINK_LOSS, media=A, direction=UP), (T, M.UPLINK_LOSS, A, None)),
        (series_of(M.SEND_FPS), (T, M.SEND_FPS, V, None)),
        (series_of(M.SEND_FPS_LOW), (T, M.SEND_FPS_LOW, V, None)),
        (series_of(M.CAPTURE_FPS), (T, M.CAPTURE_FPS, V, None)),
        (series_of(M.RECEIVE_FPS, peer=S), (T, M.RECEIVE_FPS, V, None)),
        (series_of(M.SEND_VOLUME), (T, M.SEND_VOLUME, A, None)),
        (series_of(M.PLAY_VOLUME, peer=S), (T, M.PLAY_VOLUME, A, None)),
    ],
)
def test_whose_metric_it_is(series: Series, key: object) -> None:
    """End-to-end loss is the receiver's; frames are video, volumes audio."""
    assert list(context_of(series).metric_series_by_key) == [key]


@pytest.mark.parametrize(
    ("metric", "direction"),
    [
        *((metric, UP) for metric in (M.SEND_BITRATE, M.SEND_FPS, M.SEND_VOLUME)),
        *((metric, UP) for metric in (M.UPLINK_LOSS, M.UPLINK_LATENCY, M.CAPTURE_FPS)),
        *((metric, DOWN) for metric in (M.RECEIVE_BITRATE, M.RECEIVE_FPS, M.PLAY_VOLUME)),
        *((metric, DOWN) for metric in (M.DOWNLINK_LOSS, M.END_TO_END_LOSS, M.FREEZE_TIME)),
        *((metric, DOWN) for metric in (M.FREEZE_RATE, M.DOWNLINK_LATENCY, M.PICTURE_QP)),
        *((metric, DOWN) for metric in (M.RECEIVE_BITRATE_LOW, M.RECEIVE_FPS_LOW)),
        *((metric, None) for metric in (M.SYSTEM_CPU, M.ROUTER_LATENCY, M.TASK_DELAY)),
    ],
)
def test_the_direction_where_a_cloud_names_none(metric: Metric, direction: Direction) -> None:
    """It follows from the metric."""
    (found,) = context_of(series_of(metric)).metric_series_by_key.values()
    assert found.direction is direction
    (named,) = context_of(series_of(metric, direction=UP)).metric_series_by_key.values()
    assert named.direction is UP


def test_series_of_others_are_left_out() -> None:
    """A classmate's own, and what either end receives from a classmate."""
    others = (
        series_of(M.RECEIVE_BITRATE, uid="777"),
        series_of(M.RECEIVE_BITRATE, uid="777", peer=T),
        series_of(M.RECEIVE_BITRATE, uid=S, peer="777"),
    )
    context = context_of(*others)
    assert context.metric_series_by_key == {}
    assert context.covered_s(S) == 0


def test_only_the_judged_window_counts() -> None:
    """Two minutes before and after the complaint, both ends included."""
    times = [-122, -120, 0, 120, 122]
    context = context_of(series_of(M.SYSTEM_CPU, times=times, values=[99, 1, 2, 3, 4]))
    found = context.metric_series(T, M.SYSTEM_CPU)
    assert found is not None
    assert found.values.tolist() == [1, 2, 3]
    assert found.overall_max == 99
    assert (context.samples[T] - T0.timestamp()).tolist() == [-120, 0, 120]
    assert context.judged_span == (T0.timestamp() - 120, T0.timestamp() + 120)
    assert context_of(series_of(M.SYSTEM_CPU, times=[-130, 130])).metric_series_by_key == {}


def test_sessions_of_a_metric_are_joined() -> None:
    """In order of time, without samples that are no numbers."""
    nan = float("nan")
    later = series_of(M.SYSTEM_CPU, sid="b", times=[10, 12], values=[7, nan])
    sooner = series_of(M.SYSTEM_CPU, times=[0, 2, 4], values=[5, nan, 6])
    empty = series_of(M.SYSTEM_CPU, sid="c", times=[])
    found = context_of(later, sooner, empty).metric_series(T, M.SYSTEM_CPU)
    assert found is not None
    assert (found.times - T0.timestamp()).tolist() == [0, 4, 10]
    assert found.values.tolist() == [5, 6, 7]
    assert (found.overall_max, found.unit, found.uid) == (7, Unit.MS, T)


def test_samples_are_those_of_known_metrics() -> None:
    """Each time once, by end; a metric no rule knows does not count."""
    context = context_of(
        series_of(M.SYSTEM_CPU, times=[0, 2]),
        series_of(M.APP_CPU, times=[2, 5]),
        series_of(M.OTHER, times=[9]),
    )
    assert (context.samples[T] - T0.timestamp()).tolist() == [0, 2, 5]
    assert context.samples[S].tolist() == []
    assert context.judged_span == (T0.timestamp(), T0.timestamp() + 5)


def test_without_samples_the_whole_window_is_judged() -> None:
    """Its span is two minutes each way."""
    context = context_of()
    assert context.judged_span == (T0.timestamp() - 120, T0.timestamp() + 120)
    assert (context.source, context.ended_at, context.sessions) == ("", None, ())


def test_the_ends() -> None:
    """First the sender of what the abnormal side receives."""
    context = context_of()
    assert context.ends == (T, S)
    assert (context.other(T), context.other(S)) == (S, T)


def call_of(cloud: str, since_min: int, until_min: int | None) -> Call:
    """A call, in minutes from the complaint."""
    until = None if until_min is None else T0 + timedelta(minutes=until_min)
    return Call(cloud, "kids", "c", "class_1", T0 + timedelta(minutes=since_min), until)


def test_the_call_of_the_complaint() -> None:
    """The end is that of the call during the complaint; the cloud is the calls', else the codes'."""
    calls = [call_of("agora", -60, -30), call_of("agora", -20, 10), call_of("agora", -5, 20)]
    context = context_of(series_of(M.SYSTEM_CPU), calls=calls)
    assert (context.source, context.ended_at) == ("agora", T0.timestamp() + 600)
    running = context_of(series_of(M.SYSTEM_CPU), calls=[call_of("agora", -20, None)])
    assert running.ended_at is None
    assert context_of(series_of(M.SYSTEM_CPU)).source == "huawei"


@pytest.mark.parametrize(
    ("networks", "on_wifi"),
    [
        ([], None),
        ([""], None),
        (["WiFi"], True),
        (["Wi-Fi"], True),
        (["wi fi"], True),
        (["WLAN"], True),
        (["4G"], False),
        (["Ethernet"], False),
        (["4G", "", "WiFi"], True),
        (["WiFi", "4G"], True),
    ],
)
def test_on_wifi(networks: list[str], *, on_wifi: bool | None) -> None:
    """In any session; unknown where the cloud has no network type."""
    sessions = [Participant(S, str(n), T0, network=name) for n, name in enumerate(networks)]
    other = Participant(T, "t", T0, network="WiFi")
    assert context_of(participants=[*sessions, other]).on_wifi(S) is on_wifi


def sessions_of(context: CallContext) -> list[tuple[str, float, float, bool]]:
    """The sessions, in seconds from the complaint."""
    start = T0.timestamp()
    return [
        (one.sid, one.joined_at - start, one.left_at - start, one.listed)
        for one in context.sessions
    ]


def test_sessions_are_the_listed_ones() -> None:
    """Of both ends, in order; one that still runs never ends."""
    participants = [
        Participant(T, "t", T0 - timedelta(seconds=9)),
        Participant(S, "s2", T0 + timedelta(seconds=5), T0 + timedelta(seconds=50)),
        Participant(S, "s1", T0 - timedelta(seconds=80), T0),
        Participant("777", "x", T0),
    ]
    context = context_of(series_of(M.SYSTEM_CPU, sid="measured"), participants=participants)
    assert sessions_of(context) == [
        ("t", -9, np.inf, True),
        ("s1", -80, 0, True),
        ("s2", 5, 50, True),
    ]
    pairs = consecutive_sessions(context.sessions, S)
    assert [(one.sid, two.sid) for one, two in pairs] == [("s1", "s2")]
    assert consecutive_sessions(context.sessions, T) == []


def test_without_a_list_sessions_are_those_measured() -> None:
    """From the first to the last sample of any of their metrics, also outside the window."""
    context = context_of(
        series_of(M.SYSTEM_CPU, sid="a", times=[-200, 0]),
        series_of(M.APP_CPU, sid="a", times=[-210, -5]),
        series_of(M.APP_CPU, sid="b", times=[]),
        series_of(M.SYSTEM_CPU, sid="c", times=[20, 90]),
        series_of(M.SYSTEM_CPU, uid="777", sid="x"),
    )
    assert sessions_of(context) == [("a", -210, 0, False), ("c", 20, 90, False)]


@pytest.mark.parametrize(
    ("left_s", "next_until_s", "ends_s"),
    [
        (40, 90, 10),  # the next session measures later: the list noticed late
        (5, 90, 5),
        (40, 10, 40),  # it does not
        (None, 90, 10),
    ],
)
def test_a_listed_session_ends_where_the_next_one_measures(
    left_s: float | None, next_until_s: float, ends_s: float
) -> None:
    """Clouds notice a disconnect only after some seconds."""
    left_at = None if left_s is None else T0 + timedelta(seconds=left_s)
    participants = [Participant(T, "a", T0, left_at), Participant(T, "b", T0)]
    context = context_of(
        series_of(M.SYSTEM_CPU, sid="a", times=[0, 10]),
        series_of(M.SYSTEM_CPU, sid="b", times=[6, next_until_s]),
        series_of(M.SYSTEM_CPU, uid=S, sid="c", times=[6, 200]),
        participants=participants,
    )
    assert sessions_of(context)[0][:3] == ("a", 0, ends_s)


def test_coverage_counts_each_end(build_call: Any) -> None:
    """Four minutes and one sample, every two seconds."""
    context = build_call().keep_samples(S, -10, 9).context()
    assert (context.covered_s(T), context.covered_s(S)) == (242, 20)
