"""Verdicts without data, of healthy calls, and with a cloud's own findings."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from bot.call import (
    Code,
    Direction,
    IssueType,
    Media,
    Metric,
    MissingItem,
    MissingKind,
    MissingReason,
    Report,
    Side,
)
from bot.diagnosis import Verdict
from bot.diagnosis.diagnosis import diagnose

T, S = "10001", "20002"
A, V = Media.AUDIO, Media.VIDEO
T0 = dt.datetime(2020, 9, 24, 12, 0, tzinfo=dt.UTC)


def test_healthy_when_every_metric_is_within_its_threshold(build_call: Any) -> None:
    """Two well measured ends, no bad metric, no cloud event: `none`, with high confidence."""
    verdict = build_call().diagnose()
    assert (
        verdict.cause,
        verdict.side,
        verdict.uid,
        verdict.evidence,
    ) == ("none", None, None, ())
    assert verdict.confidence >= 0.8


def test_healthy_is_less_confident_with_fewer_metrics(build_call: Any) -> None:
    """Half the samples, no latency or jitter, no diagnosis: each takes some confidence."""
    half = build_call().keep_samples(S, -120, -40)
    blind = build_call().without_metrics(Metric.JITTER, Metric.LATENCY, Metric.UPLINK_LATENCY)
    silent = build_call()
    silent.missing.append(MissingItem(MissingKind.EVENTS, MissingReason.UNSUPPORTED))
    late = build_call()
    late.add_session(S, "b", -60, None)
    for call_builder in (blind, silent, late):
        verdict = call_builder.diagnose()
        assert verdict.cause == "none"
        assert verdict.confidence < build_call().diagnose().confidence
    assert half.diagnose().confidence < 0.9


@pytest.mark.parametrize(
    ("uid", "span", "what", "why"),
    [
        (S, (500, 600), MissingKind.STUDENT_METRICS, MissingReason.NOT_FOUND),
        (T, (500, 600), MissingKind.TEACHER_METRICS, MissingReason.NOT_FOUND),
        (S, (-20, 30), MissingKind.STUDENT_METRICS, MissingReason.TOO_FEW_SAMPLES),
        (T, (-300, -70), MissingKind.TEACHER_METRICS, MissingReason.TOO_FEW_SAMPLES),
    ],
)
def test_unknown_when_an_end_has_too_little(
    build_call: Any, uid: str, span: tuple[float, float], what: MissingKind, why: MissingReason
) -> None:
    """Less than a minute of samples at one end: unknown, whatever the other end shows."""
    call_builder = (
        build_call()
        .set_values(T, Metric.UPLINK_LOSS, V, 40)
        .set_values(S, Metric.SYSTEM_CPU, None, 99)
    )
    verdict = call_builder.keep_samples(uid, *span).diagnose()
    assert (verdict.cause, verdict.confidence) == ("unknown", None)
    assert [(what, why, uid)] == [(one.what, one.why, one.detail) for one in verdict.missing]


def test_unknown_metrics_do_not_count_as_measured(build_call: Any) -> None:
    """Plenty of samples under names we cannot read: unknown, not healthy."""
    call_builder = build_call()
    unread = [dataclasses.replace(one, metric=Metric.OTHER) for one in call_builder.series()]
    verdict = diagnose(call_builder.report(), [], unread, [])
    assert verdict.cause == "unknown"
    assert {MissingKind.TEACHER_METRICS, MissingKind.STUDENT_METRICS} <= {
        one.what for one in verdict.missing
    }


def test_a_minute_of_samples_is_enough(build_call: Any) -> None:
    """Just over a minute at one end can be judged, just under cannot."""
    assert build_call().keep_samples(S, -30, 30).diagnose().cause == "none"
    assert build_call().keep_samples(S, -28, 28).diagnose().cause == "unknown"


def test_unknown_while_the_data_is_not_out(build_call: Any) -> None:
    """The caller's missing items are passed on, with their retry time."""
    retry_at = T0 + dt.timedelta(seconds=270)
    call_builder = build_call().set_values(T, Metric.UPLINK_LOSS, V, 40)
    call_builder.missing.append(MissingItem(MissingKind.CALL, MissingReason.NOT_OUT_YET, retry_at))
    assert call_builder.diagnose().cause == "network.loss"  # all that is judged is out
    verdict = call_builder.keep_samples(S, -300, 30).keep_samples(T, -300, 30).diagnose()
    assert ("unknown", None, retry_at) == (verdict.cause, verdict.confidence, verdict.retry_at)


def test_missing_items_of_the_caller_are_not_repeated(build_call: Any) -> None:
    """One missing item, one row: the caller's reason is used."""
    call_builder = build_call().keep_samples(T, 500, 600)
    call_builder.missing.append(MissingItem(MissingKind.TEACHER_METRICS, MissingReason.CUT_OFF))
    assert [one.why for one in call_builder.diagnose().missing] == [MissingReason.CUT_OFF]


def test_takes_over_why_the_call_is_lacking(build_call: Any) -> None:
    """An end hidden behind the cloud's ten names is cut off, not unknown to it."""
    call_builder = build_call().keep_samples(T, 500, 600)
    call_builder.missing.append(MissingItem(MissingKind.CALL, MissingReason.CUT_OFF, detail=T))
    assert (
        MissingItem(MissingKind.TEACHER_METRICS, MissingReason.CUT_OFF, None, T)
        in call_builder.diagnose().missing
    )
    early = build_call().keep_samples(S, -300, -100)
    early.missing.append(MissingItem(MissingKind.CALL, MissingReason.NOT_OUT_YET, T0))
    missing_item = MissingItem(MissingKind.STUDENT_METRICS, MissingReason.NOT_OUT_YET, T0, S)
    assert missing_item in early.diagnose().missing


def test_only_the_end_that_is_cut_off_is(build_call: Any) -> None:
    """The other one, which has no samples either, is unknown to the cloud."""
    call_builder = build_call().keep_samples(T, 500, 600).keep_samples(S, 500, 600)
    call_builder.missing.append(MissingItem(MissingKind.CALL, MissingReason.CUT_OFF, detail=T))
    reasons = {item.what: item.why for item in call_builder.diagnose().missing}
    assert reasons == {
        MissingKind.CALL: MissingReason.CUT_OFF,
        MissingKind.TEACHER_METRICS: MissingReason.CUT_OFF,
        MissingKind.STUDENT_METRICS: MissingReason.NOT_FOUND,
    }


@pytest.mark.parametrize("why", [MissingReason.UNREACHABLE, MissingReason.CUT_OFF])
def test_an_end_with_some_samples_has_too_few(build_call: Any, why: MissingReason) -> None:
    """Unless more of them are published later, why the rest of the call is missing is not why."""
    call_builder = build_call().keep_samples(T, -20, 20)
    call_builder.missing.append(MissingItem(MissingKind.CALL, why, detail=T))
    reasons = {item.what: item.why for item in call_builder.diagnose().missing}
    assert reasons[MissingKind.TEACHER_METRICS] is MissingReason.TOO_FEW_SAMPLES


@pytest.mark.parametrize(("until_s", "judged"), [(104, False), (106, True), (300, True)])
@pytest.mark.parametrize("uid", [T, S])
def test_data_that_is_out_up_to_the_end_can_be_judged(
    build_call: Any, uid: str, until_s: float, *, judged: bool
) -> None:
    """What is published later is then about a later time."""
    call_builder = build_call().keep_samples(uid, -300, until_s)
    call_builder.missing.append(MissingItem(MissingKind.CALL, MissingReason.NOT_OUT_YET, T0))
    assert call_builder.diagnose().cause == ("none" if judged else "unknown")
    call_builder.missing[0] = MissingItem(MissingKind.EVENTS, MissingReason.NOT_OUT_YET, T0)
    assert call_builder.diagnose().cause == "none"


def test_the_likeliest_finding_comes_first_without_metrics(build_call: Any) -> None:
    """The verdict is unknown for the whole time of the samples."""
    call_builder = build_call().keep_samples(S, 500, 600).keep_samples(T, -100, 80)
    call_builder.add_event(S, "999").add_event(T, "30").add_event(S, "10")
    verdict = call_builder.diagnose()
    assert [one.cause for one in verdict.others] == [
        "device.cpu_high",
        "session.removed",
        "unknown.other",
    ]
    assert (verdict.since, verdict.until) == (
        T0 - dt.timedelta(seconds=100),
        T0 + dt.timedelta(seconds=80),
    )


def test_a_freeze_of_the_other_end_is_unexplained_too(build_call: Any) -> None:
    """The abnormal side's own freezes come first."""
    both = build_call().set_values(S, Metric.FREEZE_TIME, V, 900)
    both.set_values(T, Metric.FREEZE_TIME, V, 900)
    assert [one.uid for one in both.diagnose().evidence] == [S]
    other = build_call().set_values(T, Metric.FREEZE_TIME, V, 900)
    verdict = other.diagnose()
    assert (verdict.cause, verdict.uid) == ("unknown.other", None)
    assert [one.uid for one in verdict.evidence] == [T]
    assert 0.2 < verdict.confidence < 0.4
    assert verdict.until - verdict.since == dt.timedelta(seconds=240)


def test_single_bad_samples_here_and_there_are_no_fault(build_call: Any) -> None:
    """A tenth of the samples bad, but never two in a row: every call has that."""
    call_builder = build_call()
    for at in range(-110, 110, 20):
        call_builder.set_values(T, Metric.UPLINK_LOSS, V, 30, (at, at))
    assert call_builder.diagnose().cause == "none"


def test_unknown_verdict_keeps_the_clouds_findings(build_call: Any) -> None:
    """An end is missing, yet the cloud named a cause: unknown, and the cause beside it."""
    verdict = build_call().keep_samples(S, 500, 600).add_event(S, "21", T).diagnose()
    assert (verdict.cause, verdict.confidence) == ("unknown", None)
    (other,) = verdict.others
    assert (other.cause, other.side) == ("network.loss", Side.TEACHER)
    (evidence,) = other.evidence
    assert (Code("agora.factor_id", "21"), S, T) == (evidence.code, evidence.uid, evidence.peer)
    assert evidence.source == "agora"


def test_unknown_without_any_data() -> None:
    """No call, no series: unknown, with the call and both ends missing."""
    report = Report("kids", "class_1", T, S, Side.STUDENT, IssueType.HELP, T0)
    verdict = diagnose(report, [], [], [])
    assert verdict.cause == "unknown"
    assert {MissingKind.CALL, MissingKind.TEACHER_METRICS, MissingKind.STUDENT_METRICS} == {
        one.what for one in verdict.missing
    }


def test_the_cloud_confirms(build_call: Any) -> None:
    """The same cause from the cloud raises confidence and adds its code to the evidence."""
    alone = build_call().set_values(T, Metric.UPLINK_LOSS, V, 9).diagnose()
    both = build_call().set_values(T, Metric.UPLINK_LOSS, V, 9).add_event(S, "21", T).diagnose()
    assert alone.cause == both.cause == "network.loss"
    assert both.confidence > alone.confidence
    assert {one.metric for one in both.evidence} == {"uplink_loss", ""}
    assert both.others == ()


def test_the_cloud_contradicts(build_call: Any) -> None:
    """Another cause from the cloud lowers ours; both are named."""
    alone = build_call().set_values(T, Metric.UPLINK_LOSS, V, 20).diagnose()
    with_event = build_call().set_values(T, Metric.UPLINK_LOSS, V, 20).add_event(S, "10").diagnose()
    assert with_event.cause == "network.loss"
    assert with_event.confidence < alone.confidence
    assert [one.cause for one in with_event.others] == ["device.cpu_high"]


def test_cloud_finding_without_a_metric_is_enough(build_call: Any) -> None:
    """No metric shows a removal: the cloud's finding is enough."""
    verdict = build_call().add_event(S, "30", event=Code("agora.exp_id", "4")).diagnose()
    assert (verdict.cause, verdict.side) == ("session.removed", Side.STUDENT)
    assert verdict.confidence >= 0.7


def test_finding_that_metrics_contradict_lowers_confidence(build_call: Any) -> None:
    """The cloud reports uplink loss, our metrics have none."""
    verdict = build_call().add_event(S, "21", T).diagnose()
    assert (verdict.cause, verdict.side) == ("network.loss", Side.TEACHER)
    assert verdict.confidence <= 0.6


@pytest.mark.parametrize(
    ("factor", "key"),
    [("15", "user_action.module_off"), ("13", "user_action.stopped_sending")],
)
def test_a_stopped_sender_keeps_the_clouds_cause(build_call: Any, factor: str, key: str) -> None:
    """One fault with several codes gets the cause of the cloud's code."""
    call_builder = build_call().set_values(T, Metric.SEND_BITRATE, V, 0).add_event(S, factor, T)
    verdict = call_builder.diagnose()
    assert (key, Direction.UP, ()) == (verdict.cause, verdict.direction, verdict.others)


def test_a_cause_of_the_peer_is_at_the_peers_side(build_call: Any) -> None:
    """Huawei's "no bitstream from the peer" names the receiver; the cause is the peer's."""
    huawei = {"kind": "huawei.abnormal_factor.type2_3", "event": Code("huawei.abnormal_type", "2")}
    verdict = build_call().add_event(S, "18", **huawei).diagnose()
    assert (verdict.cause, verdict.side) == ("media.peer_no_stream", Side.TEACHER)


@pytest.mark.parametrize("factor", ["18", "99999", ""])
def test_an_unknown_code_is_kept_and_never_raises(build_call: Any, factor: str) -> None:
    """An unknown code becomes evidence with its number, without an error."""
    verdict = build_call().add_event(S, factor).diagnose()
    assert verdict.cause == "unknown.other"
    assert verdict.confidence <= 0.5
    assert Code("agora.factor_id", factor) in [one.code for one in verdict.evidence]


def test_events_of_others_and_of_other_times_do_not_count(build_call: Any) -> None:
    """A classmate's own trouble, another channel's, and an hour ago are not the two's."""
    call_builder = build_call().add_event("777", "10").add_event(S, "10", after_s=-3000)
    call_builder.add_event(S, "10")
    call_builder.events[-1] = dataclasses.replace(call_builder.events[-1], cname="class_2")
    assert call_builder.diagnose().cause == "none"


def test_a_classmate_may_witness_the_teacher(build_call: Any) -> None:
    """Symptoms that others have with the teacher's media point at the teacher."""
    verdict = (
        build_call().set_values(T, Metric.UPLINK_LOSS, V, 9).add_event("777", "21", T).diagnose()
    )
    plain = build_call().set_values(T, Metric.UPLINK_LOSS, V, 9).diagnose()
    assert Side.TEACHER is verdict.side
    assert verdict.confidence > plain.confidence


def test_a_verdict_survives_json(build_call: Any) -> None:
    """A verdict survives JSON, codes and missing items included."""
    call_builder = (
        build_call()
        .set_values(T, Metric.UPLINK_LOSS, V, 20)
        .add_event(S, "21", T)
        .add_event(S, "10")
    )
    call_builder.missing.append(
        MissingItem(MissingKind.MINUTES, MissingReason.OVER_QUOTA, T0, "12:00")
    )
    verdict = call_builder.diagnose()
    assert verdict == Verdict.from_json(verdict.to_json())


def test_permanently_unknown_has_no_retry_time(build_call: Any) -> None:
    """Data missing because a user was absent is not retried for later findings."""
    call_builder = build_call().keep_samples(S, 0, 10)
    later = T0 + dt.timedelta(minutes=9)
    call_builder.missing.append(
        MissingItem(MissingKind.EVENTS, MissingReason.MAY_BE_INCOMPLETE, later)
    )
    verdict = call_builder.diagnose()
    assert [missing_item.what for missing_item in verdict.missing] == [
        MissingKind.STUDENT_METRICS,
        MissingKind.EVENTS,
    ]
    assert (None, later) == (verdict.known_at, verdict.retry_at)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ([(Media.AUDIO, 420)], "media.concealed"),
        ([(Media.AUDIO, 380)], "unknown.other"),
        ([(Media.AUDIO, 420), (Media.VIDEO, 420)], "unknown.other"),
        ([(Media.VIDEO, 420)], "unknown.other"),
    ],
)
def test_sound_that_froze_alone_came_in_pieces(
    build_call: Any, changes: list[tuple[Media, float]], cause: str
) -> None:
    """From a tenth of the time on, where nothing else explains it; half as sure at most."""
    call_builder = build_call()
    for media, frozen_ms in changes:
        call_builder.set_values(S, Metric.FREEZE_TIME, media, frozen_ms)
    verdict = call_builder.diagnose()
    assert verdict.cause == cause
    assert verdict.confidence <= 0.5
