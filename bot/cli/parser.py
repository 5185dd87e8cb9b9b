"""The command line's words and shapes. Nothing is carried out here."""

from __future__ import annotations

import argparse
import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from bot.i18n import Message, message
from bot.ports import Topic
from bot.services.summary.weeks import Week
from bot.settings import LAST_PORT

DONE: Final = 0
FAILED: Final = 1
MISUSED: Final = 2
_EPOCH_S: Final = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class UsageError(Exception):
    """Wrong arguments; `spoken` says which, in one line."""

    def __init__(self, spoken: Message) -> None:
        super().__init__(str(spoken))
        self.spoken = spoken


class _Parser(argparse.ArgumentParser):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:  # argparse's own name for it
        raise UsageError(_usage(self.prog, message))


def _usage(prog: str, why: str) -> Message:
    return message("Wrong arguments (%(why)s). See: %(command)s --help", why=why, command=prog)


def read_time(text: str) -> dt.datetime:
    """Read ISO 8601 with a zone (`Z` allowed), or epoch seconds. Raises UsageError."""
    try:
        if _EPOCH_S.fullmatch(text):
            return dt.datetime.fromtimestamp(float(text), dt.UTC)
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise UsageError(
        message(
            "%(text)s is not a time. Write it with a zone, such as 2026-11-09T10:05:00+08:00 or"
            " 2026-11-09T02:05:00Z, or as epoch seconds.",
            text=text,
        )
    )


def read_date(text: str) -> dt.datetime:
    """Read a date, taken as midnight UTC, or a time as `read_time` does. Raises UsageError."""
    if not _DATE.fullmatch(text):
        return read_time(text)
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)
    except ValueError:
        raise UsageError(message("%(text)s is not a date.", text=text)) from None


def read_week(text: str) -> Week:
    """Read an ISO week such as 2026-W46. Raises UsageError, also for a week no year has."""
    try:
        return Week.read(text)
    except ValueError:
        raise UsageError(
            message("%(text)s is not a week. Write it like 2026-W46.", text=text)
        ) from None


def _port(text: str) -> int:
    if re.fullmatch(r"[0-9]{1,5}", text) and int(text) <= LAST_PORT:
        return int(text)
    raise UsageError(message("%(text)s is not a port. Give a number from 0 to 65535.", text=text))


def _url(text: str) -> str:
    if not text or re.fullmatch(r"https?://[!-~]+", text):
        return text
    raise UsageError(message("%(text)s is not an address that starts with https://.", text=text))


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. Raises UsageError; `--help` exits as argparse does."""
    parser = _Parser(prog="python -m bot", description="Lagdesk explains bad calls in Slack.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    for add in (_add_running, _add_keeping, _add_asking):
        add(commands)
    return parser.parse_args(argv)


def _add_running(commands: argparse._SubParsersAction[_Parser]) -> None:
    demo = commands.add_parser("demo", help="the whole product, no accounts needed")
    demo.add_argument("--port", type=_port, default=None, help="of the page (default 8080)")
    demo.add_argument("--locale", choices=("zh", "en"), default=None)
    demo.add_argument("--no-browser", action="store_true", help="only print the address")
    serve = commands.add_parser("serve", help="HTTP mode")
    serve.add_argument("--host", default=None)
    serve.add_argument("--port", type=_port, default=None)
    serve.add_argument("--no-worker", action="store_true", help="leave jobs to `worker`")
    socket = commands.add_parser("socket", help="Socket Mode")
    socket.add_argument("--no-worker", action="store_true", help="leave jobs to `worker`")
    commands.add_parser("worker", help="jobs only")


def _add_keeping(commands: argparse._SubParsersAction[_Parser]) -> None:
    commands.add_parser("migrate", help="bring the database to the newest revision")
    doctor = commands.add_parser("doctor", help="what works, what does not, and what to do")
    doctor.add_argument("--json", action="store_true")
    manifest = commands.add_parser("manifest", help="the Slack app manifest as JSON")
    manifest.add_argument("--url", type=_url, default="", help="https://host, for HTTP mode")
    callback = commands.add_parser("callback", help="where Huawei tells of finished recordings")
    callback.add_argument("--url", type=_url, default="", help="https://host, to set it")
    callback.add_argument("--replace", action="store_true", help="even if it is set already")
    summary = commands.add_parser("summary", help="the weekly summary, shown or posted")
    summary.add_argument("--week", type=read_week, default=None, metavar="2026-W46")
    summary.add_argument("--post", action="store_true", help="to SUMMARY_CHANNEL, once")
    export = commands.add_parser("export", help="tickets to standard output")
    export.add_argument("--format", choices=("csv", "jsonl"), default="csv")
    export.add_argument("--since", type=read_date, default=None, metavar="DATE")


def _add_asking(commands: argparse._SubParsersAction[_Parser]) -> None:
    diagnose = commands.add_parser("diagnose", help="why a call is or was bad")
    diagnose.add_argument("cname")
    diagnose.add_argument("--app", default="", metavar="NAME")
    diagnose.add_argument("--at", type=read_time, default=None, metavar="TIME")
    diagnose.add_argument("--teacher", default="", metavar="UID")
    diagnose.add_argument("--student", default="", metavar="UID")
    diagnose.add_argument("--json", action="store_true")
    quality = commands.add_parser("quality", help="how good an app is, and how much it is used")
    quality.add_argument("topic", nargs="?", choices=tuple(Topic), type=Topic, default=Topic.LIVE)
    quality.add_argument("--app", default=None, metavar="NAME")
    quality.add_argument("--json", action="store_true")
