"""`worker`: jobs only."""

from __future__ import annotations

import argparse

from bot.app import open_application, open_slack_runtime, require_slack
from bot.cli.parser import EXIT_OK
from bot.cli.run import run_with_settings
from bot.cli.serve import until_stopped
from bot.cli.timing import Timing
from bot.settings import Settings


def configure(_parser: argparse.ArgumentParser) -> None:
    """The command has no options."""


def run(_options: argparse.Namespace, timing: Timing) -> int:
    """Run jobs until SIGINT or SIGTERM."""
    return run_with_settings(lambda settings: work(settings, timing))


async def work(settings: Settings, timing: Timing) -> int:
    """Run the worker until SIGINT or SIGTERM."""
    require_slack(settings, "SLACK_BOT_TOKEN")
    async with (
        open_application(settings, clock=timing.clock, sleep=timing.sleep) as application,
        open_slack_runtime(application, worker=True),
    ):
        await until_stopped()
    return EXIT_OK
