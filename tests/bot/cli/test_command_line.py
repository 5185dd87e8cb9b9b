from __future__ import annotations

import asyncio
import datetime as dt
import json
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.call import Side
from bot.sandbox.clouds import AgoraAccount, FakeClouds
from bot.sandbox.slack.state.app import read_manifest
from bot.store import Store
from bot.ticket import Ticket
from tests.cli_helpers import CommandLine
from tests.conftest import START
from tests.databases import create_sqlite

SLACK = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "hush",
    "SLACK_APP_TOKEN": "xapp-1",
    "SLACK_API_URL": "http://127.0.0.1:1/api/",
    "ESCALATION_CHANNEL": "C1",
}
AGORA = {
    "AGORA_APPS": "kids=A1",
    "AGORA_CUSTOMER_ID": "id",
    "AGORA_CUSTOMER_SECRET": "hush",
    "AGORA_BASE_URL": "http://127.0.0.1:1",
}
VERDICT_FIELDS = set(
    "cause media direction side uid confidence from to evidence missing others".split(),  # noqa: SIM905 - reads better
)


@pytest.fixture
def busy_port() -> Iterator[str]:
    """A port that is already in use."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield str(taken.getsockname()[1])


# Wrong arguments and settings.


async def test_wrong_arguments(cli: CommandLine) -> None:
    """Wrong arguments give one line and exit status 2, and create no file."""
    for run in (cli.spawn, cli.run):
        outcome = await run("diagnose", "class", "--at", "2026-11-09T10:05:00")
        assert (outcome.status, outcome.out) == (2, "")
        assert "2026-11-09T10:05:00 is not a time" in outcome.error_line
    assert list(cli.folder.iterdir()) == []


async def test_no_arguments(cli: CommandLine) -> None:
    """A command is required."""
    outcome = await cli.run()
    assert (outcome.status, outcome.out) == (2, "")
    assert "command" in outcome.error_line


@pytest.mark.parametrize("arguments", [["--help"], ["diagnose", "-h"]])
async def test_help(cli: CommandLine, arguments: list[str]) -> None:
    """Help is an answer, and names the command as the documents do."""
    outcome = await cli.run(*arguments)
    assert (outcome.status, outcome.err) == (0, "")
    assert "usage: lagdesk" in outcome.out


@pytest.mark.parametrize(
    ("command", "environment", "name"),
    [
        ("serve", {**SLACK, **AGORA, "SLACK_SIGNING_SECRET": ""}, "SLACK_SIGNING_SECRET"),
        ("serve", SLACK, "AGORA_APPS"),
        ("socket", {**SLACK, **AGORA, "SLACK_APP_TOKEN": ""}, "SLACK_APP_TOKEN"),
        ("worker", {**SLACK, **AGORA, "SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN"),
        ("diagnose", {}, "AGORA_APPS"),
        ("export", {"PORT": "x"}, "PORT"),
        ("migrate", {"DATABASE_URL": "mysql://h/n"}, "DATABASE_URL"),
    ],
)
async def test_wrong_settings(
    cli: CommandLine,
    command: str,
    environment: dict[str, str],
    name: str,
) -> None:
    """A missing or wrong setting is one line that names it, exit 1."""
    arguments = [command, *(["class"] if command == "diagnose" else [])]
    outcome = await cli.run(*arguments, **environment)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.error_line.startswith(name)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("zh", "PORT 缺失或有误"),
        ("", "PORT 缺失或有误"),
        ("en", "PORT is missing or wrong"),
        ("both", "PORT is missing or wrong"),
        ("fr", "DEFAULT_LOCALE is missing or wrong"),
    ],
)
async def test_language_of_errors(cli: CommandLine, locale: str, expected: str) -> None:
    """Errors are in the language of DEFAULT_LOCALE, whatever else is wrong."""
    environment = {"DEFAULT_LOCALE": locale, "PORT": "" if locale == "fr" else "x"}
    assert expected in (await cli.run("export", **environment)).error_line


async def test_all_settings_are_named(cli: CommandLine) -> None:
    """One line names what is missing and what is wrong, in the system's language."""
    missing = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "ESCALATION_CHANNEL", "AGORA_APPS")
    for language, words in (
        ("zh_CN.UTF-8", "以下设置缺失或有误"),
        ("en_US.UTF-8", "missing or wrong"),
    ):
        line = (await cli.run("serve", DEFAULT_LOCALE="", LC_ALL=language, PORT="x")).error_line
        assert words in line
        assert all(name in line for name in ("PORT", *missing))


async def test_settings_from_a_file(cli: CommandLine) -> None:
    """`.env` beside the process is read."""
    (cli.folder / ".env").write_text("PORT=70000\n")
    assert (await cli.run("export")).error_line.startswith("PORT")


# Databases.


async def test_database_files(cli: CommandLine) -> None:
    """An empty folder gets a database of the newest revision, and can be migrated again."""
    assert ((first := await cli.run("migrate")).status, first.err) == (0, "")
    assert (await cli.run("migrate")).status == 0
    assert {path.name for path in cli.folder.iterdir()} == {"lagdesk.db"}


async def test_several_processes_migrate_at_once(cli: CommandLine) -> None:
    """Whoever comes second waits for the first, and has nothing left to do."""
    outcomes = await asyncio.gather(*(cli.spawn("migrate") for _ in range(2)))
    assert [(outcome.status, outcome.err) for outcome in outcomes] == [(0, "")] * 2


@pytest.mark.parametrize("command", ["export", "migrate"])
@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all/lagdesk.db",
        "sqlite:///folder",
        "sqlite:///nonsense.db",
        "postgresql://user:hush@127.0.0.1:1/name",
    ],
)
async def test_databases_that_cannot_be_used(cli: CommandLine, command: str, url: str) -> None:
    """A database that cannot be opened or reached is one line, without its password."""
    (cli.folder / "folder").mkdir()
    (cli.folder / "nonsense.db").write_bytes(b"no database at all, whatever its name" * 100)
    outcome = await cli.run(command, DATABASE_URL=url)
    assert (outcome.status, outcome.out) == (1, "")
    assert "DATABASE_URL" in outcome.error_line
    assert "hush" not in outcome.error_line


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [("en", "does not know: a newer version"), ("zh", "不认识")],
)
@pytest.mark.parametrize("command", ["serve", "socket", "worker", "migrate", "export", "doctor"])
async def test_database_of_another_version(
    cli: CommandLine,
    command: str,
    locale: str,
    sentence: str,
) -> None:
    """A revision that this version does not know is one line that names it."""
    assert (await cli.run("migrate")).status == 0
    with closing(sqlite3.connect(cli.folder / "lagdesk.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0099'")
    outcome = await cli.run(command, **SLACK, **AGORA, DEFAULT_LOCALE=locale)
    assert outcome.status == 1
    line = outcome.out if command == "doctor" else outcome.error_line
    assert sentence in line
    assert "0099" in line


# Running.


@asynccontextmanager
async def serving(cli: CommandLine, *more: str, **environment_of: str) -> AsyncIterator[Any]:
    """Run `serve` until the block ends; yields the process and its address."""
    process = await cli.start("serve", "--port", "0", *more, **SLACK, **AGORA, **environment_of)
    assert process.stderr is not None
    try:
        while b"listens on" not in (line := await asyncio.wait_for(process.stderr.readline(), 60)):
            assert line
        yield process, line.decode().split()[-1]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_serve_starts_fresh_and_stops(cli: CommandLine) -> None:
    """`serve` makes its files, answers, and stops soon with exit status 0, though Slack is away."""
    async with serving(cli) as (process, url):
        async with aiohttp.ClientSession() as session, session.get(f"{url}/healthz") as answer:
            assert answer.status == 200
        names = {path.name for path in cli.folder.iterdir()}
        assert {"lagdesk.db"} <= names
        assert {name for name in names if not name.startswith("lagdesk.")} == set()
        process.send_signal(signal.SIGINT)  # other tests stop processes by SIGTERM
        _, err = await asyncio.wait_for(process.communicate(), 30)  # 2 s on an idle machine
        assert process.returncode == 0
        assert b"Traceback" not in err


@pytest.mark.parametrize("command", ["serve", "demo"])
async def test_port_in_use(cli: CommandLine, command: str, busy_port: str) -> None:
    """A port that is taken is one line."""
    more = ["--no-browser", "--locale", "en"] if command == "demo" else []
    outcome = await cli.run(command, "--port", busy_port, *more, **SLACK, **AGORA)
    assert outcome.status == 1
    assert busy_port in outcome.error_line


async def test_impossible_host(cli: CommandLine) -> None:
    """A host that is none of ours is one line."""
    outcome = await cli.run("serve", "--host", "192.0.2.1", "--port", "0", **SLACK, **AGORA)
    assert outcome.status == 1
    assert "HOST" in outcome.error_line


# Manifest and accuracy.


async def test_manifest_needs_no_settings(cli: CommandLine) -> None:
    """The manifest is JSON that Slack's sandbox reads, even where settings are wrong."""
    outcome = await cli.run("manifest", "--url", "https://lagdesk.example", PORT="x")
    assert (outcome.status, outcome.err) == (0, "")
    assert read_manifest(json.loads(outcome.out)).knows_command("/report")


async def test_manifest_for_the_assistant(cli: CommandLine) -> None:
    """It needs the address that Slack's assistant asks at."""
    outcome = await cli.run("manifest", "--url", "https://lagdesk.example", "--assistant")
    assert "https://lagdesk.example/mcp" in outcome.out
    refused = await cli.run("manifest", "--assistant")
    assert refused.status == 2
    assert "--url" in refused.error_line


def fill(folder: Path, count: int) -> None:
    """Put tickets into a database, an hour apart, the newest at START."""
    store = Store(create_sqlite(folder))
    moments = [START - dt.timedelta(hours=count - 1 - number) for number in range(count)]
    tickets = [make_ticket(f"V{number}", at) for number, at in enumerate(moments)]
    store.transact_sync(lambda session: session.add_all(tickets))
    store.close()


def make_ticket(origin: str, at: dt.datetime) -> Ticket:
    """Make a ticket whose comment needs quoting."""
    return Ticket(
        team="T1",
        origin=origin,
        app="kids",
        cloud="agora",
        cname="class_77_1",
        teacher_uid="10001",
        student_uid="20002",
        abnormal_side=Side.STUDENT,
        issue_type=3,
        occurred_at=at,
        created_at=at,
        comments='=HYPERLINK("x"),卡\n住',
        reporter="U1",
    )


async def test_accuracy(cli: CommandLine) -> None:
    """How often verdicts were right, or the cases that are known."""
    fill(cli.folder, 1)
    assert (await cli.run("accuracy")).out == "Nobody has rated a verdict in the last 90 days.\n"
    assert (await cli.run("accuracy", "--export")).out == ""


# Diagnoses.


def environment_of(clouds: FakeClouds, **more: str) -> dict[str, str]:
    """The environment of one Agora account."""
    account = AgoraAccount()
    return {
        "AGORA_APPS": f"kids={account.apps['kids']}",
        "AGORA_CUSTOMER_ID": account.customer_id,
        "AGORA_CUSTOMER_SECRET": account.customer_secret,
        "AGORA_BASE_URL": clouds.agora_url,
        **more,
    }


@pytest.mark.parametrize("locale", ["zh", "en", "both"])
async def test_diagnose_in_words(cli: CommandLine, clouds: FakeClouds, locale: str) -> None:
    """The output is the same as `/diagnose`'s, in the company's language, with whole uids."""
    at = str(int(START.timestamp()) - 600)
    outcome = await cli.run(
        *("diagnose", "class_77_1。", "--at", at, "--teacher", "１０００１", "--student", "20002."),
        **environment_of(clouds, DEFAULT_LOCALE=locale),
    )
    assert (outcome.status, outcome.err) == (0, "")
    assert "•••" not in outcome.out
    assert (locale != "zh") == any(word in outcome.out for word in ("The ", "the ", " of "))
    assert (locale != "en") == any("\u4e00" <= char <= "\u9fff" for char in outcome.out)


async def test_diagnose_as_json(cli: CommandLine, clouds: FakeClouds) -> None:
    """With --json the verdict is the top-level object; --at has four forms."""
    moment = START - dt.timedelta(minutes=10)
    forms = [
        str(int(moment.timestamp())),
        moment.isoformat().replace("+00:00", "Z"),
        moment.isoformat(),
        moment.astimezone(dt.timezone(dt.timedelta(hours=8))).isoformat(),
    ]
    causes = set()
    for form in forms:
        outcome = await cli.run(
            "diagnose",
            "class_77_1",
            "--at",
            form,
            "--json",
            **environment_of(clouds),
        )
        assert (outcome.status, outcome.err) == (0, "")
        verdict = json.loads(outcome.out)
        assert set() == VERDICT_FIELDS - set(verdict)
        causes.add(verdict["cause"])
    assert len(causes) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["class_77_1", "--app", "nobody"],
        ["类"],
        ["class_77_1", "--teacher", "4294967296"],
        ["class_77_1", "--at", "2026-11-11T02:30:01Z"],
    ],
)
async def test_invalid_diagnose_arguments(
    cli: CommandLine,
    clouds: FakeClouds,
    arguments: list[str],
) -> None:
    """Unknown apps, invalid channel names, uids out of range and future times are rejected."""
    outcome = await cli.run("diagnose", *arguments, **environment_of(clouds))
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.error_line


@pytest.mark.parametrize(
    "wrong",
    [{"AGORA_BASE_URL": "http://127.0.0.1:1"}, {"AGORA_CUSTOMER_SECRET": "wrong"}],
    ids=["away", "key"],
)
async def test_cloud_failure(cli: CommandLine, clouds: FakeClouds, wrong: dict[str, str]) -> None:
    """A cloud that is away or refuses the key is one line and exit 1."""
    outcome = await cli.run("diagnose", "class_77_1", **environment_of(clouds, **wrong))
    assert (outcome.status, outcome.out) == (1, "")
    assert "Agora" in outcome.error_line


async def test_database_is_the_only_file(cli: CommandLine, clouds: FakeClouds) -> None:
    """A diagnosis creates no file but the database, which holds the quotas."""
    await cli.run("diagnose", "class_77_1", **environment_of(clouds))
    assert {path.name for path in cli.folder.iterdir()} == {"lagdesk.db"}
    with sqlite3.connect(cli.folder / "lagdesk.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
