"""How each command is used, in one line each. No command's work is done here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.i18n.messages import Message, message
from handlers.ui.renderer import Renderer

USAGES: Final[Mapping[str, Message]] = {
    "/report": message(
        "`/report [cname] [teacher_uid] [student_uid] [comment]` opens the form for a bad call."
    ),
    "/diagnose": message(
        "`/diagnose <cname> [app=<name>] [since=30m]` says why a call is or was bad."
    ),
    "/quality": message(
        "`/quality [app=<name>] [live|usage|network|experience|scale|distribution]` shows how good "
        "an app's calls are now, and how much it is used."
    ),
    "/tickets": message(
        "`/tickets [open|claimed|resolved|mine|all] [app=<name>] [cause=<name>] [cloud=<name>] "
        "[by=@person] [assignee=me] [since=7d] [words]` finds tickets, in any order; `LD-12` shows "
        "one; alone, it lists the open ones."
    ),
    "/lagdesk": message(
        "`/lagdesk [help|settings|language zh|en|auto|channel-language zh|en|both|summary|accuracy|"
        "audit [LD-12]|policy|doctor]` is for your own settings, languages, the week, who did "
        "what, whom Lagdesk calls when, and how it is doing."
    ),
}


def usage(command: str, renderer: Renderer) -> str:
    """How one command is used, in Slack's markup; "" for a command that is none of ours."""
    says = USAGES.get(command)
    return escape_brackets(renderer.mrkdwn(says)) if says else ""


def all_usages(renderer: Renderer) -> list[str]:
    """How every command is used, a line each."""
    return [usage(command, renderer) for command in USAGES]


def help_text(renderer: Renderer) -> str:
    """What Lagdesk can do, a line a command."""
    title = message("*Lagdesk* explains bad calls. Report one, and read why in its thread.")
    return "\n".join([renderer.mrkdwn(title), *all_usages(renderer)])


def escape_brackets(text: str) -> str:
    """`<cname>` in a usage is no link; a usage holds no other markup with brackets."""
    return text.replace("<", "&lt;").replace(">", "&gt;")
