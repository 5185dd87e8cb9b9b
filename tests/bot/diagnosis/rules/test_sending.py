"""Who stopped sending or receiving, who never sent, and sound that is not played."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bot.call import Direction, Media, Metric, Side
from bot.diagnosis.candidates import Candidate
from bot.diagnosis.rules.sending import find_sending_faults
from bot.diagnosis.rules.streams import sent_bitrate
from tests.bot.diagnosis.conftest import STUDENT as S
from tests.bot.diagnosis.conftest import TEACHER as T

A, V = Media.AUDIO, Media.VIDEO
UP, DOWN = Direction.UP, Direction.DOWN
M = Metric
ALWAYS = (-300, 300)


def find(call_builder: Any) -> list[Candidate]:
    """The sending faults of a call, in the order they are found."""
    return list(find_sending_faults(call_builder.context()))


def named(found: list[Candidate]) -> list[tuple[str, Media | None, Direction | None, str | None]]:
    """Their cause, medium, direction and uid."""
    return [(one.cause.name, one.cause.media, one.cause.direction, one.uid) for one in found]


@pytest.mark.parametrize("media", Media)
@pytest.mark.parametrize("uid", [T, S])
def test_who_stopped_sending(build_call: Any, uid: str, media: Media) -> None:
    """Less than 1 kbps, after more than that before; of audio, nothing."""
    rate = 0.9 if media is V else 0
    (found,) = find(build_call().set_values(uid, M.SEND_BITRATE, media, rate))
    assert named([found]) == [("stopped_sending", media, UP, uid)]
    assert 0.85 < found.confidence < 0.95
    assert find(build_call().set_values(uid, M.SEND_BITRATE, media, 1)) == []


def test_who_stopped_sending_both_media(build_call: Any) -> None:
    """It is one fault, as sure as the surer part, with both as evidence."""
    call_builder = build_call().set_values(T, M.SEND_BITRATE, V, 0)
    call_builder.set_values(T, M.SEND_BITRATE, A, 0, (-120, -100))
    (found,) = find(call_builder)
    assert named([found]) == [("stopped_sending", None, UP, T)]
    assert [one.media for one in found.evidence] == [A, V]
    (video,) = find(build_call().set_values(T, M.SEND_BITRATE, V, 0))
    assert found.confidence == video.confidence


def test_the_senders_fault_is_found_first(build_call: Any) -> None:
    """Then who stopped receiving, the abnormal side first."""
    call_builder = build_call()
    for uid in (T, S):
        call_builder.set_values(uid, M.SEND_BITRATE, A, 0)
        call_builder.set_values(uid, M.RECEIVE_BITRATE, V, 0)
        call_builder.set_values(uid, M.PLAY_VOLUME, A, 0)
    assert named(find(call_builder)) == [
        ("stopped_sending", A, UP, T),
        ("stopped_sending", A, UP, S),
        ("peer_stopped_receiving", V, DOWN, S),
        ("no_sound", A, DOWN, S),
        ("peer_stopped_receiving", V, DOWN, T),
        ("no_sound", A, DOWN, T),
    ]


@pytest.mark.parametrize(
    ("abnormal", "uid", "low", "high"),
    [
        (Side.STUDENT, T, 0.75, 0.9),  # the teacher is expected to send
        (Side.TEACHER, S, 0.5, 0.7),  # students are often muted
        (Side.TEACHER, T, 0.3, 0.5),  # not what the teacher complains about
        (Side.STUDENT, S, 0, 0),
    ],
)
@pytest.mark.parametrize("media", Media)
def test_who_never_sent(  # noqa: PLR0917 - a row of the table
    build_call: Any, media: Media, abnormal: Side, uid: str, low: float, high: float
) -> None:
    """It is a fault when the other one sends this medium, most of all the teacher's.

    A camera may be off by choice, or its picture is a shared screen.
    """
    call_builder = build_call(abnormal=abnormal)
    found = find(call_builder.set_values(uid, M.SEND_BITRATE, media, 0, ALWAYS))
    if media is V:
        low, high = min(low, 0.5), min(high, 0.69)
    assert [low < one.confidence < high for one in found] == [True] * (high > 0)
    assert {one.uid for one in found} == ({uid} if high else set())


@pytest.mark.parametrize(("volume", "confidence"), [(0, 0.66), (0.9, 0.66), (1, 0.4), (None, 0.4)])
def test_a_teacher_who_was_muted_all_the_time(
    build_call: Any, volume: float | None, confidence: float
) -> None:
    """May complain that nobody hears her: surer where the cloud tells that she was muted."""
    call_builder = build_call(abnormal=Side.TEACHER).set_values(T, M.SEND_BITRATE, A, 0, ALWAYS)
    if volume is None:
        call_builder.without_metrics(M.SEND_VOLUME)
    else:
        call_builder.set_values(T, M.SEND_VOLUME, A, volume, ALWAYS)
    (found,) = find(call_builder)
    assert (found.cause.name, found.uid) == ("stopped_sending", T)
    assert found.confidence == pytest.approx(confidence)


@pytest.mark.parametrize(("kbps", "found"), [(0, True), (300, False)])
def test_who_shares_the_screen_needs_no_camera(build_call: Any, kbps: int, *, found: bool) -> None:
    """Where the cloud measures the screen, a camera that is off is no fault beside it."""
    call_builder = build_call().set_values(T, M.SEND_BITRATE, V, 0)
    call_builder.add_metric(T, M.SCREEN_BITRATE, kbps, V, UP)
    assert bool(find(call_builder)) is found


def speech(call_builder: Any, uid: str, *metrics: Metric, talks_s: int = 14, quiet: float) -> None:
    """Somebody speaks every 42 seconds, and sends next to nothing in between."""
    for start in range(-300, 300, 42):
        for metric in metrics:
            call_builder.set_values(uid, metric, A, quiet, (start + talks_s, start + 41))


@pytest.mark.parametrize("quiet", [0, 0.4, 1])
@pytest.mark.parametrize("talks_s", [6, 14, 30])
def test_speech_that_comes_and_goes_is_no_stopped_stream(
    build_call: Any, quiet: float, talks_s: int
) -> None:
    """Neither the sender's nor the receiver's fault, also where one of them rounds to 0."""
    call_builder = build_call()
    speech(call_builder, T, M.SEND_BITRATE, talks_s=talks_s, quiet=quiet)
    speech(call_builder, S, M.RECEIVE_BITRATE, talks_s=talks_s, quiet=0)
    assert find(call_builder) == []


def test_a_microphone_that_is_on_is_not_off(build_call: Any) -> None:
    """Silence is sent as a few packets, and a microphone that is off sends none."""
    for rate, count in ((0.9, 0), (0.3, 0), (0, 1)):
        for span in (ALWAYS, (-60, 60)):
            call_builder = build_call().set_values(T, M.SEND_BITRATE, A, rate, span)
            assert len(find(call_builder)) == count


def test_nothing_arrives_one_way(build_call: Any) -> None:
    """With both media gone, or the only one, it may be the link: half as sure at most."""
    for media in Media:
        call_builder = build_call().set_values(S, M.RECEIVE_BITRATE, media, 0)
        (one,) = find(call_builder)
        assert one.confidence > 0.8
    for media in Media:
        call_builder.set_values(S, M.RECEIVE_BITRATE, media, 0)
    (both,) = find(call_builder)
    assert named([both]) == [("peer_stopped_receiving", None, DOWN, S)]
    assert both.confidence <= 0.5


DROPPED = tuple((start, start + 6) for start in range(-116, 4, 20))


def test_a_sender_who_drops_out_again_and_again(build_call: Any) -> None:
    """Nobody stopped receiving what was not measured as sent."""
    call_builder = build_call()
    for span in DROPPED:
        call_builder.drop_samples(T, *span)
        for media in Media:
            call_builder.set_values(S, M.RECEIVE_BITRATE, media, 0, span)
    assert find(call_builder) == []


def test_a_medium_that_arrives_in_between(build_call: Any) -> None:
    """With both media gone at the same times it may be the link, whatever arrives in between."""
    call_builder = build_call()
    for span in DROPPED:
        call_builder.set_values(S, M.RECEIVE_BITRATE, V, 0, span)
    (chosen,) = find(call_builder)
    assert chosen.confidence > 0.7
    for span in DROPPED:
        call_builder.set_values(S, M.RECEIVE_BITRATE, A, 0, span)
    (both,) = find(call_builder)
    assert both.confidence <= both.at_most == 0.5


def test_who_never_sent_one_medium_and_stopped_the_other(build_call: Any) -> None:
    """The muted student's part does not count for the student's own complaint."""
    call_builder = build_call().set_values(S, M.SEND_BITRATE, A, 0, ALWAYS)
    assert named(find(call_builder.set_values(S, M.SEND_BITRATE, V, 0))) == [
        ("stopped_sending", V, UP, S)
    ]


@pytest.mark.parametrize("others_kbps", [0, 0.9])
def test_a_medium_nobody_sends_is_not_missing(build_call: Any, others_kbps: float) -> None:
    """A class without video."""
    call_builder = build_call().set_values(T, M.SEND_BITRATE, V, 0, ALWAYS)
    call_builder.set_values(S, M.SEND_BITRATE, V, others_kbps, ALWAYS)
    assert [one.cause.name for one in find(call_builder)] == []
    unmeasured = build_call().set_values(T, M.SEND_BITRATE, V, 0, ALWAYS)
    del unmeasured.curves[S, M.SEND_BITRATE, V, UP]
    assert find(unmeasured) == []


def test_who_sent_before_the_judged_window_has_stopped(build_call: Any) -> None:
    """The whole known time decides."""
    call_builder = build_call().set_values(T, M.SEND_BITRATE, V, 0, (-200, 300))
    (found,) = find(call_builder)
    assert found.confidence > 0.85


def test_the_small_stream_is_video_too(build_call: Any) -> None:
    """Both are added, the small one where it has a sample; each may be the only one."""
    call_builder = build_call().set_values(T, M.SEND_BITRATE, V, 0, ALWAYS)
    call_builder.set_values(T, M.SEND_BITRATE, V, 40)
    call_builder.add_metric(T, M.SEND_BITRATE_LOW, 5, V, UP)
    both = sent_bitrate(call_builder.context(), T, V)
    assert both is not None
    assert set(both.values) == {5, 45}
    assert both.overall_max == 40
    times, values = call_builder.curves[T, M.SEND_BITRATE_LOW, V, UP]
    call_builder.curves[T, M.SEND_BITRATE_LOW, V, UP] = (times[:150], values[:150] * 20)
    both = sent_bitrate(call_builder.context(), T, V)
    assert both is not None
    assert set(both.values) == {100, 140, 40, 0}
    assert both.overall_max == 100
    del call_builder.curves[T, M.SEND_BITRATE, V, UP]
    only = sent_bitrate(call_builder.context(), T, V)
    assert only is not None
    assert set(only.values) == {100}
    assert sent_bitrate(build_call().without_metrics(M.SEND_BITRATE).context(), T, V) is None


@pytest.mark.parametrize(
    ("changes", "is_receiver"),
    [
        ([], True),
        ([(T, M.SEND_BITRATE, V, 0)], False),  # nothing was sent
        ([(T, M.SEND_BITRATE, V, 300)], True),
        ([(S, M.END_TO_END_LOSS, V, 49)], True),
        ([(S, M.END_TO_END_LOSS, V, 50)], False),  # most was lost
        ([(T, M.UPLINK_LOSS, V, 50)], False),
        ([(S, M.UPLINK_LOSS, V, 50)], True),
        ([(S, M.END_TO_END_LOSS, A, 50)], True),
        ([(S, M.RECEIVE_BITRATE, V, 1)], False),
    ],
)
def test_who_stopped_receiving(build_call: Any, changes: list[Any], *, is_receiver: bool) -> None:
    """Nothing arrives although it is sent, and less than half of it is lost."""
    call_builder = build_call().set_values(S, M.RECEIVE_BITRATE, V, 0)
    for change in changes:
        call_builder.set_values(*change)
    found = [one for one in find(call_builder) if one.cause.name == "peer_stopped_receiving"]
    assert named(found) == [("peer_stopped_receiving", V, DOWN, S)] * is_receiver
    assert all(0.8 < one.confidence < 0.9 for one in found)


@pytest.mark.parametrize(("kbps", "is_choice"), [(300, True), (290, False), (1, False)])
def test_a_sender_that_slows_down_has_a_dead_link(
    build_call: Any, kbps: float, *, is_choice: bool
) -> None:
    """Below half the usual 600 kbps: its congestion control gets no feedback either."""
    call_builder = build_call().set_values(S, M.RECEIVE_BITRATE, V, 0)
    (found,) = find(call_builder.set_values(T, M.SEND_BITRATE, V, kbps))
    assert (found.confidence > 0.5) is is_choice


def test_downlink_loss_is_no_stopped_receiver(build_call: Any) -> None:
    """Where the cloud measures it at the receiver."""
    call_builder = build_call().without_metrics(M.END_TO_END_LOSS)
    call_builder.set_values(S, M.RECEIVE_BITRATE, V, 0)
    assert len(find(call_builder)) == 1
    assert find(call_builder.add_metric(S, M.DOWNLINK_LOSS, 60, V, DOWN)) == []


def test_receiving_needs_both_ends(build_call: Any) -> None:
    """Without what was sent or received, nobody is said to have stopped."""
    for metric in (M.SEND_BITRATE, M.RECEIVE_BITRATE):
        call_builder = build_call().set_values(S, M.RECEIVE_BITRATE, V, 0)
        assert find(call_builder.without_metrics(metric)) == []
    only_audio = build_call().set_values(S, M.RECEIVE_BITRATE, A, 0)
    del only_audio.curves[S, M.RECEIVE_BITRATE, V, DOWN]
    assert named(find(only_audio)) == [("peer_stopped_receiving", A, DOWN, S)]


def test_only_the_small_stream_may_be_received(build_call: Any) -> None:
    """It counts as received, and alone too."""
    call_builder = build_call().set_values(S, M.RECEIVE_BITRATE, V, 0)
    call_builder.add_metric(S, M.RECEIVE_BITRATE_LOW, 90, V, DOWN)
    assert find(call_builder) == []
    del call_builder.curves[S, M.RECEIVE_BITRATE, V, DOWN]
    assert find(call_builder) == []
    call_builder.set_values(S, M.RECEIVE_BITRATE_LOW, V, 0)
    assert named(find(call_builder)) == [("peer_stopped_receiving", V, DOWN, S)]


def test_a_gap_in_the_sent_bitrate_is_not_sending(build_call: Any) -> None:
    """Where it is not known that something was sent, nothing is missing."""
    call_builder = build_call().set_values(S, M.RECEIVE_BITRATE, V, 0)
    times, values = call_builder.curves[T, M.SEND_BITRATE, V, UP]
    outside = np.abs(times - times.mean()) > 70
    call_builder.curves[T, M.SEND_BITRATE, V, UP] = (times[outside], values[outside])
    assert find(call_builder) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([(S, M.PLAY_VOLUME, A, 0)], (DOWN, S, 0.75, 0.9)),
        ([(S, M.PLAY_VOLUME, A, 1)], None),
        ([(S, M.PLAY_VOLUME, A, 0), (T, M.SEND_VOLUME, A, 0)], (UP, T, 0.5, 0.7)),
        ([(S, M.PLAY_VOLUME, A, 0), (S, M.SEND_VOLUME, A, 0)], (DOWN, S, 0.75, 0.9)),
        ([(S, M.PLAY_VOLUME, A, 0), (S, M.RECEIVE_BITRATE, A, 0)], None),
        ([(T, M.SEND_VOLUME, A, 0)], None),
    ],
)
def test_sound_that_is_not_played(
    build_call: Any, changes: list[Any], expected: tuple[Any, ...] | None
) -> None:
    """It arrives, and is silent at the receiver; or it is silent already at the sender."""
    call_builder = build_call()
    for change in changes:
        call_builder.set_values(*change)
    found = [one for one in find(call_builder) if one.cause.name == "no_sound"]
    if expected is None:
        assert found == []
        return
    direction, uid, low, high = expected
    assert named(found) == [("no_sound", A, direction, uid)]
    assert low < found[0].confidence < high
    assert len(found[0].evidence) == (2 if direction is UP else 1)


def test_silence_needs_what_was_received_and_played(build_call: Any) -> None:
    """The sender's volume may be unmeasured; then it is less sure whose silence it is."""
    for metric in (M.PLAY_VOLUME, M.RECEIVE_BITRATE):
        call_builder = build_call().set_values(S, M.PLAY_VOLUME, A, 0)
        assert find(call_builder.without_metrics(metric)) == []
    call_builder = build_call().without_metrics(M.SEND_VOLUME).set_values(S, M.PLAY_VOLUME, A, 0)
    (found,) = find(call_builder)
    assert named([found]) == [("no_sound", A, DOWN, S)]
    assert 0.5 < found.confidence < 0.65
