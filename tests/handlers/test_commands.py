"""Commands are declared once: manifest, help and the docs' table follow the declarations."""

from __future__ import annotations

import pytest

from bot.i18n.translator import Translator
from handlers import commands
from handlers.commands import COMMANDS, LAGDESK, Command, Rights
from handlers.slack.manifest import build_manifest
from handlers.ui.help import command_table, help_text, usage_of
from handlers.ui.renderer import Renderer
from tests.handlers.samples import EN, ZH

ALL = Rights(is_support=True, is_admin=True)


def test_every_declared_command_is_listed() -> None:
    """A command that is declared but not in COMMANDS would be in no manifest and no help."""
    declared = [each for each in vars(commands).values() if isinstance(each, Command)]
    assert declared == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_declaration_reaches_manifest_and_help(command: Command) -> None:
    """The usage hint and the help text come from one declaration."""
    (slash_command,) = [
        each
        for each in build_manifest()["features"]["slash_commands"]
        if each["command"] == command.name
    ]
    assert slash_command["usage_hint"] == str(command.examples[0].arguments)
    assert slash_command["should_escape"] is (command.name == "/tickets")
    usage = usage_of(command.name, EN, ALL)
    assert usage.startswith(f"`{command.name} {slash_command['usage_hint']}` ")
    assert usage in help_text("en", ALL)


def test_usage_is_translated() -> None:
    """The words of people in an example are in the reader's language, as is what it does."""
    assert usage_of("/report", ZH, Rights()) == (
        "`/report class_77_1 10001 20002 十点开始听不到声音` "
        "打开表单，并填好频道、老师和学生的 uid 以及说明；什么都不写则打开空表单。"
    )


@pytest.mark.parametrize("is_support", [True, False])
@pytest.mark.parametrize("is_admin", [True, False])
def test_help_has_what_its_reader_may_use(is_support: bool, is_admin: bool) -> None:  # noqa: FBT001 - parameters
    """Others would be refused."""
    usage = usage_of("/lagdesk", EN, Rights(is_support, is_admin))
    for_support = ("channel-language both", "charts picture", "audit LD-12", "doctor")
    shown = [f"`/lagdesk {each}`" in usage for each in for_support]
    assert shown == [is_support] * len(for_support)
    assert ("`/lagdesk setup`" in usage) is is_admin
    assert "`/lagdesk language en`" in usage


def test_help_shows_the_name_in_the_readers_language() -> None:
    """A Chinese reader sees the Chinese name; a reader of both languages the English one."""
    both = Renderer(Translator("both"))
    for renderer, name in ((ZH, "语言"), (EN, "language"), (both, "language")):
        assert f"`/lagdesk {name} en`" in usage_of("/lagdesk", renderer, Rights())


def test_names_are_unique() -> None:
    """No name means two words."""
    names = [
        name
        for example in LAGDESK.examples
        for language, synonyms in example.synonyms.items()
        for name in synonyms
        if (language, name) != ("en", example.word)
    ]
    assert len(names) == len(set(names))
    assert not set(names) & {example.word for example in LAGDESK.examples}


def test_unknown_command_has_no_usage() -> None:
    """A name that is not declared gives an empty text."""
    assert usage_of("/nothing", EN, ALL) == ""


def test_rows_of_the_table() -> None:
    """A row for each example, with whom it is for."""
    rows = command_table()
    assert len(rows) == sum(len(command.examples) for command in COMMANDS)
    assert rows[1] == (
        "`/diagnose class_77_1`",
        "explains why a call is or was bad.",
        "everybody",
    )
    assert rows[-2] == ("`/lagdesk doctor`", "checks the installation.", "support")
    assert (rows[-1][0], rows[-1][2]) == ("`/lagdesk setup`", "admins")
