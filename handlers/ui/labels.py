"""Names of a ticket's sides and issue types, and of networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.call import IssueType, Side
from bot.i18n.messages import Message, message

SIDE_NAMES: Final[Mapping[Side, Message]] = {
    Side.TEACHER: message("Teacher"),
    Side.STUDENT: message("Student"),
}
ISSUE_TYPE_NAMES: Final[Mapping[IssueType, Message]] = {
    IssueType.CLASS_SWITCHED: message("Class switched"),
    IssueType.HELP: message("Help requested"),
    IssueType.COMPLAINT: message("Complaint"),
    IssueType.FEEDBACK: message("Problem feedback"),
}
_NETWORK_NAMES: Final[Mapping[str, Message]] = {
    **dict.fromkeys(("wifi", "wi-fi", "wlan"), message("Wi-Fi")),
    **dict.fromkeys(("ethernet", "lan", "wired"), message("Cable network")),
    **dict.fromkeys(("mobile", "cellular"), message("Mobile network")),
    "unknown": message("Unknown network"),
}


def network_name(network: str) -> Message:
    """Name the network that a cloud says somebody had; an unknown one, such as 4g, as 4G."""
    known = _NETWORK_NAMES.get(network.lower())
    return known or message("%(text)s", text=network.upper() if network[:1].isdigit() else network)
