"""`summary`: the weekly summary to the terminal, or posted to its channel."""

from __future__ import annotations

import argparse

from bot.application import Application, open_application
from bot.cli.parser import UsageError
from bot.cli.run import run_with_settings
from bot.cli.timing import Timing
from bot.errors import SlackError
from bot.i18n.messages import message
from bot.services.summary.service import SummaryService
from bot.services.summary.weeks import Week
from bot.settings import Settings, require
from handlers.summary.view import print_summary


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--week", type=read_week, default=None, metavar="2026-W46")
    parser.add_argument("--post", action="store_true", help="to SUMMARY_CHANNEL, once")


def run(options: argparse.Namespace, timing: Timing) -> int:
    """Print or post a week."""
    return run_with_settings(lambda settings: summarize(settings, options, timing))


def read_week(text: str) -> Week:
    """Read an ISO week such as 2026-W46. Raises UsageError, also for a week that does not exist."""
    try:
        return Week.read(text)
    except ValueError:
        raise UsageError(
            message("%(text)s is not a week. Write it like 2026-W46.", text=text)
        ) from None


async def summarize(settings: Settings, options: argparse.Namespace, timing: Timing) -> int:
    """Print or post a week; returns the exit status 0.

    Raises UsageError for a future week, SettingError and LagdeskError otherwise.
    """
    async with open_application(settings, clock=timing.clock, sleep=timing.sleep) as application:
        weekly = application.services.summary
        week: Week = options.week or weekly.last_week()
        _check(week, weekly, is_posted=options.post)
        if options.post:
            has_channel = bool(application.context.workspaces.summary_channels)
            require(settings, *(() if has_channel else ("SUMMARY_CHANNEL",)), "SLACK_BOT_TOKEN")
        text = await (_post if options.post else _render)(application, week)
    print(text)  # noqa: T201 - what the command is for
    return 0


def _check(week: Week, weekly: SummaryService, *, is_posted: bool) -> None:
    if week > weekly.this_week():
        raise UsageError(message("Week %(week)s is in the future.", week=week.label))
    if is_posted and week == weekly.this_week():
        raise UsageError(message("Week %(week)s is not over yet.", week=week.label))


async def _render(application: Application, week: Week) -> str:
    report = await application.services.summary.count(week)
    return print_summary(report, application.context.languages.default)


async def _post(application: Application, week: Week) -> str:
    from bot.app import open_summary_jobs  # noqa: PLC0415 - Bolt is slow to import

    is_new, failures = False, list[SlackError]()
    async with open_summary_jobs(application) as (summary_jobs, worker):
        for team in application.context.workspaces.summary_channels:
            try:
                is_new |= await summary_jobs.post_now(week, team, worker.run_now)
            except SlackError as error:  # the other workspaces get theirs
                failures.append(error)
    if failures:
        raise failures[0]
    if is_new:
        text = message("The summary of week %(week)s is posted.", week=week.label)
    else:
        text = message("The summary of week %(week)s was already posted.", week=week.label)
    return " / ".join(application.context.languages.default.translate(text).splitlines())
