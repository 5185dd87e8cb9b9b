"""The weekly summary in the terminal: its output and its exit status."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.app import open_summary_jobs
from bot.application import Application, open_application
from bot.errors import SlackError
from bot.sandbox.slack import Workspace
from bot.settings import Settings, read_settings
from handlers.slack.manifest import build_manifest
from tests.cli_helpers import CommandLine, CommandResult
from tests.conftest import FakeClock

DONE, FAILED, MISUSED = 0, 1, 2


@pytest.fixture
async def workspace(fake_clock: FakeClock) -> AsyncIterator[Workspace]:
    """A fake Slack."""
    manifest = build_manifest("https://lagdesk.example")
    made = Workspace(clock=fake_clock, manifest=manifest, message_rate_s=0)
    async with made.serve():
        yield made
        assert made.defects == []


def seen(outcome: CommandResult) -> tuple[int, str, list[str]]:
    """The exit status, the output, and the lines of the errors."""
    return outcome.status, outcome.out, outcome.err.splitlines()


async def run(cli: CommandLine, *arguments: str, **more: str) -> tuple[int, str, list[str]]:
    """Run the command; returns what is seen."""
    return seen(await cli.run("summary", *arguments, **more))


async def test_text_needs_no_slack(cli: CommandLine) -> None:
    """A week is printed from the database alone; one before Lagdesk was not collected."""
    status, out, errors = await run(cli, "--week", "2026-W02")
    assert (status, errors) == (DONE, [])
    assert "Week 2026-W02 (2026-01-05 to 2026-01-11): not collected" in out
    status, out, errors = await run(cli)
    assert (status, errors) == (DONE, [])
    assert "Week 2026-W45" in out


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        (("--week", "2026-W54"), MISUSED, "2026-W54 is not a week"),
        (("--week", "yesterday"), MISUSED, "yesterday is not a week"),
        (("--week", "8999-W01"), MISUSED, "is in the future"),
        (("--week", "8999-W01", "--post"), MISUSED, "is in the future"),
        (("--post",), FAILED, "SUMMARY_CHANNEL"),
        (("2026-W46",), MISUSED, "2026-W46"),
    ],
)
async def test_an_error_is_one_line(
    arguments: tuple[str, ...],
    status: int,
    expected: str,
    cli: CommandLine,
) -> None:
    """On standard error, never a traceback."""
    exit_status, out, (line,) = await run(cli, *arguments)
    assert (status, "") == (exit_status, out)
    assert expected in line


async def post(application: Application) -> bool:
    """Post the last week as `--post` does; returns whether this was the first post."""
    async with open_summary_jobs(application) as (summary_jobs, worker):
        (team,) = application.context.workspaces.summary_channels
        week = application.services.summary.last_week()
        return await summary_jobs.post_now(week, team, worker.run_now)


def read_settings_for(workspace: Workspace, cli: CommandLine) -> Settings:
    """Settings that post to the fake Slack."""
    return read_settings(
        {"DATABASE_URL": f"sqlite:///{cli.folder / 'lagdesk.db'}", **environment(workspace)}
    )


def environment(workspace: Workspace) -> dict[str, str]:
    """The settings for Slack."""
    return {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_API_URL": workspace.api_url,
        "SUMMARY_CHANNEL": workspace.channel("leads").id,
    }


async def test_posted_once(workspace: Workspace, cli: CommandLine) -> None:
    """Three applications on one database at the same moment make one post; each knows its part."""
    channel = workspace.channel("leads").id
    env = environment(workspace)
    settings = read_settings_for(workspace, cli)
    async with AsyncExitStack() as stack:
        applications = [
            await stack.enter_async_context(open_application(settings, clock=cli.timing.clock))
            for _ in range(3)
        ]
        is_first = await asyncio.gather(*map(post, applications))
    assert sorted(is_first) == [False, False, True]
    status, out, _ = await run(cli, "--post", **env)
    assert (status, "already posted" in out) == (DONE, True)
    assert len(workspace.messages(channel)) == 1


async def test_another_process_fails_to_post(workspace: Workspace, cli: CommandLine) -> None:
    """The terminal waits while another process posts, then posts what that one could not."""
    channel = workspace.channel("leads").id
    settings = read_settings_for(workspace, cli)
    workspace.fail_next("chat.postMessage", "is_archived")
    async with (
        open_application(settings, clock=cli.timing.clock) as application,
        open_summary_jobs(application) as (jobs, worker),
        open_summary_jobs(application) as (_, other_worker),
    ):
        failures: list[SlackError] = []

        async def run_after_the_other(name: str) -> bool:
            if failures:
                return await worker.run_now(name)
            with pytest.raises(SlackError) as failure:
                await other_worker.run_now(name)
            failures.append(failure.value)
            return False

        week = application.services.summary.last_week()
        assert await jobs.post_now(week, "", run_after_the_other)
    assert len(workspace.messages(channel)) == 1


async def test_slack_refuses_the_post(workspace: Workspace, cli: CommandLine) -> None:
    """One line and a failure; the next run posts."""
    channel = workspace.channel("leads").id
    env = environment(workspace)
    workspace.fail_next("chat.postMessage", "is_archived")
    status, out, (line,) = await run(cli, "--post", **env)
    assert (status, out) == (FAILED, "")
    assert "is_archived" in line
    status, out, errors = await run(cli, "--post", **env)
    assert (status, "is posted" in out, errors) == (DONE, True, [])
    assert len(workspace.messages(channel)) == 1
