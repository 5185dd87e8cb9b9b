"""Causes in words: what each is called. What to do about it stands in advice; no rules here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.call import Direction, Media, Metric, MissingKind, MissingReason
from bot.charts.labels import DIRECTION_NAMES, MEDIA_NAMES, METRIC_NAMES
from bot.i18n.messages import Message, message

CAUSE_TITLES: Final[Mapping[str, Message]] = {
    "client.browser_sdp": message("The browser could not set up audio and video"),
    "client.electron_integration": message("The desktop app is not integrated correctly"),
    "client.internal_error": message("An error inside the app"),
    "connection.failed": message("The connection failed"),
    "device.app_cpu_high": message("The app uses too much CPU"),
    "device.busy": message("Microphone or camera is used by another program"),
    "device.cpu_high": message("The device's CPU is overloaded"),
    "join.auth_failed": message("Joining failed: not authorised"),
    "join.auth_retried": message("Authorisation had to be retried while joining"),
    "join.bad_url": message("Joining failed: wrong address"),
    "join.blocked": message("Joining failed: the user is blocked"),
    "join.clock_skew": message("Joining failed: the device's clock is wrong"),
    "join.expired_token": message("Joining failed: the token has expired"),
    "join.invalid_app_id": message("Joining failed: wrong app id"),
    "join.invalid_channel": message("Joining failed: wrong channel name"),
    "join.invalid_token": message("Joining failed: wrong token"),
    "join.link_failed": message("Joining failed: no link to the cloud"),
    "join.room_not_idle": message("Joining failed: the channel is in use"),
    "join.timeout": message("Joining took too long"),
    "join.websocket_failed": message("Joining failed: the signalling link was refused"),
    "media.no_sound": message("No sound arrived"),
    "media.peer_no_frames": message("No picture was sent"),
    "media.peer_no_stream": message("Nothing was sent"),
    "network.jitter": message("Unsteady network (jitter)"),
    "network.latency": message("Slow network (latency)"),
    "network.loss": message("Packet loss"),
    "network.wifi_weak": message("Weak Wi-Fi signal"),
    "reconnect.ip_changed": message("Reconnected: the network changed"),
    "reconnect.network_down": message("Reconnected: the network broke off"),
    "reconnect.proxy_set": message("Reconnected: a proxy was set"),
    "reconnect.timeout": message("Reconnected: the network timed out"),
    "reconnect.token_renewed": message("Reconnected: the token was renewed"),
    "server.error": message("The cloud reported an error"),
    "server.http_503": message("The cloud was not available"),
    "server.no_config": message("The cloud sent no configuration"),
    "server.no_downlink_frames": message("The cloud sent no picture"),
    "server.no_downlink_stream": message("The cloud sent nothing"),
    "session.duplicate_uid": message("Two devices joined with the same uid"),
    "session.peer_offline": message("The person had left"),
    "session.removed": message("The person was removed from the channel"),
    "unknown.other": message("The cloud gives no specific cause"),
    "user_action.module_off": message("Microphone or camera was switched off"),
    "user_action.peer_stopped_receiving": message("The receiver stopped receiving"),
    "user_action.stopped_sending": message("Stopped sending"),
}

GAP_NAMES: Final[Mapping[MissingKind, Message]] = {
    MissingKind.CALL: message("the call"),
    MissingKind.TEACHER_METRICS: message("the teacher's data"),
    MissingKind.STUDENT_METRICS: message("the student's data"),
    MissingKind.EVENTS: message("the cloud's own diagnosis"),
    MissingKind.MINUTES: message("some minutes"),
    MissingKind.FIGURES: message("some figures"),
}
GAP_REASON_TEXTS: Final[Mapping[MissingReason, Message]] = {
    MissingReason.NOT_OUT_YET: message("not published by the cloud yet"),
    MissingReason.NOT_FOUND: message("not found"),
    MissingReason.CUT_OFF: message("cut off: the cloud lists ten people at most"),
    MissingReason.TOO_FEW_SAMPLES: message("less than a minute"),
    MissingReason.FORGOTTEN: message("older than the cloud remembers"),
    MissingReason.OVER_QUOTA: message("the cloud's quota is used up for now"),
    MissingReason.REFUSED: message("refused by the cloud"),
    MissingReason.UNREACHABLE: message("the cloud does not answer"),
    MissingReason.UNREADABLE: message("the cloud's answer could not be read"),
    MissingReason.MAY_BE_INCOMPLETE: message("may be incomplete"),
    MissingReason.UNSUPPORTED: message("this cloud does not provide it"),
}


def cause_title(key: str, media: Media | None, direction: Direction | None) -> Message:
    """A cause in words, with medium and direction; an unknown key as it is."""
    words = CAUSE_TITLES.get(key)
    name: Message | str = words or key
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
    return words or message("%(text)s", text=key)


def metric_name(metric: str) -> Message:
    """A metric in words, an unknown one as it is."""
    known = METRIC_NAMES.get(Metric(metric)) if metric in set(Metric) else None
    return known or message("%(text)s", text=metric)


RESOLUTION_TITLES: Final[Mapping[str, Message]] = {
    "none": message("The call was fine"),
    "unknown": message("Not known"),
    **CAUSE_TITLES,
}


def resolution_title(key: str) -> Message:
    """What a ticket was closed with, in words; an unknown key as it is."""
    return RESOLUTION_TITLES.get(key) or message("%(text)s", text=key)
