"""The roof's part of doctor: brings the rooms together even where some are not fit to live in."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from bot import logs
from bot.i18n import Words
from bot.ports import Finding, Health
from bot.services.admin.healthcheck import Checkup, database_down, inspect_database, wrong_setting
from bot.services.tickets.service import Desk
from bot.settings import SettingError, Settings
from bot.store import Store

log = logging.getLogger(__name__)


class _House(Protocol):
    @property
    def desk(self) -> Desk: ...


OpenHouse = Callable[[Settings], AbstractAsyncContextManager[_House]]


def run(read: Callable[[], Settings], open_house: OpenHouse, *, as_json: bool) -> int:
    """Look at everything and print it; returns the exit status, 1 when something needed fails."""
    try:
        settings = read()
    except SettingError as error:
        findings, words = [wrong_setting(error)], Words("en")
    else:
        # what fails stands in the table; a log beside it helps only who asked for details
        level = "DEBUG" if settings.log_level == "DEBUG" else "CRITICAL"
        logs.set_up(level, settings.log_format)
        findings = asyncio.run(examine(settings, open_house))
        words = Words(settings.default_locale, settings.timezone)
    _print(findings, words, as_json=as_json)
    return exit_status(findings)


def exit_status(findings: Sequence[Finding]) -> int:
    """1 when something needed fails."""
    return int(any(finding.health is Health.FAILED for finding in findings))


async def examine(settings: Settings, open_house: OpenHouse) -> list[Finding]:
    """Look at everything from outside. Without a database one that passes counts the calls."""
    from handlers.admin.slack_checks import SlackInspector  # noqa: PLC0415 - likewise
    from handlers.slack.clients import Clients  # noqa: PLC0415 - takes half a second to import
    from handlers.slack.user_directory import People  # noqa: PLC0415 - likewise

    async with AsyncExitStack() as stack:
        database = await _inspect_database(settings)
        if database.health is Health.FAILED:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lagdesk-")))
            passing = f"sqlite:///{folder / 'lagdesk.db'}"
            settings = replace(settings, database_url=passing)
        desk = (await stack.enter_async_context(open_house(settings))).desk
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
    from handlers.admin import healthcheck_view  # noqa: PLC0415 - brings slackblocks, which others need not

    if as_json:
        text = json.dumps(healthcheck_view.to_json(findings, words), ensure_ascii=False, indent=2)
    else:
        text = healthcheck_view.print_table(findings, words)
    sys.stdout.write(text + "\n")
