"""Commands are declared once: manifest, help and the docs' table follow the declarations."""

from __future__ import annotations

import pytest

from bot.i18n.translator import Translator
from handlers import commands
from handlers.commands import COMMANDS, Command
from handlers.slack.manifest import build_manifest
from handlers.ui.help import command_table, help_text, usage_of
from handlers.ui.renderer import Renderer


def test_every_declared_command_is_listed() -> None:
    """A command that is declared but not in COMMANDS would be in no manifest and no help."""
    declared = [each for each in vars(commands).values() if isinstance(each, Command)]
    assert declared == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_declaration_reaches_manifest_and_help(command: Command) -> None:
    """The usage hint, the help text and an example come from one declaration."""
    (slash_command,) = [
        each
        for each in build_manifest()["features"]["slash_commands"]
        if each["command"] == command.name
    ]
    assert slash_command["usage_hint"] == str(command.arguments)
    assert slash_command["should_escape"] is (command.name == "/tickets")
    assert command.example.startswith(f"{command.name} ")
    help_line = usage_of(command.name, Renderer(Translator("en")))
    assert help_line.startswith(f"`{command.name} ")
    assert help_line.endswith(command.help.id)
    assert help_line in help_text("en")


def test_usage_is_translated() -> None:
    """Arguments and help are in the reader's language; angle brackets are no links."""
    assert usage_of("/diagnose", Renderer(Translator("zh"))) == (
        "`/diagnose &lt;cname&gt; [app=&lt;应用&gt;] [since=30m]` 说明一次通话为什么不好。"
    )


def test_unknown_command_has_no_usage() -> None:
    """A name that is not declared gives an empty text."""
    assert usage_of("/nothing", Renderer(Translator("en"))) == ""


def test_table_rows_fit_markdown() -> None:
    """Every row has three cells, and a bar inside a cell is escaped."""
    rows = command_table()
    assert len(rows) == len(COMMANDS)
    for row in rows:
        assert all("|" not in cell.replace("\\|", "") for cell in row)
    assert rows[1] == (
        "`/diagnose <cname> [app=<name>] [since=30m]`",
        "explains why a call is or was bad.",
        "`/diagnose class_77_1 since=30m`",
    )
