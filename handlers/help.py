"""How each command is used, in one line each. No command's work is done here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.words import Message, message

USAGES: Final[Mapping[str, Message]] = {
    "/report": message(
        "`/report [cname] [teacher_uid] [student_uid] [comment]` opens the form for a bad call."
    ),
    "/diagnose": message(
        "`/diagnose <cname> [app=<name>] [since=30m]` says why a call is or was bad."
    ),
    "/tickets": message(
        "`/tickets [open|mine|all|LD-12|words]` lists tickets, or shows one; alone, the open ones."
    ),
    "/lagdesk": message(
        "`/lagdesk [help|language zh|en|auto|channel-language zh|en|both]` chooses languages."
    ),
}


def usage(command: str) -> Message | None:
    """How one command is used."""
    return USAGES.get(command)
