"""`move`: what it prints, and its exit status."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from bot.store import Store
from bot.store.models import Heartbeat
from bot.store.tables import load_tables
from tests.bot.conftest import create_postgres
from tests.bot.store.every_table import ROWS, fill_every_table
from tests.cli_helpers import CommandLine
from tests.conftest import START
from tests.databases import create_sqlite

NEW = "sqlite:///new.db"


@pytest.fixture
def source(tmp_path: Path) -> Store:
    """The command's own database, with rows in every table; no connection is open."""
    store = Store(create_sqlite(tmp_path))
    fill_every_table(store)
    store.transact_sync(lambda session: session.execute(delete(Heartbeat)))
    store.close()
    return store


@pytest.mark.postgres
async def test_there_and_back(cli: CommandLine, source: Store, postgres: Any) -> None:
    """To PostgreSQL and back: both print each table with its rows, and the exports are the same."""
    there = create_postgres(postgres)
    exports, before = [await cli.run("export", DATABASE_URL=source.url)], {source.url: there}
    for url, target in {**before, there: NEW}.items():
        moved = await cli.run("move", "--to", target, DATABASE_URL=url)
        assert (moved.status, moved.err) == (0, "")
        *tables, last = moved.out.splitlines()
        assert last.startswith("All ")
        assert [line.split()[0] for line in tables] == [table.name for table in load_tables()]
        assert {line.split()[1] for line in tables} <= {str(ROWS), "0"}
        exports.append(await cli.run("export", DATABASE_URL=target))
    assert exports[0].out == exports[1].out == exports[2].out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--to"],
        ["--to", ""],
        ["--to", "mysql://h/n"],
        ["--to", "new.db"],
        ["--to", "postgresql://user:hush@host"],
        ["--to", "sqlite:///lagdesk.db"],
        ["--to", NEW, "--now"],
    ],
)
async def test_wrong_arguments(cli: CommandLine, arguments: list[str]) -> None:
    """One line without a password, and exit status 2."""
    outcome = await cli.run("move", *arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert "hush" not in outcome.error_line
    assert list(cli.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("locale", "url", "line"),
    [
        ("en", "sqlite:///no/new.db", "The target database cannot be used: "),
        ("zh", "sqlite:///no/new.db", "无法使用目标数据库：所在文件夹不存在（"),
        (
            "zh",
            "postgresql://user:hush@127.0.0.1:1/name",
            "无法使用目标数据库：服务器没有响应（",
        ),
        ("en", "sqlite:///full.db", "The target database is not empty: the table "),
        ("zh", "sqlite:///full.db", "目标数据库不是空的：表 "),
    ],
)
async def test_targets_that_cannot_be_used(
    cli: CommandLine, source: Store, locale: str, url: str, line: str
) -> None:
    """One line in the operator's language, and exit status 1."""
    (cli.folder / "full.db").write_bytes((cli.folder / "lagdesk.db").read_bytes())
    outcome = await cli.run("move", "--to", url, DATABASE_URL=source.url, DEFAULT_LOCALE=locale)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.error_line.startswith(line)
    assert "hush" not in outcome.error_line


async def test_a_worker_is_in_the_way(cli: CommandLine, source: Store) -> None:
    """Unless the operator insists."""
    store = Store(source.url)
    store.transact_sync(lambda session: session.add(Heartbeat(worker="live", at=START)))
    store.close()
    outcome = await cli.run("move", "--to", NEW)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.error_line.endswith("Stop every serve, socket and worker first, or add --force.")
    assert (await cli.run("move", "--to", NEW, "--force")).status == 0


async def test_a_difference(cli: CommandLine, source: Store) -> None:
    """The table is marked and named, and the exit status is 1."""
    target = Store(f"sqlite:///{cli.folder / 'new.db'}")
    target.migrate()
    with target.engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER lossy BEFORE INSERT ON key_value BEGIN SELECT RAISE(IGNORE); END"
        )
        connection.commit()
    target.close()
    outcome = await cli.run("move", "--to", NEW, DATABASE_URL=source.url)
    assert outcome.status == 1
    assert [line.split()[0] for line in outcome.out.splitlines() if "!=" in line] == ["key_value"]
    assert "(key_value). Nothing was moved" in outcome.error_line
