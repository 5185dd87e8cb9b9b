"""Errors of the system and of databases in words of our own; their own text is in English only."""

from __future__ import annotations

import re
from typing import Final

from bot.i18n.messages import Message, message

_FLAGS: Final = re.IGNORECASE
_REASONS: Final = (
    (r"no space left|disk is full|file too large|quota exceeded", message("the disk is full")),
    (r"permission denied|not permitted", message("permission is missing")),
    (r"read-?only", message("it is read-only")),
    (r"no such file|unable to open|not a directory", message("its folder does not exist")),
    (r"name too long", message("the name is too long")),
    (r"is a directory", message("it is a folder")),
    (r"password|role .* does not exist|authentication", message("the server refuses the user")),
    (r"database .* does not exist", message("the server has no such database")),
    (
        r"refused|timed? ?out|resolve|translate host|unreachable|closed the connection",
        message("the server does not respond"),
    ),
    (r"locked", message("another process has locked it")),
    (r"malformed|corrupt|not a database", message("the file is damaged")),
)
_OTHER: Final = message("unexpected error")


def explain(system_text: str) -> Message:
    """Return why something failed, followed by the system's own text."""
    found = (reason for text, reason in _REASONS if re.search(text, system_text, _FLAGS))
    return message(
        "%(reason)s (%(text)s)", reason=next(found, _OTHER), text=system_text.rstrip(". \n")
    )
