"""The verdict over every cloud is the simulated cause, as far as that cloud shows it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

import pytest

from bot.call import Direction, Media, Side
from bot.ports import Cloud
from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import KINDS, build_simulated_call
from bot.services.diagnosis.service import DiagnosisService
from tests.bot.clouds.contract.cloud_cases import CLOUD_CASES, CloudCase, SteppingClock
from tests.bot.clouds.contract.conftest import NOON_S, UIDS, complaint

Outcome = tuple[str, Media | None, Direction | None, Side | None]
_NOTHING: Final[Outcome] = ("none", None, None, None)
_UNKNOWN: Final[Outcome] = ("unknown", None, None, None)  # one of the two ends was never there
_UNEXPLAINED: Final[Outcome] = ("unknown.other", None, None, None)  # a freeze, and no more data
_A, _V, _UP = Media.AUDIO, Media.VIDEO, Direction.UP
_T, _S = Side.TEACHER, Side.STUDENT
_CONCEALED: Final[Outcome] = ("media.concealed", _A, Direction.DOWN, _S)  # what was heard
_DROPPED: Final[Outcome] = ("reconnect.network_down", None, None, _S)  # samples stop, and go on
_LEFT: Final[Outcome] = (
    "session.peer_offline",
    None,
    None,
    _S,
)  # left; who removed them is missing
# How Lagdesk logs in makes no difference to what it reads.
ONE_KEY_EACH: Final = [each for each in CLOUD_CASES if each.name != "huawei-token"]
_STOPPED: Final[Outcome] = ("user_action.stopped_sending", _V, _UP, _T)

# Expected verdicts where a cloud's data cannot show the true cause. Elsewhere it is the truth.
EXPECTED: Final[dict[str, dict[str, Outcome]]] = {
    "agora-seed": {
        "latency_up_video": _NOTHING,  # no metric of the way up, and no event for it
        "app_cpu_high_student": ("device.cpu_high", None, None, _S),  # its factor names no app
        "module_off_video": ("user_action.module_off", _V, _UP, _T),  # whose factor has a way
        "join_failed": _UNKNOWN,
    },
    "agora-current": {  # names no causes, and has neither latency nor jitter among its metrics
        "latency_up_video": _NOTHING,
        "latency_down_video": _NOTHING,
        "latency_down_audio": _NOTHING,
        "jitter_up_audio": _CONCEALED,
        "jitter_down_video": _UNEXPLAINED,
        "module_off_video": _STOPPED,
        "slow_join": _NOTHING,
        "join_failed": _UNKNOWN,
        "reconnect": _DROPPED,
        "removed": _LEFT,
    },
    "volcengine": {  # names no causes, and has no jitter among its metrics
        "jitter_up_audio": _CONCEALED,
        "jitter_down_video": _UNEXPLAINED,
        "module_off_video": _STOPPED,
        "slow_join": _NOTHING,
        "join_failed": _UNKNOWN,
        "reconnect": _DROPPED,
        "removed": _LEFT,
    },
    "huawei": {
        "module_off_video": _STOPPED,
        "join_failed": _UNKNOWN,
        "reconnect": _DROPPED,
        "removed": _LEFT,
    },
}


def expected_cause(cloud_case: CloudCase, kind: str) -> Outcome:
    """Return what a cloud shows of a kind of fault."""
    expected = build_simulated_call(kind, kind, seed=0, started_at=NOON_S - 3000).expected
    truth = (expected.cause, expected.media, expected.direction, expected.side)
    name = "huawei" if cloud_case.name.startswith("huawei") else cloud_case.name
    return EXPECTED[name].get(kind, truth)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cloud_case", ONE_KEY_EACH, ids=lambda cloud_case: cloud_case.name)
async def test_the_verdict_is_the_truth(
    kind: str,
    cloud_case: CloudCase,
    clouds: FakeClouds,
    cloud: Cloud,
    stepping_clock: SteppingClock,
) -> None:
    """Cause, media, direction and side are the simulated ones; the uid is that side's."""
    number = list(KINDS).index(kind)
    clouds.add(build_simulated_call(kind, kind, seed=number, started_at=NOON_S - 3000))
    diagnosis = await DiagnosisService({"kids": cloud}, stepping_clock).diagnose(
        complaint(clouds, kind)
    )
    matches = diagnosis.verdict
    outcome = expected_cause(cloud_case, kind)
    assert outcome == (matches.cause, matches.media, matches.direction, matches.side)
    assert {None: None, _T: UIDS[0], _S: UIDS[1]}[outcome[3]] == matches.uid
    assert diagnosis.failures == ()
    assert clouds.over_quota == []


@pytest.mark.parametrize("cloud_case", ONE_KEY_EACH, ids=lambda cloud_case: cloud_case.name)
async def test_report_of_healthy_minutes_names_the_bad_ones(
    clouds: FakeClouds, cloud: Cloud, stepping_clock: SteppingClock
) -> None:
    """Four minutes after the fault the call was healthy; its cause is named beside that."""
    (fault,) = build_simulated_call(
        "uplink_loss_video", "bad", seed=1, started_at=NOON_S - 3000
    ).faults
    late = replace(
        complaint(clouds, "bad"), occurred_at=dt.datetime.fromtimestamp(fault.ends_at + 240, dt.UTC)
    )
    verdict = (await DiagnosisService({"kids": cloud}, stepping_clock).diagnose(late)).verdict
    assert (verdict.cause, [each.cause for each in verdict.others]) == ("none", ["network.loss"])
    assert verdict.confidence == 0.5
    assert verdict.others[0].since < late.occurred_at - dt.timedelta(minutes=2)
    assert clouds.over_quota == []


def test_most_kinds_are_diagnosed_by_every_cloud() -> None:
    """Each cloud shows two thirds of all kinds of faults completely."""
    assert all(set(kinds) < set(KINDS) for kinds in EXPECTED.values())
    assert all(len(kinds) <= len(KINDS) / 3 for kinds in EXPECTED.values())
