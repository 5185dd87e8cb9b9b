"""`doctor` before anything is set."""

from __future__ import annotations

import json

import pytest

from tests.cli_helpers import CommandLine


@pytest.mark.parametrize(
    ("language", "given", "words"),
    [
        ("en_US.UTF-8", "", "For Slack, set SLACK_BOT_TOKEN"),
        ("zh_CN.UTF-8", "", "要使用 Slack，请设置 SLACK_BOT_TOKEN"),
        ("en_US.UTF-8", "zh", "要使用 Slack，请设置 SLACK_BOT_TOKEN"),
    ],
)
async def test_language(cli: CommandLine, language: str, given: str, words: str) -> None:
    """It is in the terminal's language until DEFAULT_LOCALE is set, and says what to set."""
    outcome = await cli.run("doctor", DEFAULT_LOCALE=given, LC_ALL=language)
    assert outcome.status == 1
    assert words in outcome.out


async def test_nothing_is_created(cli: CommandLine) -> None:
    """In a directory without a database it says so, and leaves the directory as it is."""
    outcome = await cli.run("doctor", "--json")
    rows = {row["name"]: row for row in json.loads(outcome.out)}
    assert rows["database"]["state"] == "warning"
    assert "serve, socket and worker create it" in rows["database"]["detail"]
    assert "worker" not in rows
    assert list(cli.folder.iterdir()) == []
