"""Other participants tell a receiver's network from the route, over every cloud."""

from __future__ import annotations

import pytest

from bot.call import Direction
from bot.ports import Cloud, Window
from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import STUDENT_UID
from bot.services.diagnosis.service import DiagnosisService
from tests.bench.call_draft import CallDraft
from tests.bot.clouds.contract.cloud_cases import CloudCase, SteppingClock
from tests.bot.clouds.contract.conftest import NOON_S, UIDS, around, complaint

OTHERS = 3
ENDPOINTS = {
    "agora": ("analytics/call/details", "analytics/call/sessions", "analytics/call/metrics"),
    "volcengine": ("ListUserInfo", "ListCallDetail"),
    "huawei": ("rtc/users", "rtc/client/qos/details"),
}
COSTS = {
    "agora": [[0, 1, 1], [0, 1, 2]],
    "volcengine": [[1, 1], [2, 2]],
    "huawei": [[2, 2], [2, 3]],
}


def add_class(clouds: FakeClouds, *, bad_for_all: bool) -> tuple[str, set[str]]:
    """Add a class with listeners whose student receives badly; return its channel and them."""
    draft = CallDraft(1, NOON_S - 3000)
    listeners = [draft.add_observer() for _ in range(OTHERS)]
    for uid in (STUDENT_UID, *(listeners if bad_for_all else ())):
        draft.lose(uid, 26, -70, 50, Direction.DOWN)
    return clouds.add(draft.build()).cname, {str(uid) for uid in listeners}


async def test_witnesses_are_the_others(clouds: FakeClouds, cloud: Cloud) -> None:
    """What they received of the teacher, each within the window."""
    cname, listeners = add_class(clouds, bad_for_all=True)
    window = around(clouds, cname)
    (call,) = await cloud.find_calls("kids", cname, window)
    witnesses = await cloud.fetch_witnesses(call, UIDS, window)
    assert {one.uid for one in witnesses} == listeners
    lost = [one for one in witnesses if one.metric.endswith("_loss") and one.peer_uid == UIDS[0]]
    assert {one.uid for one in lost} == listeners
    assert all(float(one.values.max()) > 20 for one in lost)
    assert all(window.since.timestamp() <= one.times[0] for one in witnesses)
    assert all(one.times[-1] <= window.until.timestamp() for one in witnesses)


async def test_nobody_else_was_there(clouds: FakeClouds, cloud: Cloud) -> None:
    """A class of two, and a window in which there was no call."""
    window = around(clouds, "bad")
    (call,) = await cloud.find_calls("kids", "bad", window)
    assert await cloud.fetch_witnesses(call, UIDS, window) == ()
    before = call.started_at - window.span
    assert await cloud.fetch_witnesses(call, UIDS, Window(before - window.span, before)) == ()


@pytest.mark.parametrize("bad_for_all", [True, False])
async def test_the_verdict_asks_them(
    clouds: FakeClouds, cloud: Cloud, stepping_clock: SteppingClock, *, bad_for_all: bool
) -> None:
    """All received badly: the route did it. The student only: her network."""
    cname, listeners = add_class(clouds, bad_for_all=bad_for_all)
    diagnosis = await DiagnosisService({"kids": cloud}, stepping_clock).diagnose(
        complaint(clouds, cname)
    )
    verdict = diagnosis.verdict
    expected = ("server.route", None) if bad_for_all else ("network.loss", UIDS[1])
    assert (verdict.cause, verdict.uid) == expected
    shares = [one.value for one in verdict.evidence if one.metric == "others_affected"]
    assert shares == [100 if bad_for_all else 0]
    shown = {one.uid for one in diagnosis.series} | {one.uid for one in verdict.evidence}
    assert shown.isdisjoint(listeners)
    assert clouds.over_quota == []


async def test_what_witnesses_cost(
    cloud_case: CloudCase, clouds: FakeClouds, cloud: Cloud, stepping_clock: SteppingClock
) -> None:
    """Two requests at most; none where the cloud has returned everybody with the record."""
    cname, _ = add_class(clouds, bad_for_all=False)
    service = DiagnosisService({"kids": cloud}, stepping_clock)
    sent = []
    for channel in ("bad", cname):  # the teacher's uplink is bad; the student's downlink
        before = clouds.counts
        await service.diagnose(complaint(clouds, channel))
        counted = clouds.counts - before
        sent.append([counted[name] for name in ENDPOINTS[cloud.name]])
    costs_nothing = cloud_case.name == "agora-seed"
    assert sent == ([[1, 0, 0]] * 2 if costs_nothing else COSTS[cloud.name])
