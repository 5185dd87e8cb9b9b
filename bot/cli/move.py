"""`move`: everything into another, empty database."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from bot.cli.parser import EXIT_OK, UsageError
from bot.cli.run import run_with_settings
from bot.cli.timing import Timing
from bot.errors import ConflictError, setting_problem
from bot.i18n.messages import Message, message
from bot.i18n.translator import Translator
from bot.setting_reader import SettingError
from bot.settings import Settings, read_database_url
from bot.store.copying import TableCopy
from bot.store.moving import is_complete, move


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--to", type=_target, required=True, metavar="URL", help="an empty one")
    parser.add_argument("--force", action="store_true", help="also while Lagdesk runs")


def run(options: argparse.Namespace, timing: Timing) -> int:
    """Move everything."""
    return run_with_settings(lambda settings: move_all(settings, options, timing))


async def move_all(settings: Settings, options: argparse.Namespace, timing: Timing) -> int:
    """Copy all tables and print how they compare."""
    if options.to == settings.database_url:
        raise UsageError(message("--to names the database in DATABASE_URL. Give another one."))
    copies = await asyncio.to_thread(
        move, settings.database_url, options.to, is_forced=options.force, clock=timing.clock
    )
    _print(copies)
    if not is_complete(copies):
        raise ConflictError(_differing(copies))
    done = message(
        "All %(count)s rows were copied. Set DATABASE_URL to the new database, then start Lagdesk.",
        count=sum(copy.source.rows for copy in copies),
    )
    print(Translator(settings.default_locale).translate(done))  # noqa: T201 - what the command is for
    return EXIT_OK


def _target(text: str) -> str:
    """Read a database URL. Raises UsageError, which does not repeat it: it has a password."""
    try:
        return read_database_url("--to", text)
    except SettingError as error:
        raise UsageError(setting_problem(error)) from error


def _print(copies: Sequence[TableCopy]) -> None:
    """Print each table with its rows and checksums."""
    for copy in copies:
        line = f"{copy.name:<20} {copy.source.rows:>9} {copy.source.checksum}"
        if not copy.is_same:
            line += f" != {copy.target.rows} {copy.target.checksum}"
        print(line)  # noqa: T201 - what the command is for


def _differing(copies: Sequence[TableCopy]) -> Message:
    tables = [copy.name for copy in copies if not copy.is_same]
    return message(
        "The copy differs from the database in DATABASE_URL (%(tables)s). Nothing was moved; the "
        "new database is empty.",
        tables=tables,
    )
