"""The simulated calls are those of the published measurements: a change of any curve shows."""

from __future__ import annotations

from typing import Final

import pytest

from bot.sandbox.scenario import KINDS, SimulatedCall, curves_of, random_simulated_call

SEED: Final = 7
REFERENCE: Final = {
    "app_cpu_high_student": 5540.219,
    "capture_low_teacher": 4636.866,
    "cpu_high_student": 9320.239,
    "cpu_high_teacher": 4393.082,
    "downlink_loss_audio": 8163.140,
    "downlink_loss_teacher": 8757.595,
    "downlink_loss_video": 8421.166,
    "healthy": 8136.250,
    "jitter_down_video": 9667.626,
    "jitter_up_audio": 8933.150,
    "join_failed": 421.877,
    "latency_down_audio": 6659.378,
    "latency_down_video": 8704.216,
    "latency_up_video": 9214.215,
    "module_off_video": 6953.062,
    "one_end_missing": 411.260,
    "outside": 6406.440,
    "reconnect": 5217.229,
    "rejoin": 5197.618,
    "removed": 3504.957,
    "slow_join": 6540.199,
    "stopped_audio_student": 4276.167,
    "stopped_audio_teacher": 6357.211,
    "stopped_receiving": 5040.982,
    "stopped_video_teacher": 6161.114,
    "too_little": 569.617,
    "two_faults": 4264.194,
    "uplink_loss_audio": 7495.875,
    "uplink_loss_student": 4409.148,
    "uplink_loss_video": 4156.753,
    "wifi_weak_student": 7270.351,
    "wifi_weak_teacher": 5132.018,
}


def checksum(sim_call: SimulatedCall) -> float:
    """Add up times and values, each curve with a weight of its own."""
    sums = [
        number * float((curve.times - sim_call.started_at).sum() + 10 * curve.values.sum())
        for number, curve in enumerate(curves_of(sim_call), 1)
    ]
    return sum(sums) / 1e6


def test_every_kind_has_a_reference() -> None:
    """A new kind of call gets one too."""
    assert sorted(REFERENCE) == sorted(KINDS)


@pytest.mark.parametrize("kind", sorted(REFERENCE))
def test_curves_are_the_reference(kind: str) -> None:
    """Verdicts and benchmarks are measured with these calls; tolerance is for other processors."""
    sim_call = random_simulated_call(SEED, kind)
    assert checksum(sim_call) == pytest.approx(REFERENCE[kind], abs=0.001)
