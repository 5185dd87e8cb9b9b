"""The weekly summary in the terminal: its output and its exit status."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from bot.sandbox.slack import Workspace
from handlers.slack.manifest import build_manifest
from tests.cli_helpers import CommandLine, CommandResult

DONE, FAILED, MISUSED = 0, 1, 2


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    """A fake Slack on the real clock."""
    made = Workspace(clock=time.time, manifest=build_manifest("https://lagdesk.example"))
    async with made.serve():
        yield made
        assert made.defects == []


def seen(outcome: CommandResult) -> tuple[int, str, list[str]]:
    """The exit status, the output, and the lines of the errors."""
    return outcome.status, outcome.out, outcome.err.splitlines()


async def run(folder: Path, *arguments: str, **more: str) -> tuple[int, str, list[str]]:
    """Run the command; returns what is seen."""
    return seen(await CommandLine(folder).run("summary", *arguments, **more))


async def test_text_needs_no_slack(tmp_path: Path) -> None:
    """A week is printed from the database alone; one before Lagdesk was not collected."""
    status, out, errors = await run(tmp_path, "--week", "2026-W02")
    assert (status, errors) == (DONE, [])
    assert "Week 2026-W02 (2026-01-05 to 2026-01-11): not collected" in out
    status, out, errors = await run(tmp_path)
    assert (status, errors) == (DONE, [])
    assert "Week 20" in out


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
    tmp_path: Path,
) -> None:
    """On standard error, never a traceback."""
    exit_status, out, (line,) = await run(tmp_path, *arguments)
    assert (status, "") == (exit_status, out)
    assert expected in line


async def test_posted_once(workspace: Workspace, tmp_path: Path) -> None:
    """Three processes at the same moment make one post; each reports its outcome."""
    channel = workspace.channel("leads").id
    env = {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_API_URL": workspace.api_url,
        "SUMMARY_CHANNEL": channel,
    }
    await run(tmp_path)  # the database is made
    spawn = partial(CommandLine(tmp_path).spawn, "summary", "--post", **env)
    ran = [seen(outcome) for outcome in await asyncio.gather(*(spawn() for _ in range(3)))]
    assert [status for status, _, _ in ran] == [DONE] * 3
    assert sum("is posted" in out for _, out, _ in ran) == 1
    assert sum("already posted" in out for _, out, _ in ran) == 2
    assert len(workspace.messages(channel)) == 1


async def test_slack_refuses_the_post(workspace: Workspace, tmp_path: Path) -> None:
    """One line and a failure; the next run posts."""
    channel = workspace.channel("leads").id
    env = {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_API_URL": workspace.api_url,
        "SUMMARY_CHANNEL": channel,
    }
    workspace.fail_next("chat.postMessage", "is_archived")
    status, out, (line,) = await run(tmp_path, "--post", **env)
    assert (status, out) == (FAILED, "")
    assert "is_archived" in line
    status, out, errors = await run(tmp_path, "--post", **env)
    assert (status, errors) == (DONE, [])
    assert len(workspace.messages(channel)) == 1
