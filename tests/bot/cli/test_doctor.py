"""`doctor` before anything is set."""

from __future__ import annotations

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
