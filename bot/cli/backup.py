"""`backup`: a verified copy of the database in a new SQLite file, also while Lagdesk runs."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from bot.cli.parser import EXIT_OK, UsageError
from bot.cli.run import run_with_settings
from bot.cli.timing import Timing
from bot.i18n.messages import message
from bot.i18n.translator import Translator
from bot.settings import Settings
from bot.store.backup import back_up


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("file", type=_new_file, metavar="FILE", help="must not exist yet")


def run(options: argparse.Namespace, _timing: Timing) -> int:
    """Copy the database."""
    return run_with_settings(lambda settings: backup(settings, options.file))


async def backup(settings: Settings, file: Path) -> int:
    """Copy the database and print how much was copied."""
    counts = await asyncio.to_thread(back_up, settings.database_url, file)
    done = message(
        "%(file)s has %(count)s rows and is verified.", file=str(file), count=sum(counts.values())
    )
    print(Translator(settings.default_locale).translate(done))  # noqa: T201 - what the command is for
    return EXIT_OK


def _new_file(text: str) -> Path:
    """Read the name of a file. Raises UsageError when it cannot be one."""
    if Path(text).name in {"", ".."}:
        raise UsageError(message("%(text)s is not the name of a file.", text=repr(text)))
    return Path(text)
