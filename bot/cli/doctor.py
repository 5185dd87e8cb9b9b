"""`doctor`: checks settings, database, Slack and clouds, even where some of them fail."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from bot import logs
from bot.app import open_house
from bot.i18n import translator
from bot.i18n.translator import Words
from bot.ports import Clock, Finding, Health
from bot.services.admin.healthcheck import Checkup, database_down, inspect_database, wrong_setting
from bot.settings import SettingError, Settings, read_settings
from bot.store import Store
from handlers.admin import healthcheck_view
from handlers.admin.slack_checks import SlackInspector
from handlers.slack.clients import Clients
from handlers.slack.user_directory import People

log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> int:
    """Check everything and print it; returns the exit status, 1 when something needed fails."""
    translator.preload()
    try:
        settings = read_settings()
    except SettingError as error:
        findings, words = [wrong_setting(error)], Words("en")
    else:
        # what fails stands in the table; a log beside it helps only who asked for details
        level = "DEBUG" if settings.log_level == "DEBUG" else "CRITICAL"
        logs.set_up(level, settings.log_format)
        findings = asyncio.run(examine(settings))
        words = Words(settings.default_locale, settings.timezone)
    _print(findings, words, as_json=options.json)
    return exit_status(findings)


def exit_status(findings: Sequence[Finding]) -> int:
    """1 when something needed fails."""
    return int(any(finding.health is Health.FAILED for finding in findings))


async def examine(settings: Settings, clock: Clock | None = None) -> list[Finding]:
    """Look at everything from outside. Without a database one that passes counts the calls."""
    async with AsyncExitStack() as stack:
        database = await _inspect_database(settings)
        if database.health is Health.FAILED:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lagdesk-")))
            passing = f"sqlite:///{folder / 'lagdesk.db'}"
            settings = replace(settings, database_url=passing)
        desk = (await stack.enter_async_context(open_house(settings, clock=clock))).desk
        clients = await stack.enter_async_context(
            Clients(settings.slack_api_url, settings.slack_bot_token)
        )
        inspector = SlackInspector(clients, People(clients, desk.languages, settings), settings)
        return await Checkup(desk, inspector).examine(database=database)


async def _inspect_database(settings: Settings) -> Finding:
    """SQLite is brought to the newest revision, as every start does; PostgreSQL is not touched."""
    store = Store(settings.database_url)
    try:
        if store.is_sqlite:
            await asyncio.to_thread(store.migrate)
        return await inspect_database(store)
    except Exception as error:  # noqa: BLE001 - whatever a driver raises, it does not answer
        log.debug("the database does not answer: %s", type(error).__name__)
        return database_down()
    finally:
        store.close()


def _print(findings: Sequence[Finding], words: Words, *, as_json: bool) -> None:
    if as_json:
        text = json.dumps(healthcheck_view.to_json(findings, words), ensure_ascii=False, indent=2)
    else:
        text = healthcheck_view.print_table(findings, words)
    sys.stdout.write(text + "\n")
