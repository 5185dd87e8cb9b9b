"""`socket`: Socket Mode, with jobs beside it unless `--no-worker`."""

from __future__ import annotations

import argparse
import asyncio

from bot.app import open_slack_runtime
from bot.application import open_application
from bot.cli.run import announce_ready, run_until_stopped
from bot.cli.timing import Timing
from bot.settings import SLACK_SETTINGS, Settings
from handlers.metrics import serve_metrics
from handlers.transports import build_socket_mode_transport


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--no-worker", action="store_true", help="leave jobs to `worker`")


def run(options: argparse.Namespace, timing: Timing) -> int:
    """Serve by Socket Mode until SIGINT or SIGTERM."""
    return run_until_stopped(
        lambda settings: serve_socket_mode(settings, timing, worker=not options.no_worker),
        *SLACK_SETTINGS,
        "SLACK_APP_TOKEN",
    )


async def serve_socket_mode(settings: Settings, timing: Timing, *, worker: bool) -> None:
    """Run Socket Mode until it is cancelled."""
    async with (
        open_application(settings, clock=timing.clock, sleep=timing.sleep) as application,
        open_slack_runtime(application, worker=worker) as slack,
        serve_metrics(slack.services.metrics, settings.metrics_port),
    ):
        transport = build_socket_mode_transport(slack.app, settings)
        try:
            await transport.connect_async()  # type: ignore[no-untyped-call]
            announce_ready("Lagdesk is connected to Slack")
            await asyncio.Event().wait()
        finally:
            await transport.close_async()  # type: ignore[no-untyped-call]
