"""When a measured value counts as bad, and which document says so. No rule, no cause is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.call import Media, Metric, Unit

AGORA: Final = "Agora Analytics, published thresholds"
HUAWEI: Final = "Huawei SparkRTC console, diagnosis thresholds"
OWN: Final = "Lagdesk, only counted together with another sign"


@dataclass(frozen=True, slots=True)
class Limit:
    """A value past `bound` (in `unit`) is bad. `source` names the document.

    `below` turns it round: a value under the bound is bad.
    """

    bound: float
    unit: Unit
    source: str
    below: bool = False


LOSS: Final = Limit(5, Unit.PERCENT, AGORA)
HEAVY_LOSS: Final = Limit(20, Unit.PERCENT, HUAWEI)  # theirs is for audio on the way up
LATENCY: Final = Limit(500, Unit.MS, HUAWEI)
JITTER: Final = Limit(500, Unit.MS, HUAWEI)
JITTER_NOTICEABLE: Final = Limit(100, Unit.MS, OWN)  # with freezes at the receiver, or weak Wi-Fi
ROUTER_LATENCY_LIMIT: Final = Limit(500, Unit.MS, AGORA)
ROUTER_LATENCY_NOTICEABLE: Final = Limit(
    100, Unit.MS, OWN
)  # with loss or jitter of the same person
SYSTEM_CPU: Final = Limit(80, Unit.PERCENT, HUAWEI)
APP_CPU: Final = Limit(70, Unit.PERCENT, HUAWEI)
TASK_DELAY: Final = Limit(80, Unit.MS, AGORA)
CAPTURE: Final = Limit(3, Unit.FPS, AGORA, below=True)
NOTHING_SENT: Final = Limit(1, Unit.KBPS, OWN, below=True)
SILENCE: Final = Limit(1, Unit.DECIBEL, OWN, below=True)

FREEZE_SHARE: Final[dict[Media, Limit]] = {
    # Share of time frozen. A freeze is 200 ms of sound or 600 ms of picture (Agora).
    Media.AUDIO: Limit(3, Unit.PERCENT, AGORA),
    Media.VIDEO: Limit(5, Unit.PERCENT, AGORA),
}

LIMITS: Final[Mapping[Metric, Limit]] = {
    # What a value is held against when nothing more is known of it.
    Metric.UPLINK_LOSS: LOSS,
    Metric.DOWNLINK_LOSS: LOSS,
    Metric.END_TO_END_LOSS: LOSS,
    Metric.UPLINK_LATENCY: LATENCY,
    Metric.DOWNLINK_LATENCY: LATENCY,
    Metric.LATENCY: LATENCY,
    Metric.JITTER: JITTER,
    Metric.ROUTER_LATENCY: ROUTER_LATENCY_LIMIT,
    Metric.SYSTEM_CPU: SYSTEM_CPU,
    Metric.APP_CPU: APP_CPU,
    Metric.TASK_DELAY: TASK_DELAY,
    Metric.CAPTURE_FPS: CAPTURE,
}
_OTHER_LIMITS: Final[Mapping[Metric, tuple[Limit, ...]]] = {
    Metric.UPLINK_LOSS: (HEAVY_LOSS,),
    Metric.DOWNLINK_LOSS: (HEAVY_LOSS,),
    Metric.END_TO_END_LOSS: (HEAVY_LOSS,),
    Metric.JITTER: (JITTER_NOTICEABLE,),
    Metric.ROUTER_LATENCY: (ROUTER_LATENCY_NOTICEABLE,),
    Metric.SEND_BITRATE: (NOTHING_SENT,),
    Metric.RECEIVE_BITRATE: (NOTHING_SENT,),
    Metric.SEND_VOLUME: (SILENCE,),
    Metric.PLAY_VOLUME: (SILENCE,),
    Metric.FREEZE_TIME: tuple(FREEZE_SHARE.values()),
    Metric.FREEZE_RATE: tuple(FREEZE_SHARE.values()),
}


def source_of(metric: str, bound: float) -> str | None:
    """Return the document a limit comes from, None when no table has it."""
    if metric not in set(Metric):
        return None
    measured = Metric(metric)
    general = LIMITS.get(measured)
    known = (*([general] if general else []), *_OTHER_LIMITS.get(measured, ()))
    return next((limit.source for limit in known if limit.bound == bound), None)
