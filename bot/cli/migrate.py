"""`migrate`: brings the database to the newest revision."""

from __future__ import annotations

import argparse

from bot.application import reach_database
from bot.cli.parser import EXIT_OK
from bot.cli.run import run_with_settings
from bot.cli.timing import Timing
from bot.settings import Settings
from bot.store import Store


def configure(_parser: argparse.ArgumentParser) -> None:
    """The command has no options."""


def run(_options: argparse.Namespace, _timing: Timing) -> int:
    """Migrate the database of the settings."""
    return run_with_settings(migrate)


async def migrate(settings: Settings) -> int:
    """Bring the database to the newest revision."""
    store = Store(settings.database_url)
    try:
        await reach_database(store.migrate)
    finally:
        store.close()
    return EXIT_OK
