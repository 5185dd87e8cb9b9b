"""`worker`: jobs only."""

from __future__ import annotations

import argparse
import asyncio

from bot.app import open_slack_runtime
from bot.application import open_application
from bot.cli.run import announce_ready, run_until_stopped
from bot.cli.timing import Timing
from bot.settings import SLACK_SETTINGS, Settings
from handlers.metrics import serve_metrics


def configure(_parser: argparse.ArgumentParser) -> None:
    """The command has no options."""


def run(_options: argparse.Namespace, timing: Timing) -> int:
    """Run jobs until SIGINT or SIGTERM."""
    return run_until_stopped(lambda settings: work(settings, timing), *SLACK_SETTINGS)


async def work(settings: Settings, timing: Timing) -> None:
    """Run the worker until it is cancelled."""
    async with (
        open_application(settings, clock=timing.clock, sleep=timing.sleep) as application,
        open_slack_runtime(application, worker=True) as slack,
        serve_metrics(slack.services.metrics, settings.metrics_port),
    ):
        announce_ready("Lagdesk runs jobs")
        await asyncio.Event().wait()
