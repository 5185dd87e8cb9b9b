"""`quality`: metrics of a whole app, in the terminal."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from bot.application import open_application
from bot.cli.parser import EXIT_FAILED, EXIT_OK, UsageError
from bot.cli.run import run_with_settings
from bot.cli.timing import Timing
from bot.errors import InputError
from bot.i18n.translator import Translator
from bot.ports import AppMetrics, Topic
from bot.services.app_metrics import service as app_metrics_service
from bot.settings import CLOUD_APPS, Settings, require
from handlers.app_metrics.view import print_failures, print_metrics
from handlers.summary.trend_view import print_trend


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("topic", nargs="?", choices=tuple(Topic), type=Topic, default=Topic.LIVE)
    parser.add_argument("--app", default=None, metavar="NAME")
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace, timing: Timing) -> int:
    """Print the metrics."""
    return run_with_settings(lambda settings: quality(settings, options, timing))


async def quality(settings: Settings, options: argparse.Namespace, timing: Timing) -> int:
    """Fetch an app's metrics and print them."""
    require(settings, CLOUD_APPS)
    if options.topic is Topic.TREND and not options.json:
        return await trend(settings, options.app or "", timing)
    async with open_application(settings, clock=timing.clock, sleep=timing.sleep) as application:
        metrics_service = application.services.app_metrics
        app = _chosen(options.app, list(application.context.clouds))
        app_metrics = await metrics_service.fetch(app, options.topic)
    return _print_app_metrics(
        app_metrics,
        metrics_service.others("", app),
        application.context.languages.default,
        as_json=options.json,
    )


async def trend(settings: Settings, app: str, timing: Timing) -> int:
    """Count the weeks, fetch the freeze rates of one app or of all, and print them."""
    async with open_application(settings, clock=timing.clock, sleep=timing.sleep) as application:
        if app:
            app = _chosen(app, list(application.context.clouds))
        loaded = await application.services.trend.load(app=app)
    print(print_trend(loaded, application.context.languages.default))  # noqa: T201 - what the command is for
    return EXIT_OK


def _chosen(app: str | None, apps: Sequence[str]) -> str:
    try:
        return app_metrics_service.choose_app(app, apps)
    except InputError as error:
        raise UsageError(error.user_message) from error


def _print_app_metrics(
    app_metrics: AppMetrics, others: Sequence[str], translator: Translator, *, as_json: bool
) -> int:
    if app_metrics.is_empty and app_metrics.failures:
        line = " / ".join(dict.fromkeys(print_failures(app_metrics, translator)))
        print(line, file=sys.stderr)  # noqa: T201 - what the command is for
        return EXIT_FAILED
    if as_json:
        print(json.dumps(app_metrics_service.to_json(app_metrics), ensure_ascii=False, indent=2))  # noqa: T201 - likewise
    else:
        print(print_metrics(app_metrics, others, translator))  # noqa: T201 - likewise
    return EXIT_OK
