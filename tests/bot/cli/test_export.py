"""The export: its rows, its file formats, an output that is closed."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.bot.cli.test_command_line import fill
from tests.cli_helpers import CommandLine
from tests.conftest import START


async def test_export(cli: CommandLine) -> None:
    """Tickets are exported one a line, since a time or all."""
    fill(cli.folder, 3)
    outcome = await cli.run("export", "--format", "jsonl")
    rows = [json.loads(line) for line in outcome.out.splitlines()]
    assert (outcome.status, outcome.err, [row["number"] for row in rows]) == (0, "", [1, 2, 3])
    since = (START - dt.timedelta(minutes=90)).isoformat()
    assert (await cli.run("export", "--since", since, "--format", "jsonl")).out.count("\n") == 2
    comma = await cli.run("export", PYTHONIOENCODING="ascii")
    assert comma.out.startswith("\ufeffnumber,")  # Excel on Chinese Windows expects the mark
    assert comma.out.count("\ufeff") == 1
    assert "'=HYPERLINK" in comma.out
    assert "卡" in comma.out


@pytest.mark.parametrize(("form", "mark"), [("csv", b"\xef\xbb\xbf"), ("jsonl", b"{")])
async def test_export_into_a_file(cli: CommandLine, form: str, mark: bytes) -> None:
    """CSV has a byte order mark in a file too, JSON lines have none."""
    fill(cli.folder, 1)
    assert (await cli.shell(f"bot export --format {form} > tickets")).status == 0
    assert (cli.folder / "tickets").read_bytes().startswith(mark)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("bot export | head -n 1 >/dev/null", 0),
        ("bot manifest >/dev/full", 1),  # all of it is written at the end
        ("bot export >&-", 1),
    ],
)
async def test_output_that_is_closed(cli: CommandLine, line: str, status: int) -> None:
    """A closed pipe gives no error; a failed write gives one line."""
    fill(cli.folder, 300)
    outcome = await cli.shell(line)
    assert status == outcome.status
    assert status == len(outcome.err.splitlines())
