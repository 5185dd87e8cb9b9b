"""`quality`: metrics of a whole app, in the terminal."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from bot.app import open_house
from bot.cli.parser import DONE, FAILED, UsageError
from bot.cli.run import run_with_settings
from bot.errors import InputError
from bot.i18n.translator import Words
from bot.ports import Overview, Topic
from bot.services.app_metrics import service as app_metrics_service
from bot.services.app_metrics.service import Overviews
from bot.settings import N_, SettingError, Settings
from handlers.app_metrics.view import print_failures, print_overview


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("topic", nargs="?", choices=tuple(Topic), type=Topic, default=Topic.LIVE)
    parser.add_argument("--app", default=None, metavar="NAME")
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> int:
    """Print the metrics."""
    return run_with_settings(lambda settings: quality(settings, options))


async def quality(settings: Settings, options: argparse.Namespace) -> int:
    """Say in the terminal how good an app is, or how much it is used."""
    if not settings.clouds:
        raise SettingError("AGORA_APPS", N_("the apps of at least one cloud"))
    async with open_house(settings) as house:
        asking = Overviews(house.desk)
        try:
            app = app_metrics_service.choose_app(options.app, list(house.desk.clouds))
        except InputError as error:
            raise UsageError(error.spoken) from error
        overview = await asking.fetch(app, options.topic)
    return _tell_overview(
        overview, asking.others(app), house.desk.languages.default, as_json=options.json
    )


def _tell_overview(
    overview: Overview, others: Sequence[str], spoken: Words, *, as_json: bool
) -> int:
    if overview.is_empty and overview.failures:
        line = " / ".join(dict.fromkeys(print_failures(overview, spoken)))
        print(line, file=sys.stderr)  # noqa: T201 - what the command is for
        return FAILED
    if as_json:
        print(json.dumps(app_metrics_service.to_json(overview), ensure_ascii=False, indent=2))  # noqa: T201 - likewise
    else:
        print(print_overview(overview, others, spoken))  # noqa: T201 - likewise
    return DONE
