"""The simulated calls are those of the published measurements: a change of any curve shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from bot.sandbox.scenario import (
    KINDS,
    SimulatedCall,
    curves_of,
    demo_calls,
    evening_calls,
    piano_calls,
    random_simulated_call,
)

SEED: Final = 7
REFERENCE: Final = {  # with the usual noise, and with much
    "app_cpu_high_student": (5540.219, 4757.103),
    "capture_low_teacher": (4636.866, 3962.922),
    "cpu_high_student": (9320.239, 7994.049),
    "cpu_high_teacher": (4393.082, 3760.096),
    "downlink_loss_audio": (8163.140, 6963.906),
    "downlink_loss_teacher": (8757.595, 7490.477),
    "downlink_loss_video": (8421.166, 7183.851),
    "healthy": (8136.250, 6940.395),
    "jitter_down_video": (9667.626, 8324.341),
    "jitter_up_audio": (8933.150, 7651.105),
    "join_failed": (421.877, 358.874),
    "latency_down_audio": (6659.378, 5757.183),
    "latency_down_video": (8704.216, 7449.535),
    "latency_up_video": (9214.215, 7904.913),
    "module_off_video": (6953.062, 5993.078),
    "one_end_missing": (411.260, 349.543),
    "outside": (6406.440, 5528.783),
    "reconnect": (5217.229, 4480.998),
    "rejoin": (5197.618, 4450.909),
    "removed": (3504.957, 2971.869),
    "slow_join": (6540.199, 5641.799),
    "stopped_audio_student": (4276.167, 3652.119),
    "stopped_audio_teacher": (6357.211, 5487.289),
    "stopped_receiving": (5040.982, 4317.287),
    "stopped_video_teacher": (6161.114, 5321.590),
    "too_little": (569.617, 464.480),
    "two_faults": (4264.194, 3640.909),
    "uplink_loss_audio": (7495.875, 6460.505),
    "uplink_loss_student": (4409.148, 3767.400),
    "uplink_loss_video": (4156.753, 3542.762),
    "wifi_weak_student": (7270.351, 6307.088),
    "wifi_weak_teacher": (5132.018, 4393.480),
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
    noisy_call = replace(sim_call, noise_level=1.0)
    sums = checksum(sim_call), checksum(noisy_call)
    assert sums == pytest.approx(REFERENCE[kind], abs=0.001)


@pytest.mark.parametrize(
    ("build", "expected"),
    [(demo_calls, 41044072.228), (evening_calls, 314533.036), (piano_calls, 314669.243)],
)
def test_the_demos_calls_are_the_reference(
    build: Callable[[float], tuple[SimulatedCall, ...]], expected: float
) -> None:
    """Whenever it is started."""
    assert sum(map(checksum, build(1_800_000_000.0))) == pytest.approx(expected, abs=0.01)
