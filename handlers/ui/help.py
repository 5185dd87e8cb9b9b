"""Help texts and the table of commands in the docs, made from handlers/commands.py."""

from __future__ import annotations

from functools import cache
from typing import Final

from bot.i18n.messages import LocaleName, message
from bot.i18n.translator import Translator
from handlers.commands import COMMANDS, Command
from handlers.ui.renderer import Renderer

_INTRODUCTION: Final = message(
    "*Lagdesk* finds out why calls were bad. Report one, and the cause appears in its thread."
)


def usage(command: Command, renderer: Renderer) -> str:
    """How to use one command, in Slack's markup."""
    return _escape_brackets(renderer.mrkdwn(command.usage))


def usage_of(name: str, renderer: Renderer) -> str:
    """How to use the command with this name; "" when there is none."""
    return next((usage(command, renderer) for command in COMMANDS if command.name == name), "")


@cache
def help_text(locale: LocaleName) -> str:
    """What Lagdesk can do, a line for each command."""
    renderer = Renderer(Translator(locale))
    usages = [usage(command, renderer) for command in COMMANDS]
    return "\n".join([renderer.mrkdwn(_INTRODUCTION), *usages])


def command_table() -> list[tuple[str, str, str]]:
    """The commands as Markdown table rows for the docs: usage, what it does, example."""
    return [
        (
            _code(f"{command.name} {command.arguments}"),
            command.help.id.replace("|", "\\|"),
            _code(command.example),
        )
        for command in COMMANDS
    ]


def _code(text: str) -> str:
    escaped = text.replace("|", "\\|")
    return f"`{escaped}`"


def _escape_brackets(text: str) -> str:
    """Escape `<cname>`: a usage has no links or mentions."""
    return text.replace("<", "&lt;").replace(">", "&gt;")
