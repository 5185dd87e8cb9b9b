"""Which of several candidates is named, in which order, and how sure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.call import Direction, Media, Metric, Side
from bot.causes import Cause
from bot.diagnosis.candidates import Candidate
from bot.diagnosis.cloud_findings import OTHER, CloudFinding
from bot.diagnosis.context import CallContext
from bot.diagnosis.ranking import explains, rank
from tests.bot.diagnosis.conftest import STUDENT as S
from tests.bot.diagnosis.conftest import T0
from tests.bot.diagnosis.conftest import TEACHER as T

A, V = Media.AUDIO, Media.VIDEO
UP, DOWN = Direction.UP, Direction.DOWN
AT = T0.timestamp()
LOSS_UP, LOSS_DOWN = Cause("network", "loss", V, UP), Cause("network", "loss", V, DOWN)
CPU, STOPPED = Cause("device", "cpu_high"), Cause("user_action", "stopped_sending", V, UP)
REMOVED = Cause("session", "removed")


@pytest.fixture
def context(build_call: Any) -> CallContext:
    """The student complains; freezes are not measured, which changes no confidence."""
    found: CallContext = build_call().without_metrics(Metric.FREEZE_TIME).context()
    return found


def candidate(cause: Cause, uid: str | None, confidence: float, **parts: Any) -> Candidate:
    """A candidate at the time of the complaint."""
    return Candidate(cause, uid, confidence, AT, AT, **parts)


def ranked(context: CallContext, *candidates: Candidate) -> list[tuple[str, str | None, Any]]:
    """The ranked causes with uid and confidence."""
    found = rank(context, candidates, [])
    return [(one.cause.key, one.uid, pytest.approx(one.confidence)) for one in found]


@pytest.mark.parametrize(
    ("cause", "uid", "noticed"),
    [
        (LOSS_UP, T, True),
        (LOSS_UP, S, False),
        (LOSS_DOWN, S, True),
        (LOSS_DOWN, T, False),
        (Cause("network", "wifi_weak"), T, True),
        (Cause("network", "wifi_weak"), S, True),
        (Cause("network", "loss"), T, True),
        (CPU, T, True),
        (Cause("reconnect", "timeout"), T, True),
        (REMOVED, T, True),
        (Cause("connection", "failed"), T, True),
        (Cause("join", "blocked"), T, True),
        (Cause("server", "error", V, UP), S, True),
        (Cause("user_action", "module_off"), T, True),
        (Cause("media", "peer_no_stream"), T, True),
        (STOPPED, S, False),
        (Cause("client", "internal_error"), T, False),
        (Cause("client", "internal_error"), S, True),
        (OTHER, T, False),
        (OTHER, S, True),
    ],
)
def test_what_the_abnormal_side_notices(
    context: CallContext, cause: Cause, uid: str, *, noticed: bool
) -> None:
    """The sender's way up and the receiver's way down, broken sessions, and its own device."""
    assert explains(context, candidate(cause, uid, 0.8)) is noticed


def test_the_surest_is_first(context: CallContext) -> None:
    """Of one end, by confidence; what is hardly likely is not named at all."""
    found = ranked(
        context,
        candidate(CPU, S, 0.5),
        candidate(REMOVED, S, 0.19),
        candidate(LOSS_DOWN, S, 0.9),
        candidate(Cause("connection", "failed"), S, 0.2),
    )
    assert found == [
        ("network.loss", S, 0.9),
        ("device.cpu_high", S, 0.5),
        ("connection.failed", S, 0.2),
    ]
    assert rank(context, [], []) == []


@pytest.mark.parametrize(
    ("sender", "receiver", "first"), [(0.7, 0.8, T), (0.6, 0.8, S), (0.8, 0.7, T)]
)
def test_a_bad_sender_precedes_an_equally_likely_receiver(
    context: CallContext, sender: float, receiver: float, first: str
) -> None:
    """Unless the receiver's fault is clearly surer."""
    found = ranked(context, candidate(LOSS_DOWN, S, receiver), candidate(LOSS_UP, T, sender))
    assert found[0][1] == first


@pytest.mark.parametrize(("sender", "receiver", "first"), [(10, 17, T), (10, 19, S), (0, 19, T)])
def test_a_receiver_twice_as_bad_precedes_the_sender(
    context: CallContext, sender: float, receiver: float, first: str
) -> None:
    """With the same fault, also when the sender's is a little surer."""
    both = [
        candidate(LOSS_DOWN, S, 0.8, own=receiver),
        candidate(LOSS_UP, T, 0.85, own=sender),
    ]
    assert rank(context, both, [])[0].uid == first


def test_a_stream_that_is_not_sent_precedes_no_surer_fault(context: CallContext) -> None:
    """The sender may have chosen so; the receiver has not chosen the loss.

    Least of all one that was never sent, of which nobody is sure.
    """
    for stopped, lost, first in ((0.7, 0.75, S), (0.75, 0.7, T), (0.65, 0.6, S)):
        found = ranked(context, candidate(STOPPED, T, stopped), candidate(LOSS_DOWN, S, lost))
        assert found[0][1] == first


@pytest.mark.parametrize(
    ("since_s", "until_s", "first"),
    [
        (-40, 20, "network.loss"),
        (-5, 20, "user_action.stopped_sending"),  # not before
        (-60, -40, "user_action.stopped_sending"),  # over by then
    ],
)
def test_who_has_a_bad_network_may_stop_sending(
    context: CallContext, since_s: float, until_s: float, first: str
) -> None:
    """A camera that is switched off to save a bad connection is not the reason of the complaint."""
    loss = Candidate(LOSS_UP, T, 0.8, AT + since_s, AT + until_s)
    stopped = Candidate(STOPPED, T, 0.9, AT, AT + 60)
    assert rank(context, [stopped, loss], [])[0].cause.key == first


def test_among_close_ones_of_one_end_the_surer_is_first(context: CallContext) -> None:
    """The order of the rules does not matter."""
    for one, two in ((0.7, 0.8), (0.8, 0.7)):
        found = ranked(context, candidate(LOSS_UP, T, one), candidate(STOPPED, T, two))
        assert found[0][0] == ("network.loss" if one > two else "user_action.stopped_sending")


@pytest.mark.parametrize(
    ("noticed", "unnoticed", "first"),
    [
        (0.5, 0.85, DOWN),
        (0.45, 0.85, DOWN),
        (0.4, 0.85, UP),  # too unlikely to be the reason
        (0.44, 0.5, DOWN),
    ],
)
def test_a_fault_nobody_notices_comes_after_one_that_explains_the_complaint(
    context: CallContext, noticed: float, unnoticed: float, first: Direction
) -> None:
    """The student's own uplink is not why the student suffers."""
    candidates = [candidate(LOSS_UP, S, unnoticed), candidate(LOSS_DOWN, S, noticed)]
    assert rank(context, candidates, [])[0].cause.direction is first


def test_all_that_explains_precedes_all_that_does_not(context: CallContext) -> None:
    """Even what is far less likely."""
    found = rank(
        context,
        [
            candidate(LOSS_UP, S, 0.9),
            candidate(CPU, S, 0.3),
            candidate(REMOVED, S, 0.9),
            candidate(Cause("network", "jitter", V, UP), S, 0.5),
        ],
        [],
    )
    assert [(one.cause.name, explains(context, one)) for one in found] == [
        ("removed", True),
        ("cpu_high", True),
        ("loss", False),
        ("jitter", False),
    ]


def test_nothing_is_certain(context: CallContext) -> None:
    """A noticed fault is at most nearly certain, an unnoticed one at most likely."""
    ((_, _, sure),) = ranked(context, candidate(LOSS_DOWN, S, 1))
    ((_, _, unnoticed),) = ranked(context, candidate(LOSS_UP, S, 1))
    ((_, _, classmate),) = ranked(context, candidate(LOSS_UP, "777", 1))
    assert 0.95 <= sure.expected < 1
    assert classmate == sure.expected
    assert 0.6 < unnoticed.expected < 0.75


def test_an_unnoticed_fault_counts_less(context: CallContext) -> None:
    """By a quarter or so; somebody else's fault is not judged."""
    ((_, _, unnoticed),) = ranked(context, candidate(LOSS_UP, S, 0.6))
    assert 0.4 < unnoticed.expected < 0.5
    assert ranked(context, candidate(LOSS_UP, "777", 0.6)) == [("network.loss", "777", 0.6)]


def test_nothing_is_sure_that_is_not_noticed(context: CallContext) -> None:
    """However often such a score was right."""
    (found,) = rank(context, [candidate(LOSS_UP, S, 0.97)], [], ((0.6, 0.95),))
    assert found.confidence == 0.68


@pytest.mark.parametrize(("until_s", "most"), [(-61, 0.69), (-60, 0.97), (5, 0.97)])
def test_nothing_is_sure_that_was_over_a_minute_before(
    context: CallContext, until_s: float, most: float
) -> None:
    """Who complains may mean something else by then; the cloud's times are rounded to minutes."""
    span = (AT - 100, AT + until_s)
    found = rank(context, [Candidate(LOSS_UP, T, 0.9, *span)], [], ((0.8, 0.97),))
    assert [one.confidence for one in found] == [most]
    own = Candidate(LOSS_UP, T, 0.9, *span, by_rules=False, by_cloud=True)
    assert [one.at_most for one in rank(context, [own], [])] == [1]
    unreported = replace(context, begun_by=float("inf"))
    assert [one.at_most for one in rank(unreported, [replace(own, by_rules=True)], [])] == [1]


def test_two_as_likely_faults_lower_each_other(context: CallContext) -> None:
    """The first a little, the second to no more than the first, and to less for another person."""
    first, second, third = rank(
        context,
        [candidate(LOSS_UP, T, 0.8), candidate(CPU, S, 0.85), candidate(REMOVED, S, 0.84)],
        [],
    )
    assert (first.uid, 0.65 < first.confidence < 0.8) == (T, True)
    assert first.confidence == pytest.approx(0.72)
    assert (second.confidence, third.confidence) == (0.69, 0.69)  # two people are not both likely
    ours = rank(context, [candidate(LOSS_DOWN, S, 0.85), candidate(CPU, S, 0.84)], [])
    assert ours[0].confidence == ours[1].confidence > 0.7
    clear = rank(context, [candidate(LOSS_UP, T, 0.8), candidate(CPU, S, 0.64)], [])
    assert [one.confidence for one in clear] == [0.8, 0.64]
    close = rank(context, [candidate(LOSS_UP, T, 0.8), candidate(CPU, S, 0.66)], [])
    assert close[0].confidence < 0.8
    assert close[1].confidence == 0.66


def finding(cause: Cause, uid: str, weight: float = 0.7) -> CloudFinding:
    """A cause the cloud names at the time of the complaint."""
    return CloudFinding(cause, uid, weight, AT, AT, ())


def test_what_the_cloud_does_not_name_counts_less_when_it_names_another(
    context: CallContext,
) -> None:
    """A cause without a meaning contradicts nothing."""
    one = candidate(LOSS_DOWN, S, 0.8)
    (alone,) = rank(context, [one], [])
    besides = rank(context, [one], [finding(REMOVED, S, 0.4)])
    assert 0.6 < besides[0].confidence < alone.confidence == 0.8
    assert [each.cause for each in besides] == [LOSS_DOWN, REMOVED]
    unclear = rank(context, [one], [finding(OTHER, S, 0.4)])
    assert [each.confidence for each in unclear] == [0.8, 0.4]
    seen = rank(context, [replace(one, by_cloud=True)], [finding(REMOVED, S, 0.4)])
    assert seen[0].confidence == 0.8
    lacked = finding(Cause("media", "peer_no_stream"), T, 0.9)
    assert rank(context, [one], [lacked]) == [alone]  # the metrics say why
    assert [each.cause for each in rank(context, [], [lacked])] == [lacked.cause]


def test_a_finding_confirms_every_candidate_of_the_fault(context: CallContext) -> None:
    """It is no cause of its own then; findings without a candidate are."""
    both = [candidate(LOSS_DOWN, S, 0.5), candidate(replace(LOSS_DOWN, media=A), S, 0.5)]
    findings = [finding(Cause("network", "loss"), S), finding(REMOVED, T, 0.25)]
    found = rank(context, both, findings)
    assert [one.by_cloud for one in found] == [True, True, True]
    assert [one.by_rules for one in found] == [True, True, False]
    assert [one.confidence > 0.6 for one in found] == [True, True, False]
    assert found[2].cause == REMOVED


def test_a_networks_fault_is_surer_with_a_freeze(build_call: Any) -> None:
    """Of the same medium most; only what our own rules find is checked for one."""

    def confidence(one: Candidate, *frozen: Media, abnormal: Side = Side.STUDENT) -> float:
        call_builder = build_call(abnormal=abnormal)
        for media in frozen:
            call_builder.set_values(S, Metric.FREEZE_TIME, media, 900)
        (found,) = rank(call_builder.context(), [one], [])
        return found.confidence

    loss = candidate(LOSS_DOWN, S, 0.8)
    assert confidence(loss, V) == confidence(loss, A, V) == 0.8
    assert 0.65 < confidence(loss, A) < confidence(loss) < 0.8
    both = candidate(replace(LOSS_DOWN, media=None), S, 0.8)
    assert confidence(both) == confidence(both, A) == 0.8
    assert confidence(candidate(CPU, S, 0.8)) == 0.8
    assert confidence(replace(loss, by_rules=False)) == 0.8
    # The student froze, but the teacher complains.
    teachers = candidate(LOSS_UP, S, 0.8)
    assert confidence(teachers, V, abnormal=Side.TEACHER) < 0.8
