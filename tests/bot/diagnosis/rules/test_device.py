"""Device rules: whose load it is, whether anybody notices, and a camera without frames."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import Media, Metric
from bot.diagnosis.candidates import Candidate
from bot.diagnosis.rules.device import drops_frames, find_device_faults
from tests.bot.diagnosis.conftest import STUDENT as S
from tests.bot.diagnosis.conftest import TEACHER as T

V = Media.VIDEO
M = Metric
APP, SYSTEM, TASK = M.APP_CPU, M.SYSTEM_CPU, M.TASK_DELAY


def find(call_builder: Any) -> list[Candidate]:
    """The device faults of a call, in the order they are found."""
    return list(find_device_faults(call_builder.context()))


def with_load(call_builder: Any, uid: str, load: dict[str, float]) -> Any:
    """Set an end's CPU load and task delay."""
    for name, value in load.items():
        call_builder.set_values(uid, Metric(name), None, value)
    return call_builder


@pytest.mark.parametrize(
    ("load", "cause", "metrics"),
    [
        ({"system_cpu": 80, "app_cpu": 70}, None, []),
        ({"system_cpu": 81}, "cpu_high", [SYSTEM]),
        ({"app_cpu": 71}, "app_cpu_high", [APP]),
        ({"task_delay": 81}, None, []),  # a sign, no fault of its own
        ({"system_cpu": 90, "app_cpu": 60}, "cpu_high", [SYSTEM]),
        ({"system_cpu": 90, "app_cpu": 71}, "cpu_high", [APP, SYSTEM]),  # less than 80 % of it
        ({"system_cpu": 90, "app_cpu": 72}, "app_cpu_high", [APP, SYSTEM]),
        ({"system_cpu": 85, "app_cpu": 71}, "app_cpu_high", [APP, SYSTEM]),
        ({"system_cpu": 81, "task_delay": 81}, "cpu_high", [SYSTEM, TASK]),
        ({"system_cpu": 81, "task_delay": 80}, "cpu_high", [SYSTEM]),
    ],
)
def test_an_overloaded_cpu(
    build_call: Any, load: dict[str, float], cause: str | None, metrics: list[Metric]
) -> None:
    """Beyond the documents' limits; it is the app's own load when that is most of the whole."""
    found = find(with_load(build_call(), S, load))
    assert [(one.cause.group, one.cause.name, one.uid) for one in found] == (
        [("device", cause, S)] if cause else []
    )
    assert [one.metric for each in found for one in each.evidence] == metrics


def test_the_apps_load_while_the_system_is_overloaded(build_call: Any) -> None:
    """At other times it does not count."""
    call_builder = with_load(build_call(), S, {"system_cpu": 95})
    call_builder.set_values(S, APP, None, 90, (62, 120))
    assert [one.cause.name for one in find(call_builder)] == ["cpu_high"]


def test_the_apps_load_in_a_gap_of_its_samples(build_call: Any) -> None:
    """Where only the system's load was measured, it is not known to be the app's."""
    call_builder = with_load(build_call(), S, {"system_cpu": 95, "app_cpu": 90})
    times, values = call_builder.curves[S, APP, None, None]
    far = abs(times - times.mean()) > 70
    values[far] = 90
    call_builder.curves[S, APP, None, None] = (times[far], values[far])
    assert [one.cause.name for one in find(call_builder)] == ["cpu_high"]


def confidence(call_builder: Any, uid: str = T) -> float:
    """How sure the CPU overload of one end is."""
    (found,) = [one for one in find(call_builder) if one.cause.name == "cpu_high"]
    assert found.uid == uid
    return found.confidence


def test_an_overload_somebody_notices_is_surer(build_call: Any) -> None:
    """Tasks were late, frames were dropped, or the overloaded end froze itself."""
    unnoticed = confidence(with_load(build_call(), T, {"system_cpu": 95}))
    assert 0.55 < unnoticed < 0.7
    late = with_load(build_call(), T, {"system_cpu": 95, "task_delay": 150})
    dropped = with_load(build_call(), T, {"system_cpu": 95}).set_values(T, M.SEND_FPS, V, 6)
    froze = with_load(build_call(), T, {"system_cpu": 95}).set_values(T, M.FREEZE_TIME, V, 900)
    assert confidence(late) == confidence(dropped) == confidence(froze)
    assert 0.8 < confidence(late) < 0.95
    other = with_load(build_call(), T, {"system_cpu": 95}).set_values(S, M.FREEZE_TIME, V, 900)
    assert confidence(other) == unnoticed


@pytest.mark.parametrize(
    ("percent", "captured", "frozen", "is_noticed"),
    [
        (90, False, S, True),
        (89, False, S, False),
        (90, True, S, False),
        (90, False, None, False),
    ],
)
def test_a_very_high_load_explains_the_other_ends_freezes(
    build_call: Any, percent: float, *, captured: bool, frozen: str | None, is_noticed: bool
) -> None:
    """From 90 % on, where captured frames are not measured."""
    call_builder = build_call() if captured else build_call().without_metrics(M.CAPTURE_FPS)
    if frozen:
        call_builder.set_values(frozen, M.FREEZE_TIME, V, 900)
    found = confidence(with_load(call_builder, T, {"system_cpu": percent}))
    assert (0.75 < found < 0.85) is is_noticed
    assert is_noticed or 0.55 < found < 0.7


@pytest.mark.parametrize(
    ("captured_fps", "sent_fps", "span", "drops"),
    [
        (16, 12, (-300, 300), False),  # three quarters are enough
        (16, 11.9, (-300, 300), True),
        (16, 4, (-12, 12), True),  # more than a tenth of the time
        (16, 4, (-10, 10), False),
        (3, 0, (-300, 300), False),  # the camera gives hardly any
        (4, 0, (-300, 300), True),
    ],
)
def test_dropped_frames(
    build_call: Any,
    captured_fps: float,
    sent_fps: float,
    span: tuple[float, float],
    *,
    drops: bool,
) -> None:
    """Clearly fewer frames are sent than captured, for more than a tenth of the time."""
    call_builder = build_call().set_values(T, M.CAPTURE_FPS, V, captured_fps, (-300, 300))
    call_builder.set_values(T, M.SEND_FPS, V, captured_fps, (-300, 300))
    call_builder.set_values(T, M.SEND_FPS, V, sent_fps, span)
    assert drops_frames(call_builder.context(), T) is drops


@pytest.mark.parametrize("metric", [M.SEND_FPS, M.CAPTURE_FPS])
def test_dropped_frames_need_both_metrics(build_call: Any, metric: Metric) -> None:
    """Sent and captured."""
    call_builder = build_call().set_values(T, M.SEND_FPS, V, 1).without_metrics(metric)
    assert not drops_frames(call_builder.context(), T)


@pytest.mark.parametrize(
    ("changes", "is_camera"),
    [
        ([(T, M.CAPTURE_FPS, V, 2)], True),
        ([(T, M.CAPTURE_FPS, V, 3)], False),
        ([(T, M.CAPTURE_FPS, V, 2), (T, M.SEND_BITRATE, V, 0)], False),  # video is off
        ([(T, M.CAPTURE_FPS, V, 2), (T, M.SEND_BITRATE, V, 1)], True),
        ([(T, M.SEND_FPS, V, 2)], False),
    ],
)
def test_a_camera_without_frames(build_call: Any, changes: list[Any], *, is_camera: bool) -> None:
    """Fewer than three a second while video is being sent, and frozen where it is received."""
    call_builder = build_call().set_values(S, M.FREEZE_TIME, V, 900)
    for change in changes:
        call_builder.set_values(*change)
    found = find(call_builder)
    assert [(one.cause.key, one.uid) for one in found] == [("device.busy", T)] * is_camera
    assert all(0.8 < one.confidence < 0.95 for one in found)


@pytest.mark.parametrize(("frozen_ms", "is_camera"), [(0, False), (900, True)])
def test_a_still_picture_is_no_busy_camera(
    build_call: Any, frozen_ms: float, *, is_camera: bool
) -> None:
    """Slides or a shared screen have one or two frames a second, and nothing freezes."""
    call_builder = build_call().set_values(S, M.FREEZE_TIME, V, frozen_ms)
    for metric in (M.CAPTURE_FPS, M.SEND_FPS):
        call_builder.set_values(T, metric, V, 1.5)
    assert bool(find(call_builder)) is is_camera
    unmeasured = call_builder.without_metrics(M.FREEZE_TIME)
    assert [one.cause.key for one in find(unmeasured)] == ["device.busy"]


def test_a_camera_whose_frames_are_not_measured(build_call: Any) -> None:
    """The sent ones are less sure: the encoder may have dropped them."""
    call_builder = build_call().without_metrics(M.CAPTURE_FPS).set_values(T, M.SEND_FPS, V, 2)
    (found,) = find(call_builder.set_values(S, M.FREEZE_TIME, V, 900))
    assert found.cause.key == "device.busy"
    assert 0.6 < found.confidence < 0.8
    assert find(call_builder.without_metrics(M.SEND_BITRATE)) == []
    assert find(call_builder.without_metrics(M.SEND_FPS)) == []


def test_both_ends_are_examined(build_call: Any) -> None:
    """The sender's before the receiver's."""
    call_builder = with_load(with_load(build_call(), S, {"system_cpu": 95}), T, {"system_cpu": 95})
    call_builder.set_values(S, M.CAPTURE_FPS, V, 1).set_values(T, M.FREEZE_TIME, V, 900)
    assert [(one.uid, one.cause.name) for one in find(call_builder)] == [
        (T, "cpu_high"),
        (S, "cpu_high"),
        (S, "busy"),
    ]


@pytest.mark.parametrize(
    ("changes", "is_decoder"),
    [
        ([], True),
        ([(S, M.RECEIVE_FPS, V, 8)], False),  # more than half of 15
        ([(T, M.SEND_FPS, V, 7)], False),  # few are sent
        ([(S, M.RECEIVE_BITRATE, V, 300)], False),  # half does not arrive
        ([(S, M.END_TO_END_LOSS, V, 9)], False),  # it is loss
        ([(S, M.SEND_FPS, V, 7)], False),  # it encodes slowly too
    ],
)
def test_a_slow_decoder(build_call: Any, changes: list[Any], *, is_decoder: bool) -> None:
    """Video arrives, and hardly half of its frames are displayed."""
    call_builder = build_call().set_values(S, M.RECEIVE_FPS, V, 5)
    for change in changes:
        call_builder.set_values(*change)
    found = [one for one in find(call_builder) if one.cause.name == "decoder"]
    assert [(one.cause.key, one.uid) for one in found] == [("device.decoder", S)] * is_decoder


def test_a_slow_decoder_is_surer_with_freezes(build_call: Any) -> None:
    """And the CPU is named instead where it is busy."""
    call_builder = build_call().set_values(S, M.RECEIVE_FPS, V, 5)
    (silent,) = find(call_builder)
    (frozen,) = find(call_builder.set_values(S, M.FREEZE_TIME, V, 700))
    assert 0.5 < silent.confidence < 0.7 < frozen.confidence
    (busy,) = find(call_builder.set_values(S, M.SYSTEM_CPU, None, 95))
    assert busy.cause.name == "cpu_high"


def test_the_evidence_of_a_slow_decoder(build_call: Any) -> None:
    """What was displayed, what was sent and arrived meanwhile, the freezes, and a calm CPU."""
    call_builder = build_call().set_values(S, M.RECEIVE_FPS, V, 5)
    (found,) = find(call_builder.set_values(S, M.FREEZE_TIME, V, 700))
    assert [(one.uid, one.metric, one.value, one.threshold) for one in found.evidence] == [
        (S, "receive_fps", 5, 7.5),
        (T, "send_fps", 15, None),
        (S, "receive_bitrate", 600, None),
        (S, "freeze_rate", 17.6, 5),
        (S, "system_cpu", 45, 80),
    ]


@pytest.mark.parametrize(
    ("percent", "sent_fps", "frozen_ms", "is_busy"),
    [
        (75, 8, 700, True),
        (70, 8, 700, False),
        (75, 14, 700, False),  # as many as are captured
        (75, 8, 0, False),
    ],
)
@pytest.mark.parametrize("captured", [True, False])
def test_a_cpu_near_its_limit(
    build_call: Any, percent: int, sent_fps: int, frozen_ms: int, *, captured: bool, is_busy: bool
) -> None:
    """It is why clearly fewer frames are sent, but never surely."""
    call_builder = build_call() if captured else build_call().without_metrics(M.CAPTURE_FPS)
    call_builder.set_values(T, SYSTEM, None, percent).set_values(T, M.SEND_FPS, V, sent_fps)
    found = find(call_builder.set_values(S, M.FREEZE_TIME, V, frozen_ms))
    assert [(one.cause.key, one.uid) for one in found] == [("device.cpu_high", T)] * is_busy
    for one in found:
        assert one.at_most < 0.7
        assert [(each.metric, each.value, each.threshold) for each in one.evidence] == [
            ("system_cpu", 75, 70),
            ("send_fps", 15, None),
            ("send_fps", 8, None),
            ("freeze_rate", 17.6, 5),
        ]
