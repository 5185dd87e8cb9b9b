"""Random labelled calls, for accuracy and performance tests."""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np

from bot.sandbox.scenario.fault_kinds import KINDS, build_simulated_call
from bot.sandbox.scenario.simulated_call import Device, SimulatedCall

EPOCH: Final = 1_600_000_000.0  # when calls happen by default; 2020-09-13 12:26:40 UTC
_TEACHERS: Final = (
    Device("Windows", "Windows 10", "3.1.2", "Ethernet"),
    Device("Windows", "Windows 10", "3.1.2", "Wi-Fi"),
    Device("macOS", "macOS 10.15", "3.1.2", "Wi-Fi"),
)
_STUDENTS: Final = (
    Device("Android", "Android (10)", "3.1.2", "Wi-Fi"),
    Device("iOS", "iPad8,1 (14.0)", "3.1.2", "Wi-Fi"),
    Device("Windows", "Windows 7", "2.9.1", "Wi-Fi"),
    Device("Android", "Android (8.1.0)", "2.9.1", "4G"),
)


def random_simulated_call(
    seed: int, kind: str | None = None, *, now: float = EPOCH, cname: str = "", app: str = "kids"
) -> SimulatedCall:
    """Generate a call whose length, devices, times and severity follow from the seed.

    The call has ended by `now` (epoch s) and its complaint within three hours of it.
    """
    chosen = kind or sorted(KINDS)[seed % len(KINDS)]
    rng = np.random.default_rng([seed, zlib.crc32(chosen.encode())])
    length_s = float(rng.integers(1500, 2700))
    weak_wifi = chosen.startswith("wifi_weak")
    return build_simulated_call(
        chosen,
        cname or f"lesson_{seed}_{chosen}",
        seed=seed,
        started_at=now - length_s - float(rng.integers(600, 6000)),
        length_s=length_s,
        complaint_after_s=float(rng.integers(1100, int(length_s) - 200)),
        severity=float(rng.uniform(0.45, 0.95)),
        app=app,
        teacher_device=_TEACHERS[1] if weak_wifi else _TEACHERS[rng.integers(len(_TEACHERS))],
        student_device=_STUDENTS[0] if weak_wifi else _STUDENTS[rng.integers(len(_STUDENTS))],
    )
