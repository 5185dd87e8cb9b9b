"""`diagnose`: why a call is or was bad, in the terminal."""

from __future__ import annotations

import argparse
import json
import sys

from bot.application import open_application
from bot.call import MissingReason, Side
from bot.cli.parser import EXIT_FAILED, EXIT_OK, UsageError, read_time
from bot.cli.run import run_with_settings
from bot.cli.timing import Timing
from bot.diagnosis import UNKNOWN
from bot.i18n.messages import message
from bot.i18n.translator import Translator
from bot.ports import Diagnosis
from bot.services.app_names import find_app, no_such_app
from bot.services.context import Context
from bot.services.prefill.cleaning import clean_name
from bot.services.tickets.submission import is_uid
from bot.settings import CLOUD_APPS, Settings, require
from handlers.diagnosis import terminal


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("cname", type=clean_name)
    parser.add_argument("--app", default="", metavar="NAME")
    parser.add_argument("--at", type=read_time, default=None, metavar="TIME")
    parser.add_argument("--teacher", type=clean_name, default="", metavar="UID")
    parser.add_argument("--student", type=clean_name, default="", metavar="UID")
    parser.add_argument("--side", type=Side, choices=list(Side), default=None)
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace, timing: Timing) -> int:
    """Diagnose and print."""
    return run_with_settings(lambda settings: diagnose(settings, options, timing))


async def diagnose(settings: Settings, options: argparse.Namespace, timing: Timing) -> int:
    """Diagnose a call and print the result."""
    require(settings, CLOUD_APPS)
    async with open_application(settings, clock=timing.clock, sleep=timing.sleep) as application:
        app = _choose_app(application.context, options)
        diagnosis = await application.services.diagnosis.diagnose_channel(
            app,
            options.cname,
            application.context.clouds,
            at=options.at,
            teacher_uid=options.teacher,
            student_uid=options.student,
            side=options.side,
        )
    return _print_diagnosis(diagnosis, application.context.languages.default, as_json=options.json)


def _choose_app(context: Context, options: argparse.Namespace) -> str:
    """Return the app of a call; UsageError when an argument is wrong."""
    apps = list(context.clouds)
    app = find_app(options.app, apps) if options.app else apps[0]
    if app is None:
        raise UsageError(no_such_app(options.app, apps))
    capabilities = context.clouds[app].capabilities
    if not capabilities.cname.fullmatch(options.cname):
        raise UsageError(capabilities.cname_hint)
    for uid in filter(None, (options.teacher, options.student)):
        if not is_uid(uid, capabilities):
            raise UsageError(capabilities.uid_hint)
    if options.side is not None and not (options.teacher and options.student):
        raise UsageError(message("With --side, give both --teacher and --student."))
    if options.at is not None and options.at > context.clock.now():
        raise UsageError(message("This time is in the future. Choose now or earlier."))
    return app


def _print_diagnosis(diagnosis: Diagnosis, translator: Translator, *, as_json: bool) -> int:
    has_facts = diagnosis.calls or diagnosis.events
    empty = diagnosis.verdict.cause == UNKNOWN and not has_facts
    if empty and diagnosis.failures and not _only_waiting(diagnosis):
        line = " / ".join(terminal.print_failures(diagnosis, translator))
        print(line, file=sys.stderr)  # noqa: T201 - what the command is for
        return EXIT_FAILED
    if as_json:
        text = json.dumps(diagnosis.verdict.to_json(), ensure_ascii=False, indent=2)
    else:
        text = terminal.print_diagnosis(diagnosis, translator)
    print(text)  # noqa: T201 - what the command is for
    return EXIT_OK


def _only_waiting(diagnosis: Diagnosis) -> bool:
    """Return whether all missing data will be available later, which counts as an answer."""
    early = (MissingReason.NOT_OUT_YET, MissingReason.OVER_QUOTA)
    return all(missing_item.why in early for missing_item in diagnosis.verdict.missing)
