"""The causes of bad calls: their keys, names, advice and aliases; one row for each cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot import advice
from bot.advice import Advice
from bot.call import Direction, Media
from bot.i18n.messages import Message, message

HEALTHY: Final = "none"
UNKNOWN: Final = "unknown"
NO_SPECIFIC_CAUSE: Final = "unknown.other"  # something was bad, and nothing says why
NO_VERDICT: Final = "no_verdict"  # of a ticket that has no final verdict yet
NOT_FOUND: Final = "not_found"  # no such call: the result of an unknown verdict
WITHDRAWN: Final = "withdrawn"  # by its reporter: a resolution
WITHOUT_CAUSE: Final = frozenset({"", HEALTHY, UNKNOWN, NOT_FOUND})


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a call was bad: `group.name`, with medium and direction where they are known."""

    group: str
    name: str
    media: Media | None = None
    direction: Direction | None = None

    @property
    def key(self) -> str:
        """The cause's key, such as `network.loss`."""
        return f"{self.group}.{self.name}"


@dataclass(frozen=True, slots=True)
class CauseDefinition:
    """One row of `CAUSES`.

    `key` as in verdicts and exports; `title` names the cause on its own, `phrase` inside a
    sentence; `aliases` are words people search for that no title contains, with spaces between.
    """

    key: str
    title: Message
    phrase: Message
    advice: Advice
    aliases: str = ""


_ROWS: Final = (
    CauseDefinition(
        "client.browser_sdp",
        message("The browser could not set up audio and video"),
        message("a browser without audio and video"),
        advice.BROWSER,
    ),
    CauseDefinition(
        "client.electron_integration",
        message("The desktop app is not integrated correctly"),
        message("a wrongly integrated desktop app"),
        advice.DEVELOPERS,
    ),
    CauseDefinition(
        "client.internal_error",
        message("An error inside the app"),
        message("an error inside the app"),
        advice.REJOIN,
    ),
    CauseDefinition(
        "connection.failed",
        message("The connection failed"),
        message("a failed connection"),
        advice.REJOIN,
        aliases="掉线 断网 disconnected",
    ),
    CauseDefinition(
        "device.app_cpu_high",
        message("The app uses too much CPU"),
        message("an app using too much CPU"),
        advice.DEVICE,
    ),
    CauseDefinition(
        "device.busy",
        message("Microphone or camera is used by another program"),
        message("microphone or camera used elsewhere"),
        advice.BUSY_DEVICE,
    ),
    CauseDefinition(
        "device.cpu_high",
        message("The device's CPU is overloaded"),
        message("an overloaded CPU"),
        advice.DEVICE,
    ),
    CauseDefinition(
        "device.decoder",
        message("The device decodes video too slowly"),
        message("a device that decodes video too slowly"),
        advice.DECODER,
        aliases="解码 decoding",
    ),
    CauseDefinition(
        "join.auth_failed",
        message("Joining failed: not authorised"),
        message("joining without authorisation"),
        advice.DEVELOPERS,
    ),
    CauseDefinition(
        "join.auth_retried",
        message("Authorisation had to be retried while joining"),
        message("authorisation retried while joining"),
        advice.REJOIN,
    ),
    CauseDefinition(
        "join.bad_url",
        message("Joining failed: wrong address"),
        message("joining at a wrong address"),
        advice.DEVELOPERS,
    ),
    CauseDefinition(
        "join.blocked",
        message("Joining failed: the user is blocked"),
        message("joining while blocked"),
        advice.REMOVED,
    ),
    CauseDefinition(
        "join.clock_skew",
        message("Joining failed: the device's clock is wrong"),
        message("joining with a wrong clock"),
        advice.CLOCK,
    ),
    CauseDefinition(
        "join.expired_token",
        message("Joining failed: the token has expired"),
        message("joining with an expired token"),
        advice.REJOIN,
    ),
    CauseDefinition(
        "join.invalid_app_id",
        message("Joining failed: wrong app id"),
        message("joining with a wrong app id"),
        advice.DEVELOPERS,
    ),
    CauseDefinition(
        "join.invalid_channel",
        message("Joining failed: wrong channel name"),
        message("joining a wrong channel name"),
        advice.DEVELOPERS,
    ),
    CauseDefinition(
        "join.invalid_token",
        message("Joining failed: wrong token"),
        message("joining with a wrong token"),
        advice.DEVELOPERS,
    ),
    CauseDefinition(
        "join.link_failed",
        message("Joining failed: no link to the cloud"),
        message("joining without a link to the cloud"),
        advice.NETWORK,
    ),
    CauseDefinition(
        "join.room_not_idle",
        message("Joining failed: the channel is in use"),
        message("joining a channel in use"),
        advice.REJOIN,
    ),
    CauseDefinition(
        "join.timeout",
        message("Joining took too long"),
        message("joining that took too long"),
        advice.NETWORK,
    ),
    CauseDefinition(
        "join.websocket_failed",
        message("Joining failed: the signalling link was refused"),
        message("joining with a refused signalling link"),
        advice.STABLE_NETWORK,
    ),
    CauseDefinition(
        "media.concealed",
        message("Sound came in pieces"),
        message("sound that came in pieces"),
        advice.CONCEALED,
        aliases="断断续续 机器音 robotic choppy",
    ),
    CauseDefinition(
        "media.no_sound",
        message("No sound"),
        message("no sound"),
        advice.NO_SOUND,
        aliases="没声音 无声 silent silence",
    ),
    CauseDefinition(
        "media.peer_no_frames",
        message("No picture was sent"),
        message("no picture sent"),
        advice.SWITCH,
        aliases="黑屏 没画面 black",
    ),
    CauseDefinition(
        "media.peer_no_stream", message("Nothing was sent"), message("nothing sent"), advice.SWITCH
    ),
    CauseDefinition(
        "network.bandwidth",
        message("Too little bandwidth"),
        message("too little bandwidth"),
        advice.BANDWIDTH,
        aliases="弱网 网速 模糊 slow blurred",
    ),
    CauseDefinition(
        "network.jitter",
        message("Network jitter"),
        message("network jitter"),
        advice.NETWORK,
        aliases="弱网 抖动",
    ),
    CauseDefinition(
        "network.latency",
        message("High network latency"),
        message("high network latency"),
        advice.NETWORK,
        aliases="弱网 延时 时延 延迟 lag delay",
    ),
    CauseDefinition(
        "network.loss",
        message("Packet loss"),
        message("packet loss"),
        advice.NETWORK,
        aliases="弱网 掉包 lossy",
    ),
    CauseDefinition(
        "network.wifi_weak",
        message("Weak Wi-Fi signal"),
        message("weak Wi-Fi signal"),
        advice.WIFI,
        aliases="弱网 无线 信号差 wireless weak",
    ),
    CauseDefinition(
        "reconnect.ip_changed",
        message("Reconnected after the network changed"),
        message("reconnecting on another network"),
        advice.STABLE_NETWORK,
    ),
    CauseDefinition(
        "reconnect.network_down",
        message("Reconnected after the network broke off"),
        message("reconnecting after the network broke off"),
        advice.OFFLINE,
        aliases="掉线 断网 断线 disconnected",
    ),
    CauseDefinition(
        "reconnect.proxy_set",
        message("Reconnected after a proxy was set"),
        message("reconnecting through a proxy"),
        advice.STABLE_NETWORK,
    ),
    CauseDefinition(
        "reconnect.timeout",
        message("Reconnected after the network timed out"),
        message("reconnecting after a timeout"),
        advice.OFFLINE,
        aliases="掉线 断线 disconnected",
    ),
    CauseDefinition(
        "reconnect.token_renewed",
        message("Reconnected after the token was renewed"),
        message("reconnecting with a new token"),
        advice.DEVELOPERS,
    ),
    CauseDefinition(
        "server.error",
        message("The cloud reported an error"),
        message("an error in the cloud"),
        advice.CLOUD,
    ),
    CauseDefinition(
        "server.http_503",
        message("The cloud was not available"),
        message("a cloud that was not available"),
        advice.CLOUD,
    ),
    CauseDefinition(
        "server.no_config",
        message("The cloud sent no configuration"),
        message("no configuration from the cloud"),
        advice.CLOUD,
    ),
    CauseDefinition(
        "server.no_downlink_frames",
        message("The cloud sent no picture"),
        message("no picture from the cloud"),
        advice.CLOUD,
        aliases="黑屏 没画面 black",
    ),
    CauseDefinition(
        "server.no_downlink_stream",
        message("The cloud sent nothing"),
        message("nothing from the cloud"),
        advice.CLOUD,
    ),
    CauseDefinition(
        "server.route",
        message("A fault of the cloud or of the route to it"),
        message("a fault of the cloud or of the route to it"),
        advice.ROUTE,
        aliases="线路 routing",
    ),
    CauseDefinition(
        "session.duplicate_uid",
        message("Two devices joined with the same uid"),
        message("two devices with the same uid"),
        advice.ONE_DEVICE,
    ),
    CauseDefinition(
        "session.peer_offline",
        message("The person had left"),
        message("a person who had left"),
        advice.REJOIN,
    ),
    CauseDefinition(
        "session.removed",
        message("The person was removed from the channel"),
        message("being removed from the channel"),
        advice.REMOVED,
    ),
    CauseDefinition(
        NO_SPECIFIC_CAUSE,
        message("No specific cause was found"),
        message("no specific cause"),
        advice.AGAIN,
    ),
    CauseDefinition(
        "user_action.module_off",
        message("Microphone or camera was switched off"),
        message("microphone or camera switched off"),
        advice.SWITCH,
    ),
    CauseDefinition(
        "user_action.peer_stopped_receiving",
        message("The receiver stopped receiving"),
        message("a receiver that stopped receiving"),
        advice.BACKGROUND,
    ),
    CauseDefinition(
        "user_action.stopped_sending",
        message("Stopped sending"),
        message("sending that stopped"),
        advice.SWITCH,
    ),
)
CAUSES: Final[Mapping[str, CauseDefinition]] = {row.key: row for row in _ROWS}

RESOLUTION_TITLES: Final[Mapping[str, Message]] = {
    HEALTHY: message("The call was fine"),
    UNKNOWN: message("Unknown"),
    NOT_FOUND: message("Call not found"),
    **{row.key: row.title for row in _ROWS},
}
"""What a ticket can be resolved with: a cause, `none`, `unknown` or `not_found`."""

_RESULT_TITLES: Final[Mapping[str, Message]] = {
    HEALTHY: message("Looked healthy"),
    UNKNOWN: message("Not enough data"),
    NO_VERDICT: message("No verdict yet"),
}


def resolution_title(key: str) -> Message:
    """Name what a ticket was resolved with; an unknown key stays as it is."""
    if key == WITHDRAWN:
        return message("Withdrawn by the reporter")
    return RESOLUTION_TITLES.get(key) or message("%(text)s", text=key)


def result_title(key: str) -> Message:
    """Name the result of a diagnosis: a cause, or that it found none."""
    return _RESULT_TITLES.get(key) or resolution_title(key)


def cause_phrase(key: str) -> Message:
    """Name a cause inside a sentence; an unknown key stays as it is."""
    return CAUSES[key].phrase if key in CAUSES else message("%(text)s", text=key)


def advice_for(key: str) -> Advice | None:
    """Return what to do about a cause, None for a healthy call and for an unknown key."""
    return CAUSES[key].advice if key in CAUSES else None
