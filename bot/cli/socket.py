"""`socket`: Socket Mode, with jobs beside it unless `--no-worker`."""

from __future__ import annotations

import argparse

from bot.app import open_house, open_slack, require_slack
from bot.cli.parser import DONE
from bot.cli.run import run_with_settings
from bot.cli.serve import until_stopped
from bot.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--no-worker", action="store_true", help="leave jobs to `worker`")


def run(options: argparse.Namespace) -> int:
    """Listen until a signal comes."""
    return run_with_settings(lambda settings: listen(settings, worker=not options.no_worker))


async def listen(settings: Settings, *, worker: bool) -> int:
    """Run the Socket Mode door until a signal comes."""
    from handlers.transports import build_socket_door  # noqa: PLC0415 - bolt takes half a second to import

    require_slack(settings, "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")
    async with (
        open_house(settings) as house,
        open_slack(house, worker=worker) as slack,
    ):
        door = build_socket_door(slack.app, settings)
        await door.connect_async()  # type: ignore[no-untyped-call]
        try:
            await until_stopped()
        finally:
            await door.close_async()  # type: ignore[no-untyped-call]
    return DONE
