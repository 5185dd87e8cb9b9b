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

from bot import __version__, logs
from bot.application import open_application
from bot.cli.parser import EXIT_OK
from bot.cli.run import run_with_settings
from bot.cli.timing import Timing
from bot.clouds.shapes import Shapes
from bot.errors import LagdeskError
from bot.i18n.translator import Translator, load_catalogs
from bot.locales import DEFAULT_LANGUAGE
from bot.ports import CheckResult, Health
from bot.services.admin.capture import ask_clouds
from bot.services.admin.healthcheck import (
    HealthCheck,
    check_database,
    database_down,
    database_failed,
    database_missing,
    wrong_key,
    wrong_setting,
)
from bot.services.admin.refused_links import RefusedLinks
from bot.setting_reader import SettingError
from bot.settings import (
    CLOUD_APPS,
    Settings,
    read_operator_locale,
    read_settings,
    read_system_locale,
)
from bot.store import Store
from handlers.admin import healthcheck_view
from handlers.admin.slack_checks import SlackHealthCheck
from handlers.escalation.on_call_people import SlackPeopleFinder
from handlers.slack.clients import SlackClients
from handlers.slack.token_rotation import WorkspaceTokens
from handlers.slack.user_directory import UserDirectory
from handlers.work_objects.refusals import LinkRefusals

log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--capture",
        action="store_true",
        help="print only the shapes of the clouds' responses: no ids, names, texts or addresses",
    )


def run(options: argparse.Namespace, timing: Timing) -> int:
    """Check everything and print it; returns the exit status, 1 when something needed fails."""
    if options.capture:
        return run_with_settings(lambda settings: capture(settings, timing), CLOUD_APPS)
    load_catalogs()
    locale = read_operator_locale(read_system_locale(DEFAULT_LANGUAGE))
    try:
        settings = read_settings()
    except SettingError as error:
        check_results = [wrong_setting(error)]
        translator = Translator(locale)
    else:
        # failures are in the table; logs are useful only for whoever set a log level
        level = "DEBUG" if settings.log_level == "DEBUG" else "CRITICAL"
        logs.configure(level, settings.log_format)
        check_results = asyncio.run(run_checks(settings, timing))
        translator = Translator(locale, settings.timezone)
    _print(check_results, translator, as_json=options.json)
    return exit_status(check_results)


def exit_status(check_results: Sequence[CheckResult]) -> int:
    """Return 1 when something needed fails."""
    return int(any(check_result.health is Health.FAILED for check_result in check_results))


async def run_checks(settings: Settings, timing: Timing) -> list[CheckResult]:
    """Run all checks; without a usable database, rate limits are counted in a temporary one."""
    database = await _check_database(settings)
    async with AsyncExitStack() as stack:
        if database.health is not Health.OK:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lagdesk-")))
            temporary_url = f"sqlite:///{folder / 'lagdesk.db'}"
            settings = replace(settings, database_url=temporary_url)
        try:
            return await _run_checks(settings, timing, database)
        except LagdeskError as error:  # the database was checked: it is the key
            without = replace(settings, encryption_keys=())
            return [wrong_key(error), *await _run_checks(without, timing, database)]


async def _run_checks(
    settings: Settings, timing: Timing, database: CheckResult
) -> list[CheckResult]:
    """Run all checks but that of the database. Raises LagdeskError for a wrong encryption key."""
    async with open_application(settings, clock=timing.clock, sleep=timing.sleep) as application:
        context = application.context
        tokens = WorkspaceTokens(application.installations, settings, context.clock)
        token_for = tokens.token_for if settings.has_oauth else None
        async with SlackClients(
            settings.slack_api_url, settings.slack_bot_token, token_for
        ) as clients:
            users = UserDirectory(clients, context)
            slack_health_check = SlackHealthCheck(
                clients,
                users,
                context.workspaces,
                settings.slack_app_token,
                LinkRefusals(RefusedLinks(context), settings.public_url),
            )
            if settings.slack_bot_token or settings.has_oauth:
                context = replace(context, people=SlackPeopleFinder(clients))
            return await HealthCheck(context, slack_health_check).run_checks(database=database)


async def capture(settings: Settings, timing: Timing) -> int:
    """Print the shapes of the clouds' responses as JSON."""
    shapes = Shapes()
    async with open_application(
        settings, clock=timing.clock, sleep=timing.sleep, on_response=shapes.add
    ) as application:
        await ask_clouds(application.context)
    document = {"lagdesk": __version__, "responses": shapes.to_json()}
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
    return EXIT_OK


async def _check_database(settings: Settings) -> CheckResult:
    """Migrate SQLite, as every start does, then check the database; none is created."""
    store = Store(settings.database_url)
    try:
        if store.is_missing:
            return database_missing()
        if store.is_sqlite:
            await asyncio.to_thread(store.migrate)
        return await check_database(store)
    except LagdeskError as error:  # the revision is unknown
        return database_failed(error.user_message)
    except Exception as error:  # noqa: BLE001 - drivers raise many types
        log.debug("the database does not respond: %s", error)
        return database_down()
    finally:
        store.close()


def _print(check_results: Sequence[CheckResult], translator: Translator, *, as_json: bool) -> None:
    if as_json:
        text = json.dumps(
            healthcheck_view.to_json(check_results, translator), ensure_ascii=False, indent=2
        )
    else:
        text = healthcheck_view.print_table(check_results, translator)
    sys.stdout.write(text + "\n")
