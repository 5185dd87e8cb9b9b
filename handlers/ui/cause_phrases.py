"""Short names of causes, for the middle of a sentence; what each is called stands in causes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.i18n.messages import Message, message

CAUSE_PHRASES: Final[Mapping[str, Message]] = {
    "client.browser_sdp": message("a browser without audio and video"),
    "client.electron_integration": message("a wrongly integrated desktop app"),
    "client.internal_error": message("an error inside the app"),
    "connection.failed": message("a failed connection"),
    "device.app_cpu_high": message("an app using too much CPU"),
    "device.busy": message("microphone or camera used elsewhere"),
    "device.cpu_high": message("an overloaded CPU"),
    "join.auth_failed": message("joining without authorisation"),
    "join.auth_retried": message("authorisation retried while joining"),
    "join.bad_url": message("joining at a wrong address"),
    "join.blocked": message("joining while blocked"),
    "join.clock_skew": message("joining with a wrong clock"),
    "join.expired_token": message("joining with an expired token"),
    "join.invalid_app_id": message("joining with a wrong app id"),
    "join.invalid_channel": message("joining a wrong channel name"),
    "join.invalid_token": message("joining with a wrong token"),
    "join.link_failed": message("joining without a link to the cloud"),
    "join.room_not_idle": message("joining a channel in use"),
    "join.timeout": message("joining that took too long"),
    "join.websocket_failed": message("joining with a refused signalling link"),
    "media.no_sound": message("no sound"),
    "media.peer_no_frames": message("no picture sent"),
    "media.peer_no_stream": message("nothing sent"),
    "network.jitter": message("an unsteady network (jitter)"),
    "network.latency": message("a slow network (latency)"),
    "network.loss": message("packet loss"),
    "network.wifi_weak": message("weak Wi-Fi signal"),
    "reconnect.ip_changed": message("reconnecting on another network"),
    "reconnect.network_down": message("reconnecting after the network broke off"),
    "reconnect.proxy_set": message("reconnecting through a proxy"),
    "reconnect.timeout": message("reconnecting after a timeout"),
    "reconnect.token_renewed": message("reconnecting with a new token"),
    "server.error": message("an error in the cloud"),
    "server.http_503": message("a cloud that was not available"),
    "server.no_config": message("no configuration from the cloud"),
    "server.no_downlink_frames": message("no picture from the cloud"),
    "server.no_downlink_stream": message("nothing from the cloud"),
    "session.duplicate_uid": message("two devices with the same uid"),
    "session.peer_offline": message("a person who had left"),
    "session.removed": message("being removed from the channel"),
    "unknown.other": message("no specific cause"),
    "user_action.module_off": message("microphone or camera switched off"),
    "user_action.peer_stopped_receiving": message("a receiver that stopped receiving"),
    "user_action.stopped_sending": message("sending that stopped"),
}


def cause_phrase(key: str) -> Message:
    """A cause as it is called within a sentence; an unknown key as it is."""
    return CAUSE_PHRASES.get(key) or message("%(text)s", text=key)
