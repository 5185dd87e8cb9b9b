"""`export`: tickets to standard output, as CSV or JSON lines."""

from __future__ import annotations

import argparse
import sys

from bot.application import open_application
from bot.cli.parser import EXIT_OK, read_date
from bot.cli.run import run_with_settings
from bot.cli.timing import Timing
from bot.services.tickets.export import write_tickets
from bot.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--format", choices=("csv", "jsonl"), default="csv")
    parser.add_argument("--since", type=read_date, default=None, metavar="DATE")


def run(options: argparse.Namespace, timing: Timing) -> int:
    """Write the tickets."""
    return run_with_settings(lambda settings: export(settings, options, timing))


async def export(settings: Settings, options: argparse.Namespace, timing: Timing) -> int:
    """Write tickets to standard output."""
    async with open_application(settings, clock=timing.clock, sleep=timing.sleep) as application:
        tickets = application.services.tickets.stream_tickets(options.since)
        # without a byte order mark Excel garbles Chinese
        encoding = "utf-8-sig" if options.format == "csv" else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, newline="")  # type: ignore[union-attr]
        write_tickets(tickets, sys.stdout, options.format)
    return EXIT_OK
