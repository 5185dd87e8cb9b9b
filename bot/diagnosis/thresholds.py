"""When a measured value counts as bad, and which document says so. No rule, no cause is here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.call import Media, Unit

_AGORA: Final = "Agora Analytics, published thresholds"
_HUAWEI: Final = "Huawei SparkRTC console, diagnosis thresholds"
_OWN: Final = "Lagdesk, only counted together with another sign"


@dataclass(frozen=True, slots=True)
class Limit:
    """A value past `bound` (in `unit`) is bad. `source` names the document.

    `below` turns it round: a value under the bound is bad.
    """

    bound: float
    unit: Unit
    source: str
    below: bool = False


LOSS: Final = Limit(5, Unit.PERCENT, _AGORA)
HEAVY_LOSS: Final = Limit(20, Unit.PERCENT, _HUAWEI)  # theirs is for audio on the way up
LATENCY: Final = Limit(500, Unit.MS, _HUAWEI)
JITTER: Final = Limit(500, Unit.MS, _HUAWEI)
JITTER_FELT: Final = Limit(100, Unit.MS, _OWN)  # with freezes at the receiver, or weak Wi-Fi
ROUTER: Final = Limit(500, Unit.MS, _AGORA)
ROUTER_SLOW: Final = Limit(100, Unit.MS, _OWN)  # with loss or jitter of the same person
SYSTEM_CPU: Final = Limit(80, Unit.PERCENT, _HUAWEI)
APP_CPU: Final = Limit(70, Unit.PERCENT, _HUAWEI)
TASK_DELAY: Final = Limit(80, Unit.MS, _AGORA)
CAPTURE: Final = Limit(3, Unit.FPS, _AGORA, below=True)
NOTHING_SENT: Final = Limit(1, Unit.KBPS, _OWN, below=True)
SILENCE: Final = Limit(1, Unit.DECIBEL, _OWN, below=True)

FREEZE_SHARE: Final[dict[Media, Limit]] = {
    # Share of time frozen. A freeze is 200 ms of sound or 600 ms of picture (Agora).
    Media.AUDIO: Limit(3, Unit.PERCENT, _AGORA),
    Media.VIDEO: Limit(5, Unit.PERCENT, _AGORA),
}
