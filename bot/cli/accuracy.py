"""`accuracy`: how often verdicts were right, or anonymous cases of calls whose cause is known."""

from __future__ import annotations

import argparse
import json

from bot.application import open_application
from bot.cli.parser import EXIT_OK
from bot.cli.run import run_with_settings
from bot.cli.timing import Timing
from bot.settings import Settings
from handlers.diagnosis import terminal
from handlers.diagnosis.accuracy import ACCURACY_PERIOD
from handlers.diagnosis.accuracy import accuracy as accuracy_message


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--export", action="store_true", help="anonymous cases, one a line")


def run(options: argparse.Namespace, timing: Timing) -> int:
    """Print the counts or the cases."""
    return run_with_settings(lambda settings: accuracy(settings, options, timing))


async def accuracy(settings: Settings, options: argparse.Namespace, timing: Timing) -> int:
    """Print how often people agreed with verdicts in all workspaces, or the cases behind it."""
    async with open_application(settings, clock=timing.clock, sleep=timing.sleep) as application:
        feedback = application.services.feedback
        if options.export:
            for case in feedback.stream_cases():
                print(json.dumps(case, ensure_ascii=False))  # noqa: T201 - what the command is for
            return EXIT_OK
        rows = await feedback.accuracy(None, ACCURACY_PERIOD)
    translator = application.context.languages.default
    print(terminal.print_text(accuracy_message(rows), translator))  # noqa: T201 - likewise
    return EXIT_OK
