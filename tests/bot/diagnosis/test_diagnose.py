"""When nothing can be said, when nothing was wrong, and what a cloud's own word is worth."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from bot.call import (
    Code,
    Direction,
    IssueType,
    Lack,
    LackReason,
    Media,
    Metric,
    Missing,
    Report,
    Side,
)
from bot.causes import ALL_KEYS, cause_of
from bot.diagnosis import CAN_EMIT, Verdict, diagnose

T, S = "10001", "20002"
A, V = Media.AUDIO, Media.VIDEO
T0 = dt.datetime(2020, 9, 24, 12, 0, tzinfo=dt.UTC)


def test_healthy_when_nothing_is_out_of_bounds(stage: Any) -> None:
    """Two well measured ends, nothing bad, nothing told: none, and rather sure of it."""
    verdict = stage().examine()
    assert ("none", None, None, ()) == (
        verdict.cause,
        verdict.side,
        verdict.uid,
        verdict.evidence,
    )
    assert verdict.confidence >= 0.8


def test_healthy_is_less_sure_the_less_it_saw(stage: Any) -> None:
    """Half the samples, no latency or jitter, no diagnosis: each takes some confidence."""
    half = stage().keep(S, -120, -40)
    blind = stage().without(Metric.JITTER, Metric.LATENCY, Metric.UPLINK_LATENCY)
    silent = stage()
    silent.missing.append(Missing(Lack.EVENTS, LackReason.UNSUPPORTED))
    late = stage()
    late.join(S, "b", -60, None)
    for scenery in (blind, silent, late):
        verdict = scenery.examine()
        assert "none" == verdict.cause
        assert verdict.confidence < stage().examine().confidence
    assert half.examine().confidence < 0.9


@pytest.mark.parametrize(
    ("uid", "span", "what", "why"),
    [
        (S, (500, 600), Lack.STUDENT_METRICS, LackReason.NOT_FOUND),
        (T, (500, 600), Lack.TEACHER_METRICS, LackReason.NOT_FOUND),
        (S, (-20, 30), Lack.STUDENT_METRICS, LackReason.TOO_FEW_SAMPLES),
        (T, (-300, -70), Lack.TEACHER_METRICS, LackReason.TOO_FEW_SAMPLES),
    ],
)
def test_unknown_when_an_end_has_too_little(
    stage: Any, uid: str, span: tuple[float, float], what: Lack, why: LackReason
) -> None:
    """Less than a minute of samples at one end: unknown, whatever the other end shows."""
    scenery = stage().bend(T, Metric.UPLINK_LOSS, V, 40).bend(S, Metric.SYSTEM_CPU, None, 99)
    verdict = scenery.keep(uid, *span).examine()
    assert ("unknown", None) == (verdict.cause, verdict.confidence)
    assert [(what, why, uid)] == [(one.what, one.why, one.detail) for one in verdict.missing]


def test_metrics_nobody_knows_are_no_sight(stage: Any) -> None:
    """Plenty of samples under names we cannot read: unknown, not healthy."""
    scenery = stage()
    unread = [dataclasses.replace(one, metric=Metric.OTHER) for one in scenery.series()]
    verdict = diagnose(scenery.report(), [], unread, [])
    assert "unknown" == verdict.cause
    assert {Lack.TEACHER_METRICS, Lack.STUDENT_METRICS} <= {one.what for one in verdict.missing}


def test_a_minute_of_samples_is_enough(stage: Any) -> None:
    """Just over a minute at one end can be judged, just under cannot."""
    assert "none" == stage().keep(S, -30, 30).examine().cause
    assert "unknown" == stage().keep(S, -28, 28).examine().cause


def test_unknown_while_the_data_is_not_out(stage: Any) -> None:
    """What the caller lacks is passed on, with the time to ask again."""
    retry_at = T0 + dt.timedelta(seconds=270)
    scenery = stage().bend(T, Metric.UPLINK_LOSS, V, 40)
    scenery.missing.append(Missing(Lack.CALL, LackReason.NOT_OUT_YET, retry_at))
    assert "network.loss" == scenery.examine().cause  # all that is judged is out
    verdict = scenery.keep(S, -300, 30).keep(T, -300, 30).examine()
    assert ("unknown", None, retry_at) == (verdict.cause, verdict.confidence, verdict.retry_at)


def test_does_not_repeat_what_the_caller_lacks(stage: Any) -> None:
    """One lack, one row: the caller's reason is the better one."""
    scenery = stage().keep(T, 500, 600)
    scenery.missing.append(Missing(Lack.TEACHER_METRICS, LackReason.CUT_OFF))
    assert [LackReason.CUT_OFF] == [one.why for one in scenery.examine().missing]


def test_takes_over_why_the_call_is_lacking(stage: Any) -> None:
    """An end hidden behind the cloud's ten names is cut off, not unknown to it."""
    scenery = stage().keep(T, 500, 600)
    scenery.missing.append(Missing(Lack.CALL, LackReason.CUT_OFF, detail=T))
    assert Missing(Lack.TEACHER_METRICS, LackReason.CUT_OFF, None, T) in scenery.examine().missing
    early = stage().keep(S, -300, -100)
    early.missing.append(Missing(Lack.CALL, LackReason.NOT_OUT_YET, T0))
    lack = Missing(Lack.STUDENT_METRICS, LackReason.NOT_OUT_YET, T0, S)
    assert lack in early.examine().missing


def test_single_bad_samples_here_and_there_are_no_fault(stage: Any) -> None:
    """A tenth of the samples bad, but never two in a row: every call has that."""
    scenery = stage()
    for at in range(-110, 110, 20):
        scenery.bend(T, Metric.UPLINK_LOSS, V, 30, (at, at))
    assert "none" == scenery.examine().cause


def test_unknown_still_passes_on_what_the_cloud_told(stage: Any) -> None:
    """An end is missing, yet the cloud named a cause: unknown, and the cause beside it."""
    verdict = stage().keep(S, 500, 600).tell(S, "21", T).examine()
    assert ("unknown", None) == (verdict.cause, verdict.confidence)
    (other,) = verdict.others
    assert ("network.loss", Side.TEACHER) == (other.cause, other.side)
    (evidence,) = other.evidence
    assert (Code("agora.factor_id", "21"), S, T) == (evidence.code, evidence.uid, evidence.peer)
    assert "agora" == evidence.source


def test_unknown_without_any_data() -> None:
    """No call, no series: unknown, with the call and both ends missing."""
    report = Report("kids", "class_1", T, S, Side.STUDENT, IssueType.HELP, T0)
    verdict = diagnose(report, [], [], [])
    assert "unknown" == verdict.cause
    assert {Lack.CALL, Lack.TEACHER_METRICS, Lack.STUDENT_METRICS} == {
        one.what for one in verdict.missing
    }


def test_the_cloud_confirms(stage: Any) -> None:
    """The same cause from the cloud raises confidence and adds its code to the evidence."""
    alone = stage().bend(T, Metric.UPLINK_LOSS, V, 9).examine()
    both = stage().bend(T, Metric.UPLINK_LOSS, V, 9).tell(S, "21", T).examine()
    assert alone.cause == both.cause == "network.loss"
    assert both.confidence > alone.confidence
    assert {"uplink_loss", ""} == {one.metric for one in both.evidence}
    assert () == both.others


def test_the_cloud_contradicts(stage: Any) -> None:
    """Another cause from the cloud lowers ours; both are named."""
    alone = stage().bend(T, Metric.UPLINK_LOSS, V, 20).examine()
    told = stage().bend(T, Metric.UPLINK_LOSS, V, 20).tell(S, "10").examine()
    assert "network.loss" == told.cause
    assert told.confidence < alone.confidence
    assert ["device.cpu_high"] == [one.cause for one in told.others]


def test_what_we_cannot_measure_the_cloud_may_tell(stage: Any) -> None:
    """A removal shows in no metric: the cloud's word is enough."""
    verdict = stage().tell(S, "30", event=Code("agora.exp_id", "4")).examine()
    assert ("session.removed", Side.STUDENT) == (verdict.cause, verdict.side)
    assert verdict.confidence >= 0.7


def test_a_claim_our_metrics_deny_is_told_with_doubt(stage: Any) -> None:
    """The cloud says loss on the way up, our metrics show none."""
    verdict = stage().tell(S, "21", T).examine()
    assert ("network.loss", Side.TEACHER) == (verdict.cause, verdict.side)
    assert verdict.confidence <= 0.6


@pytest.mark.parametrize(
    ("factor", "key"),
    [("15", "user_action.module_off"), ("13", "user_action.stopped_sending")],
)
def test_a_stopped_sender_keeps_the_clouds_name(stage: Any, factor: str, key: str) -> None:
    """One fault told by several codes is called what the cloud called it."""
    scenery = stage().bend(T, Metric.SEND_BITRATE, V, 0).tell(S, factor, T)
    verdict = scenery.examine()
    assert (key, Direction.UP, ()) == (verdict.cause, verdict.direction, verdict.others)


def test_a_cause_about_the_peer_lies_with_the_peer(stage: Any) -> None:
    """Huawei's "no bitstream from the peer" is told of who suffers; the other one did it."""
    huawei = {"kind": "huawei.abnormal_factor.type2_3", "event": Code("huawei.abnormal_type", "2")}
    verdict = stage().tell(S, "18", **huawei).examine()
    assert ("media.peer_no_stream", Side.TEACHER) == (verdict.cause, verdict.side)


@pytest.mark.parametrize("factor", ["18", "99999", ""])
def test_an_unknown_code_is_kept_and_never_raises(stage: Any, factor: str) -> None:
    """What nobody knows is evidence with its number, not an error."""
    verdict = stage().tell(S, factor).examine()
    assert "unknown.other" == verdict.cause
    assert verdict.confidence <= 0.5
    assert Code("agora.factor_id", factor) in [one.code for one in verdict.evidence]


def test_events_of_others_and_of_other_times_do_not_count(stage: Any) -> None:
    """A classmate's own trouble, another channel's, and an hour ago are not the two's."""
    scenery = stage().tell("777", "10").tell(S, "10", after_s=-3000)
    scenery.tell(S, "10")
    scenery.events[-1] = dataclasses.replace(scenery.events[-1], cname="class_2")
    assert "none" == scenery.examine().cause


def test_a_classmate_may_witness_the_teacher(stage: Any) -> None:
    """What others suffer from the teacher speaks against the teacher."""
    verdict = stage().bend(T, Metric.UPLINK_LOSS, V, 9).tell("777", "21", T).examine()
    plain = stage().bend(T, Metric.UPLINK_LOSS, V, 9).examine()
    assert Side.TEACHER is verdict.side
    assert verdict.confidence > plain.confidence


def test_a_verdict_survives_json(stage: Any) -> None:
    """What is written can be read again, codes and lacks included."""
    scenery = stage().bend(T, Metric.UPLINK_LOSS, V, 20).tell(S, "21", T).tell(S, "10")
    scenery.missing.append(Missing(Lack.MINUTES, LackReason.OVER_QUOTA, T0, "12:00"))
    verdict = scenery.examine()
    assert verdict == Verdict.from_json(verdict.to_json())


def test_every_cause_that_can_be_said_is_listed(stage: Any) -> None:
    """Words can be complete: every key is listed, and so is what a cloud's code may bring."""
    assert {*ALL_KEYS, "none", "unknown"} == {key for key, _ in CAN_EMIT}
    kinds = ("agora.factor_id", "huawei.abnormal_factor.type1", "huawei.abnormal_factor.type2_3")
    told = [cause_of(Code(kind, str(number))) for kind in kinds for number in range(60)]
    for cause in told:
        assert cause is None or (cause.key, cause.direction) in CAN_EMIT
    verdict = stage().bend(S, Metric.PLAY_VOLUME, A, 0).examine()
    assert (verdict.cause, verdict.direction) in CAN_EMIT


def test_unknown_for_good_says_so(stage: Any) -> None:
    """What a person's absence hides stays hidden when the cloud's own words come out later."""
    scenery = stage().keep(S, 0, 10)
    later = T0 + dt.timedelta(minutes=9)
    scenery.missing.append(Missing(Lack.EVENTS, LackReason.MAY_BE_INCOMPLETE, later))
    verdict = scenery.examine()
    assert [Lack.STUDENT_METRICS, Lack.EVENTS] == [lack.what for lack in verdict.missing]
    assert (None, later) == (verdict.known_at, verdict.retry_at)
