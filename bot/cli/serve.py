"""`serve`: HTTP mode, with jobs beside it unless `--no-worker`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable
from dataclasses import replace

from aiohttp import web

from bot.app import open_application, open_slack_runtime, require_slack
from bot.cli.parser import EXIT_OK, port
from bot.cli.run import run_with_settings
from bot.cli.timing import REAL_TIME, Timing
from bot.errors import LagdeskError
from bot.i18n.messages import message
from bot.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--host", default=None)
    parser.add_argument("--port", type=port, default=None)
    parser.add_argument("--no-worker", action="store_true", help="leave jobs to `worker`")


def run(options: argparse.Namespace, timing: Timing) -> int:
    """Serve until SIGINT or SIGTERM."""
    return run_with_settings(
        lambda settings: serve(
            _with_overrides(settings, options),
            timing,
            worker=not options.no_worker,
            on_ready=_print_ready,
        )
    )


async def serve(
    settings: Settings,
    timing: Timing = REAL_TIME,
    *,
    worker: bool,
    delay_scale: float = 1.0,
    on_ready: Callable[[str], None],
) -> int:
    """Run the HTTP server until SIGINT or SIGTERM. `on_ready` gets its URL."""
    from bot.jobs.metrics import measure  # noqa: PLC0415 - see open_slack
    from handlers.transports import build_http_transport  # noqa: PLC0415 - likewise

    require_slack(settings, "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET")
    async with (
        open_application(
            settings, clock=timing.clock, delay_scale=delay_scale, sleep=timing.sleep
        ) as application,
        open_slack_runtime(application, worker=worker) as slack,
    ):
        clock = application.context.clock
        transport = build_http_transport(
            slack.app,
            slack.services,
            settings,
            slack.clients,
            slack.installations,
            measure=lambda: measure(application.store, clock.now()),
        )
        runner = web.AppRunner(transport.web_app(), access_log=None)
        await runner.setup()
        try:
            await _start_site(web.TCPSite(runner, settings.host, settings.port), settings)
            port = runner.addresses[0][1]
            on_ready(f"http://{settings.host}:{port}")
            await until_stopped()
        finally:
            await runner.cleanup()
    return EXIT_OK


async def _start_site(site: web.TCPSite, settings: Settings) -> None:
    try:
        await site.start()
    except (
        OSError,
        UnicodeError,
    ) as error:  # UnicodeError: the host name cannot be encoded for DNS
        address = f"{settings.host}:{settings.port}"
        raise LagdeskError(
            message("Cannot listen on %(address)s. Choose another HOST or PORT.", address=address)
        ) from error


async def until_stopped() -> None:
    """Wait for SIGINT or SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


def _with_overrides(settings: Settings, options: argparse.Namespace) -> Settings:
    """Options of the command line win over the environment."""
    host = settings.host if options.host is None else options.host
    port = settings.port if options.port is None else options.port
    return replace(settings, host=host, port=port)


def _print_ready(url: str) -> None:
    print(f"Lagdesk listens on {url}", file=sys.stderr, flush=True)  # noqa: T201 - for the operator
