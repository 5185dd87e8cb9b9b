"""`forget`: erases a person from the database, and prints from how many rows."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from typing import Final

from bot.application import open_application, reach_database
from bot.cli.parser import EXIT_OK, UsageError
from bot.cli.run import run_with_settings
from bot.cli.timing import Timing
from bot.i18n.messages import Message, message
from bot.i18n.translator import Translator
from bot.services.admin.erasure import ErasureService
from bot.settings import Settings
from bot.store.admin.erasure import Identity

_USER: Final = re.compile(r"(?:<@)?(?P<id>[UW][A-Z0-9]{2,20})(?:\|[^>]*)?>?")
_UID: Final = re.compile(r"[!-~]{1,128}")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--uid", type=_uid, help="of a person in calls")
    who.add_argument("--user", type=_user, help="a Slack user id")
    parser.add_argument("--app", default="", metavar="NAME", help="only in this app's rows")


def run(options: argparse.Namespace, timing: Timing) -> int:
    """Erase a person."""
    is_uid = options.uid is not None
    identity = Identity(options.uid if is_uid else options.user, is_uid, options.app)
    return run_with_settings(lambda settings: forget(settings, identity, timing))


async def forget(settings: Settings, identity: Identity, timing: Timing) -> int:
    """Erase a person and print what was erased."""
    async with open_application(settings, clock=timing.clock, sleep=timing.sleep) as application:
        service = ErasureService(application.context)
        counts = await reach_database(lambda: service.erase(identity))
    for name, number in sorted(counts.items()):
        print(f"{name:<20} {number:>9}")  # noqa: T201 - what the command is for
    print(Translator(settings.default_locale).translate(_summary(identity, counts)))  # noqa: T201 - likewise
    return EXIT_OK


def _summary(identity: Identity, counts: Mapping[str, int]) -> Message:
    if not counts:
        return message("Nothing is stored about %(person)s.", person=identity.value)
    return message(
        "%(person)s is erased from %(count)s rows, and the cards of these tickets are edited."
        " Delete other messages and files in Slack, and older backups, by hand.",
        person=identity.value,
        count=sum(counts.values()),
    )


def _user(text: str) -> str:
    """Read a Slack user id, also as Slack writes a mention. Raises UsageError."""
    match = _USER.fullmatch(text)
    if match is None:
        raise UsageError(
            message("%(text)s is no Slack user id, such as U0123456789.", text=repr(text))
        )
    return match["id"]


def _uid(text: str) -> str:
    """Read a uid. Raises UsageError."""
    if not _UID.fullmatch(text):
        raise UsageError(message("%(text)s is no uid.", text=repr(text)))
    return text
