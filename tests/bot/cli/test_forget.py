"""`forget`: what it prints, and its exit status."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store import Store
from tests.bot.store.factories import make_ticket
from tests.cli_helpers import CommandLine
from tests.databases import create_sqlite


@pytest.fixture
def stored(tmp_path: Path) -> None:
    """The command's own database, with one ticket."""
    store = Store(create_sqlite(tmp_path))
    store.transact_sync(lambda session: session.add(make_ticket(reporter="U0LIN")))
    store.close()


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("arguments", "locale", "last"),
    [
        (["--uid", "20002"], "en", "20002 is erased from 1 rows"),
        (["--user", "<@U0LIN|lin>"], "zh", "已从 1 行数据中删除 U0LIN"),
        (["--uid", "20002", "--app", "piano"], "en", "Nothing is stored about 20002."),
        (["--user", "U0NOBODY"], "zh", "没有关于 U0NOBODY 的数据。"),
    ],
)
async def test_what_was_erased(
    cli: CommandLine, arguments: list[str], locale: str, last: str
) -> None:
    """The rows by table, then a sentence in DEFAULT_LOCALE; it needs no Slack settings."""
    outcome = await cli.run("forget", *arguments, DEFAULT_LOCALE=locale)
    assert (outcome.status, outcome.err) == (0, "")
    *tables, sentence = outcome.out.splitlines()
    assert sentence.startswith(last)
    assert tables == ([f"{'ticket':<20} {1:>9}"] if "1" in last else [])


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["--uid"], ["--uid", ""], ["--uid", "a b"], ["--user", "lin"], ["--user", ""]),
        *(["20002"], ["--uid", "1", "--user", "U0LIN"]),
    ],
)
async def test_wrong_arguments(cli: CommandLine, arguments: list[str]) -> None:
    """One line and exit status 2."""
    outcome = await cli.run("forget", *arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.error_line
