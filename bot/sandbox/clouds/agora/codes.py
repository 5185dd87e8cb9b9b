"""Agora's codes: metric ids of both generations, experience and root-cause ids."""

from __future__ import annotations

from typing import Final

from bot.call import Direction, Media, Metric
from bot.causes import Cause

_A, _V = Media.AUDIO, Media.VIDEO
_UP, _DOWN = Direction.UP, Direction.DOWN

MetricKey = tuple[Metric, Media | None]

# 000, "Metric ID table". 20006 is the one video stream's bitrate there.
SEED_MIDS: Final[dict[MetricKey, int]] = {
    (Metric.APP_CPU, None): 20001,
    (Metric.SYSTEM_CPU, None): 20002,
    (Metric.SEND_BITRATE, _A): 20003,
    (Metric.RECEIVE_BITRATE, _A): 20004,
    (Metric.FREEZE_TIME, _A): 20005,
    (Metric.SEND_BITRATE, _V): 20006,
    (Metric.CAPTURE_FPS, _V): 20007,
    (Metric.SEND_FPS, _V): 20008,
    (Metric.RECEIVE_BITRATE, _V): 20009,
    (Metric.RECEIVE_FPS, _V): 20010,
    (Metric.FREEZE_TIME, _V): 20011,
    (Metric.PICTURE_QP, _V): 20013,
    (Metric.UPLINK_LOSS, _A): 20015,
    (Metric.END_TO_END_LOSS, _A): 20016,
    (Metric.UPLINK_LOSS, _V): 20017,
    (Metric.END_TO_END_LOSS, _V): 20018,
    (Metric.RECEIVE_WIDTH, _V): 20019,
    (Metric.RECEIVE_HEIGHT, _V): 20020,
}

# terms.tsv, agora.mid.current: 20006 is the low stream there, 20013 is gone, 20021 and up are new.
CURRENT_MIDS: Final[dict[MetricKey, int]] = {
    key: mid for key, mid in SEED_MIDS.items() if mid not in {20006, 20013}
} | {
    (Metric.SEND_BITRATE_LOW, _V): 20006,
    (Metric.TASK_DELAY, None): 20021,
    (Metric.ROUTER_LATENCY, None): 20022,
    (Metric.SEND_FPS_LOW, _V): 20023,
    (Metric.SEND_BITRATE, _V): 20024,
    (Metric.SEND_VOLUME, _A): 20025,
    (Metric.PLAY_VOLUME, _A): 20026,
    (Metric.SEND_WIDTH, _V): 20027,
    (Metric.SEND_HEIGHT, _V): 20028,
}

EXP_VIDEO_FREEZE: Final = 4
EXP_AUDIO_FREEZE: Final = 5
EXP_SLOW_JOIN: Final = 6
UNDOCUMENTED_FACTOR: Final = 18  # in the document's sample but in no table

_FACTORS: Final[dict[Cause, int]] = {
    Cause("session", "duplicate_uid"): 1,
    Cause("connection", "failed"): 3,
    Cause("network", "latency", _V, _DOWN): 8,
    Cause("network", "latency", _A, _DOWN): 9,
    Cause("device", "cpu_high"): 10,
    Cause("device", "app_cpu_high"): 10,
    Cause("device", "busy"): 11,
    Cause("user_action", "stopped_sending", _A, _UP): 12,
    Cause("user_action", "stopped_sending", _V, _UP): 13,
    Cause("user_action", "module_off", _A): 14,
    Cause("user_action", "module_off", _V): 15,
    Cause("user_action", "peer_stopped_receiving", _A, _DOWN): 16,
    Cause("user_action", "peer_stopped_receiving", _V, _DOWN): 17,
    Cause("network", "loss", _V, _UP): 21,
    Cause("network", "loss", _A, _UP): 22,
    Cause("network", "loss", _V, _DOWN): 23,
    Cause("network", "loss", _A, _DOWN): 24,
    Cause("client", "electron_integration"): 25,
    Cause("network", "wifi_weak"): 29,
    Cause("session", "removed"): 30,
    Cause("join", "invalid_app_id"): 31,
    Cause("join", "invalid_channel"): 32,
    Cause("join", "invalid_token"): 33,
    Cause("join", "expired_token"): 34,
    Cause("join", "blocked"): 35,
    Cause("join", "timeout"): 36,
    Cause("reconnect", "network_down"): 37,
    Cause("reconnect", "proxy_set"): 38,
    Cause("reconnect", "token_renewed"): 39,
    Cause("reconnect", "ip_changed"): 40,
    Cause("reconnect", "timeout"): 41,
    Cause("network", "latency", _V, _UP): 42,
    Cause("network", "latency", _A, _UP): 43,
    Cause("network", "jitter", _V, _UP): 44,
    Cause("network", "jitter", _A, _UP): 45,
    Cause("network", "jitter", _V, _DOWN): 46,
    Cause("network", "jitter", _A, _DOWN): 47,
}


def factor_of(cause: Cause) -> int:
    """Return Agora's root-cause id; 18 (undocumented) for causes without one."""
    return _FACTORS.get(cause, UNDOCUMENTED_FACTOR)


def experience_of(cause: Cause) -> int:
    """Return what a cause feels like: slow join, audio freeze or video freeze."""
    if cause.group == "join":
        return EXP_SLOW_JOIN
    return EXP_AUDIO_FREEZE if cause.media is Media.AUDIO else EXP_VIDEO_FREEZE
