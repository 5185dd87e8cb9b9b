"""The diagnoses of the simulated Agora and Huawei: who suffers from which fault, and whose it is."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import pytest

from bot.sandbox.clouds.agora.events import get_diagnosis
from bot.sandbox.clouds.huawei.events import list_events
from bot.sandbox.clouds.huawei.params import Params, stamp
from bot.sandbox.clouds.server import Request
from bot.sandbox.scenario import SimulatedCall, build_simulated_call

START: Final = 1_795_176_000.0
UNDOCUMENTED: Final = 18  # a factor that Agora adds to some rows
T, S = "10001", "20002"  # teacher, student


def ask_agora(sim_call: SimulatedCall) -> set[tuple[str, int, int, str]]:
    """Ask for ten minutes: who, what it feels like, its factor, and at whom it lies."""
    found = set()
    begin = int(sim_call.faults[0].begins_at) // 60 * 60
    for minute in range(begin, begin + 600, 60):
        query = {"start_ts": str(minute), "end_ts": str(minute + 59), "appid": "a"}
        request = Request("GET", "", query, {}, b"", minute + 400.0)
        body: Any = get_diagnosis(request, [sim_call]).body
        for row in body["data"]:
            found |= {
                (row["user"], row["exp_id"], tag["factor_id"], tag["host_user"])
                for tag in row["cause_tags"]
                if tag["factor_id"] != UNDOCUMENTED
            }
    return found


def ask_huawei(sim_call: SimulatedCall) -> set[tuple[str, str, str, int, int]]:
    """Ask for fifty minutes: who, where, at whom, what it feels like and its factor."""
    begin = sim_call.faults[0].begins_at
    span = {"start_time": stamp(begin), "end_time": stamp(begin + 3000)}
    query = {"app": "a", "limit": "100", **span}
    request = Request("GET", "", query, {}, b"", START + 6000, f"/?{urlencode(query)}")
    body: Any = list_events(Params(request), [sim_call]).body
    names = ("uid", "location", "peer_uid", "abnormal_type", "abnormal_factor")
    return {tuple(row[name] for name in names) for row in body["events"]}


@pytest.mark.parametrize(
    ("kind", "agoras", "huaweis"),
    [
        ("uplink_loss_video", {(S, 4, 21, T)}, {(S, "remote", T, 2, 12)}),
        ("uplink_loss_audio", {(S, 5, 22, T)}, {(S, "remote", T, 3, 11)}),
        ("uplink_loss_student", {(T, 4, 21, S)}, {(T, "remote", S, 2, 12)}),
        ("downlink_loss_video", {(S, 4, 23, "")}, {(S, "remote", T, 2, 14)}),
        ("downlink_loss_teacher", {(T, 4, 23, "")}, {(T, "remote", S, 2, 14)}),
        (
            "cpu_high_student",
            {(S, 4, 10, ""), (T, 4, 10, S)},
            {(S, "local", "", 2, 1), (T, "remote", S, 2, 1)},
        ),
        ("capture_low_teacher", {(S, 4, 11, T)}, {(S, "remote", T, 2, 16)}),
        ("wifi_weak_teacher", {(T, 4, 29, ""), (S, 4, 29, T)}, {(T, "remote", S, 2, 14)}),
        ("stopped_audio_teacher", {(S, 5, 12, T)}, {(S, "remote", T, 3, 18)}),
        ("stopped_receiving", {(S, 4, 17, "")}, {(S, "local", "", 2, 16)}),
        ("join_failed", {(S, 6, 34, "")}, {(S, "local", "", 1, 5)}),
        ("rejoin", {(S, 4, 37, "")}, {(T, "remote", S, 2, 17)}),
        ("removed", {(S, 4, 30, "")}, {(T, "remote", S, 2, 17)}),
        (
            "two_faults",
            {(S, 4, 10, ""), (T, 4, 10, S), (S, 4, 21, T)},
            {(S, "local", "", 2, 1), (T, "remote", S, 2, 1), (S, "remote", T, 2, 12)},
        ),
    ],
)
def test_who_suffers_from_what(
    kind: str,
    agoras: set[tuple[str, int, int, str]],
    huaweis: set[tuple[str, str, str, int, int]],
) -> None:
    """Bad sending is felt by the others, bad receiving by oneself, a busy device by both."""
    sim_call = build_simulated_call(kind, "room", seed=1, started_at=START)
    assert ask_agora(sim_call) == agoras
    assert ask_huawei(sim_call) == huaweis
