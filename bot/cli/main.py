"""The entry point: finds the command, runs it, and turns every error into one line."""

from __future__ import annotations

import argparse
import gc
import logging
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from bot import __version__
from bot.cli.parser import EXIT_OK, Parser
from bot.cli.timing import REAL_TIME, Timing

# One module a command, imported only when the command is used: some take a second to import.
COMMANDS: Final = {
    "demo": "the whole product, no accounts needed",
    "serve": "HTTP mode",
    "socket": "Socket Mode",
    "worker": "jobs only",
    "migrate": "bring the database to the newest revision",
    "backup": "a copy of the database, also while Lagdesk runs",
    "move": "everything into another database",
    "forget": "erase a person from the database",
    "doctor": "what works, what does not, and what to do",
    "manifest": "the Slack app manifest as JSON",
    "callback": "the URL to which Huawei sends recording events",
    "webhooks": "webhooks that have not arrived",
    "summary": "the weekly summary, printed or posted",
    "export": "tickets to standard output",
    "accuracy": "how often people agreed with verdicts, or their cases",
    "diagnose": "why a call is or was bad",
    "quality": "how good an app is, and how much it is used",
}
log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None, *, timing: Timing = REAL_TIME) -> int:
    """Run one command; returns the exit status. Errors are one line, never a traceback."""
    try:
        options = parse(sys.argv[1:] if argv is None else argv)
        _collect_garbage()
        status = int(_module(options.command).run(options, timing))
        if sys.stdout is not None:  # it can be closed
            sys.stdout.flush()
    except KeyboardInterrupt:
        return EXIT_OK
    except Exception as error:  # anything else: one line for the operator, the traceback in the log
        log.debug("a command failed", exc_info=True)
        return _fail(error)
    return status


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line. Raises UsageError; `--help` and `--version` exit as argparse does."""
    parser = Parser(prog="lagdesk", description="Lagdesk explains bad calls in Slack.")
    parser.add_argument("--version", action="version", version=f"Lagdesk {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose)
        if name in argv:
            _module(name).configure(command)
    return parser.parse_args(argv)


def _collect_garbage() -> None:
    """End the pause of `__main__`; what is imported by now is never looked through."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _module(command: str) -> Any:
    return import_module(f"bot.cli.{command}")


def _fail(error: Exception) -> int:
    from bot.cli import errors  # noqa: PLC0415 - needs babel, which `manifest` does not

    if isinstance(error, OSError):
        errors.discard_output()
    return EXIT_OK if isinstance(error, BrokenPipeError) else errors.print_error(error)
