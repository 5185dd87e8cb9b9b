"""When what a cloud names is what the metrics already have, and what each does to the other."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import AbnormalEvent, Code, Direction, Factor, Media, Metric
from bot.causes import Cause
from bot.diagnosis.candidates import Candidate
from bot.diagnosis.cloud_findings import (
    CloudFinding,
    candidate_from_finding,
    confirm,
    is_same_fault,
    read_findings,
)
from bot.diagnosis.verdict import Evidence
from tests.bot.diagnosis.conftest import STUDENT as S
from tests.bot.diagnosis.conftest import T0
from tests.bot.diagnosis.conftest import TEACHER as T

A, V = Media.AUDIO, Media.VIDEO
UP, DOWN = Direction.UP, Direction.DOWN
M = Metric
AT = T0.timestamp()


def cause(key: str, media: Media | None = None, direction: Direction | None = None) -> Cause:
    """A cause by its key."""
    group, _, name = key.partition(".")
    return Cause(group, name, media, direction)


def finding(of: Cause, uid: str = S, weight: float = 0.8) -> CloudFinding:
    """A finding with one event as evidence."""
    evidence = Evidence("agora", T0, uid, code=Code("agora.factor_id", "21"))
    return CloudFinding(of, uid, weight, AT, AT, (evidence,))


def candidate(of: Cause, uid: str = S) -> Candidate:
    """A candidate our rules found."""
    evidence = Evidence("agora", T0, uid, metric="uplink_loss", value=9)
    return Candidate(of, uid, 0.6, AT - 9, AT + 9, (evidence,))


LOSS = cause("network.loss", V, UP)
STOPPED = cause("user_action.stopped_sending", V, UP)
NO_RECEIVER = cause("user_action.peer_stopped_receiving", V, DOWN)
WIFI = cause("network.wifi_weak")


@pytest.mark.parametrize(
    ("named", "found", "same"),
    [
        (LOSS, LOSS, True),
        (cause("network.loss", None, UP), LOSS, True),
        (cause("network.loss", V), LOSS, True),
        (cause("network.loss", A, UP), LOSS, False),
        (cause("network.loss", V, DOWN), LOSS, False),
        (cause("network.latency", V, UP), LOSS, False),
        (cause("user_action.module_off"), STOPPED, True),
        (cause("media.peer_no_stream"), STOPPED, True),
        (cause("media.peer_no_frames", V), STOPPED, True),
        (cause("user_action.module_off", A), STOPPED, False),
        (cause("user_action.module_off", V), NO_RECEIVER, True),
        (cause("server.no_downlink_stream", None, DOWN), NO_RECEIVER, True),
        (cause("server.no_downlink_frames", V, DOWN), NO_RECEIVER, True),
        (cause("media.peer_no_stream"), NO_RECEIVER, False),
        (cause("media.peer_no_stream"), cause("media.no_sound", A, UP), True),
        (cause("user_action.stopped_sending", A, UP), cause("media.no_sound", A, UP), True),
        (cause("device.cpu_high"), cause("device.app_cpu_high"), True),
        (cause("device.busy"), cause("device.cpu_high"), False),
        (cause("reconnect.proxy_set"), cause("reconnect.network_down"), True),
        (cause("reconnect.token_renewed"), cause("reconnect.network_down"), True),
        (cause("reconnect.ip_changed"), cause("reconnect.network_down"), True),
        (cause("reconnect.timeout"), cause("session.duplicate_uid"), True),
        (cause("connection.failed"), cause("session.peer_offline"), True),
        (cause("session.removed"), cause("reconnect.network_down"), True),
        (WIFI, WIFI, True),
        (WIFI, LOSS, True),
        (cause("network.jitter", A, DOWN), WIFI, True),
        (cause("network.latency", A, DOWN), WIFI, True),
        (WIFI, cause("device.cpu_high"), False),
        (cause("session.removed"), WIFI, False),
    ],
)
def test_the_same_fault(named: Cause, found: Cause, *, same: bool) -> None:
    """One fault has several codes; medium and direction must not contradict each other."""
    assert is_same_fault(finding(named), candidate(found)) is same
    assert not is_same_fault(finding(named, T), candidate(found, S))


@pytest.mark.parametrize(
    ("named", "found", "result"),
    [
        (LOSS, LOSS, LOSS),
        (cause("network.loss", None, UP), LOSS, LOSS),
        (cause("user_action.module_off", V), STOPPED, cause("user_action.module_off", V, UP)),
        (cause("user_action.module_off"), STOPPED, cause("user_action.module_off", V, UP)),
        (
            cause("server.no_downlink_stream", None, DOWN),
            cause("user_action.peer_stopped_receiving", V, None),
            cause("server.no_downlink_stream", V, DOWN),
        ),
        (WIFI, LOSS, cause("network.wifi_weak", V, UP)),
        (cause("media.peer_no_stream"), STOPPED, STOPPED),
    ],
)
def test_a_confirmed_candidate_has_the_clouds_cause(
    named: Cause, found: Cause, result: Cause
) -> None:
    """With the medium and direction of either, the time of ours, and both as evidence.

    Not where the cloud names only what somebody lacked.
    """
    confirmed = confirm(candidate(found), finding(named))
    assert confirmed.cause == result
    assert 0.75 < confirmed.confidence < 0.9
    assert (confirmed.by_rules, confirmed.by_cloud) == (True, True)
    assert [one.metric for one in confirmed.evidence] == ["uplink_loss", ""]
    assert (confirmed.since, confirmed.until) == (AT - 9, AT + 9)


def test_a_symptom_confirms_weak_wifi_but_is_not_its_name() -> None:
    """It is seen by the cloud, not surer, and stays weak Wi-Fi."""
    confirmed = confirm(candidate(WIFI), finding(LOSS))
    assert (confirmed.cause, confirmed.confidence) == (WIFI, 0.6)
    assert (confirmed.by_cloud, len(confirmed.evidence)) == (True, 2)
    assert confirm(candidate(WIFI), finding(WIFI)).confidence > 0.75


@pytest.mark.parametrize(
    ("named", "absent"),
    [
        (cause("network.loss", V, UP), (M.UPLINK_LOSS,)),
        (cause("network.loss", V, DOWN), (M.END_TO_END_LOSS,)),
        (cause("network.latency", A, UP), (M.UPLINK_LATENCY,)),
        (cause("network.latency", A, DOWN), (M.LATENCY,)),
        (cause("network.jitter", V, UP), (M.JITTER,)),
        (cause("network.jitter", V, DOWN), (M.JITTER,)),
        (cause("device.cpu_high"), (M.SYSTEM_CPU,)),
        (cause("device.app_cpu_high"), (M.APP_CPU,)),
        (cause("user_action.stopped_sending", A, UP), (M.SEND_BITRATE,)),
        (cause("network.wifi_weak"), (M.ROUTER_LATENCY,)),
    ],
)
def test_a_finding_that_the_metrics_deny_counts_less(
    build_call: Any, named: Cause, absent: tuple[Metric, ...]
) -> None:
    """Where they are measured at the end it is about, and are good."""
    call_builder = build_call()
    denied = candidate_from_finding(call_builder.context(), finding(named))
    assert 0.4 < denied.confidence < 0.64
    for key in list(call_builder.curves):
        if key[0] == S and key[1] in absent:
            del call_builder.curves[key]
    unmeasured = candidate_from_finding(call_builder.context(), finding(named))
    assert unmeasured.confidence == 0.8
    assert (unmeasured.by_rules, unmeasured.by_cloud) == (False, True)
    assert (unmeasured.cause, unmeasured.uid) == (named, S)


@pytest.mark.parametrize(
    ("named", "uid", "denied"),
    [
        (cause("network.jitter", A, UP), S, False),  # only video's is measured
        (cause("network.jitter", V, UP), S, True),
        (cause("network.jitter", V, DOWN), S, False),
        (cause("network.jitter", None, UP), S, True),
        (cause("session.removed"), S, False),  # no metric would show it
        (cause("network.jitter", V, UP), "777", False),
    ],
)
def test_only_a_metric_of_that_medium_and_direction_denies(
    build_call: Any, named: Cause, uid: str, *, denied: bool
) -> None:
    """Of the participant the finding is about."""
    call_builder = build_call()
    for key in [(S, M.JITTER, A, UP), (S, M.JITTER, V, DOWN), (S, M.JITTER, A, DOWN)]:
        del call_builder.curves[key]
    found = candidate_from_finding(call_builder.context(), finding(named, uid))
    assert (found.confidence < 0.8) is denied


def read(build_call: Any, *events: AbnormalEvent) -> list[CloudFinding]:
    """Read findings in a healthy call."""
    return read_findings(build_call().context(), events)


def event_of(
    uid: str, *factors: Factor, peer: str | None = None, kind: str = "agora.exp_id"
) -> AbnormalEvent:
    """An event at the time of the complaint."""
    return AbnormalEvent(uid, "class_1", Code(kind, "4"), T0, factors, peer)


def factor(code: str, peer: str | None = None) -> Factor:
    """A factor of Agora's."""
    return Factor(Code("agora.factor_id", code), peer)


REMOVED, NO_MEANING = "30", "999"
NO_STREAM = Code("huawei.abnormal_factor.type2_3", "18")


@pytest.mark.parametrize(
    ("event", "uids"),
    [
        (event_of(S, factor(REMOVED)), [S]),
        (event_of(S, factor(REMOVED, T)), [T]),
        (event_of(S, factor(REMOVED), peer=T), [S]),
        (event_of(S, Factor(NO_STREAM)), [T]),
        (event_of(T, Factor(NO_STREAM)), [S]),
        (event_of(S, Factor(NO_STREAM), peer="777"), ["777"]),
        (event_of(S, Factor(NO_STREAM, "888"), peer="777"), ["888"]),
        (event_of("777", factor(REMOVED, T)), [T]),
        (event_of("777", factor(REMOVED), peer=T), []),  # a classmate's own fault
        (event_of("777", factor(REMOVED, "888")), []),
        (event_of("777", factor(NO_MEANING, T)), []),
        (event_of(S, factor(REMOVED), factor("10")), [S, S]),
    ],
)
def test_whose_fault_it_is(build_call: Any, event: AbnormalEvent, uids: list[str]) -> None:
    """The factor's peer, else for a cause of the peer the event's, else the event's own uid."""
    assert [one.uid for one in read(build_call, event)] == uids


def test_the_evidence_of_an_event(build_call: Any) -> None:
    """The code, the event's own uid and the other end it is about."""
    (found,) = read(build_call, event_of(S, factor("21"), peer=T))
    (evidence,) = found.evidence
    assert (evidence.code, evidence.uid, evidence.peer) == (Code("agora.factor_id", "21"), S, T)
    assert (evidence.media, evidence.direction, evidence.at) == (V, UP, T0)
    (named,) = read(build_call, event_of(S, factor("21", "777"), peer=T))
    assert (named.uid, named.evidence[0].peer) == ("777", "777")


def test_an_event_without_a_known_factor(build_call: Any) -> None:
    """It has no specific cause; its factors, or else its kind, are evidence."""
    (unknown,) = read(build_call, event_of(S, factor(NO_MEANING, T), factor("998")))
    assert (unknown.cause.key, unknown.uid) == ("unknown.other", S)
    assert unknown.weight < 0.5
    assert [(one.code.value, one.peer) for one in unknown.evidence if one.code] == [
        (NO_MEANING, T),
        ("998", None),
    ]
    (bare,) = read(build_call, event_of(S, peer=T))
    (evidence,) = bare.evidence
    assert (evidence.code, evidence.peer) == (Code("agora.exp_id", "4"), T)
    other = Factor(Code("huawei.abnormal_factor.type2_3", "16"))
    (named,) = read(build_call, event_of(S, other))
    assert named.weight == unknown.weight


def test_the_cloud_of_an_event_without_metrics(build_call: Any) -> None:
    """Its code names the cloud."""
    call_builder = build_call()
    call_builder.curves.clear()
    events = [event_of(S, factor("21")), event_of(S, kind="huawei.abnormal_type")]
    first, second = read_findings(call_builder.context(), events)
    assert (first.evidence[0].source, second.evidence[0].source) == ("agora", "huawei")
