"""Names of verdicts' parts: a cause with medium and direction, a metric, a missing item.

And the causes as the options of a menu.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from bot.call import Direction, Media, Metric, MissingKind, MissingReason
from bot.causes import CAUSES, RESOLUTION_TITLES
from bot.charts.labels import DIRECTION_NAMES, MEDIA_NAMES, METRIC_NAMES
from bot.i18n.messages import Message, message
from handlers.ui.block_kit import OptionGroup
from handlers.ui.renderer import Renderer

MISSING_ITEM_NAMES: Final[Mapping[MissingKind, Message]] = {
    MissingKind.CALL: message("the call"),
    MissingKind.TEACHER_METRICS: message("the teacher's data"),
    MissingKind.STUDENT_METRICS: message("the student's data"),
    MissingKind.EVENTS: message("the cloud's own diagnosis"),
    MissingKind.MINUTES: message("a few minutes of data"),
    MissingKind.FIGURES: message("some metrics"),
}
MISSING_REASON_TEXTS: Final[Mapping[MissingReason, Message]] = {
    MissingReason.NOT_OUT_YET: message("not published by the cloud yet"),
    MissingReason.NOT_FOUND: message("not found"),
    MissingReason.CUT_OFF: message("truncated: the cloud lists ten people at most"),
    MissingReason.TOO_FEW_SAMPLES: message("less than a minute of data"),
    MissingReason.FORGOTTEN: message("no longer kept by the cloud"),
    MissingReason.OVER_QUOTA: message("the cloud's quota is used up for now"),
    MissingReason.REFUSED: message("refused by the cloud"),
    MissingReason.UNREACHABLE: message("the cloud does not respond"),
    MissingReason.UNREADABLE: message("the cloud's response could not be read"),
    MissingReason.MAY_BE_INCOMPLETE: message("may be incomplete"),
    MissingReason.UNSUPPORTED: message("this cloud does not provide it"),
}
_MENU_GROUPS: Final = (  # of causes, by the first parts of their keys
    (message("No cause"), ("none", "not_found", "unknown")),
    (message("Network"), ("network",)),
    (message("Connection"), ("connection", "reconnect")),
    (message("Device"), ("device",)),
    (message("App or browser"), ("client",)),
    (message("What people did"), ("user_action", "session")),
    (message("Sound and picture"), ("media",)),
    (message("Joining a channel"), ("join",)),
    (message("Cloud"), ("server",)),
)

_OF_ONE_MEDIUM: Final = frozenset(
    {
        "device.decoder",
        "media.concealed",
        "media.no_sound",
        "media.peer_no_frames",
        "server.no_downlink_frames",
    }
)
_OF_ONE_DIRECTION: Final = frozenset(
    {
        "device.decoder",
        "media.concealed",
        "media.peer_no_frames",
        "media.peer_no_stream",
        "server.no_downlink_frames",
        "server.no_downlink_stream",
        "server.route",
        "user_action.peer_stopped_receiving",
        "user_action.stopped_sending",
    }
)


def cause_menu(
    renderer: Renderer, keys: Collection[str], first: Sequence[str] = ()
) -> list[OptionGroup]:
    """Return the groups of a menu of causes; those of a verdict, `first`, in one of their own."""
    groups = [(message("Diagnosis"), first)]
    for label, parts in _MENU_GROUPS:
        members = [key for key in keys if key.partition(".")[0] in parts and key not in first]
        groups.append((label, members))
    return [
        (
            renderer.plain_text(label),
            [(key, renderer.plain_text(RESOLUTION_TITLES[key])) for key in members],
        )
        for label, members in groups
        if members
    ]


def cause_title(key: str, media: Media | None, direction: Direction | None) -> Message:
    """Name a cause with medium and direction where its title does not say them.

    An unknown key stays as it is.
    """
    title = CAUSES[key].title if key in CAUSES else message("%(text)s", text=key)
    media = None if key in _OF_ONE_MEDIUM else media
    direction = None if key in _OF_ONE_DIRECTION else direction
    if media and direction:
        return message(
            "%(cause)s (%(media)s, %(direction)s)",
            cause=title,
            media=MEDIA_NAMES[media],
            direction=DIRECTION_NAMES[direction],
        )
    if media or direction:
        detail = MEDIA_NAMES[media] if media else DIRECTION_NAMES[direction]  # type: ignore[index]
        return message("%(cause)s (%(detail)s)", cause=title, detail=detail)
    return title


def metric_name(metric: str) -> Message:
    """Name a metric; an unknown one stays as it is."""
    known = METRIC_NAMES.get(Metric(metric)) if metric in set(Metric) else None
    return known or message("%(text)s", text=metric)
