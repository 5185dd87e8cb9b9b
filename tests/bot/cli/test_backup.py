"""`backup`: the file, the line and the exit status."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store import Store
from tests.bot.store.every_table import fill_every_table
from tests.cli_helpers import CommandLine
from tests.databases import create_sqlite


@pytest.fixture
def filled(tmp_path: Path) -> Store:
    """The command's own database, with rows in every table; closed."""
    store = Store(create_sqlite(tmp_path))
    fill_every_table(store)
    store.close()
    return store


@pytest.mark.parametrize(("locale", "line"), [("en", "b.db has "), ("zh", "b.db 已校验，共 ")])
async def test_a_backup_is_restored(
    cli: CommandLine, filled: Store, locale: str, line: str
) -> None:
    """It needs no Slack settings, and is a database for every other command."""
    outcome = await cli.run("backup", "b.db", DEFAULT_LOCALE=locale)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(line)
    original = await cli.run("export", DATABASE_URL=filled.url)
    restored = await cli.run("export", DATABASE_URL="sqlite:///b.db")
    assert (restored.status, restored.out) == (0, original.out)
    assert len(restored.out.splitlines()) > 1


@pytest.mark.parametrize("arguments", [[], ["a.db", "b.db"], [""], ["/"], ["."], [".."]])
async def test_wrong_arguments(cli: CommandLine, arguments: list[str]) -> None:
    """One line and exit status 2."""
    outcome = await cli.run("backup", *arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.error_line
    assert list(cli.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("locale", "file", "line"),
    [
        ("en", "lagdesk.db", "lagdesk.db exists already. Give another name."),
        ("zh", "lagdesk.db", "lagdesk.db 已存在，换一个文件名。"),
        (
            "en",
            "no/b.db",
            "no/b.db cannot be written: its folder does not exist (No such file or directory).",
        ),
        ("zh", "no/b.db", "无法写入 no/b.db：所在文件夹不存在（No such file or directory）。"),
    ],
)
@pytest.mark.usefixtures("filled")
async def test_failures(cli: CommandLine, locale: str, file: str, line: str) -> None:
    """One line in the operator's language, and exit status 1."""
    outcome = await cli.run("backup", file, DEFAULT_LOCALE=locale)
    assert (outcome.status, outcome.out, outcome.error_line) == (1, "", line)


async def test_a_database_that_does_not_exist(cli: CommandLine) -> None:
    """It is named, and not created."""
    outcome = await cli.run("backup", "b.db")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.error_line == f"{cli.folder / 'lagdesk.db'} does not exist."
    assert list(cli.folder.iterdir()) == []


@pytest.mark.usefixtures("filled")
async def test_a_file_that_may_not_grow(cli: CommandLine) -> None:
    """One line and no file, as on a full disk."""
    outcome = await cli.shell("ulimit -f 100; bot backup b.db")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.error_line.startswith("b.db cannot be written: ")
    assert [path.name for path in cli.folder.iterdir()] == ["lagdesk.db"]
