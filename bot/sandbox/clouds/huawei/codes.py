"""Huawei's codes: metric ids of 13.10, abnormal types and factors of 13.13."""

from __future__ import annotations

from typing import Final

from bot.call import Direction, Media, Metric
from bot.causes import Cause

_A, _V = Media.AUDIO, Media.VIDEO
_UP, _DOWN = Direction.UP, Direction.DOWN

MetricKey = tuple[Metric, Media | None]

OWN_MIDS: Final[dict[str, MetricKey]] = {
    "appcpu": (Metric.APP_CPU, None),
    "syscpu": (Metric.SYSTEM_CPU, None),
    "abit": (Metric.SEND_BITRATE, _A),
    "vbit": (Metric.SEND_BITRATE, _V),
    "vfps": (Metric.SEND_FPS, _V),
    "aloss": (Metric.UPLINK_LOSS, _A),
    "vloss": (Metric.UPLINK_LOSS, _V),
    "vwidth": (Metric.SEND_WIDTH, _V),
    "vheight": (Metric.SEND_HEIGHT, _V),
    "ajitter": (Metric.JITTER, _A),
    "artt": (Metric.UPLINK_LATENCY, _A),
    "vjitter": (Metric.JITTER, _V),
    "vrtt": (Metric.UPLINK_LATENCY, _V),
}
RECEIVED_MIDS: Final[dict[str, MetricKey]] = {
    "abit": (Metric.RECEIVE_BITRATE, _A),
    "vbit": (Metric.RECEIVE_BITRATE, _V),
    "vfps": (Metric.RECEIVE_FPS, _V),
    "vblock": (Metric.FREEZE_TIME, _V),
    "aloss": (Metric.DOWNLINK_LOSS, _A),
    "vloss": (Metric.DOWNLINK_LOSS, _V),
    "vwidth": (Metric.RECEIVE_WIDTH, _V),
    "vheight": (Metric.RECEIVE_HEIGHT, _V),
    "ajitter": (Metric.JITTER, _A),
    "artt": (Metric.DOWNLINK_LATENCY, _A),
    "vjitter": (Metric.JITTER, _V),
    "vrtt": (Metric.DOWNLINK_LATENCY, _V),
}
# The presentation (辅流) exists too, but nobody shares a screen in the simulated calls.
_AUX_MIDS: Final = ("dbit", "dfps", "dblock", "dloss", "dwidth", "dheight", "djitter", "drtt")
MIDS: Final = tuple(dict.fromkeys((*OWN_MIDS, *RECEIVED_MIDS, *_AUX_MIDS)))
FREEZES: Final = frozenset({"vblock"})  # shares of time, where the curve has milliseconds
SELF_PEERED: Final = frozenset({"ajitter", "vjitter"})  # own rows whose peerid is the own uid (W24)

SLOW_JOIN: Final = 1
VIDEO_FREEZE: Final = 2
AUDIO_FREEZE: Final = 3
OTHER_FACTOR: Final = 16
TYPE_NAMES: Final = {
    SLOW_JOIN: "进房慢(5s加入房间失败)",
    VIDEO_FREEZE: "视频卡顿",
    AUDIO_FREEZE: "音频卡顿",
}
_JOIN_FACTORS: Final[dict[str, int]] = {
    "join.timeout": 90000004,
    "join.expired_token": 5,
    "join.invalid_token": 5,
    "join.blocked": 2,
}
JOIN_OTHER: Final = 9
_FACTORS: Final[dict[Cause, int]] = {
    Cause("device", "cpu_high"): 1,
    Cause("device", "app_cpu_high"): 2,
    Cause("network", "latency", _A, _UP): 3,
    Cause("network", "jitter", _A, _UP): 4,
    Cause("network", "latency", _V, _UP): 5,
    Cause("network", "jitter", _V, _UP): 6,
    Cause("network", "latency", _A, _DOWN): 7,
    Cause("network", "jitter", _A, _DOWN): 8,
    Cause("network", "latency", _V, _DOWN): 9,
    Cause("network", "jitter", _V, _DOWN): 10,
    Cause("network", "loss", _A, _UP): 11,
    Cause("network", "loss", _V, _UP): 12,
    Cause("network", "loss", _A, _DOWN): 13,
    Cause("network", "loss", _V, _DOWN): 14,
    Cause("network", "wifi_weak"): 14,
    Cause("media", "no_sound"): 15,
}
_FACTORS_BY_KEY: Final = {
    "user_action.stopped_sending": 18,
    "user_action.module_off": 18,
    "media.peer_no_stream": 18,
    "media.peer_no_frames": 19,
    "server.no_downlink_stream": 20,
    "server.no_downlink_frames": 21,
    "reconnect.network_down": 17,
    "reconnect.ip_changed": 17,
    "session.removed": 17,
}
DOWN_FACTORS: Final = frozenset({7, 8, 9, 10, 13, 14})
_SHORT: Final = {
    90000004: 9000004,
    90100009: 9010009,
    90100008: 9010008,
    10000001: 1000001,
    31000003: 3100003,
    32000030: 3200030,
}


def type_of(cause: Cause) -> int:
    """Return the abnormal type a cause is felt as."""
    if cause.group == "join":
        return SLOW_JOIN
    return AUDIO_FREEZE if cause.media is Media.AUDIO else VIDEO_FREEZE


def factor_of(cause: Cause) -> int:
    """Return 13.13's factor for a cause; what it has none for is "other"."""
    if cause.group == "join":
        return _JOIN_FACTORS.get(cause.key, JOIN_OTHER)
    return _FACTORS.get(cause, _FACTORS_BY_KEY.get(cause.key, OTHER_FACTOR))


def short_factor(factor: int) -> int:
    """Return the factor as 13.14 prints it, in part with a digit less (W33)."""
    return _SHORT.get(factor, factor)
