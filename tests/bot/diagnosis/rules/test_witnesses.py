"""Others who receive the same sender tell a receiver's own network from a bad route."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.call import Direction, Media, Metric, Side
from bot.diagnosis import Verdict
from bot.diagnosis.calibration import FITTED, MOST_UNSURE
from tests.bot.diagnosis.conftest import STUDENT, TEACHER

A, V = Media.AUDIO, Media.VIDEO
M = Metric
SPAN = (-60.0, 30.0)


def lossy(build_call: Any, *witnesses: float, metric: Metric = M.END_TO_END_LOSS) -> Any:
    """The student receives badly, with these values of others; no uplink is bad."""
    value = 26 if metric is M.END_TO_END_LOSS else 900
    call_builder = build_call()
    for media in Media:
        call_builder.set_values(STUDENT, metric, media, value, SPAN, Direction.DOWN)
    for number, one in enumerate(witnesses):
        call_builder.add_witness(f"3000{number}", one, SPAN, metric)
    return call_builder


def where(verdict: Verdict) -> tuple[str, str | None]:
    """Return the cause and whose it is."""
    return verdict.cause, verdict.uid


@pytest.mark.parametrize("good", [1, 2, 5])
def test_who_alone_receives_badly_has_a_bad_network(build_call: Any, good: int) -> None:
    """With others who receive well it is as sure as without others, and says so."""
    alone = lossy(build_call).diagnose(FITTED)
    verdict = lossy(build_call, *[1.0] * good).diagnose(FITTED)
    assert where(verdict) == where(alone) == ("network.loss", STUDENT)
    assert verdict.confidence == alone.confidence
    shares = [one.value for one in verdict.evidence if one.metric == "others_affected"]
    assert shares == [0]


@pytest.mark.parametrize("metric", [M.END_TO_END_LOSS, M.LATENCY, M.JITTER])
def test_all_receive_badly_by_the_route(build_call: Any, metric: Metric) -> None:
    """Nobody is accused, not even as another cause."""
    value = 26.0 if metric is M.END_TO_END_LOSS else 900.0
    verdict = lossy(build_call, value, value, metric=metric).diagnose(FITTED)
    assert (*where(verdict), verdict.side) == ("server.route", None, None)
    assert verdict.confidence is not None
    assert verdict.confidence > MOST_UNSURE
    assert verdict.others == ()
    assert verdict.evidence[-1].value == 100


@pytest.mark.parametrize(("values", "first"), [((26, 26, 1), "server"), ((26, 1, 1), "network")])
def test_some_receive_badly(build_call: Any, values: tuple[float, ...], first: str) -> None:
    """Neither is sure then; the route comes first where most of the others do."""
    verdict = lossy(build_call, *values).diagnose(FITTED)
    assert verdict.cause.partition(".")[0] == first
    assert all((one.confidence or 0) <= MOST_UNSURE for one in (verdict, *verdict.others))


def test_one_in_many_is_chance(build_call: Any) -> None:
    """One of twenty others has a bad network too."""
    verdict = lossy(build_call, *[1.0] * 19, 26).diagnose(FITTED)
    assert where(verdict) == ("network.loss", STUDENT)
    assert (verdict.confidence or 0) > MOST_UNSURE


def test_one_other_is_not_enough_to_be_sure(build_call: Any) -> None:
    """Two people may share a school's network."""
    verdict = lossy(build_call, 26).diagnose(FITTED)
    assert (verdict.cause, verdict.confidence) == ("server.route", MOST_UNSURE)


def test_witnesses_count_at_the_same_time_only(build_call: Any) -> None:
    """Another fault, some time before, is another fault."""
    call_builder = lossy(build_call)
    for uid in ("30001", "30002"):
        call_builder.add_witness(uid, 26, (-118, -70), M.END_TO_END_LOSS)
    assert where(call_builder.diagnose()) == ("network.loss", STUDENT)


def test_a_lossy_sender_is_not_the_route(build_call: Any) -> None:
    """All lose what the sender's way up has lost already."""
    call_builder = lossy(build_call, 26, 26)
    for media in Media:
        call_builder.set_values(TEACHER, M.UPLINK_LOSS, media, 26, SPAN)
    assert where(call_builder.diagnose()) == ("network.loss", TEACHER)


def test_who_shares_a_bad_network_is_no_witness_of_the_route(build_call: Any) -> None:
    """The receiver's own way up is bad too: others may sit in the same school. Nothing is sure."""
    call_builder = lossy(build_call, 26, 26, 26)
    for media in Media:
        call_builder.set_values(STUDENT, M.UPLINK_LOSS, media, 26, SPAN)
    verdict = call_builder.diagnose(FITTED)
    assert where(verdict) == ("network.loss", STUDENT)
    assert (verdict.confidence or 0) <= MOST_UNSURE


def test_witnesses_of_a_teacher(build_call: Any) -> None:
    """Who receives a student badly, as the teacher does."""
    call_builder = build_call(abnormal=Side.TEACHER)
    for media in Media:
        call_builder.set_values(TEACHER, M.END_TO_END_LOSS, media, 26, SPAN)
    assert where(call_builder.diagnose()) == ("network.loss", TEACHER)
    for uid in ("30001", "30002"):
        call_builder.add_witness(uid, 26, SPAN, M.END_TO_END_LOSS)
    assert where(call_builder.diagnose()) == ("server.route", None)


def test_witnesses_are_not_asked_without_the_senders_uplink(build_call: Any) -> None:
    """It is between sender and route then; the receiver stays possible, and no more."""
    call_builder = lossy(build_call, 26, 26).without_metrics(M.UPLINK_LOSS)
    verdict = call_builder.diagnose()
    assert (*where(verdict), verdict.direction) == ("network.loss", TEACHER, Direction.UP)
    assert "server.route" not in {one.cause for one in verdict.others}


def test_somebody_who_just_came_is_no_witness(build_call: Any) -> None:
    """With less than a minute of samples."""
    call_builder = lossy(build_call, 26, 26)
    call_builder.witnesses = [
        replace(one, times=one.times[-120:], values=one.values[-120:])
        for one in call_builder.witnesses
    ]
    assert where(call_builder.diagnose()) == ("network.loss", STUDENT)
