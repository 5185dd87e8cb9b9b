"""Help texts and the table of commands in the docs, made from handlers/commands.py."""

from __future__ import annotations

from functools import cache
from typing import Final

from bot.i18n.messages import LocaleName, message
from bot.i18n.translator import Translator
from handlers.commands import COMMANDS, Command, Example, Rights
from handlers.ui.renderer import Renderer

_INTRODUCTION: Final = message(
    "*Lagdesk* finds out why calls were bad. Report one, and the cause appears in its thread."
)


def usage_of(name: str, renderer: Renderer, rights: Rights, typed: str = "") -> str:
    """How this person may use a command, a line for each example; "" for an unknown command.

    Of `typed`, what they typed after its name, the first word selects examples if some have it.
    """
    usable = [
        (command, example)
        for command in COMMANDS
        for example in command.examples
        if command.name == name and example.is_for(rights)
    ]
    word = typed.strip().partition(" ")[0]
    meant = [pair for pair in usable if word and pair[1].word == pair[0].find_word(word)]
    return "\n".join(
        f"`{_typed(command, example, renderer)}` {renderer.mrkdwn(example.help)}"
        for command, example in meant or usable
    )


@cache
def help_text(locale: LocaleName, rights: Rights) -> str:
    """What Lagdesk can do for this person."""
    renderer = Renderer(Translator(locale))
    usages = [usage_of(command.name, renderer, rights) for command in COMMANDS]
    return "\n".join([renderer.mrkdwn(_INTRODUCTION), *usages])


def command_table() -> list[tuple[str, str, str]]:
    """The commands as Markdown table rows for the docs: example, what it does, for whom."""
    renderer = Renderer(Translator("en"))
    return [
        (
            f"`{_typed(command, example, renderer)}`",
            renderer.mrkdwn(example.help),
            _readers(example),
        )
        for command in COMMANDS
        for example in command.examples
    ]


def _readers(example: Example) -> str:
    if example.for_admins:
        return "admins"
    return "support" if example.for_support else "everybody"


def _typed(command: Command, example: Example, renderer: Renderer) -> str:
    arguments = example.arguments_in(renderer.translator.locale)
    return f"{command.name} {renderer.plain_text(arguments)}"
