"""`serve`: HTTP mode, with jobs beside it unless `--no-worker`."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import replace

from bot.app import build_web_app, open_slack_runtime
from bot.application import open_application
from bot.cli.parser import port
from bot.cli.run import announce_ready, run_until_stopped
from bot.cli.timing import REAL_TIME, Timing
from bot.settings import SLACK_SETTINGS, Settings
from handlers.http_server import serve_http
from handlers.metrics import serve_metrics


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--host", default=None)
    parser.add_argument("--port", type=port, default=None)
    parser.add_argument("--no-worker", action="store_true", help="leave jobs to `worker`")


def run(options: argparse.Namespace, timing: Timing) -> int:
    """Serve until SIGINT or SIGTERM."""
    return run_until_stopped(
        lambda settings: serve(
            _with_overrides(settings, options),
            timing,
            worker=not options.no_worker,
            on_ready=_print_ready,
        ),
        *SLACK_SETTINGS,
        "SLACK_SIGNING_SECRET",
    )


async def serve(
    settings: Settings,
    timing: Timing = REAL_TIME,
    *,
    worker: bool,
    delay_scale: float = 1.0,
    on_ready: Callable[[str], None],
) -> None:
    """Run the HTTP server until it is cancelled. `on_ready` gets its URL."""
    async with (
        open_application(
            settings, clock=timing.clock, delay_scale=delay_scale, sleep=timing.sleep
        ) as application,
        open_slack_runtime(application, worker=worker) as slack,
        serve_metrics(slack.services.metrics, settings.metrics_port),
        serve_http(build_web_app(slack), settings.host, settings.port) as url,
    ):
        on_ready(url)
        await asyncio.Event().wait()


def _with_overrides(settings: Settings, options: argparse.Namespace) -> Settings:
    """Options of the command line win over the environment."""
    host = settings.host if options.host is None else options.host
    port = settings.port if options.port is None else options.port
    return replace(settings, host=host, port=port)


def _print_ready(url: str) -> None:
    announce_ready(f"Lagdesk listens on {url}")
