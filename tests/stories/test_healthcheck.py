"""The doctor: in the terminal, and in Slack for support alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.cli import doctor
from bot.i18n.messages import message
from bot.i18n.translator import Translator
from bot.sandbox.clouds import FakeClouds
from bot.sandbox.slack import Workspace
from bot.sandbox.slack.delivery.transport import sign
from bot.sandbox.slack.state.seed import SUPPORT_GROUP
from bot.settings import read_settings
from handlers.admin import healthcheck_view
from tests.cli_helpers import CommandLine
from tests.conftest import JITTER_S, Harness, harness_environment
from tests.databases import create_sqlite
from tests.scenario_helpers import ephemeral_texts, text_of

NEEDED = [
    "settings",
    "database",
    *(f"slack.{name}" for name in ("settings", "token", "app_token", "scopes")),
    *(f"slack.{name}" for name in ("escalation_channel", "support_group", "blocks")),
    "cloud.agora.kids",
    "quota.agora.kids",
    "worker",
    "jobs",
    "cards",
]
SECRETS = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "AGORA_CUSTOMER_SECRET")


def environment_of(harness: Harness, **more: str) -> dict[str, str]:
    """Return the settings of the command; "" leaves one out."""
    folder = Path(harness.settings.database_url.removeprefix("sqlite:///")).parent
    return harness_environment(harness.workspace, harness.clouds, folder) | more


async def run_doctor(
    harness: Harness, environment: Mapping[str, str], folder: Path, *arguments: str
) -> tuple[int, str, str]:
    """Run the command; returns its exit status and what it printed."""
    outcome = await CommandLine(folder, harness.clock.timing).run(
        "doctor", *arguments, **environment
    )
    return outcome.status, outcome.out, outcome.err


async def find(harness: Harness, **more: str) -> tuple[int, dict[str, Any]]:
    """Run the checks as the command does; returns its exit status and the rows by name."""
    harness.clock.move(60)  # no earlier check counts against a rate limit
    settings = read_settings(environment_of(harness, **more))
    check_results = await doctor.run_checks(settings, harness.clock.timing)
    rows = healthcheck_view.to_json(check_results, Translator("en"))
    return doctor.exit_status(check_results), {row["name"]: row for row in rows}


async def test_all_is_well(http_harness: Harness, tmp_path: Path) -> None:
    """Beside a running Lagdesk every check succeeds; no secret is printed."""
    environment = environment_of(http_harness, SUPPORT_GROUP=SUPPORT_GROUP)
    status, out, errors = await run_doctor(http_harness, environment, tmp_path, "--json")
    rows = {row["name"]: row for row in json.loads(out)}
    assert list(rows) == NEEDED
    assert {row["state"] for row in rows.values()} == {"ok"}
    assert "seed" in rows["cloud.agora.kids"]["detail"]
    assert "of 1000 today" in rows["quota.agora.kids"]["detail"]
    assert (status, errors) == (0, "")
    assert not any(environment[name] in out for name in SECRETS)


async def test_a_table_for_people(http_harness: Harness, tmp_path: Path) -> None:
    """A line for each thing and one for the whole; exit status 1 says that something fails."""
    environment = environment_of(
        http_harness, AGORA_BASE_URL="http://127.0.0.1:9", DEFAULT_LOCALE="both"
    )
    status, table, errors = await run_doctor(http_harness, environment, tmp_path)
    assert len(NEEDED) + 1 == len(table.splitlines())
    assert (status, errors) == (1, "")


async def test_a_wrong_setting_is_a_row_too(http_harness: Harness, tmp_path: Path) -> None:
    """Invalid settings are a row of the table like everything else."""
    status, out, errors = await run_doctor(http_harness, {"AGORA_APPS": "kids"}, tmp_path, "--json")
    assert [(row["name"], row["state"]) for row in json.loads(out)] == [("settings", "failed")]
    assert "AGORA_APPS" in out
    assert (status, errors) == (1, "")


def without_scopes(workspace: Workspace, *scopes: str) -> None:
    """Take scopes from the token."""
    workspace.scopes.difference_update(scopes)


@pytest.mark.parametrize(
    ("change", "name", "state", "says"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "slack.token", "failed", "invalid_auth"),
        ({"ESCALATION_CHANNEL": "C0NOWHERE"}, "slack.escalation_channel", "failed", "channel_not"),
        ({}, "slack.support_group", "warning", "whoever joins #escalations"),
        ({"ESCALATION_CHANNEL": "C07LEADS001"}, "slack.support_group", "ok", "members"),
        ({"SUPPORT_GROUP": "S0NOBODY"}, "slack.support_group", "failed", "no_such_subteam"),
        ({"ESCALATE_TO": "U0NOBODY"}, "slack.escalate_to.U0NOBODY", "warning", "ESCALATE_TO"),
        ({"ESCALATE_TO": "U07MAYA0005"}, "slack.escalate_to.U07MAYA0005", "ok", "Maya Torres"),
        ({"ESCALATION_CHANNEL": ""}, "slack.settings", "failed", "ESCALATION_CHANNEL"),
        ({"SUMMARY_CHANNEL": "C0NOWHERE"}, "slack.summary_channel", "warning", "invite"),
        ({"AGORA_CUSTOMER_SECRET": "wrong"}, "cloud.agora.kids", "failed", "key"),
        ({"AGORA_APPS": "kids=0000"}, "cloud.agora.kids", "failed", "plan"),
        ({"AGORA_BASE_URL": "http://127.0.0.1:9"}, "cloud.agora.kids", "failed", "did not respond"),
        ({"DATABASE_URL": "sqlite:////nowhere/lagdesk.db"}, "database", "failed", "DATABASE_URL"),
        ({"AGORA_APPS": ""}, "clouds", "failed", "AGORA_APPS"),
        ({"SLACK_API_URL": "http://127.0.0.1:9"}, "slack.token", "failed", "not respond"),
    ],
)
async def test_what_is_wrong_is_named(
    http_harness: Harness, change: dict[str, str], name: str, state: str, says: str
) -> None:
    """What fails says what to do, and only what is needed makes the exit status 1."""
    status, rows = await find(http_harness, **change)
    assert state == rows[name]["state"]
    assert says in rows[name]["detail"]
    assert int(state == "failed") == status


async def test_scopes_are_compared(http_harness: Harness) -> None:
    """A scope Lagdesk works without is a warning, one it needs a failure, both by name."""
    workspace = http_harness.workspace
    granted = set(workspace.scopes)
    try:
        without_scopes(workspace, "channels:history")
        status, rows = await find(http_harness)
        assert (status, rows["slack.scopes"]["state"]) == (0, "warning")
        assert "channels:history" in rows["slack.scopes"]["detail"]
        without_scopes(workspace, "chat:write")
        status, rows = await find(http_harness)
        assert (status, rows["slack.scopes"]["state"]) == (1, "failed")
        assert "chat:write" in rows["slack.scopes"]["detail"]
    finally:
        workspace.scopes.update(granted)


async def test_a_wrong_signing_secret(http_harness: Harness) -> None:
    """`doctor` says so for an hour, in any process: Slack itself only says that the app failed."""
    body = b'{"type": "event_callback"}'
    transport: Any = http_harness.workspace.transport
    for _ in range(3):
        await transport.post(body, {"Content-Type": "application/json", **sign("wrong", body)})
    await asyncio.gather(*http_harness.slack.services.wrong_signatures._noting)
    status, rows = await find(http_harness)
    assert (status, rows["slack.signature"]["state"]) == (0, "warning")
    assert "Signing Secret" in rows["slack.signature"]["detail"]
    await http_harness.pass_time(3700)
    assert "slack.signature" not in (await find(http_harness))[1]


async def test_clouds_need_no_slack(http_harness: Harness) -> None:
    """Without Slack settings its row is a warning, and no request is sent."""
    names = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "ESCALATION_CHANNEL")
    status, rows = await find(http_harness, **dict.fromkeys(names, ""))
    assert status == 0
    assert rows["slack.settings"]["state"] == "warning"
    assert "slack.token" not in rows
    assert rows["cloud.agora.kids"]["state"] == "ok"


async def test_without_a_worker(http_harness: Harness, tmp_path: Path) -> None:
    """A fresh database has no worker heartbeat: a warning that says what to start."""
    status, rows = await find(http_harness, DATABASE_URL=create_sqlite(tmp_path))
    assert (status, rows["worker"]["state"]) == (0, "warning")
    assert "lagdesk worker" in rows["worker"]["detail"]


async def test_today_is_told_by_its_plan(http_harness: Harness, tmp_path: Path) -> None:
    """Which generation answers stands there, with its plan and the quotas of that plan."""
    fresh = f"sqlite:///{tmp_path / 'fresh.db'}"
    served = FakeClouds(agora_generation="current", clock=http_harness.clock, jitter_s=JITTER_S)
    async with served.serve() as today:
        _, rows = await find(http_harness, DATABASE_URL=fresh, AGORA_BASE_URL=today.agora_url)
    assert "current, standard" in rows["cloud.agora.kids"]["detail"]
    assert "sessions 1000 of 1000 today" in rows["quota.agora.kids"]["detail"]


@pytest.mark.parametrize(("name", "locale"), [("zhou", "zh"), ("sam", "en")])
async def test_support_calls_the_doctor(http_harness: Harness, name: str, locale: Any) -> None:
    """Support is answered privately by a job, in the reader's language, without secrets."""
    http_harness.clock.move(60)  # no earlier check counts against a rate limit
    person = http_harness.workspace.person(name)
    await person.command("/lagdesk", "doctor")
    await http_harness.settled()
    response = ephemeral_texts(person)[-1]
    assert Translator(locale).translate(message("How Lagdesk is doing")) in response
    assert ":white_check_mark:" in response
    assert "seed" in response
    assert http_harness.settings.slack_bot_token not in response


async def test_others_may_not(http_harness: Harness) -> None:
    """A teacher is refused: only support can run the checks."""
    teacher = http_harness.workspace.person("lin")
    await teacher.command("/lagdesk", "doctor")
    await http_harness.settled()
    assert ":white_check_mark:" not in text_of({"all": ephemeral_texts(teacher)})
