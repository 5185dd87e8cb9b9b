"""Causes in words: what each is called and what a person can do about it. No rules here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.call import Direction, Lack, LackReason, Media, Metric
from bot.charts.labels import DIRECTION_NAMES, MEDIA_NAMES, METRIC_NAMES
from bot.words import Message, message


@dataclass(frozen=True, slots=True)
class CauseWords:
    """A cause's name and the advice that goes with it."""

    name: Message
    advice: Message


_NETWORK: Final = message(
    "Ask them to move closer to the Wi-Fi or plug in a cable, and to stop other downloads."
)
_REJOIN: Final = message("Ask them to leave the class and join again.")
_CLOSE_APPS: Final = message("Ask them to close other programs, or to use another device.")
_DEVELOPERS: Final = message("Pass this to the developers of the app, with the code above.")
_CLOUD: Final = message("Pass this to the cloud's support, with the channel and the time.")
_CHECK_SWITCH: Final = message(
    "Ask them whether microphone and camera are switched on, in the app and in the system."
)
_NEW_NETWORK: Final = message("Ask them to stay on one network and to switch off proxy and VPN.")

CAUSES: Final[Mapping[str, CauseWords]] = {
    "client.browser_sdp": CauseWords(
        message("The browser could not set up the media"),
        message("Ask them to update the browser, or to use the app."),
    ),
    "client.electron_integration": CauseWords(
        message("The desktop app is not integrated correctly"), _DEVELOPERS
    ),
    "client.internal_error": CauseWords(message("An error inside the app"), _REJOIN),
    "connection.failed": CauseWords(message("The connection failed"), _REJOIN),
    "device.app_cpu_high": CauseWords(message("The app uses too much CPU"), _CLOSE_APPS),
    "device.busy": CauseWords(
        message("Microphone or camera is used by another program"),
        message("Ask them to close other programs that use the microphone or the camera."),
    ),
    "device.cpu_high": CauseWords(message("The device's CPU is overloaded"), _CLOSE_APPS),
    "join.auth_failed": CauseWords(message("Joining failed: not authorised"), _DEVELOPERS),
    "join.auth_retried": CauseWords(
        message("Authorisation had to be retried while joining"), _REJOIN
    ),
    "join.bad_url": CauseWords(message("Joining failed: wrong address"), _DEVELOPERS),
    "join.blocked": CauseWords(
        message("Joining failed: the user is blocked"),
        message("Check the list of blocked users in the cloud's console."),
    ),
    "join.clock_skew": CauseWords(
        message("Joining failed: the device's clock is wrong"),
        message("Ask them to let the device set its clock by itself."),
    ),
    "join.expired_token": CauseWords(message("Joining failed: the token has expired"), _REJOIN),
    "join.invalid_app_id": CauseWords(message("Joining failed: wrong app id"), _DEVELOPERS),
    "join.invalid_channel": CauseWords(message("Joining failed: wrong channel name"), _DEVELOPERS),
    "join.invalid_token": CauseWords(message("Joining failed: wrong token"), _DEVELOPERS),
    "join.link_failed": CauseWords(message("Joining failed: no link to the cloud"), _NETWORK),
    "join.room_not_idle": CauseWords(message("Joining failed: the channel is in use"), _REJOIN),
    "join.timeout": CauseWords(message("Joining took too long"), _NETWORK),
    "join.websocket_failed": CauseWords(
        message("Joining failed: the signalling link was refused"), _NEW_NETWORK
    ),
    "media.no_sound": CauseWords(message("No sound arrived"), _CHECK_SWITCH),
    "media.peer_no_frames": CauseWords(message("No picture was sent"), _CHECK_SWITCH),
    "media.peer_no_stream": CauseWords(message("Nothing was sent"), _CHECK_SWITCH),
    "network.jitter": CauseWords(message("Unsteady network (jitter)"), _NETWORK),
    "network.latency": CauseWords(message("Slow network (latency)"), _NETWORK),
    "network.loss": CauseWords(message("Packet loss"), _NETWORK),
    "network.wifi_weak": CauseWords(message("Weak Wi-Fi signal"), _NETWORK),
    "reconnect.ip_changed": CauseWords(message("Reconnected: the network changed"), _NEW_NETWORK),
    "reconnect.network_down": CauseWords(message("Reconnected: the network broke off"), _NETWORK),
    "reconnect.proxy_set": CauseWords(message("Reconnected: a proxy was set"), _NEW_NETWORK),
    "reconnect.timeout": CauseWords(message("Reconnected: the network timed out"), _NETWORK),
    "reconnect.token_renewed": CauseWords(
        message("Reconnected: the token was renewed"), _DEVELOPERS
    ),
    "server.error": CauseWords(message("The cloud reported an error"), _CLOUD),
    "server.http_503": CauseWords(message("The cloud was not available"), _CLOUD),
    "server.no_config": CauseWords(message("The cloud sent no configuration"), _CLOUD),
    "server.no_downlink_frames": CauseWords(message("The cloud sent no picture"), _CLOUD),
    "server.no_downlink_stream": CauseWords(message("The cloud sent nothing"), _CLOUD),
    "session.duplicate_uid": CauseWords(
        message("Two devices joined with the same uid"),
        message("Ask them to leave the class on all devices but one."),
    ),
    "session.peer_offline": CauseWords(message("The person had left"), _REJOIN),
    "session.removed": CauseWords(
        message("The person was removed from the channel"),
        message("Ask who removed them; then let them join again."),
    ),
    "unknown.other": CauseWords(
        message("The cloud gives no closer cause"), message("Run the diagnosis again later.")
    ),
    "user_action.module_off": CauseWords(
        message("Microphone or camera was switched off"), _CHECK_SWITCH
    ),
    "user_action.peer_stopped_receiving": CauseWords(
        message("The receiver stopped receiving"), _REJOIN
    ),
    "user_action.stopped_sending": CauseWords(message("Stopped sending"), _CHECK_SWITCH),
}

LACKS: Final[Mapping[Lack, Message]] = {
    Lack.CALL: message("The call"),
    Lack.TEACHER_METRICS: message("The teacher's data"),
    Lack.STUDENT_METRICS: message("The student's data"),
    Lack.EVENTS: message("The cloud's own diagnosis"),
    Lack.MINUTES: message("Some minutes"),
}
LACK_REASONS: Final[Mapping[LackReason, Message]] = {
    LackReason.NOT_OUT_YET: message("not published by the cloud yet"),
    LackReason.NOT_FOUND: message("not found"),
    LackReason.CUT_OFF: message("cut off: the cloud names ten people at most"),
    LackReason.TOO_FEW_SAMPLES: message("less than a minute of it"),
    LackReason.FORGOTTEN: message("older than the cloud remembers"),
    LackReason.OVER_QUOTA: message("the cloud's quota is used up for now"),
    LackReason.REFUSED: message("refused by the cloud"),
    LackReason.UNREACHABLE: message("the cloud does not answer"),
    LackReason.UNREADABLE: message("the cloud's answer is not readable"),
    LackReason.MAY_BE_INCOMPLETE: message("may be incomplete"),
    LackReason.UNSUPPORTED: message("this cloud does not tell it"),
}


def cause_name(key: str, media: Media | None, direction: Direction | None) -> Message:
    """A cause in words, with medium and direction; an unknown key as it is."""
    words = CAUSES.get(key)
    name: Message | str = words.name if words else key
    if media and direction:
        return message(
            "%(cause)s (%(media)s, %(direction)s)",
            cause=name,
            media=MEDIA_NAMES[media],
            direction=DIRECTION_NAMES[direction],
        )
    if media or direction:
        detail = MEDIA_NAMES[media] if media else DIRECTION_NAMES[direction]  # type: ignore[index]
        return message("%(cause)s (%(detail)s)", cause=name, detail=detail)
    return words.name if words else message("%(text)s", text=key)


def metric_name(metric: str) -> Message:
    """A metric in words, an unknown one as it is."""
    known = METRIC_NAMES.get(Metric(metric)) if metric in set(Metric) else None
    return known or message("%(text)s", text=metric)


RESOLUTIONS: Final[Mapping[str, Message]] = {
    "none": message("The call was fine"),
    "unknown": message("Not known"),
    **{key: words.name for key, words in CAUSES.items()},
}


def resolution_name(key: str) -> Message:
    """What a ticket was closed with, in words; an unknown key as it is."""
    return RESOLUTIONS.get(key) or message("%(text)s", text=key)
