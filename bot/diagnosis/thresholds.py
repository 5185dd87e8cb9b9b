"""Limits beyond which a value is bad, and the document each is from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.call import Media, Metric, Unit

AGORA: Final = "Agora Analytics, published thresholds"
HUAWEI: Final = "Huawei SparkRTC console, diagnosis thresholds"
TWILIO: Final = "Twilio Voice SDK, call quality warnings"
DETECTOR: Final = "webrtc-issue-detector, default thresholds"
OWN: Final = "Lagdesk"


@dataclass(frozen=True, slots=True)
class Limit:
    """A value above `bound` (in `unit`) is bad, or with `below` a value under it.

    `source` names the document.
    """

    bound: float
    unit: Unit
    source: str
    below: bool = False


LOSS: Final = Limit(5, Unit.PERCENT, AGORA)
HEAVY_LOSS: Final = Limit(20, Unit.PERCENT, HUAWEI)  # Huawei's is for audio uplinks
LATENCY: Final = Limit(400, Unit.MS, TWILIO)
LATENCY_NOTICEABLE: Final = Limit(250, Unit.MS, DETECTOR)  # most of the time, on one way
JITTER: Final = Limit(500, Unit.MS, HUAWEI)
JITTER_NOTICEABLE: Final = Limit(100, Unit.MS, OWN)  # half of what webrtc-issue-detector reports
ROUTER_LATENCY_LIMIT: Final = Limit(500, Unit.MS, AGORA)
# Only with loss or jitter of the same participant.
ROUTER_LATENCY_NOTICEABLE: Final = Limit(100, Unit.MS, OWN)
SYSTEM_CPU: Final = Limit(80, Unit.PERCENT, HUAWEI)
SYSTEM_CPU_NEARLY: Final = Limit(70, Unit.PERCENT, OWN)  # only where fewer frames are sent
APP_CPU: Final = Limit(70, Unit.PERCENT, HUAWEI)
TASK_DELAY: Final = Limit(80, Unit.MS, AGORA)
CAPTURE: Final = Limit(3, Unit.FPS, AGORA, below=True)
SPEECH: Final = Limit(6, Unit.KBPS, "RFC 6716, lowest bitrate of Opus", below=True)
NOTHING_SENT: Final = Limit(1, Unit.KBPS, OWN, below=True)
SILENCE: Final = Limit(1, Unit.DECIBEL, OWN, below=True)

FREEZE_SHARE: Final[dict[Media, Limit]] = {
    # Share of the time frozen. A freeze is 200 ms of audio or 600 ms of video (Agora).
    Media.AUDIO: Limit(3, Unit.PERCENT, AGORA),
    Media.VIDEO: Limit(5, Unit.PERCENT, AGORA),
}

CONCEALED: Final = Limit(10, Unit.PERCENT, OWN)  # of the time, of sound alone

_NEAR_LOSS: Final = Limit(8, Unit.PERCENT, OWN)
NEAR: Final[Mapping[Metric, Limit]] = {
    # Values from which on a call is not called healthy with confidence.
    Metric.UPLINK_LOSS: _NEAR_LOSS,
    Metric.DOWNLINK_LOSS: _NEAR_LOSS,
    Metric.END_TO_END_LOSS: _NEAR_LOSS,
    Metric.UPLINK_LATENCY: LATENCY_NOTICEABLE,
    Metric.DOWNLINK_LATENCY: LATENCY_NOTICEABLE,
    Metric.LATENCY: LATENCY_NOTICEABLE,
    Metric.JITTER: Limit(45, Unit.MS, OWN),
}

LIMITS: Final[Mapping[Metric, Limit]] = {
    # The limit to display with a value that is not evidence.
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
    Metric.UPLINK_LATENCY: (LATENCY_NOTICEABLE,),
    Metric.DOWNLINK_LATENCY: (LATENCY_NOTICEABLE,),
    Metric.LATENCY: (LATENCY_NOTICEABLE,),
    Metric.ROUTER_LATENCY: (ROUTER_LATENCY_NOTICEABLE,),
    Metric.SYSTEM_CPU: (SYSTEM_CPU_NEARLY,),
    Metric.SEND_BITRATE: (NOTHING_SENT,),
    Metric.RECEIVE_BITRATE: (NOTHING_SENT,),
    Metric.SEND_VOLUME: (SILENCE,),
    Metric.PLAY_VOLUME: (SILENCE,),
    Metric.FREEZE_TIME: tuple(FREEZE_SHARE.values()),
    Metric.FREEZE_RATE: tuple(FREEZE_SHARE.values()),
}


def source_of(metric: str, bound: float) -> str | None:
    """Return the document a limit is from, None for an unknown limit."""
    if metric not in set(Metric):
        return None
    measured = Metric(metric)
    general = LIMITS.get(measured)
    known = (*([general] if general else []), *_OTHER_LIMITS.get(measured, ()))
    return next((limit.source for limit in known if limit.bound == bound), None)
