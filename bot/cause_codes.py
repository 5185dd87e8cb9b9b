"""How each cloud's codes map onto causes (shared/reference/causes.tsv)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.call import Code, Direction, Media
from bot.causes import Cause

_A, _V = Media.AUDIO, Media.VIDEO
_UP, _DOWN = Direction.UP, Direction.DOWN

CAUSES_BY_CODE: Final[Mapping[str, Mapping[str, Cause]]] = {
    "agora.factor_id": {
        "1": Cause("session", "duplicate_uid"),
        "2": Cause("session", "removed"),
        "3": Cause("connection", "failed"),
        "8": Cause("network", "latency", _V, _DOWN),
        "9": Cause("network", "latency", _A, _DOWN),
        "10": Cause("device", "cpu_high"),
        "11": Cause("device", "busy"),
        "12": Cause("user_action", "stopped_sending", _A, _UP),
        "13": Cause("user_action", "stopped_sending", _V, _UP),
        "14": Cause("user_action", "module_off", _A),
        "15": Cause("user_action", "module_off", _V),
        "16": Cause("user_action", "peer_stopped_receiving", _A, _DOWN),
        "17": Cause("user_action", "peer_stopped_receiving", _V, _DOWN),
        "21": Cause("network", "loss", _V, _UP),
        "22": Cause("network", "loss", _A, _UP),
        "23": Cause("network", "loss", _V, _DOWN),
        "24": Cause("network", "loss", _A, _DOWN),
        "25": Cause("client", "electron_integration"),
        "29": Cause("network", "wifi_weak"),
        "30": Cause("session", "removed"),
        "31": Cause("join", "invalid_app_id"),
        "32": Cause("join", "invalid_channel"),
        "33": Cause("join", "invalid_token"),
        "34": Cause("join", "expired_token"),
        "35": Cause("join", "blocked"),
        "36": Cause("join", "timeout"),
        "37": Cause("reconnect", "network_down"),
        "38": Cause("reconnect", "proxy_set"),
        "39": Cause("reconnect", "token_renewed"),
        "40": Cause("reconnect", "ip_changed"),
        "41": Cause("reconnect", "timeout"),
        "42": Cause("network", "latency", _V, _UP),
        "43": Cause("network", "latency", _A, _UP),
        "44": Cause("network", "jitter", _V, _UP),
        "45": Cause("network", "jitter", _A, _UP),
        "46": Cause("network", "jitter", _V, _DOWN),
        "47": Cause("network", "jitter", _A, _DOWN),
    },
    "huawei.abnormal_factor.type1": {
        "1": Cause("join", "link_failed"),
        "2": Cause("join", "room_not_idle"),
        "3": Cause("server", "error"),
        "4": Cause("server", "http_503"),
        "5": Cause("join", "auth_failed"),
        "6": Cause("join", "auth_retried"),
        "7": Cause("join", "clock_skew"),
        "8": Cause("join", "bad_url"),
        "9": Cause("client", "internal_error"),
        "90000004": Cause("join", "timeout"),
        "90100009": Cause("server", "no_config"),
        "90100008": Cause("join", "websocket_failed"),
        "10000001": Cause("server", "error"),
        "31000003": Cause("server", "error"),
        "32000030": Cause("server", "error"),
        "15": Cause("client", "browser_sdp"),
    },
    "huawei.abnormal_factor.type2_3": {
        "1": Cause("device", "cpu_high"),
        "2": Cause("device", "app_cpu_high"),
        "3": Cause("network", "latency", _A, _UP),
        "4": Cause("network", "jitter", _A, _UP),
        "5": Cause("network", "latency", _V, _UP),
        "6": Cause("network", "jitter", _V, _UP),
        "7": Cause("network", "latency", _A, _DOWN),
        "8": Cause("network", "jitter", _A, _DOWN),
        "9": Cause("network", "latency", _V, _DOWN),
        "10": Cause("network", "jitter", _V, _DOWN),
        "11": Cause("network", "loss", _A, _UP),
        "12": Cause("network", "loss", _V, _UP),
        "13": Cause("network", "loss", _A, _DOWN),
        "14": Cause("network", "loss", _V, _DOWN),
        "15": Cause("media", "no_sound", _A, _DOWN),
        "16": Cause("unknown", "other"),
        "17": Cause("session", "peer_offline"),
        "18": Cause("media", "peer_no_stream"),
        "19": Cause("media", "peer_no_frames", _V),
        "20": Cause("server", "no_downlink_stream", None, _DOWN),
        "21": Cause("server", "no_downlink_frames", _V, _DOWN),
    },
}

# Huawei's 13.14 prints some factor numbers with a digit less than 13.13 (contract trap W33).
_MISPRINTED_CODES: Final[Mapping[str, Mapping[str, str]]] = {
    "huawei.abnormal_factor.type1": {
        "9000004": "90000004",
        "9010009": "90100009",
        "9010008": "90100008",
        "1000001": "10000001",
        "3100003": "31000003",
        "3200030": "32000030",
    }
}


def canonical_code(code: Code) -> Code:
    """Return the code under the number that `CAUSES_BY_CODE` uses."""
    return Code(code.kind, _MISPRINTED_CODES.get(code.kind, {}).get(code.value, code.value))


def cause_of(code: Code) -> Cause | None:
    """Return the cause a cloud's code stands for, None for an unknown code."""
    known = canonical_code(code)
    return CAUSES_BY_CODE.get(known.kind, {}).get(known.value)
